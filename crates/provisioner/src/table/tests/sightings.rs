//! What a sighting is worth.

use super::*;
use crate::table::Confirmation;

#[test]
fn a_flood_of_startup_events_costs_one_probe_per_backoff() {
    let mut table = table();
    let mut probes = 0;
    // an event every 100 ms for 100 s, and nobody answers
    for tick in 0..1000 {
        let now = START + tick * Duration::from_millis(100);
        table.start("ghost", now);
        if table.probe(now).is_some() {
            probes += 1;
            drop(table.probed(&id("ghost"), Probed::Silent, now));
        }
    }
    assert!(
        (5..=11).contains(&probes),
        "{probes} probes in ten times backoff_min"
    );
}

#[test]
fn a_silent_node_that_starts_is_asked_at_once() {
    let mut table = table();
    table.discover("node1", START);
    drop(table.answer("node1", Probed::Silent, START));
    assert_eq!(table.probe(START + secs(1)), None);
    table.start("node1", START + secs(1));
    assert_eq!(table.probe(START + secs(1)), Some(id("node1")));
}

#[test]
fn a_node_that_starts_while_it_is_probed_is_probed_again() {
    let mut table = table();
    table.discover("node1", START);
    assert!(table.probe(START).is_some());
    table.start("node1", START + secs(1));
    drop(table.probed(&id("node1"), Probed::Silent, START + secs(2)));
    assert_eq!(table.probe(START + secs(2)), Some(id("node1")));
}

#[test]
fn a_silent_node_that_is_discovered_is_asked_after_the_shortest_wait() {
    let mut table = table();
    table.discover("node1", START);
    let mut now = START;
    for _ in 0..5 {
        drop(table.answer("node1", Probed::Silent, now));
        now = table.next_try("node1");
    }
    drop(table.answer("node1", Probed::Silent, now));
    assert!(
        table.next_try("node1") > now + secs(50),
        "it has been silent for long"
    );
    assert_eq!(table.discover("node1", now + secs(3)), Seen::Early);
    assert_eq!(table.next_try("node1"), now + secs(10));
    assert_eq!(table.discover("node1", now + secs(10)), Seen::Known);
    assert_eq!(table.standing("node1"), Some(Standing::Queued));
}

#[test]
fn a_crash_loop_does_not_lift_the_wait_after_a_failure() {
    let mut table = table();
    table.discover("node1", START);
    drop(table.work_and_end("node1", failed(), START));
    let next = table.next_try("node1");
    assert_eq!(table.start("node1", START + secs(1)), Seen::Early);
    assert_eq!(table.next_try("node1"), next);
    let row = table.row(&id("node1"), START + secs(1)).unwrap();
    assert!(row.why.contains("it started again"), "{}", row.why);
}

#[test]
fn a_deferred_node_is_not_asked_earlier_because_it_is_discovered() {
    let mut table = table();
    table.discover("node1", START);
    drop(table.work_and_end("node1", deferred(), START));
    for source in [Source::Discovery, Source::Registration, Source::Startup] {
        assert_eq!(
            table.seen(&id("node1"), source, START + secs(59)),
            Seen::Early
        );
    }
    assert_eq!(table.probe(START + secs(59)), None);
    assert_eq!(table.probe(START + MINUTE), Some(id("node1")));
}

#[test]
fn a_node_that_comes_back_long_after_its_restart_is_no_failure() {
    let mut table = table();
    table.start("node1", START);
    let end = table.work_and_end("node1", provisioned("node1"), START);
    assert_eq!(end, Consequence::default());
    assert_eq!(table.standing("node1"), Some(Standing::Provisioned));
    let seen = table.start("node1", START + secs(3601));
    assert_eq!(seen, Seen::Returned(Consequence::default()));
    assert_eq!(table.standing("node1"), Some(Standing::Queued));
}

#[test]
fn nodes_that_come_back_again_and_again_are_quarantined() {
    let mut table = table();
    let mut now = START;
    table.start("node1", now);
    for time in 1..=3 {
        let end = table.work_and_end("node1", provisioned("node1"), now);
        assert_eq!(end, Consequence::default(), "that alone is no failure");
        now += secs(5);
        let Seen::Returned(consequence) = table.start("node1", now) else {
            panic!("it came back");
        };
        assert!(consequence.failed);
        assert_eq!(consequence.quarantined.is_some(), time == 3);
        if time < 3 {
            assert_eq!(table.standing("node1"), Some(Standing::Failed));
            now = table.next_try("node1");
        }
    }
    assert_eq!(table.standing("node1"), Some(Standing::Quarantined));
}

#[test]
fn a_confirmed_node_that_is_provisioned_anew_has_not_failed() {
    let mut table = table();
    table.start("node1", START);
    drop(table.work_and_end("node1", provisioned("node1"), START + secs(4)));
    let confirmation = table.in_production(&id("node1"), START + secs(9));
    let expected = Confirmation {
        identity: id("node1"),
        from: Standing::Provisioned,
        since_provisioned: secs(5),
        since_seen: secs(9),
    };
    assert_eq!(confirmation, Some(expected));
    assert_eq!(
        table.in_production(&id("node1"), START + secs(9)),
        None,
        "once"
    );
    let back = table.start("node1", START + secs(30));
    assert_eq!(back, Seen::Returned(Consequence::default()));
    let again = table.begin("node1", START + secs(30));
    assert_eq!((again.attempt, again.waited), (1, secs(0)));
}

#[test]
fn a_renamed_node_that_comes_back_under_its_new_name_is_the_same_node() {
    let mut table = table();
    table.start("node1", START);
    drop(table.work_and_end("node1", provisioned("web1"), START));
    assert_eq!(table.discover("web1", START + secs(5)), Seen::Early);
    let back = table.start("web1", START + secs(6));
    assert!(matches!(
        back,
        Seen::Returned(Consequence { failed: true, .. })
    ));
    assert_eq!(table.counts().known, 1);
    let next = table.next_try("web1");
    assert_eq!(table.probe(next), Some(id("web1")));
}

#[test]
fn production_that_is_seen_before_the_work_is_known_to_have_ended_confirms() {
    let mut table = table();
    table.start("node1", START);
    table.begin("node1", START);
    assert_eq!(table.in_production(&id("node1"), START + secs(1)), None);
    let end = table.ended(&id("node1"), provisioned("node1"), secs(1), START + secs(1));
    assert_eq!(end.confirmed.unwrap().identity, id("node1"));
    assert_eq!(table.standing("node1"), Some(Standing::Confirmed));
}

#[test]
fn a_node_seen_in_production_long_before_is_not_confirmed_by_that() {
    let mut table = table();
    table.start("node1", START);
    table.begin("node1", START);
    table.in_production(&id("node1"), START);
    drop(table.ended(&id("node1"), failed(), secs(1), START));
    let next = table.next_try("node1");
    let end = table.work_and_end("node1", provisioned("node1"), next);
    assert_eq!(end.confirmed, None);
}

#[test]
fn an_event_of_the_start_that_comes_while_the_restart_is_asked_for_counts() {
    let mut table = table();
    assert!(table.adopt_unrestarted(&id("node1"), &id("node1"), START));
    assert!(table.restart(START).is_some());
    assert_eq!(table.start("node1", START), Seen::Known);
    let consequence = table.restarted(&id("node1"), Err("no reply".to_owned()), START);
    assert!(consequence.failed);
    assert_eq!(table.standing("node1"), Some(Standing::Failed));
}

#[test]
fn a_late_or_forged_event_does_not_keep_a_node_from_being_confirmed() {
    for name in ["node1", "web1"] {
        let mut table = table();
        table.discover("node1", START);
        drop(table.work_and_end("node1", provisioned("web1"), START));
        assert!(matches!(table.start("node1", START), Seen::Returned(_)));
        let next = table.next_try("node1");
        drop(table.answer("node1", Probed::Silent, next));
        let confirmation = table.in_production(&id(name), next);
        assert_eq!(confirmation.unwrap().identity, id("node1"));
        let row = table.row(&id("node1"), next).unwrap();
        assert_eq!((row.standing, row.failures), (Standing::Confirmed, 0));
        assert_eq!(row.becomes.as_deref(), Some("web1"));
    }
}

#[test]
fn a_node_that_came_back_and_answers_is_not_confirmed_by_an_event() {
    let mut table = table();
    table.discover("node1", START);
    drop(table.work_and_end("node1", provisioned("web1"), START));
    assert!(matches!(table.start("node1", START), Seen::Returned(_)));
    let next = table.next_try("node1");
    drop(table.answer("node1", Probed::Answered, next));
    for name in ["node1", "web1"] {
        assert_eq!(table.in_production(&id(name), next), None);
    }
    // it is asked once more
    assert_eq!(table.standing("node1"), Some(Standing::Queued));
}

#[test]
fn a_ready_node_that_is_said_to_be_in_production_is_asked_again_before_it_is_worked_on() {
    for (answer, standing) in [
        (Probed::Silent, Standing::Confirmed),
        (Probed::Answered, Standing::Ready),
    ] {
        let mut table = table();
        table.discover("node1", START);
        drop(table.answer("node1", Probed::Answered, START));
        assert_eq!(table.in_production(&id("node1"), START), None);
        assert_eq!(table.work(START), None);
        drop(table.answer("node1", answer, START));
        assert_eq!(table.standing("node1"), Some(standing));
    }
}

#[test]
fn events_of_production_that_are_forged_delay_a_node_once_a_minute() {
    let mut table = table();
    table.discover("node1", START);
    drop(table.answer("node1", Probed::Answered, START));
    table.in_production(&id("node1"), START);
    drop(table.answer("node1", Probed::Answered, START));
    table.in_production(&id("node1"), START + secs(59));
    assert_eq!(table.standing("node1"), Some(Standing::Ready));
    table.in_production(&id("node1"), START + secs(60));
    assert_eq!(table.standing("node1"), Some(Standing::Queued));
}

#[test]
fn work_on_a_node_that_is_said_to_be_in_production_is_doubted_until_it_answers() {
    let mut table = table();
    table.discover("node1", START);
    table.begin("node1", START);
    assert!(!table.is_doubted(&id("node1")));
    table.in_production(&id("node1"), START);
    assert!(table.is_doubted(&id("node1")));
    drop(table.ended(&id("node1"), End::Interrupted, secs(1), START));
    drop(table.answer("node1", Probed::Silent, START));
    assert_eq!(table.standing("node1"), Some(Standing::Confirmed));
}

#[test]
fn a_node_that_became_known_by_its_start_is_not_hurried_by_the_next_one() {
    let mut table = table();
    table.start("node1", START);
    drop(table.answer("node1", Probed::Silent, START));
    assert_eq!(table.start("node1", START + secs(1)), Seen::Early);
    assert_eq!(table.probe(START + secs(7)), None);
    assert!(table.next_try("node1") <= START + secs(10));
}

#[test]
fn two_nodes_that_were_promised_one_name_do_not_lose_it_with_the_first() {
    let mut table = table();
    for name in ["node1", "node2"] {
        table.discover(name, START);
        drop(table.work_and_end(name, provisioned("web1"), START));
    }
    table.retry(&id("node1"), START).unwrap();
    let confirmation = table.in_production(&id("web1"), START);
    assert_eq!(confirmation.unwrap().identity, id("node2"));
}

#[test]
fn a_start_before_the_restart_was_asked_for_again_says_nothing_about_it() {
    let mut table = table();
    table.discover("node1", START);
    table.begin("node1", START);
    table.start("node1", START);
    drop(table.ended(&id("node1"), unrestarted("node1"), secs(1), START));
    let due = table.due(START).unwrap();
    assert!(table.restart(due).is_some());
    drop(table.restarted(&id("node1"), Err("no reply".to_owned()), due));
    assert_eq!(table.standing("node1"), Some(Standing::Unrestarted));
}
