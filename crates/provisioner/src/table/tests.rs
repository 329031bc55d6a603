//! Facts about the table.

mod crowd;
mod outcomes;
mod property;
mod reasons;
mod room;
mod sightings;
mod transitions;
mod turns;

use std::num::NonZeroU32;
use std::num::NonZeroUsize;
use std::time::Duration;

use muster::protocol::names::Identity;

use crate::config::TableRules;
use crate::table::Assignment;
use crate::table::Consequence;
use crate::table::End;
use crate::table::Moment;
use crate::table::Probed;
use crate::table::Seen;
use crate::table::Source;
use crate::table::Standing;
use crate::table::Table;
use crate::table::stamp::Stamp;

/// When the tests begin: not at zero, so that nothing is right by chance.
const START: Moment = secs(1000);
const MINUTE: Duration = secs(60);
const HOUR: Duration = secs(3600);

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn rules() -> TableRules {
    TableRules {
        capacity: NonZeroUsize::new(100).unwrap(),
        workers: NonZeroUsize::new(4).unwrap(),
        interval: MINUTE,
        backoff_min: secs(10),
        backoff_max: secs(80),
        quarantine_after: NonZeroU32::new(3).unwrap(),
        quarantine_for: HOUR,
    }
}

fn with_capacity(capacity: usize) -> Table {
    let capacity = NonZeroUsize::new(capacity).unwrap();
    Table::new(
        TableRules {
            capacity,
            ..rules()
        },
        7,
    )
}

fn table() -> Table {
    Table::new(rules(), 7)
}

fn id(name: &str) -> Identity {
    Identity::new(name).unwrap()
}

fn failed() -> End {
    End::Failed {
        error: "no such luck".to_owned(),
    }
}

fn deferred() -> End {
    End::Deferred {
        message: "not yet".to_owned(),
        retry_after: None,
    }
}

fn provisioned(becomes: &str) -> End {
    End::Provisioned {
        becomes: id(becomes),
    }
}

fn unrestarted(becomes: &str) -> End {
    End::Unrestarted {
        becomes: id(becomes),
        error: "no reply".to_owned(),
    }
}

fn junk() -> Probed {
    Probed::Junk {
        error: "no inventory".to_owned(),
    }
}

fn not_ours() -> Probed {
    Probed::NotOurs {
        why: "country is not de".to_owned(),
    }
}

/// What the tests say in one word.
impl Table {
    fn standing(&self, name: &str) -> Option<Standing> {
        self.row(&id(name), START).map(|row| row.standing)
    }

    fn discover(&mut self, name: &str, now: Moment) -> Seen {
        self.seen(&id(name), Source::Discovery, now)
    }

    fn start(&mut self, name: &str, now: Moment) -> Seen {
        self.seen(&id(name), Source::Startup, now)
    }

    /// Asks for the inventory of the node whose turn it is, which must be this one, and answers.
    fn answer(&mut self, name: &str, outcome: Probed, now: Moment) -> Consequence {
        assert_eq!(self.probe(now), Some(id(name)));
        self.probed(&id(name), outcome, now)
    }

    /// Takes the node whose turn it is, which must be this one, to a worker.
    fn begin(&mut self, name: &str, now: Moment) -> Assignment {
        drop(self.answer(name, Probed::Answered, now));
        let assignment = self.work(now).unwrap();
        assert_eq!(assignment.identity, id(name));
        assignment
    }

    fn work_and_end(&mut self, name: &str, end: End, now: Moment) -> Consequence {
        self.begin(name, now);
        self.ended(&id(name), end, secs(1), now)
    }

    /// When the node is next tried.
    fn next_try(&self, name: &str) -> Moment {
        let key = self.book.find(&id(name)).unwrap();
        let record = self.book.get(key).unwrap();
        record.wakes().or_else(|| record.restarts()).unwrap()
    }

    /// What every view says must be what the records say.
    fn audit(&self) {
        let views = &self.book.views;
        let records: Vec<_> = self.book.iter().collect();
        let view = |of: fn(&super::record::Record) -> Option<Moment>| {
            let entries = records
                .iter()
                .filter_map(|(key, record)| Some((Stamp::of(of(record)?), *key)));
            entries.collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(views.wakes, view(super::record::Record::wakes));
        assert_eq!(views.restarts, view(super::record::Record::restarts));
        assert_eq!(views.ends, view(super::record::Record::ends));
        assert_eq!(views.waiting, view(super::record::Record::waiting));
        let counts = self.counts();
        for standing in Standing::ALL {
            let there = records
                .iter()
                .filter(|(_, record)| record.standing == standing);
            assert_eq!(counts.of(standing), there.count(), "{standing}");
        }
        assert_eq!(counts.known, records.len());
        assert_eq!(views.queue.len(), counts.of(Standing::Queued));
        assert_eq!(views.ready.len(), counts.of(Standing::Ready));
        let dispensable = records
            .iter()
            .filter(|(_, record)| record.dispensable().is_some());
        assert_eq!(views.dispensable.len(), dispensable.count());
        let busy = records.iter().filter(|(_, record)| record.busy);
        assert_eq!(views.restarting.len(), busy.count());
        assert!(counts.busy <= self.rules.workers.get());
        assert!(counts.known <= self.rules.capacity.get());
    }
}
