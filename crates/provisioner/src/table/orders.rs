//! What an operator orders, and what the journal of an earlier process says.

use std::time::Duration;

use muster::protocol::names::Identity;

use crate::table::Moment;
use crate::table::NotAsked;
use crate::table::Source;
use crate::table::Standing;
use crate::table::Table;
use crate::table::UnknownNode;
use crate::table::record::Key;

impl Table {
    /// Tries a node at once, under its old or its new name. Its failures are forgotten; quarantine and waits end.
    ///
    /// A configured node is asked for its restart again. One that is being worked on is left alone.
    ///
    /// # Errors
    ///
    /// [`UnknownNode`] when there is no such node.
    pub fn retry(&mut self, id: &Identity, now: Moment) -> Result<(), UnknownNode> {
        let key = self.book.find_by_any_name(id).ok_or(UnknownNode)?;
        let standing = self.book.change(key, |record| {
            record.failures = 0;
            record.misses = 0;
            record.standing
        });
        match standing.ok_or(UnknownNode)? {
            Standing::Queued | Standing::Probing | Standing::Ready | Standing::Working => {}
            Standing::Unrestarted => {
                self.book.change(key, |record| record.next = now);
            }
            Standing::Silent
            | Standing::Failed
            | Standing::Quarantined
            | Standing::Deferred
            | Standing::Locked
            | Standing::Approval
            | Standing::Refused
            | Standing::NotOurs
            | Standing::Provisioned
            | Standing::Confirmed
            | Standing::Shutdown => self.enqueue(key, now, now),
        }
        Ok(())
    }

    /// A person approves one onboarding of a node that waits for that. It is good until the node is provisioned, shut
    /// down, or needs another.
    ///
    /// # Errors
    ///
    /// [`NotAsked`] when the node does not wait for it.
    pub fn approve(&mut self, id: &Identity, now: Moment) -> Result<(), NotAsked> {
        let key = self.find_at(id, Standing::Approval).ok_or(NotAsked)?;
        self.book.change(key, |record| record.approved = true);
        self.enqueue(key, now, now);
        Ok(())
    }

    /// An earlier process configured the node and did not hear that it restarts: that is asked for at once.
    ///
    /// Says whether there was room. A node that is being worked on is left alone.
    pub fn adopt_unrestarted(&mut self, id: &Identity, becomes: &Identity, now: Moment) -> bool {
        let Some(key) = self.adopted(id, now) else {
            return false;
        };
        self.book.change(key, |record| {
            record.wait(Standing::Unrestarted, now, now);
            record.becomes(Some(becomes.clone()));
        });
        true
    }

    /// An earlier process quarantined the node, and some of that time is left.
    ///
    /// Says whether there was room. A node that is being worked on is left alone.
    pub fn adopt_quarantined(
        &mut self,
        id: &Identity,
        error: &str,
        failures: u32,
        remaining: Duration,
        now: Moment,
    ) -> bool {
        let Some(key) = self.adopted(id, now) else {
            return false;
        };
        let longest = self.rules.quarantine_for;
        self.book.change(key, |record| {
            record.failures = failures;
            record.failed_with(error);
            record.wait(Standing::Quarantined, now + remaining.min(longest), now);
        });
        true
    }

    fn adopted(&mut self, id: &Identity, now: Moment) -> Option<Key> {
        let known = self.book.find(id);
        let key = known.or_else(|| self.admit(id, Source::Journal, now))?;
        let in_hand = self.book.change(key, |record| {
            record.answered = true;
            record.in_doubt = false;
            record.busy || [Standing::Probing, Standing::Working].contains(&record.standing)
        });
        (in_hand == Some(false)).then_some(key)
    }
}
