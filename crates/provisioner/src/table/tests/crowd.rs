//! Many nodes. No times are asserted: a search through the table per operation would take hours here.

use super::*;

const CROWD: usize = 100_000;

#[test]
fn a_hundred_thousand_nodes_are_taken_through_everything() {
    let mut table = with_capacity(CROWD);
    for number in 0..CROWD {
        assert_eq!(table.discover(&format!("n{number}"), START), Seen::New);
    }
    let mut now = START;
    let mut provisioned_nodes = 0;
    let mut silent_once = 0;
    while provisioned_nodes < CROWD {
        while let Some(node) = table.probe(now) {
            // every fifth does not answer the first time
            let number: usize = node.as_str()[1..].parse().unwrap();
            let silent = number.is_multiple_of(5) && table.standing_is_first_try(&node);
            let outcome = if silent {
                Probed::Silent
            } else {
                Probed::Answered
            };
            drop(table.probed(&node, outcome, now));
            if silent {
                silent_once += 1;
            }
        }
        while let Some(next) = table.work(now) {
            let end = End::Provisioned {
                becomes: next.identity.clone(),
            };
            drop(table.ended(&next.identity, end, secs(1), now));
            provisioned_nodes += 1;
        }
        let counts = table.counts();
        if counts.of(Standing::Queued) == 0 && counts.of(Standing::Ready) == 0 {
            match table.due(now) {
                Some(due) => now = due,
                None => break,
            }
        }
    }
    assert_eq!(provisioned_nodes, CROWD);
    assert_eq!(silent_once, CROWD / 5);
    assert_eq!(table.counts().of(Standing::Provisioned), CROWD);
    assert_eq!(table.rows(now).len(), CROWD);
    for number in 0..CROWD {
        assert!(
            table
                .in_production(&id(&format!("n{number}")), now)
                .is_some()
        );
    }
    assert_eq!(table.expire(now + HOUR).len(), CROWD);
    assert_eq!(table.counts().known, 0);
}

#[test]
fn a_flood_through_a_full_table_costs_no_more_than_the_flood() {
    let mut table = with_capacity(1000);
    for number in 0..CROWD / 4 {
        let now = START + Duration::from_micros(u64::try_from(number).unwrap());
        assert_eq!(table.start(&format!("f{number}"), now), Seen::New);
    }
    assert_eq!(table.counts().known, 1000);
    table.audit();
}

impl Table {
    fn standing_is_first_try(&self, node: &Identity) -> bool {
        let key = self.book.find(node).unwrap();
        !self.book.get(key).unwrap().tried
    }
}
