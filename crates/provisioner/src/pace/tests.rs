//! Facts about the pace.

use std::num::NonZeroU32;
use std::num::NonZeroUsize;
use std::time::Duration;

use muster::protocol::names::Identity;
use proptest::prelude::*;

use crate::config::BreakerRule;
use crate::config::PaceRules;
use crate::pace::Hold;
use crate::pace::Outcome;
use crate::pace::Pace;
use crate::table::Moment;

const START: Moment = Duration::from_secs(500);
const MINUTE: Duration = Duration::from_secs(60);

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn id(number: u32) -> Identity {
    Identity::new(format!("node{number}")).unwrap()
}

fn rate(per_minute: u32) -> PaceRules {
    PaceRules {
        per_minute: NonZeroU32::new(per_minute),
        ..PaceRules::default()
    }
}

fn breaker(failed: usize, of: usize) -> PaceRules {
    PaceRules {
        breaker: Some(BreakerRule {
            failed: NonZeroUsize::new(failed).unwrap(),
            of: NonZeroUsize::new(of).unwrap(),
        }),
        ..PaceRules::default()
    }
}

fn canary(wanted: usize) -> PaceRules {
    PaceRules {
        canary: NonZeroUsize::new(wanted),
        ..PaceRules::default()
    }
}

/// Begins as many as may at this moment, at most so many.
fn begin(pace: &mut Pace, most: usize, now: Moment) -> usize {
    let begun = (0..most).take_while(|_| {
        let may = pace.may_begin(now).is_ok();
        if may {
            pace.began(now);
        }
        may
    });
    begun.count()
}

#[test]
fn without_rules_nothing_holds() {
    let mut pace = Pace::new(PaceRules::default());
    assert_eq!(begin(&mut pace, 10_000, START), 10_000);
    assert_eq!(pace.due(START), None);
}

#[test]
fn nodes_begin_evenly_and_never_more_in_a_minute() {
    let mut pace = Pace::new(rate(60));
    assert_eq!(
        begin(&mut pace, 100, START),
        11,
        "ten seconds' worth, and one"
    );
    let mut now = START;
    let mut begun = vec![now; 11];
    while now < START + 10 * MINUTE {
        now = pace.due(now).unwrap();
        let together = begin(&mut pace, 100, now);
        assert!((1..=11).contains(&together), "{together}");
        begun.extend(std::iter::repeat_n(now, together));
    }
    let most = begun.iter().map(|from| {
        begun
            .iter()
            .filter(|at| (*from..*from + MINUTE).contains(*at))
            .count()
    });
    assert_eq!(most.max(), Some(60));
    assert!((600..=611).contains(&begun.len()), "{}", begun.len());
}

#[test]
fn one_a_minute_is_one_a_minute() {
    let mut pace = Pace::new(rate(1));
    assert_eq!(begin(&mut pace, 5, START), 1);
    assert_eq!(pace.due(START), Some(START + MINUTE));
    assert_eq!(begin(&mut pace, 5, START + MINUTE), 1);
}

#[test]
fn a_reload_does_not_give_a_minute_anew() {
    let mut pace = Pace::new(rate(5));
    let mut now = START;
    for _ in 0..5 {
        now = pace.due(now).unwrap_or(now);
        pace.began(now);
    }
    pace.set_rules(rate(6));
    pace.began(now);
    assert!(matches!(pace.may_begin(now), Err(Hold::Rate { until }) if until >= START + MINUTE));
}

#[test]
fn the_breaker_opens_when_too_many_of_the_last_ones_failed() {
    let mut pace = Pace::new(breaker(3, 5));
    for outcome in [
        Outcome::Failed,
        Outcome::Good,
        Outcome::Failed,
        Outcome::Neutral,
        Outcome::Good,
    ] {
        pace.ended(outcome, START);
        assert_eq!(pace.may_begin(START), Ok(()));
    }
    pace.ended(Outcome::Failed, START);
    assert_eq!(
        pace.may_begin(START),
        Err(Hold::Breaker { failed: 3, of: 5 })
    );
    pace.ended(Outcome::Good, START);
    assert_eq!(pace.due(START), None, "no time closes it");
    assert!(pace.may_begin(START).is_err(), "and no node that ends well");
    pace.resume();
    pace.ended(Outcome::Failed, START);
    assert_eq!(
        pace.may_begin(START),
        Ok(()),
        "it knows of no failures any more"
    );
}

#[test]
fn old_failures_do_not_open_the_breaker() {
    let mut pace = Pace::new(breaker(2, 3));
    for _ in 0..20 {
        pace.ended(Outcome::Failed, START);
        pace.ended(Outcome::Good, START);
        pace.ended(Outcome::Good, START);
        assert_eq!(pace.may_begin(START), Ok(()));
    }
}

#[test]
fn nodes_that_come_back_unprovisioned_open_the_breaker() {
    let mut pace = Pace::new(breaker(3, 8));
    for _ in 0..3 {
        pace.ended(Outcome::Good, START);
        pace.came_back();
    }
    assert!(matches!(pace.may_begin(START), Err(Hold::Breaker { .. })));
}

#[test]
fn a_reload_leaves_an_open_breaker_open_unless_there_is_none_any_more() {
    let mut pace = Pace::new(breaker(1, 1));
    pace.ended(Outcome::Failed, START);
    pace.set_rules(breaker(2, 2));
    assert!(matches!(pace.may_begin(START), Err(Hold::Breaker { .. })));
    pace.set_rules(PaceRules::default());
    assert_eq!(pace.may_begin(START), Ok(()));
}

#[test]
fn the_others_wait_for_the_canaries() {
    let mut pace = Pace::new(canary(3));
    assert_eq!(begin(&mut pace, 10, START), 3);
    for _ in 0..3 {
        pace.ended(Outcome::Good, START);
    }
    let held = Hold::Canary {
        confirmed: 0,
        wanted: 3,
        begun: 3,
    };
    assert_eq!(pace.may_begin(START), Err(held));
    for _ in 0..2 {
        pace.confirmed();
        assert_eq!(begin(&mut pace, 10, START), 0);
    }
    pace.confirmed();
    assert_eq!(begin(&mut pace, 10, START), 10);
}

#[test]
fn a_canary_that_failed_or_was_put_off_makes_room_for_another() {
    let mut pace = Pace::new(canary(2));
    assert_eq!(begin(&mut pace, 10, START), 2);
    pace.ended(Outcome::Failed, START);
    pace.ended(Outcome::Neutral, START);
    assert_eq!(begin(&mut pace, 10, START), 2);
}

#[test]
fn a_reload_sends_canaries_ahead_again() {
    let mut pace = Pace::new(canary(1));
    assert_eq!(begin(&mut pace, 10, START), 1);
    pace.ended(Outcome::Good, START);
    pace.confirmed();
    assert_eq!(begin(&mut pace, 5, START), 5);
    pace.set_rules(canary(2));
    assert_eq!(begin(&mut pace, 10, START), 2);
    // those of before the reload make no room
    for _ in 0..5 {
        pace.ended(Outcome::Failed, START);
    }
    assert_eq!(begin(&mut pace, 10, START), 0);
    pace.ended(Outcome::Failed, START);
    assert_eq!(begin(&mut pace, 10, START), 1);
}

#[test]
fn resume_gives_up_canaries_that_nobody_saw_again() {
    let mut pace = Pace::new(canary(2));
    assert_eq!(begin(&mut pace, 10, START), 2);
    pace.ended(Outcome::Good, START);
    pace.resume();
    assert_eq!(
        begin(&mut pace, 10, START),
        1,
        "the other is still under way"
    );
}

#[test]
fn a_fault_of_the_site_lets_one_node_try_now_and_then() {
    let mut pace = Pace::new(PaceRules::default());
    pace.site_fault("no space left", START);
    let mut now = START;
    for wait in [5, 10, 20, 40, 60, 60] {
        assert_eq!(pace.due(now), Some(now + secs(wait)));
        assert!(pace.may_begin(now).is_err());
        now += secs(wait);
        assert_eq!(begin(&mut pace, 10, now), 1);
        assert!(matches!(
            pace.may_begin(now),
            Err(Hold::Site {
                next_trial: None,
                ..
            })
        ));
        // either order
        if wait % 20 == 0 {
            pace.ended(Outcome::Neutral, now);
            pace.site_fault("no space left", now);
        } else {
            pace.site_fault("no space left", now);
            pace.ended(Outcome::Neutral, now);
        }
    }
    pace.site_well();
    assert_eq!(begin(&mut pace, 10, now), 10);
}

#[test]
fn a_trial_that_goes_well_ends_the_fault() {
    let mut pace = Pace::new(PaceRules::default());
    assert_eq!(begin(&mut pace, 2, START), 2);
    pace.site_fault("the authority is away", START);
    pace.ended(Outcome::Good, START);
    assert!(pace.may_begin(START).is_err(), "it began before the fault");
    assert_eq!(begin(&mut pace, 10, START + secs(5)), 1);
    pace.ended(Outcome::Good, START + secs(5));
    assert_eq!(pace.may_begin(START + secs(5)), Ok(()));
}

#[test]
fn a_trial_that_goes_well_and_meets_the_fault_does_not_end_it() {
    let mut pace = Pace::new(PaceRules::default());
    pace.site_fault("no space left", START);
    let now = START + secs(5);
    assert_eq!(begin(&mut pace, 10, now), 1);
    // it was configured and restarted, and that could not be written down
    pace.site_fault("no space left", now);
    pace.ended(Outcome::Good, now);
    assert_eq!(pace.due(now), Some(now + secs(10)));
    assert!(pace.may_begin(now).is_err());
}

#[test]
fn the_same_fault_met_by_many_does_not_put_off_the_trial() {
    let mut pace = Pace::new(PaceRules::default());
    assert_eq!(begin(&mut pace, 50, START), 50);
    for _ in 0..50 {
        pace.site_fault("no space left", START);
        pace.ended(Outcome::Neutral, START);
    }
    assert_eq!(pace.due(START), Some(START + secs(5)));
}

#[test]
fn a_helper_that_fails_for_every_node_is_a_fault_of_the_site() {
    let mut pace = Pace::new(PaceRules::default());
    for _ in 0..5 {
        pace.helper_failed(&id(1), START);
    }
    pace.helper_failed(&id(2), START);
    assert_eq!(pace.may_begin(START), Ok(()), "two nodes may be to blame");
    pace.helper_worked();
    pace.helper_failed(&id(3), START);
    pace.helper_failed(&id(4), START);
    assert_eq!(pace.may_begin(START), Ok(()), "it worked between");
    pace.helper_failed(&id(5), START);
    assert!(matches!(pace.may_begin(START), Err(Hold::Site { .. })));
    let mut now = START;
    // several others try, again and again after the same time: those three may be all that it cannot help
    for round in 0..10 {
        now += secs(5);
        assert_eq!(begin(&mut pace, 9, now), 8);
        for node in 0..8 {
            assert!(pace.may_begin(now).is_err(), "the round is not over");
            pace.helper_failed(&id(10 + 8 * round + node), now);
            pace.ended(Outcome::Failed, now);
        }
        assert_eq!(pace.due(now), Some(now + secs(5)));
    }
    now += secs(5);
    assert_eq!(begin(&mut pace, 9, now), 8);
    pace.helper_worked();
    assert_eq!(begin(&mut pace, 9, now), 9);
}

#[test]
fn a_helper_that_works_does_not_mend_the_disk() {
    let mut pace = Pace::new(PaceRules::default());
    pace.site_fault("no space left", START);
    pace.helper_worked();
    assert!(pace.may_begin(START).is_err());
}

#[test]
fn a_person_pauses_and_resumes() {
    let mut pace = Pace::new(PaceRules::default());
    pace.pause("new template\nat ten");
    let why = "new template at ten".to_owned();
    assert_eq!(pace.may_begin(START), Err(Hold::Paused { why }));
    assert_eq!(pace.due(START), None);
    pace.resume();
    assert_eq!(pace.may_begin(START), Ok(()));
}

#[test]
fn who_drains_begins_nobody_whatever_is_resumed() {
    let mut pace = Pace::new(PaceRules::default());
    pace.drain();
    pace.resume();
    assert_eq!(pace.may_begin(START), Err(Hold::Draining));
}

#[test]
fn every_hold_is_one_clause_for_an_operator() {
    let next_trial = Some(START);
    let fault = "no space left".to_owned();
    let shown = [
        (
            Hold::Paused {
                why: "lunch".to_owned(),
            },
            "paused by an operator: lunch",
        ),
        (Hold::Paused { why: String::new() }, "paused by an operator"),
        (
            Hold::Breaker { failed: 5, of: 20 },
            "paused because 5 of the last 20 nodes failed, until resume",
        ),
        (Hold::Rate { until: START }, "max_per_minute is reached"),
        (
            Hold::Canary {
                confirmed: 1,
                wanted: 3,
                begun: 3,
            },
            "waits for canaries: 1 of 3 seen in production, 3 begun",
        ),
        (
            Hold::Site { fault, next_trial },
            "the site is at fault: no space left; a trial is made now and then",
        ),
        (Hold::Draining, "this process ends"),
    ];
    for (hold, text) in shown {
        assert_eq!(hold.to_string(), text);
    }
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop::sample::select(vec![Outcome::Good, Outcome::Failed, Outcome::Neutral])
}

proptest! {
    #[test]
    fn what_time_ends_ends_at_the_moment_that_is_due(
        per_minute in 1_u32..200,
        steps in prop::collection::vec((outcome(), 0_u64..3000, prop::bool::ANY), 1..80),
    ) {
        let mut pace = Pace::new(rate(per_minute));
        let mut now = START;
        let mut under_way = 0_u32;
        for (outcome, pause, fault) in steps {
            now += Duration::from_millis(pause);
            if fault {
                pace.site_fault("no space left", now);
            }
            if under_way > 3 {
                pace.ended(outcome, now);
                under_way -= 1;
            }
            if let Some(due) = pace.due(now) {
                prop_assert!(due > now);
                now = due;
            }
            if pace.may_begin(now).is_ok() {
                pace.began(now);
                under_way += 1;
            }
        }
        // who is under way ends; then time alone lets somebody begin
        for _ in 0..under_way {
            pace.ended(Outcome::Neutral, now);
        }
        for _ in 0..3 {
            now = pace.due(now).unwrap_or(now);
        }
        prop_assert_eq!(pace.may_begin(now), Ok(()));
    }
}
