//! The cap, and who makes room.

use super::*;

#[test]
fn who_never_answered_makes_room_first_the_longest_unseen_before_others() {
    let mut table = with_capacity(3);
    table.discover("foreign", START);
    drop(table.answer("foreign", not_ours(), START));
    table.discover("silent", START + secs(1));
    drop(table.answer("silent", Probed::Silent, START + secs(1)));
    table.discover("queued", START + secs(2));
    table.discover("silent", START + secs(3));

    assert_eq!(table.discover("new1", START + secs(4)), Seen::New);
    assert_eq!(table.standing("queued"), None);
    assert_eq!(table.discover("new2", START + secs(5)), Seen::New);
    assert_eq!(table.standing("silent"), None);
    assert_eq!(table.standing("foreign"), Some(Standing::NotOurs));
}

#[test]
fn what_is_over_makes_room_next_and_then_who_went_quiet() {
    let mut table = with_capacity(3);
    table.discover("quiet", START);
    drop(table.work_and_end("quiet", deferred(), START));
    let later = START + MINUTE;
    drop(table.answer("quiet", Probed::Silent, later));
    for name in ["foreign1", "foreign2"] {
        table.discover(name, later);
        drop(table.answer(name, not_ours(), later));
    }
    for (new, gone) in [("a", "foreign1"), ("b", "foreign2"), ("c", "quiet")] {
        assert_eq!(table.discover(new, later), Seen::New);
        assert_eq!(table.standing(gone), None, "{gone}");
        drop(table.answer(new, junk(), later));
    }
    assert_eq!(table.discover("d", later), Seen::Full);
}

#[test]
fn who_failed_was_deferred_configured_or_quarantined_stays() {
    let why = || "because".to_owned();
    let ends = [
        failed(),
        deferred(),
        provisioned("web1"),
        unrestarted("web1"),
        End::Locked,
        End::NeedsApproval { why: why() },
    ];
    for end in ends {
        let mut table = with_capacity(1);
        table.discover("node1", START);
        drop(table.work_and_end("node1", end.clone(), START));
        assert_eq!(table.start("node2", START), Seen::Full, "{end:?}");
        assert!(!table.adopt_unrestarted(&id("node3"), &id("node3"), START));
        table.audit();
    }
    let mut table = with_capacity(1);
    assert!(table.adopt_quarantined(&id("node1"), "bad", 3, HOUR, START));
    assert_eq!(table.start("node2", START), Seen::Full);
}

#[test]
fn who_waits_after_an_answer_is_not_pushed_out_by_a_flood() {
    let mut table = with_capacity(10);
    table.discover("node1", START);
    drop(table.work_and_end("node1", deferred(), START));
    table.wake(START + MINUTE);
    assert_eq!(table.standing("node1"), Some(Standing::Queued));
    for number in 0..1000 {
        assert_eq!(
            table.start(&format!("forged{number}"), START + MINUTE),
            Seen::New
        );
    }
    assert_eq!(table.counts().known, 10);
    assert_eq!(table.standing("node1"), Some(Standing::Queued));
}

#[test]
fn a_smaller_table_gives_up_who_is_dispensable() {
    let mut table = with_capacity(10);
    for number in 0..10 {
        table.discover(&format!("node{number}"), START + secs(number));
    }
    drop(table.work_and_end("node0", failed(), START + MINUTE));
    let capacity = NonZeroUsize::new(3).unwrap();
    table.set_rules(TableRules {
        capacity,
        ..rules()
    });
    let left: Vec<String> = table
        .rows(START)
        .into_iter()
        .map(|row| row.identity)
        .collect();
    assert_eq!(left, ["node0", "node8", "node9"]);
    table.audit();
}
