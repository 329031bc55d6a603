//! The records, and the views of them that answer "who is next?" without a search.
//!
//! A view is a function of the record: [`Book::change`] takes a record out of all views, changes it and puts it back, so
//! no view can disagree with its record.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::time::Duration;

use muster::protocol::names::Identity;

use crate::table::Moment;
use crate::table::Standing;
use crate::table::fate::Dispensable;
use crate::table::line::Line;
use crate::table::record::Key;
use crate::table::record::Record;
use crate::table::stamp::Stamp;

/// All records.
#[derive(Debug, Default)]
pub(super) struct Book {
    slots: Vec<Option<Record>>,
    free: Vec<Key>,
    names: HashMap<Identity, Key>,
    /// The records.
    pub(super) views: Views,
}

/// Who is next, in every respect.
#[derive(Debug, Default)]
pub(super) struct Views {
    /// Who is to be asked for its inventory.
    pub(super) queue: Line,
    /// Who is to be worked on.
    pub(super) ready: Line,
    /// Who was asked a short while ago and may answer any moment; [`Views::age`] ends that.
    pub(super) young: BTreeSet<(Stamp, Key)>,
    /// Who comes back into the queue when.
    pub(super) wakes: BTreeSet<(Stamp, Key)>,
    /// Whose restart is asked for again when.
    pub(super) restarts: BTreeSet<(Stamp, Key)>,
    /// Restarts being asked for.
    pub(super) restarting: BTreeSet<Key>,
    /// Who is forgotten when.
    pub(super) ends: BTreeSet<(Stamp, Key)>,
    /// Who makes room first.
    pub(super) dispensable: BTreeSet<(Dispensable, Stamp, Key)>,
    /// Who waits since when.
    pub(super) waiting: BTreeSet<(Stamp, Key)>,
    /// Names in production that are not those in the table.
    becomes: BTreeSet<(Identity, Key)>,
    standings: BTreeMap<Standing, usize>,
}

impl Book {
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn find(&self, identity: &Identity) -> Option<Key> {
        self.names.get(identity).copied()
    }

    /// The nodes that have or will have this name in production: one, unless two were promised the same.
    pub(super) fn find_renamed(&self, identity: &Identity) -> impl Iterator<Item = Key> {
        let from = (identity.clone(), Key(0));
        let promised = self.views.becomes.range(from..);
        let name = identity.clone();
        promised
            .take_while(move |(promised, _)| *promised == name)
            .map(|(_, key)| *key)
    }

    /// The node that has this name, or will have it.
    pub(super) fn find_by_any_name(&self, identity: &Identity) -> Option<Key> {
        self.find(identity)
            .or_else(|| self.find_renamed(identity).next())
    }

    pub(super) fn get(&self, key: Key) -> Option<&Record> {
        self.slots.get(key.0)?.as_ref()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, &Record)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(at, slot)| Some((Key(at), slot.as_ref()?)))
    }

    pub(super) fn insert(&mut self, record: Record) -> Key {
        let key = self.free.pop().unwrap_or(Key(self.slots.len()));
        self.names.insert(record.identity.clone(), key);
        self.views.enlist(key, &record);
        match self.slots.get_mut(key.0) {
            Some(slot) => *slot = Some(record),
            None => self.slots.push(Some(record)),
        }
        key
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<Record> {
        let record = self.slots.get_mut(key.0)?.take()?;
        self.views.strike(key, &record);
        self.names.remove(&record.identity);
        self.free.push(key);
        Some(record)
    }

    /// Changes a record and its place in the views. Not its name: that is [`Book::rename`].
    pub(super) fn change<T>(&mut self, key: Key, edit: impl FnOnce(&mut Record) -> T) -> Option<T> {
        let record = self.slots.get_mut(key.0)?.as_mut()?;
        self.views.strike(key, record);
        let made = edit(record);
        self.views.enlist(key, record);
        Some(made)
    }

    /// The node has another name now.
    pub(super) fn rename(&mut self, key: Key, identity: &Identity) {
        let Some(old) = self.get(key).map(|record| record.identity.clone()) else {
            return;
        };
        self.names.remove(&old);
        self.names.insert(identity.clone(), key);
        self.change(key, |record| {
            record.becomes(None);
            record.identity = identity.clone();
        });
    }
}

impl Views {
    pub(super) fn count(&self, standing: Standing) -> usize {
        self.standings.get(&standing).copied().unwrap_or(0)
    }

    pub(super) const fn counts(&self) -> &BTreeMap<Standing, usize> {
        &self.standings
    }

    /// A probe that was not answered within `youth` is not young any more.
    pub(super) fn age(&mut self, now: Moment, youth: Duration) {
        while self
            .young
            .first()
            .is_some_and(|(asked, _)| asked.moment() + youth <= now)
        {
            self.young.pop_first();
        }
    }

    fn enlist(&mut self, key: Key, record: &Record) {
        *self.standings.entry(record.standing).or_insert(0) += 1;
        self.place(key, record, Op::Put);
        if let Some(name) = record.new_name() {
            self.becomes.insert((name.clone(), key));
        }
    }

    fn strike(&mut self, key: Key, record: &Record) {
        if let Some(count) = self.standings.get_mut(&record.standing) {
            *count -= 1;
        }
        self.place(key, record, Op::Take);
        if let Some(name) = record.new_name() {
            self.becomes.remove(&(name.clone(), key));
        }
    }

    fn place(&mut self, key: Key, record: &Record, op: Op) {
        match record.standing {
            Standing::Queued => op.on(self.queue.of(record), (record.turn, key)),
            Standing::Ready => op.on(self.ready.of(record), (record.turn, key)),
            Standing::Probing => op.on(&mut self.young, (Stamp::of(record.since), key)),
            Standing::Unrestarted if record.busy => op.on(&mut self.restarting, key),
            Standing::Unrestarted
            | Standing::Working
            | Standing::Silent
            | Standing::Failed
            | Standing::Quarantined
            | Standing::Deferred
            | Standing::Locked
            | Standing::Approval
            | Standing::Refused
            | Standing::NotOurs
            | Standing::Provisioned
            | Standing::Confirmed
            | Standing::Shutdown => {}
        }
        if let Some(at) = record.wakes() {
            op.on(&mut self.wakes, (Stamp::of(at), key));
        }
        if let Some(at) = record.restarts() {
            op.on(&mut self.restarts, (Stamp::of(at), key));
        }
        if let Some(at) = record.ends() {
            op.on(&mut self.ends, (Stamp::of(at), key));
        }
        if let Some((class, at)) = record.dispensable() {
            op.on(&mut self.dispensable, (class, Stamp::of(at), key));
        }
        if let Some(at) = record.waiting() {
            op.on(&mut self.waiting, (Stamp::of(at), key));
        }
    }
}

/// Into a view, or out of it.
#[derive(Clone, Copy)]
enum Op {
    Put,
    Take,
}

impl Op {
    fn on<T: Ord>(self, view: &mut BTreeSet<T>, entry: T) {
        match self {
            Self::Put => view.insert(entry),
            Self::Take => view.remove(&entry),
        };
    }
}
