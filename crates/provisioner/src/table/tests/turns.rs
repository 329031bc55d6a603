//! Who is next.

use super::*;
use crate::table::turns::READY;
use crate::table::turns::RESTARTS;
use crate::table::turns::UNANSWERED;
use crate::table::turns::YOUNG;

fn probes(table: &mut Table, now: Moment) -> Vec<String> {
    std::iter::from_fn(|| table.probe(now))
        .map(|identity| identity.as_str().to_owned())
        .collect()
}

#[test]
fn a_node_that_takes_its_time_leaves_its_worker_to_another() {
    let mut table = table();
    let workers = table.rules.workers.get();
    for number in 0..workers + 2 {
        let name = format!("node{number}");
        table.discover(&name, START);
        drop(table.answer(&name, Probed::Answered, START));
    }
    while table.work(START).is_some() {}
    assert_eq!(table.counts().busy, workers);
    assert!(table.work_beside(1, START).is_some());
    assert_eq!(table.work_beside(1, START), None);
    assert!(table.work_beside(2, START).is_some());
}

#[test]
fn new_nodes_and_retried_ones_are_asked_in_turn() {
    let mut table = table();
    for name in ["old1", "old2", "old3"] {
        table.discover(name, START);
        drop(table.work_and_end(name, deferred(), START));
    }
    for name in ["new1", "new2", "new3", "new4", "new5"] {
        table.discover(name, START);
    }
    let order = probes(&mut table, START + HOUR);
    let new: Vec<_> = order
        .iter()
        .filter(|name| name.starts_with("new"))
        .collect();
    let old: Vec<_> = order
        .iter()
        .filter(|name| name.starts_with("old"))
        .collect();
    assert_eq!(new, ["new1", "new2", "new3", "new4", "new5"]);
    assert_eq!(old, ["old1", "old2", "old3"]);
    let place = |name: &str| order.iter().position(|other| other == name).unwrap();
    assert!(
        place("old1") <= 1 && place("old2") <= 3 && place("old3") <= 5,
        "{order:?}"
    );
}

#[test]
fn workers_take_new_nodes_and_retried_ones_in_turn() {
    let mut table = table();
    table.discover("old", START);
    drop(table.work_and_end("old", deferred(), START));
    for name in ["new1", "new2", "new3"] {
        table.discover(name, START);
    }
    let now = START + HOUR;
    for name in probes(&mut table, now) {
        drop(table.probed(&id(&name), Probed::Answered, now));
    }
    let order: Vec<_> = std::iter::from_fn(|| table.work(now)).collect();
    let old = order.iter().position(|next| next.identity == id("old"));
    assert!(old.unwrap() <= 1, "{order:?}");
}

#[test]
fn no_more_nodes_are_worked_on_than_there_are_workers() {
    let mut table = table();
    for number in 0..9 {
        table.discover(&format!("node{number}"), START);
    }
    for name in probes(&mut table, START) {
        drop(table.probed(&id(&name), Probed::Answered, START));
    }
    let first: Vec<_> = std::iter::from_fn(|| table.work(START)).collect();
    assert_eq!(first.len(), 4);
    assert_eq!(table.counts().busy, 4);
    drop(table.ended(&id("node0"), failed(), secs(1), START));
    assert_eq!(table.work(START).unwrap().identity, id("node4"));
    assert_eq!(table.work(START), None);
}

#[test]
fn who_was_interrupted_is_first_again_and_has_not_tried() {
    let mut table = table();
    for name in ["node1", "node2", "node3"] {
        table.discover(name, START);
    }
    let now = START + secs(5);
    let first = table.begin("node1", now);
    assert_eq!((first.attempt, first.waited), (1, secs(5)));
    drop(table.ended(&id("node1"), End::Interrupted, secs(1), now));
    let again = table.begin("node1", now + secs(1));
    assert_eq!((again.attempt, again.waited), (1, secs(6)));
}

#[test]
fn a_node_that_waited_for_days_keeps_its_place() {
    let mut table = table();
    table.discover("first", START);
    let later = START + 72 * HOUR;
    table.discover("second", later);
    table.expire(later);
    assert_eq!(table.begin("first", later).waited, 72 * HOUR);
}

#[test]
fn dead_identities_do_not_hold_up_the_living() {
    let mut table = with_capacity(20_000);
    for number in 0..10_000 {
        table.start(&format!("dead{number}"), START);
    }
    table.discover("alive", START);
    let mut asked = Vec::new();
    // nobody answers, and no probe ends
    for tick in 0..20 {
        asked.extend(probes(&mut table, START + tick * YOUNG));
    }
    assert_eq!(asked.len(), UNANSWERED, "2560 a second, until the bound");
    for name in &asked {
        drop(table.probed(&id(name), Probed::Silent, START + secs(2)));
    }
    let now = START + secs(2);
    let more: usize = (0..30)
        .map(|tick| probes(&mut table, now + tick * YOUNG).len())
        .sum();
    assert!(more >= UNANSWERED, "{more}");
}

#[test]
fn a_probe_stops_counting_as_nearly_ready_after_a_moment() {
    let mut table = with_capacity(1000);
    for number in 0..600 {
        table.discover(&format!("node{number}"), START);
    }
    assert_eq!(probes(&mut table, START).len(), READY);
    assert_eq!(table.due(START), Some(START + YOUNG));
    assert_eq!(
        probes(&mut table, START + YOUNG - Duration::from_nanos(1)).len(),
        0
    );
    assert_eq!(probes(&mut table, START + YOUNG).len(), READY);
}

#[test]
fn nobody_is_asked_while_enough_are_ready() {
    let mut table = with_capacity(1000);
    for number in 0..600 {
        table.discover(&format!("node{number}"), START);
    }
    for name in probes(&mut table, START) {
        drop(table.probed(&id(&name), Probed::Answered, START));
    }
    let later = START + HOUR;
    assert_eq!(table.probe(later), None);
    assert_eq!(
        table.due(later),
        None,
        "no time helps: a worker must take one"
    );
    assert!(table.work(later).is_some());
    assert!(table.probe(later).is_some());
}

#[test]
fn restarts_need_no_worker_and_are_bounded() {
    let mut table = with_capacity(100);
    for number in 0..RESTARTS + 5 {
        let name = id(&format!("node{number}"));
        assert!(table.adopt_unrestarted(&name, &name, START));
    }
    let asked: Vec<_> = std::iter::from_fn(|| table.restart(START)).collect();
    assert_eq!(asked.len(), RESTARTS);
    assert_eq!(table.due(START), None);
    assert_eq!(table.counts().busy, 0);
    let (first, _) = asked.first().unwrap();
    drop(table.restarted(first, Ok(()), START));
    assert!(table.restart(START).is_some());
}

#[test]
fn a_renamed_node_is_asked_for_its_restart_under_its_old_name() {
    let mut table = table();
    table.discover("node1", START);
    drop(table.work_and_end("node1", unrestarted("web1"), START));
    assert_eq!(table.restart(START), None, "not at once");
    let due = table.due(START).unwrap();
    assert_eq!(table.restart(due), Some((id("node1"), id("web1"))));
    drop(table.restarted(&id("node1"), Err("no reply".to_owned()), due));
    let next = table.due(due).unwrap();
    assert!(next > due);
    assert_eq!(table.restart(next), Some((id("node1"), id("web1"))));
    drop(table.restarted(&id("node1"), Ok(()), next));
    assert_eq!(
        table.in_production(&id("web1"), next).unwrap().identity,
        id("node1")
    );
}
