//! Every standing, every event: what follows.
//!
//! A `.` says that the node stays where it is, a `-` that it is forgotten.

use super::*;

/// Somebody is seen: by its start, by discovery, by discovery when the splay is over; in production by its old name, or by
/// its new one.
const SIGHTINGS: &str = "
                startup     discovery   later       production  new_name
    queued      .           .           .           .           .
    probing     .           .           .           .           .
    ready       .           .           .           queued      .
    working     .           .           .           .           .
    unrestarted failed      .           .           confirmed   confirmed
    restarting  .           .           .           confirmed   confirmed
    silent      queued      .           queued      confirmed   .
    failed      .           .           queued      .           .
    quarantined .           .           .           .           .
    deferred    .           .           queued      .           .
    locked      .           .           .           confirmed   .
    approval    .           .           .           .           .
    refused     .           .           .           .           .
    not_ours    .           .           .           .           .
    provisioned failed      .           failed      confirmed   confirmed
    confirmed   queued      .           queued      .           .
    shutdown    queued      .           queued      .           .
";

/// What the table answers to who saw it.
const ANSWERS: &str = "
                startup     discovery   later
    queued      known       known       known
    probing     known       known       known
    ready       known       known       known
    working     known       known       known
    unrestarted returned    known       known
    restarting  known       known       known
    silent      known       early       known
    failed      early       early       known
    quarantined early       early       early
    deferred    early       early       known
    locked      early       early       early
    approval    known       known       known
    refused     early       early       early
    not_ours    early       early       early
    provisioned returned    early       returned
    confirmed   returned    early       returned
    shutdown    returned    early       returned
";

/// A probe ends. Only who was probed is moved by that.
const PROBES: &str = "
                answered    nothing     junk        foreign
    queued      .           .           .           .
    probing     ready       silent      failed      not_ours
    ready       .           .           .           .
    working     .           .           .           .
    unrestarted .           .           .           .
    restarting  .           .           .           .
    silent      .           .           .           .
    failed      .           .           .           .
    quarantined .           .           .           .
    deferred    .           .           .           .
    locked      .           .           .           .
    approval    .           .           .           .
    refused     .           .           .           .
    not_ours    .           .           .           .
    provisioned .           .           .           .
    confirmed   .           .           .           .
    shutdown    .           .           .           .
";

/// Work ends. Only who was worked on is moved by that.
const ENDS: &str = "
                provisioned unrestarted deferred    shutdown    failed      locked      approval    refused     interrupted
    queued      .           .           .           .           .           .           .           .           .
    probing     .           .           .           .           .           .           .           .           .
    ready       .           .           .           .           .           .           .           .           .
    working     provisioned unrestarted deferred    shutdown    failed      locked      approval    refused     queued
    unrestarted .           .           .           .           .           .           .           .           .
    restarting  .           .           .           .           .           .           .           .           .
    silent      .           .           .           .           .           .           .           .           .
    failed      .           .           .           .           .           .           .           .           .
    quarantined .           .           .           .           .           .           .           .           .
    deferred    .           .           .           .           .           .           .           .           .
    locked      .           .           .           .           .           .           .           .           .
    approval    .           .           .           .           .           .           .           .           .
    refused     .           .           .           .           .           .           .           .           .
    not_ours    .           .           .           .           .           .           .           .           .
    provisioned .           .           .           .           .           .           .           .           .
    confirmed   .           .           .           .           .           .           .           .           .
    shutdown    .           .           .           .           .           .           .           .           .
";

/// Orders, the end of a restart that was asked for again, and what an earlier process left.
const ORDERS: &str = "
                retry       approve     acked       unacked     rules       adopt_unrestarted adopt_quarantined
    queued      .           .           .           .           .           unrestarted       quarantined
    probing     .           .           .           .           .           .                 .
    ready       .           .           .           .           .           unrestarted       quarantined
    working     .           .           .           .           .           .                 .
    unrestarted .           .           .           .           .           .                 quarantined
    restarting  .           .           provisioned .           .           .                 .
    silent      queued      .           .           .           .           unrestarted       quarantined
    failed      queued      .           .           .           .           unrestarted       quarantined
    quarantined queued      .           .           .           .           unrestarted       .
    deferred    queued      .           .           .           .           unrestarted       quarantined
    locked      queued      .           .           .           .           unrestarted       quarantined
    approval    queued      queued      .           .           .           unrestarted       quarantined
    refused     queued      .           .           .           queued      unrestarted       quarantined
    not_ours    queued      .           .           .           queued      unrestarted       quarantined
    provisioned queued      .           .           .           .           unrestarted       quarantined
    confirmed   queued      .           .           .           .           unrestarted       quarantined
    shutdown    queued      .           .           .           .           unrestarted       quarantined
";

/// Time passes: two hours until the next question, or until what is over is forgotten; a day likewise.
const TIMES: &str = "
                hours       forgotten   day_later
    queued      .           .           .
    probing     .           .           .
    ready       .           .           .
    working     .           .           .
    unrestarted .           .           -
    restarting  .           .           .
    silent      queued      .           -
    failed      queued      .           .
    quarantined queued      .           .
    deferred    queued      .           .
    locked      queued      .           .
    approval    .           .           .
    refused     queued      .           .
    not_ours    queued      .           .
    provisioned .           .           -
    confirmed   .           -           -
    shutdown    .           -           -
";

/// A table with one node that stands there since [`START`].
fn at(standing: &str) -> Table {
    let mut table = table();
    table.discover("node1", START);
    match standing {
        "queued" => {}
        "probing" => assert!(table.probe(START).is_some()),
        "ready" => drop(table.answer("node1", Probed::Answered, START)),
        "working" => drop(table.begin("node1", START)),
        "silent" => drop(table.answer("node1", Probed::Silent, START)),
        "not_ours" => drop(table.answer("node1", not_ours(), START)),
        "quarantined" => assert!(table.adopt_quarantined(&id("node1"), "bad", 3, HOUR, START)),
        "restarting" => {
            assert!(table.adopt_unrestarted(&id("node1"), &id("web1"), START));
            assert!(table.restart(START).is_some());
        }
        "confirmed" => {
            drop(table.work_and_end("node1", provisioned("web1"), START));
            assert!(table.in_production(&id("web1"), START).is_some());
        }
        other => drop(table.work_and_end("node1", end(other), START)),
    }
    table
}

fn end(name: &str) -> End {
    let why = || "because".to_owned();
    match name {
        "provisioned" => provisioned("web1"),
        "unrestarted" => unrestarted("web1"),
        "deferred" => deferred(),
        "shutdown" => End::Shutdown { message: why() },
        "failed" => failed(),
        "locked" => End::Locked,
        "approval" => End::NeedsApproval { why: why() },
        "refused" => End::Refused { why: why() },
        "interrupted" => End::Interrupted,
        other => panic!("no such end: {other}"),
    }
}

fn word(seen: &Seen) -> &'static str {
    match seen {
        Seen::New => "new",
        Seen::Known => "known",
        Seen::Returned(_) => "returned",
        Seen::Early => "early",
        Seen::Full => "full",
    }
}

fn happens(table: &mut Table, event: &str) -> &'static str {
    let node = id("node1");
    let now = START;
    match event {
        "startup" => return word(&table.start("node1", now)),
        "discovery" => return word(&table.discover("node1", now)),
        "later" => return word(&table.discover("node1", now + MINUTE)),
        "production" => drop(table.in_production(&node, now)),
        "new_name" => drop(table.in_production(&id("web1"), now)),
        "answered" => drop(table.probed(&node, Probed::Answered, now)),
        "nothing" => drop(table.probed(&node, Probed::Silent, now)),
        "junk" => drop(table.probed(&node, junk(), now)),
        "foreign" => drop(table.probed(&node, not_ours(), now)),
        "retry" => assert_eq!(table.retry(&node, now), Ok(())),
        "approve" => drop(table.approve(&node, now)),
        "acked" => drop(table.restarted(&node, Ok(()), now)),
        "unacked" => drop(table.restarted(&node, Err("no reply".to_owned()), now)),
        "rules" => table.set_rules(rules()),
        "adopt_unrestarted" => drop(table.adopt_unrestarted(&node, &id("web1"), now)),
        "adopt_quarantined" => drop(table.adopt_quarantined(&node, "bad", 3, HOUR, now)),
        "hours" => table.wake(now + 2 * HOUR),
        "forgotten" => drop(table.expire(now + 2 * HOUR)),
        "day_later" => drop(table.expire(now + 24 * HOUR)),
        other => drop(table.ended(&node, end(other), secs(1), now)),
    }
    ""
}

/// Runs every cell of a matrix, and hands over what was answered and where the node then stands.
fn every_cell(matrix: &str, check: impl Fn(&str, &str, &str, &Table)) {
    let mut lines = matrix
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let events: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    let mut rows = 0;
    for line in lines {
        let mut cells = line.split_whitespace();
        let standing = cells.next().unwrap();
        let cells: Vec<&str> = cells.collect();
        assert_eq!(cells.len(), events.len(), "{line}");
        for (event, cell) in events.iter().zip(cells) {
            let mut table = at(standing);
            let answer = happens(&mut table, event);
            table.audit();
            let expected = if cell == "." { standing } else { cell };
            check(&format!("{standing}, {event}"), expected, answer, &table);
        }
        rows += 1;
    }
    assert_eq!(rows, Standing::ALL.len() + 1, "a standing is missing");
}

fn every_standing_follows(matrix: &str) {
    every_cell(matrix, |case, expected, _, table| {
        let standing = table.standing("node1").map(Standing::as_str);
        let expected = match expected {
            "-" => None,
            "restarting" => Some("unrestarted"),
            other => Some(other),
        };
        assert_eq!(standing, expected, "{case}");
    });
}

#[test]
fn a_sighting_moves_a_node_only_where_it_should() {
    every_standing_follows(SIGHTINGS);
}

#[test]
fn who_saw_a_node_is_told_what_that_means() {
    every_cell(ANSWERS, |case, expected, answer, _| {
        assert_eq!(answer, expected, "{case}");
    });
}

#[test]
fn the_end_of_a_probe_moves_only_who_was_probed() {
    every_standing_follows(PROBES);
}

#[test]
fn the_end_of_work_moves_only_who_was_worked_on() {
    every_standing_follows(ENDS);
}

#[test]
fn an_order_moves_every_node_but_those_in_hand() {
    every_standing_follows(ORDERS);
}

#[test]
fn time_ends_every_wait_that_is_no_persons() {
    every_standing_follows(TIMES);
}
