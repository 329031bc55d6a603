//! A node is seen: waiting, or in production.

use std::time::Duration;

use muster::protocol::names::Identity;

use crate::table::Confirmation;
use crate::table::Consequence;
use crate::table::Moment;
use crate::table::Seen;
use crate::table::Source;
use crate::table::Standing;
use crate::table::Table;
use crate::table::record::Key;
use crate::table::record::Record;
use crate::table::wait::SPLAY;

/// What is said of a node that acknowledged its restart and waits again.
const CAME_BACK: &str = "came back unprovisioned after its restart";
/// So long after its restart a node that waits again is blamed on what it was given: the longest that a node tries its
/// configuration is a few minutes. Later somebody sent it here, as often as it was never seen in production from here.
const BLAMED: Duration = Duration::from_secs(60 * 60);
/// What is said of a node in production that this process did not bring there.
const FOREIGN: &str = "provisioned by somebody else";

impl Table {
    /// A node was seen waiting.
    pub fn seen(&mut self, id: &Identity, source: Source, now: Moment) -> Seen {
        self.wake(now);
        if let Some(key) = self.book.find(id) {
            return self.sighted(key, source, now);
        }
        // a node that was given a new name may come back under it
        let renamed = self.book.find_renamed(id).next();
        let renamed = renamed.and_then(|key| Some((key, self.book.get(key)?)));
        match renamed {
            Some((key, record)) if record.comes_back(source, now) => {
                self.book.rename(key, id);
                self.sighted(key, source, now)
            }
            Some((_, record)) if record.in_splay(now) => Seen::Early,
            Some(_) | None => self.met(id, source, now),
        }
    }

    /// A node was seen in production, under its old or its new name.
    ///
    /// Says so once, and only of a node that was provisioned here. A node that does not answer and one that somebody else
    /// works on is then known to be in production too. Such an event can be forged, so whoever waits otherwise goes on
    /// waiting; but before it is worked on it is asked once more whether it is there, and if it does not answer, it was
    /// somebody else who took it to production. At most once a minute.
    pub fn in_production(&mut self, id: &Identity, now: Moment) -> Option<Confirmation> {
        if let Some(key) = self.awaited(id) {
            return self.confirm(key, now);
        }
        let key = self.book.find(id)?;
        self.doubt(key, now);
        match self.book.get(key)?.standing {
            Standing::Silent | Standing::Locked => self.taken(key, now),
            // its restart was acknowledged and nobody told us yet
            Standing::Working => {
                self.book.change(key, |record| record.in_production = true);
            }
            Standing::Queued
            | Standing::Probing
            | Standing::Ready
            | Standing::Unrestarted
            | Standing::Failed
            | Standing::Quarantined
            | Standing::Deferred
            | Standing::Approval
            | Standing::Refused
            | Standing::NotOurs
            | Standing::Provisioned
            | Standing::Confirmed
            | Standing::Shutdown => {}
        }
        None
    }

    /// Whether the work on a node had better be broken off before it has sent anything lasting, so that it is asked whether
    /// it is still there.
    #[must_use]
    pub fn is_doubted(&self, id: &Identity) -> bool {
        let key = self.find_at(id, Standing::Working);
        let record = key.and_then(|key| self.book.get(key));
        record.is_some_and(|record| record.elsewhere)
    }

    fn doubt(&mut self, key: Key, now: Moment) {
        self.book.change(key, |record| {
            let waits = [
                Standing::Queued,
                Standing::Probing,
                Standing::Ready,
                Standing::Working,
                Standing::Failed,
                Standing::Deferred,
            ];
            let lately = record.doubted.is_some_and(|last| now < last + SPLAY);
            if lately || !waits.contains(&record.standing) {
                return;
            }
            record.doubted = Some(now);
            if record.standing == Standing::Ready {
                record.enter(Standing::Queued, now);
            }
            record.elsewhere = true;
        });
    }

    /// It waits for nobody: somebody else took it to production.
    pub(super) fn taken(&mut self, key: Key, now: Moment) {
        self.book.change(key, |record| {
            record.enter(Standing::Confirmed, now);
            record.elsewhere = false;
            record.noted(FOREIGN);
        });
    }

    /// It is in production, as it was to be.
    pub(super) fn confirm(&mut self, key: Key, now: Moment) -> Option<Confirmation> {
        self.book.change(key, |record| {
            let since_provisioned = now.saturating_sub(record.since);
            let from = record.standing;
            record.enter(Standing::Confirmed, now);
            record.in_doubt = false;
            record.failures = 0;
            record.misses = 0;
            Confirmation {
                identity: record.identity.clone(),
                from,
                since_provisioned,
                since_seen: now.saturating_sub(record.first_seen),
            }
        })
    }

    /// The node that is to be seen in production under this name.
    fn awaited(&self, id: &Identity) -> Option<Key> {
        let expected = |key: &Key| {
            let record = self.book.get(*key);
            record.is_some_and(Record::is_expected_in_production)
        };
        let mut known = self.book.find_renamed(id).chain(self.book.find(id));
        known.find(expected)
    }

    fn met(&mut self, id: &Identity, source: Source, now: Moment) -> Seen {
        let Some(key) = self.admit(id, source, now) else {
            return Seen::Full;
        };
        if source == Source::Startup {
            self.book.change(key, |record| record.hurried = Some(now));
        }
        Seen::New
    }

    fn sighted(&mut self, key: Key, source: Source, now: Moment) -> Seen {
        let seen = self.book.change(key, |record| {
            record.sighted = now;
            record.started |= source == Source::Startup;
            (record.comes_back(source, now), record.standing)
        });
        match seen {
            Some((true, standing)) => Seen::Returned(self.returned(key, standing, now)),
            Some((false, Standing::Silent)) => self.sooner(key, source, now),
            Some((false, standing)) => remembered(standing),
            None => Seen::Full,
        }
    }

    /// It had been dealt with, and waits again.
    pub(super) fn returned(&mut self, key: Key, standing: Standing, now: Moment) -> Consequence {
        let since = self.book.get(key).map_or(now, |record| record.since);
        let blamed = standing == Standing::Unrestarted
            || (standing == Standing::Provisioned && now < since + BLAMED);
        if blamed {
            self.book.change(key, |record| record.in_doubt = true);
            return self.fail(key, CAME_BACK, now);
        }
        self.book.change(key, |record| {
            record.renew();
            record.first_seen = now;
        });
        self.enqueue(key, now, now);
        Consequence::default()
    }

    /// A silent node was seen, so somebody may be there: it is asked earlier than it would have been.
    ///
    /// An event of its start makes it due at once, and the next one only `backoff_min` later. Anything else says that it
    /// answered just now, and may say so to everybody all the time: `backoff_min` after it was last asked.
    pub(super) fn sooner(&mut self, key: Key, source: Source, now: Moment) -> Seen {
        let pause = self.rules.backoff_min;
        let due = self.book.change(key, |record| match source {
            Source::Startup => {
                let at = record
                    .hurried
                    .map_or(now, |hurried| now.max(hurried + pause));
                if at < record.next {
                    record.next = at;
                    record.hurried = Some(at);
                }
                record.next
            }
            Source::Registration | Source::Discovery | Source::Journal => {
                let at = record.asked.map_or(now, |asked| asked + pause);
                record.next = record.next.min(at);
                record.next
            }
        });
        if due.is_some_and(|due| due <= now) {
            self.enqueue(key, now, now);
            return Seen::Known;
        }
        Seen::Early
    }
}

/// What a sighting means that changes nothing.
const fn remembered(standing: Standing) -> Seen {
    match standing {
        Standing::Queued
        | Standing::Probing
        | Standing::Ready
        | Standing::Working
        | Standing::Unrestarted
        | Standing::Approval => Seen::Known,
        Standing::Silent
        | Standing::Failed
        | Standing::Quarantined
        | Standing::Deferred
        | Standing::Locked
        | Standing::Refused
        | Standing::NotOurs
        | Standing::Provisioned
        | Standing::Confirmed
        | Standing::Shutdown => Seen::Early,
    }
}
