//! When messages leave, over paused time.

use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const INTERVAL: Duration = Duration::from_secs(300);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A schedule that is connected and has published at `now`.
fn published(timing: Timing, now: Instant) -> Schedule {
    let mut schedule = Schedule::new(timing);
    schedule.connected(now, || 0.0);
    schedule.published(now, 1000);
    schedule
}

/// Every moment of a publication within `span`, when nothing goes wrong.
async fn publications(schedule: &mut Schedule, span: Duration, size: u64) -> Vec<Duration> {
    let start = Instant::now();
    let mut moments = Vec::new();
    while let Some(next) = schedule.next().filter(|next| *next < start + span) {
        tokio::time::sleep_until(next).await;
        if schedule.wants(Instant::now(), size) {
            moments.push(start.elapsed());
            schedule.published(Instant::now(), size);
        } else {
            schedule.looked(Instant::now());
        }
    }
    moments
}

#[tokio::test(start_paused = true)]
async fn nothing_is_looked_at_without_a_connection() {
    let mut schedule = Schedule::new(Timing::every(INTERVAL));
    assert_eq!(schedule.next(), None);
    schedule.connected(Instant::now(), || 0.5);
    schedule.lost(Instant::now());
    assert_eq!(schedule.next(), None);
}

#[tokio::test(start_paused = true)]
async fn the_first_message_leaves_one_to_four_seconds_after_connecting_and_the_others_at_the_interval()
 {
    for (dice, first) in [(0.0, 1), (1.0, 4)] {
        let mut schedule = Schedule::new(Timing::every(INTERVAL));
        schedule.connected(Instant::now(), || dice);
        let moments = publications(&mut schedule, 3 * INTERVAL, 1000).await;
        assert_eq!(moments, [first, first + 300, first + 600].map(seconds));
    }
}

#[tokio::test(start_paused = true)]
async fn a_splay_adds_a_part_of_the_interval_that_no_reconnect_adds_again() {
    let start = Instant::now();
    let mut schedule = Schedule::new(Timing {
        splay: true,
        ..Timing::every(INTERVAL)
    });
    schedule.connected(start, || 1.0);
    assert_eq!(schedule.next(), Some(start + seconds(304)));
    schedule.lost(start + seconds(100));
    schedule.connected(start + seconds(200), || 1.0);
    assert_eq!(schedule.next(), Some(start + seconds(304)));
}

#[tokio::test(start_paused = true)]
async fn what_was_due_while_there_was_no_connection_comes_soon_after_the_next() {
    let start = Instant::now();
    for (dice, wait) in [(0.0, 1), (1.0, 60)] {
        let mut schedule = published(Timing::every(INTERVAL), start);
        schedule.lost(start + seconds(200));
        schedule.connected(start + seconds(1000), || dice);
        assert_eq!(schedule.next(), Some(start + seconds(1000 + wait)));
        assert!(schedule.wants(start + seconds(1000 + wait), 1000));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_due_yet_waits_for_its_time() {
    let start = Instant::now();
    let mut schedule = published(Timing::every(INTERVAL), start);
    schedule.lost(start + seconds(100));
    schedule.connected(start + seconds(110), || 1.0);
    assert_eq!(schedule.next(), Some(start + INTERVAL));
}

#[tokio::test(start_paused = true)]
async fn what_left_just_before_a_loss_leaves_again() {
    let start = Instant::now();
    let mut schedule = published(Timing::every(INTERVAL), start);
    schedule.lost(start + seconds(89));
    schedule.connected(start + seconds(95), || 0.0);
    assert_eq!(schedule.next(), Some(start + seconds(96)));
    assert!(schedule.wants(start + seconds(96), 1000));
}

#[tokio::test(start_paused = true)]
async fn a_loss_that_nobody_saw_is_one() {
    let start = Instant::now();
    let mut schedule = published(Timing::every(INTERVAL), start);
    schedule.connected(start + seconds(10), || 0.0);
    assert_eq!(schedule.next(), Some(start + seconds(11)));
}

#[tokio::test(start_paused = true)]
async fn a_waiting_node_tells_every_new_connection() {
    let start = Instant::now();
    let timing = Timing {
        afresh: true,
        ..Timing::every(seconds(120))
    };
    let mut schedule = published(timing, start);
    schedule.lost(start + seconds(100));
    schedule.connected(start + seconds(101), || 1.0);
    assert_eq!(schedule.next(), Some(start + seconds(105)));
    assert!(schedule.wants(start + seconds(105), 1000));
}

#[tokio::test(start_paused = true)]
async fn what_was_kept_back_is_tried_again_and_does_not_count_as_published() {
    let start = Instant::now();
    let mut schedule = Schedule::new(Timing::every(INTERVAL));
    schedule.connected(start, || 0.0);
    for (dice, wait) in [(0.0, 30), (1.0, 90)] {
        let now = schedule.next().unwrap();
        schedule.kept_back(now, dice);
        assert_eq!(schedule.next(), Some(now + seconds(wait)));
        assert!(schedule.wants(schedule.next().unwrap(), 1000));
    }
    let short = Timing::every(seconds(2));
    let mut schedule = published(short, start);
    schedule.kept_back(start + seconds(2), 0.5);
    assert_eq!(schedule.next(), Some(start + seconds(4)));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_size_leaves_early_and_a_smaller_one_waits() {
    let start = Instant::now();
    let timing = Timing {
        trigger: Some(100),
        looks: seconds(30),
        ..Timing::every(INTERVAL)
    };
    let mut schedule = published(timing, start);
    assert_eq!(schedule.next(), Some(start + seconds(30)));
    for (size, wanted) in [
        (1000, false),
        (1099, false),
        (901, false),
        (1100, true),
        (900, true),
    ] {
        assert_eq!(schedule.wants(start + seconds(30), size), wanted, "{size}");
    }
    let moments = publications(&mut schedule, 2 * INTERVAL + MINUTE, 1099).await;
    assert_eq!(moments, [300, 600].map(seconds));
}

#[tokio::test(start_paused = true)]
async fn looks_further_apart_than_the_interval_do_not_delay_it() {
    let timing = Timing {
        trigger: Some(1),
        looks: seconds(1000),
        ..Timing::every(INTERVAL)
    };
    let mut schedule = published(timing, Instant::now());
    let moments = publications(&mut schedule, 2 * INTERVAL + MINUTE, 1000).await;
    assert_eq!(moments, [300, 600].map(seconds));
}

#[derive(Debug, Clone, Copy)]
enum Happens {
    Connected,
    Lost,
    Look(u64, bool),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        Just(Happens::Connected),
        Just(Happens::Lost),
        (0..5000_u64, any::<bool>()).prop_map(|(size, works)| Happens::Look(size, works)),
    ]
}

proptest! {
    /// Whatever happened: once connected, there is a next look, and nothing keeps a message back for longer than a splay,
    /// an interval and a minute and a half.
    #[test]
    fn a_schedule_is_never_stuck(
        events in proptest::collection::vec((happens(), 0..700_u64, 0.0..1.0_f64), 0..40),
        splay: bool, afresh: bool, trigger in proptest::option::of(1..2000_u64),
    ) {
        let timing = Timing { splay, afresh, trigger, looks: seconds(30), ..Timing::every(INTERVAL) };
        let mut schedule = Schedule::new(timing);
        let mut now = Instant::now();
        for (event, pause, dice) in events {
            now += seconds(pause);
            match event {
                Happens::Connected => schedule.connected(now, || dice),
                Happens::Lost => schedule.lost(now),
                Happens::Look(size, works) => {
                    let Some(next) = schedule.next() else { continue };
                    now = now.max(next);
                    match (schedule.wants(now, size), works) {
                        (false, _) => schedule.looked(now),
                        (true, true) => schedule.published(now, size),
                        (true, false) => schedule.kept_back(now, dice),
                    }
                    prop_assert!(schedule.next().unwrap() > now);
                }
            }
        }
        schedule.connected(now, || 1.0);
        let latest = now + 2 * INTERVAL + seconds(95);
        while !schedule.wants(schedule.next().unwrap(), 0) {
            let look = schedule.next().unwrap();
            prop_assert!(look < latest);
            schedule.looked(look);
        }
        prop_assert!(schedule.next().unwrap() <= latest);
    }
}
