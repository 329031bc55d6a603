//! A queue that serves new nodes and retried ones in turn.

use std::collections::BTreeSet;
use std::collections::HashMap;

use crate::table::record::Key;
use crate::table::record::Record;

/// Two queues, served alternately as long as both have somebody; each in the order of arrival.
#[derive(Debug, Default)]
pub(super) struct Line {
    new: BTreeSet<(u64, Key)>,
    retried: BTreeSet<(u64, Key)>,
    /// A new node was served last.
    retried_next: bool,
}

impl Line {
    /// The queue that a record belongs to.
    pub(super) const fn of(&mut self, record: &Record) -> &mut BTreeSet<(u64, Key)> {
        if record.tried {
            &mut self.retried
        } else {
            &mut self.new
        }
    }

    pub(super) fn len(&self) -> usize {
        self.new.len() + self.retried.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.new.is_empty() && self.retried.is_empty()
    }

    /// Whose turn it is; takes note that it was served. The caller takes it out.
    pub(super) fn serve(&mut self) -> Option<Key> {
        let new = self.new.first().copied();
        let retried = self.retried.first().copied();
        let (chosen, was_new) = match (new, retried) {
            (Some(_), Some(retried)) if self.retried_next => (retried, false),
            (Some(new), _) => (new, true),
            (None, Some(retried)) => (retried, false),
            (None, None) => return None,
        };
        self.retried_next = was_new;
        Some(chosen.1)
    }

    /// How many are served before a record that is in this line. Counts: not for the hot path.
    pub(super) fn before(&self, key: Key, record: &Record) -> usize {
        let own = if record.tried {
            &self.retried
        } else {
            &self.new
        };
        self.ahead(
            own.range(..(record.turn, key)).count(),
            record.tried == self.retried_next,
            own,
        )
    }

    /// [`Line::before`] of everybody at once.
    pub(super) fn order(&self) -> HashMap<Key, usize> {
        let new = self.new.iter().enumerate();
        let new =
            new.map(|(place, &(_, key))| (key, self.ahead(place, !self.retried_next, &self.new)));
        let retried = self.retried.iter().enumerate();
        let retried = retried
            .map(|(place, &(_, key))| (key, self.ahead(place, self.retried_next, &self.retried)));
        new.chain(retried).collect()
    }

    fn ahead(&self, place: usize, own_is_next: bool, own: &BTreeSet<(u64, Key)>) -> usize {
        let others = self.len() - own.len();
        let turns_of_others = if own_is_next { place } else { place + 1 };
        place + turns_of_others.min(others)
    }
}
