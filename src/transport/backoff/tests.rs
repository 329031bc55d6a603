//! The waits of one node, and what they make of fifty thousand.

use proptest::prelude::*;
use rand::RngExt;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;

const SETBACKS: [Setback; 4] = [
    Setback::Lost,
    Setback::Brief,
    Setback::Unreached,
    Setback::Rejected,
];

fn fleet(spread: u64) -> Policy {
    Policy::Fleet {
        spread: Duration::from_secs(spread),
    }
}

fn longest(policy: Policy, brokers: f64, setbacks: &[Setback]) -> f64 {
    let mut backoff = Backoff::new(policy);
    backoff.shared_by(brokers);
    for setback in setbacks {
        backoff.after(*setback);
    }
    backoff.delay(1.0).as_secs_f64()
}

#[test]
fn the_first_attempt_of_a_process_does_not_wait() {
    assert_eq!(Backoff::new(fleet(30)).delay(1.0), Duration::ZERO);
}

#[test]
fn the_middle_of_the_dice_is_the_table_of_the_reference() {
    let after = |failures: u32| {
        let mut backoff = Backoff::new(Policy::FiveSec);
        backoff.failures = failures;
        backoff.delay(0.5).as_millis()
    };
    assert_eq!(after(1), 500);
    assert_eq!(after(3), 1000);
    assert_eq!(after(11), 5000);
    assert_eq!(after(u32::MAX), 5000);
}

#[test]
fn a_lost_connection_draws_from_the_spread_and_what_follows_from_once_to_twice_that() {
    use Setback::Lost;
    use Setback::Unreached;
    assert_eq!(longest(fleet(30), 1.0, &[Lost]), 30.0);
    assert_eq!(longest(fleet(30), 1.0, &[Lost, Unreached]), 60.0);
    assert_eq!(longest(fleet(30), 1.0, &[Lost; 1].repeat(9)), 30.0);
    assert_eq!(longest(fleet(30), 3.0, &[Lost]), 10.0);
    assert_eq!(longest(fleet(30), 3.0, &[Lost, Unreached]), 20.0);
}

#[test]
fn nobody_asks_again_before_all_others_have_asked() {
    let mut backoff = Backoff::new(fleet(30));
    backoff.after(Setback::Lost);
    backoff.after(Setback::Unreached);
    assert_eq!(backoff.delay(0.0), Duration::from_secs(30));
}

#[test]
fn a_node_that_finds_nobody_at_its_start_asks_again_soon_and_ever_more_rarely() {
    let waits: Vec<f64> = (1..9)
        .map(|rounds| longest(fleet(30), 1.0, &vec![Setback::Unreached; rounds]))
        .collect();
    assert_eq!(waits, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]);
}

#[test]
fn a_broker_that_is_there_and_does_not_connect_is_taken_for_crowded() {
    assert_eq!(longest(fleet(30), 1.0, &[Setback::Rejected]), 30.0);
    assert_eq!(longest(fleet(30), 1.0, &[Setback::Rejected; 2]), 60.0);
    let lost_and_brief = [Setback::Lost, Setback::Brief];
    assert_eq!(longest(fleet(30), 1.0, &lost_and_brief), 60.0);
}

proptest! {
    #[test]
    fn every_wait_is_bounded_and_none_is_a_tight_loop(
        spread in 0..100_000_u64,
        setbacks in proptest::collection::vec(proptest::sample::select(&SETBACKS[..]), 1..80),
        brokers in proptest::num::f64::ANY,
        dice in proptest::num::f64::ANY,
        fixed: bool,
    ) {
        let mut backoff = Backoff::new(if fixed { Policy::FiveSec } else { fleet(spread) });
        backoff.shared_by(brokers);
        for setback in setbacks {
            backoff.after(setback);
        }
        let ceiling = Duration::from_secs(10).max(2 * LONGEST_SPREAD.min(Duration::from_secs(spread)));
        prop_assert!(backoff.delay(dice) >= SHORTEST);
        prop_assert!(backoff.delay(dice) <= ceiling);
    }
}

/// One node of a simulated fleet: when it asks next, and what it knows.
struct Simulated {
    backoff: Backoff,
    next: f64,
}

/// A fleet whose connections all broke at 0. Tells how many nodes come back in each second, when the brokers listen again
/// from `back` on. A round that finds nobody costs no time.
fn returns(seed: u64, nodes: usize, brokers: f64, back: f64) -> Vec<usize> {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut seconds = Vec::new();
    for _ in 0..nodes {
        let mut backoff = Backoff::new(fleet(30));
        backoff.shared_by(brokers);
        backoff.after(Setback::Lost);
        let mut at = backoff.delay(dice.random()).as_secs_f64();
        while at < back {
            backoff.after(Setback::Unreached);
            at += backoff.delay(dice.random()).as_secs_f64();
        }
        count(&mut seconds, at - back);
    }
    seconds
}

fn count(seconds: &mut Vec<usize>, at: f64) {
    let second = Duration::from_secs_f64(at).as_secs();
    let second = usize::try_from(second).unwrap();
    if seconds.len() <= second {
        seconds.resize(second + 1, 0);
    }
    seconds[second] += 1;
}

/// What a broker takes of TLS handshakes in a second.
const CAPACITY: usize = 2000;

#[test]
fn fifty_thousand_nodes_return_to_their_broker_no_faster_than_it_takes_them() {
    for (seed, outage) in [
        0.0, 1.0, 3.0, 10.0, 15.0, 20.0, 29.0, 31.0, 45.0, 60.0, 75.0, 95.0, 300.0,
    ]
    .into_iter()
    .enumerate()
    {
        let seconds = returns(u64::try_from(seed).unwrap(), 50_000, 1.0, outage);
        let most = seconds.iter().copied().max().unwrap();
        assert!(most <= CAPACITY, "{most} after {outage} s: {seconds:?}");
        assert!(seconds.len() <= 61, "{} s after {outage} s", seconds.len());
        let half: usize = seconds.iter().take(35).sum();
        assert!(half > 25_000, "{half} within 35 s after {outage} s");
    }
}

#[test]
fn the_nodes_of_one_of_three_brokers_are_back_within_ten_seconds() {
    let seconds = returns(1, 50_000 / 3, 3.0, 0.0);
    assert!(seconds.len() <= 10, "{seconds:?}");
    // the two others take them in
    assert!(
        seconds.iter().all(|count| *count <= 2 * CAPACITY),
        "{seconds:?}"
    );
}

#[test]
fn three_brokers_that_all_restart_take_their_share_each() {
    for outage in [0.0, 3.0, 120.0] {
        let seconds = returns(2, 50_000, 3.0, outage);
        let most = seconds.iter().copied().max().unwrap();
        assert!(most <= 3 * CAPACITY, "{most} after {outage} s");
        assert!(seconds.len() <= 21, "{} s", seconds.len());
    }
}

/// A broker that shares its processor among all who knock, so that none gets in while there are more than it can serve
/// before they lose patience; and a fleet whose processes all start in the same second.
#[test]
fn a_fleet_that_starts_in_the_same_second_overruns_its_broker_once() {
    let mut dice = StdRng::seed_from_u64(7);
    let mut waiting: Vec<Simulated> = (0..50_000)
        .map(|_| Simulated {
            backoff: Backoff::new(fleet(30)),
            next: dice.random(),
        })
        .collect();
    let (mut second, mut overrun) = (0.0, 0);
    while !waiting.is_empty() {
        second += 1.0;
        let (due, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|it| it.next < second);
        waiting = rest;
        if due.len() <= CAPACITY {
            continue;
        }
        overrun += 1;
        for mut node in due {
            node.backoff.after(Setback::Rejected);
            node.next = second + PATIENCE + node.backoff.delay(dice.random()).as_secs_f64();
            waiting.push(node);
        }
    }
    assert_eq!(overrun, 1);
    assert!(second <= 36.0, "{second} s");
}

/// How long a node waits for a handshake.
const PATIENCE: f64 = 2.0;
