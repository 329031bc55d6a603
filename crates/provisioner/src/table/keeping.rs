//! The table itself: its rules, its bounds, what time ends, and its counts.

use muster::protocol::names::Identity;

use crate::config::TableRules;
use crate::table::Counts;
use crate::table::Forgotten;
use crate::table::Moment;
use crate::table::Source;
use crate::table::Standing;
use crate::table::book::Book;
use crate::table::record::Key;
use crate::table::record::Record;

/// One record per identity, and who is next.
#[derive(Debug)]
pub struct Table {
    pub(super) rules: TableRules,
    pub(super) salt: u64,
    pub(super) book: Book,
    /// Places in the queue given so far.
    turns: u64,
    /// The last moment that anybody was told.
    latest: Moment,
}

impl Table {
    /// An empty table. The salt spreads waits; it differs between processes.
    #[must_use]
    pub fn new(rules: TableRules, salt: u64) -> Self {
        Self {
            rules,
            salt,
            book: Book::default(),
            turns: 0,
            latest: Moment::ZERO,
        }
    }

    /// Other rules. Everything is kept; who was refused is asked again at once, for the rules may be why.
    ///
    /// Where the new capacity is smaller, who is dispensable goes; who is not, stays.
    pub fn set_rules(&mut self, rules: TableRules) {
        self.rules = rules;
        let refused =
            |record: &Record| [Standing::Refused, Standing::NotOurs].contains(&record.standing);
        let again = self.book.iter().filter(|(_, record)| refused(record));
        let again: Vec<Key> = again.map(|(key, _)| key).collect();
        for key in again {
            self.enqueue(key, self.latest, self.latest);
        }
        while self.book.len() > self.rules.capacity.get() && self.evict() {}
    }

    /// Forgets what is over: confirmed nodes and those that were shut down after an hour, provisioned ones that nobody
    /// saw in production after a day, and silent ones and those whose restart nobody acknowledges a day after they were
    /// last seen waiting.
    pub fn expire(&mut self, now: Moment) -> Vec<Forgotten> {
        let mut forgotten = Vec::new();
        while let Some(&(at, key)) = self.book.views.ends.first()
            && at.moment() <= now
            && let Some(record) = self.book.remove(key)
        {
            forgotten.push(Forgotten {
                identity: record.identity,
                standing: record.standing,
            });
        }
        forgotten
    }

    /// Where a node stands, under the name that it is known by.
    #[must_use]
    pub fn place_of(&self, id: &Identity) -> Option<Standing> {
        let key = self.book.find(id)?;
        Some(self.book.get(key)?.standing)
    }

    /// How many nodes stand where.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let views = &self.book.views;
        Counts {
            standings: views.counts().clone(),
            busy: views.count(Standing::Working),
            known: self.book.len(),
            oldest_waiting: views.waiting.first().map(|(since, _)| since.moment()),
        }
    }

    /// A record for a new identity, in no standing that anybody could pick; nothing when there is no room.
    pub(super) fn admit(&mut self, id: &Identity, source: Source, now: Moment) -> Option<Key> {
        if self.book.len() >= self.rules.capacity.get() && !self.evict() {
            return None;
        }
        let mut record = Record::new(id.clone(), source, now);
        record.turn = self.next_turn();
        Some(self.book.insert(record))
    }

    /// Into the queue, behind everybody else; `since` is when it became due.
    pub(super) fn enqueue(&mut self, key: Key, since: Moment, now: Moment) {
        let turn = self.next_turn();
        self.book
            .change(key, |record| record.enqueue(turn, since, now));
    }

    /// Everybody whose time is up comes into the queue.
    pub(super) fn wake(&mut self, now: Moment) {
        self.latest = now;
        while let Some(&(at, key)) = self.book.views.wakes.first()
            && at.moment() <= now
        {
            self.enqueue(key, at.moment(), now);
        }
    }

    const fn next_turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }

    fn evict(&mut self) -> bool {
        let first = self.book.views.dispensable.first().copied();
        first.is_some_and(|(_, _, key)| self.book.remove(key).is_some())
    }
}
