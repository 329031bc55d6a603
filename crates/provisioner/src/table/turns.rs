//! Who is next: to be asked, to be worked on, to be asked for its restart; and when to look again.

use std::time::Duration;

use muster::protocol::names::Identity;

use crate::table::Assignment;
use crate::table::Moment;
use crate::table::Standing;
use crate::table::Table;

/// Nodes that are ready, or may be any moment. Their inventories are kept somewhere.
pub(super) const READY: usize = 256;
/// How long a node may become ready any moment: most of those that are there have answered by then.
pub(super) const YOUNG: Duration = Duration::from_millis(100);
/// Probes that are not answered yet. Each is an entry in a table of expected replies.
pub(super) const UNANSWERED: usize = 4096;
/// Restarts that are being asked for. Few nodes ever need that.
pub(super) const RESTARTS: usize = 16;

impl Table {
    /// The next node to be asked for its inventory; [`Table::probed`] must tell what came of it.
    pub fn probe(&mut self, now: Moment) -> Option<Identity> {
        self.wake(now);
        self.book.views.age(now, YOUNG);
        if self.crowded() || self.book.views.young.len() + self.ready() >= READY {
            return None;
        }
        let key = self.book.views.queue.serve()?;
        self.book.change(key, |record| {
            record.enter(Standing::Probing, now);
            record.asked = Some(now);
            record.started = false;
            record.identity.clone()
        })
    }

    /// The next node for a worker, as long as one is free; [`Table::ended`] must tell what came of it.
    pub fn work(&mut self, now: Moment) -> Option<Assignment> {
        self.work_beside(0, now)
    }

    /// The same, where so many of those that are worked on take their time and need no worker meanwhile.
    pub fn work_beside(&mut self, waited_for: usize, now: Moment) -> Option<Assignment> {
        self.wake(now);
        let places = self.rules.workers.get().saturating_add(waited_for);
        if self.book.views.count(Standing::Working) >= places {
            return None;
        }
        let key = self.book.views.ready.serve()?;
        self.book.change(key, |record| {
            record.enter(Standing::Working, now);
            record.attempts = record.attempts.saturating_add(1);
            Assignment {
                identity: record.identity.clone(),
                waited: now.saturating_sub(record.queued_at),
                attempt: record.attempts,
                approved: record.approved,
            }
        })
    }

    /// The next configured node whose restart is to be asked for again: the name to ask, and the one it will have.
    /// [`Table::restarted`] must tell what came of it. It needs no worker; at most sixteen at a time.
    pub fn restart(&mut self, now: Moment) -> Option<(Identity, Identity)> {
        self.wake(now);
        if self.book.views.restarting.len() >= RESTARTS {
            return None;
        }
        let (at, key) = self.book.views.restarts.first().copied()?;
        if at.moment() > now {
            return None;
        }
        self.book.change(key, |record| {
            record.busy = true;
            record.started = false;
            let asked = record.identity.clone();
            let becomes = record.new_name().cloned();
            (asked.clone(), becomes.unwrap_or(asked))
        })
    }

    /// The earliest moment at which time alone makes one of the three give something that it does not give at `now`.
    ///
    /// Ask it after all three gave nothing: then the moment lies ahead, or there is none.
    #[must_use]
    pub fn due(&self, now: Moment) -> Option<Moment> {
        let views = &self.book.views;
        let wakes = views.wakes.first().map(|(at, _)| at.moment());
        let held_by_youth = !views.queue.is_empty()
            && !self.crowded()
            && self.ready() < READY
            && views.young.len() + self.ready() >= READY;
        let youth = views.young.first().map(|(asked, _)| asked.moment() + YOUNG);
        let youth = youth.filter(|_| held_by_youth);
        let restarts = views.restarts.first().map(|(at, _)| at.moment());
        let restarts = restarts.filter(|_| views.restarting.len() < RESTARTS);
        let earliest = [wakes, youth, restarts].into_iter().flatten().min();
        earliest.map(|at| at.max(now))
    }

    fn ready(&self) -> usize {
        self.book.views.count(Standing::Ready)
    }

    fn crowded(&self) -> bool {
        self.book.views.count(Standing::Probing) >= UNANSWERED
    }
}
