//! Whatever happens, nobody is stuck.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Longer than any wait of these rules.
const LONGEST_WAIT: Duration = secs(3600 + 600);

#[derive(Debug, Clone)]
enum Event {
    Seen(u8, Source),
    Production(u8),
    Probe,
    Probed(u8, u8),
    Work,
    Ended(u8, u8),
    Restart,
    Restarted(u8, Result<(), String>),
    Retry(u8),
    Approve(u8),
    Rules(usize),
    Pass(u64),
    Expire,
}

fn name(number: u8) -> Identity {
    id(&format!("node{}", number % 9))
}

fn outcome(kind: u8) -> Probed {
    match kind % 5 {
        0 => Probed::Silent,
        1 => junk(),
        2 => not_ours(),
        _ => Probed::Answered,
    }
}

fn end(kind: u8) -> End {
    let why = || "because".to_owned();
    match kind % 12 {
        0 => unrestarted("node1"),
        1 => unrestarted("node8"),
        2 => deferred(),
        3 => End::Shutdown { message: why() },
        4 => failed(),
        5 => End::Locked,
        6 => End::NeedsApproval { why: why() },
        7 => End::Refused { why: why() },
        8 => End::Interrupted,
        9 => End::Unhelped { error: why() },
        10 => provisioned("node2"),
        _ => provisioned("elsewhere"),
    }
}

fn source() -> impl Strategy<Value = Source> {
    prop::sample::select(vec![
        Source::Startup,
        Source::Registration,
        Source::Discovery,
    ])
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (any::<u8>(), source()).prop_map(|(node, source)| Event::Seen(node, source)),
        1 => any::<u8>().prop_map(Event::Production),
        4 => Just(Event::Probe),
        4 => (any::<u8>(), any::<u8>()).prop_map(|(node, kind)| Event::Probed(node, kind)),
        4 => Just(Event::Work),
        4 => (any::<u8>(), any::<u8>()).prop_map(|(node, kind)| Event::Ended(node, kind)),
        2 => Just(Event::Restart),
        2 => (any::<u8>(), prop::bool::ANY).prop_map(|(node, well)| {
            Event::Restarted(node, if well { Ok(()) } else { Err("no reply".to_owned()) })
        }),
        1 => any::<u8>().prop_map(Event::Retry),
        1 => any::<u8>().prop_map(Event::Approve),
        1 => (4_usize..8).prop_map(Event::Rules),
        3 => (0_u64..900).prop_map(Event::Pass),
        1 => Just(Event::Expire),
    ]
}

fn small() -> TableRules {
    TableRules {
        capacity: NonZeroUsize::new(7).unwrap(),
        workers: NonZeroUsize::new(2).unwrap(),
        ..rules()
    }
}

fn apply(table: &mut Table, event: Event, now: &mut Moment) {
    match event {
        Event::Seen(node, source) => drop(table.seen(&name(node), source, *now)),
        Event::Production(node) => drop(table.in_production(&name(node), *now)),
        Event::Probe => drop(table.probe(*now)),
        Event::Probed(node, kind) => drop(table.probed(&name(node), outcome(kind), *now)),
        Event::Work => drop(table.work(*now)),
        Event::Ended(node, kind) => drop(table.ended(&name(node), end(kind), secs(1), *now)),
        Event::Restart => drop(table.restart(*now)),
        Event::Restarted(node, result) => drop(table.restarted(&name(node), result, *now)),
        Event::Retry(node) => drop(table.retry(&name(node), *now)),
        Event::Approve(node) => drop(table.approve(&name(node), *now)),
        Event::Rules(workers) => table.set_rules(TableRules {
            workers: NonZeroUsize::new(workers).unwrap(),
            ..small()
        }),
        Event::Pass(seconds) => *now += secs(seconds),
        Event::Expire => drop(table.expire(*now)),
    }
}

/// What is in the hands of the caller ends, as it must.
fn let_go(table: &mut Table, now: Moment) {
    for row in table.rows(now) {
        let node = id(&row.identity);
        drop(table.probed(&node, Probed::Silent, now));
        drop(table.ended(&node, End::Interrupted, secs(1), now));
        drop(table.restarted(&node, Err("no reply".to_owned()), now));
    }
}

/// Goes from one due moment to the next and takes everybody that is given.
fn served(table: &mut Table, mut now: Moment, until: Moment) -> BTreeSet<String> {
    let mut served = BTreeSet::new();
    loop {
        while let Some(node) = table.probe(now) {
            served.insert(node.as_str().to_owned());
            drop(table.probed(&node, Probed::Answered, now));
        }
        while let Some(next) = table.work(now) {
            served.insert(next.identity.as_str().to_owned());
            let message = "done".to_owned();
            drop(table.ended(&next.identity, End::Shutdown { message }, secs(1), now));
        }
        while let Some((node, _)) = table.restart(now) {
            served.insert(node.as_str().to_owned());
            drop(table.restarted(&node, Ok(()), now));
        }
        table.audit();
        if table.counts().of(Standing::Ready) > 0 || table.counts().of(Standing::Queued) > 0 {
            continue;
        }
        match table.due(now) {
            Some(due) if due <= until => {
                assert!(
                    due > now,
                    "a moment that does not lie ahead would be asked for again at once"
                );
                now = due;
            }
            Some(_) | None => return served,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_node_that_nobody_decided_about_is_tried_again(
        events in prop::collection::vec(event(), 0..120)
    ) {
        let mut table = Table::new(small(), 3);
        let mut now = START;
        for event in events {
            apply(&mut table, event, &mut now);
            table.audit();
        }
        let_go(&mut table, now);
        let decided = [
            Standing::Approval,
            Standing::Provisioned,
            Standing::Confirmed,
            Standing::Shutdown,
        ];
        let rows = table.rows(now);
        let owed = rows.iter().filter(|row| !decided.contains(&row.standing));
        let owed: BTreeSet<String> = owed.map(|row| row.identity.clone()).collect();
        let served = served(&mut table, now, now + LONGEST_WAIT);
        prop_assert!(owed.is_subset(&served), "owed {owed:?}, served {served:?}");
    }

    #[test]
    fn what_is_decided_is_forgotten_within_a_day(
        events in prop::collection::vec(event(), 0..120)
    ) {
        let mut table = Table::new(small(), 3);
        let mut now = START;
        for event in events {
            apply(&mut table, event, &mut now);
        }
        table.expire(now + secs(24 * 3600));
        let over = [Standing::Provisioned, Standing::Confirmed, Standing::Shutdown, Standing::Silent];
        for row in table.rows(now) {
            prop_assert!(!over.contains(&row.standing), "{row:?}");
        }
    }
}
