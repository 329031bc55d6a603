//! Waits, quarantine, approvals, time.

use super::*;
use crate::table::Forgotten;
use crate::table::NotAsked;
use crate::table::UnknownNode;

/// Fails until quarantined; says the waits.
fn fail_until_quarantined(table: &mut Table, name: &str) -> (Vec<Duration>, Moment) {
    let mut now = START;
    let mut waits = Vec::new();
    table.discover(name, now);
    loop {
        let consequence = table.work_and_end(name, failed(), now);
        assert!(consequence.failed);
        waits.push(table.next_try(name) - now);
        if consequence.quarantined.is_some() {
            return (waits, now);
        }
        now = table.next_try(name);
    }
}

fn between(wait: Duration, low: f64, high: f64) -> bool {
    (low..=high).contains(&wait.as_secs_f64())
}

#[test]
fn failures_wait_longer_each_time_and_end_in_quarantine() {
    let mut table = table();
    let (waits, now) = fail_until_quarantined(&mut table, "node1");
    assert_eq!(waits.len(), 3);
    assert!(between(waits[0], 7.5, 12.5), "{waits:?}");
    assert!(between(waits[1], 15.0, 25.0), "{waits:?}");
    assert_eq!(waits[2], HOUR);
    assert_eq!(table.probe(now + HOUR - secs(1)), None);
    let again = table.work_and_end("node1", failed(), now + HOUR);
    let quarantine = again.quarantined.unwrap();
    assert_eq!((quarantine.failures, quarantine.for_), (4, HOUR));
    assert_eq!(quarantine.error, "no such luck");
}

#[test]
fn a_helper_that_fails_for_everybody_brings_nobody_into_quarantine() {
    let mut table = table();
    let mut now = START;
    table.discover("node1", now);
    drop(table.work_and_end("node1", failed(), now));
    for _ in 0..20 {
        now = table.next_try("node1");
        let error = "the database is down".to_owned();
        let consequence = table.work_and_end("node1", End::Unhelped { error }, now);
        assert_eq!(consequence, Consequence::default());
        assert!(between(table.next_try("node1") - now, 7.5, 12.5));
    }
    let row = table.row(&id("node1"), now).unwrap();
    assert_eq!((row.standing, row.failures), (Standing::Failed, 1));
}

#[test]
fn waits_are_bounded_and_spread() {
    let mut table = table();
    let mut waits = Vec::new();
    for number in 0..50 {
        let name = format!("node{number}");
        let mut now = START + number * 24 * HOUR;
        table.discover(&name, now);
        for _ in 0..9 {
            drop(table.answer(&name, Probed::Silent, now));
            now = table.next_try(&name);
        }
        drop(table.answer(&name, Probed::Silent, now));
        waits.push(table.next_try(&name) - now);
        drop(table.expire(now + 25 * HOUR));
    }
    assert!(
        waits.iter().all(|wait| between(*wait, 60.0, 100.0)),
        "{waits:?}"
    );
    waits.sort();
    waits.dedup();
    assert!(waits.len() > 40, "they return at different times");
}

#[test]
fn the_spread_differs_between_processes_and_not_within_one() {
    let next = |salt| {
        let mut table = Table::new(rules(), salt);
        table.discover("node1", START);
        drop(table.answer("node1", Probed::Silent, START));
        table.next_try("node1")
    };
    assert_eq!(next(1), next(1));
    assert_ne!(next(1), next(2));
}

#[test]
fn silence_is_no_failure_and_junk_is_one() {
    let mut table = table();
    table.discover("node1", START);
    let mut now = START;
    for _ in 0..6 {
        assert_eq!(
            table.answer("node1", Probed::Silent, now),
            Consequence::default()
        );
        now = table.next_try("node1");
    }
    assert!(table.answer("node1", junk(), now).failed);
    assert_eq!(table.row(&id("node1"), now).unwrap().failures, 1);
}

#[test]
fn a_deferral_ends_a_row_of_failures() {
    let mut table = table();
    table.discover("node1", START);
    let mut now = START;
    for _ in 0..2 {
        drop(table.work_and_end("node1", failed(), now));
        now = table.next_try("node1");
    }
    drop(table.work_and_end("node1", deferred(), now));
    now = table.next_try("node1");
    assert_eq!(table.work_and_end("node1", failed(), now).quarantined, None);
}

#[test]
fn the_helper_may_say_when_within_reason() {
    let after = |retry_after| {
        let mut table = table();
        table.discover("node1", START);
        let message = "later".to_owned();
        drop(table.work_and_end(
            "node1",
            End::Deferred {
                message,
                retry_after,
            },
            START,
        ));
        table.next_try("node1") - START
    };
    assert_eq!(after(None), MINUTE);
    assert_eq!(after(Some(secs(5))), secs(5));
    assert_eq!(after(Some(Duration::ZERO)), secs(1));
    assert_eq!(after(Some(Duration::MAX)), 24 * HOUR);
}

#[test]
fn a_locked_node_waits_as_long_as_a_lock_lasts() {
    let mut table = table();
    table.discover("node1", START);
    let consequence = table.work_and_end("node1", End::Locked, START);
    assert_eq!(consequence, Consequence::default());
    assert!(between(table.next_try("node1") - START, 90.0, 150.0));
}

#[test]
fn who_is_refused_is_asked_again_after_ten_intervals_or_with_other_rules() {
    let mut table = table();
    table.discover("node1", START);
    drop(table.answer("node1", not_ours(), START));
    assert_eq!(table.next_try("node1"), START + 10 * MINUTE);
    table.set_rules(rules());
    assert_eq!(table.probe(START), Some(id("node1")));
}

#[test]
fn an_approval_is_good_for_one_onboarding() {
    let mut table = table();
    table.discover("node1", START);
    let why = || "it holds a certificate".to_owned();
    drop(table.work_and_end("node1", End::NeedsApproval { why: why() }, START));
    assert_eq!(table.approve(&id("node1"), START), Ok(()));
    assert_eq!(table.approve(&id("node1"), START), Err(NotAsked));
    assert!(table.begin("node1", START).approved);
    drop(table.ended(&id("node1"), failed(), secs(1), START));
    let next = table.next_try("node1");
    assert!(
        table.begin("node1", next).approved,
        "a failure does not use it up"
    );
    drop(table.ended(&id("node1"), provisioned("node1"), secs(1), next));
    table.in_production(&id("node1"), next);
    table.start("node1", next);
    assert!(!table.begin("node1", next).approved);
}

#[test]
fn nobody_can_approve_what_was_not_asked() {
    let mut table = table();
    table.discover("node1", START);
    assert_eq!(table.approve(&id("node1"), START), Err(NotAsked));
    assert_eq!(table.approve(&id("nobody"), START), Err(NotAsked));
    assert!(!table.begin("node1", START).approved);
}

#[test]
fn an_operator_ends_a_quarantine_and_forgets_the_failures() {
    let mut table = table();
    let (_, now) = fail_until_quarantined(&mut table, "node1");
    assert_eq!(table.retry(&id("nobody"), now), Err(UnknownNode));
    assert_eq!(table.retry(&id("node1"), now), Ok(()));
    let consequence = table.work_and_end("node1", failed(), now);
    assert_eq!(consequence.quarantined, None);
    assert_eq!(table.row(&id("node1"), now).unwrap().failures, 1);
}

#[test]
fn a_quarantine_of_an_earlier_process_goes_on() {
    let mut table = table();
    assert!(table.adopt_quarantined(&id("node1"), "bad\nluck", 5, 20 * MINUTE, START));
    assert_eq!(table.discover("node1", START), Seen::Early);
    let row = table.row(&id("node1"), START).unwrap();
    assert_eq!(row.why, "quarantined for 20 min after 5 failures: bad luck");
    assert_eq!(table.probe(START + 20 * MINUTE), Some(id("node1")));
}

#[test]
fn what_an_earlier_process_says_does_not_reach_who_is_worked_on() {
    let mut table = table();
    table.discover("node1", START);
    table.begin("node1", START);
    assert!(!table.adopt_unrestarted(&id("node1"), &id("web1"), START));
    assert!(!table.adopt_quarantined(&id("node1"), "bad", 3, HOUR, START));
    assert_eq!(table.standing("node1"), Some(Standing::Working));
}

#[test]
fn a_silent_node_is_forgotten_a_day_after_it_was_last_seen() {
    let mut table = table();
    table.discover("node1", START);
    drop(table.answer("node1", Probed::Silent, START));
    table.discover("node1", START + secs(1));
    assert_eq!(table.expire(START + 24 * HOUR), []);
    let forgotten = Forgotten {
        identity: id("node1"),
        standing: Standing::Silent,
    };
    assert_eq!(table.expire(START + 24 * HOUR + secs(1)), [forgotten]);
    assert_eq!(
        table.discover("node1", START + 24 * HOUR + secs(1)),
        Seen::New
    );
}

#[test]
fn a_configured_node_that_is_still_discovered_is_not_forgotten() {
    let mut table = table();
    assert!(table.adopt_unrestarted(&id("node1"), &id("node1"), START));
    table.discover("node1", START + 20 * HOUR);
    assert_eq!(table.expire(START + 40 * HOUR), []);
    assert_eq!(table.expire(START + 44 * HOUR).len(), 1);
}
