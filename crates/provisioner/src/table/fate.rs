//! What a record has to expect of time and of others: functions of where it stands, and what the views are made of.

use crate::table::Moment;
use crate::table::Source;
use crate::table::Standing;
use crate::table::record::Record;
use crate::table::wait::DAY;
use crate::table::wait::SHOWN;
use crate::table::wait::SPLAY;

/// Who has to make room for a new identity, first to last. Who is not here, stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dispensable {
    /// It never answered anything: perhaps nobody is there.
    NeverAnswered,
    /// Nothing more is to be done for it.
    Over,
    /// It answered once, and now it does not.
    GoneQuiet,
}

impl Record {
    /// Whether a sighting shows that it waits again after it had been dealt with.
    pub(super) fn comes_back(&self, source: Source, now: Moment) -> bool {
        match self.standing {
            Standing::Provisioned | Standing::Confirmed | Standing::Shutdown => {
                source == Source::Startup || !self.in_splay(now)
            }
            // until it restarts it is found by every discovery; who asks for the restart just now will hear what became of it
            Standing::Unrestarted => source == Source::Startup && !self.busy,
            Standing::Queued
            | Standing::Probing
            | Standing::Ready
            | Standing::Working
            | Standing::Silent
            | Standing::Failed
            | Standing::Quarantined
            | Standing::Deferred
            | Standing::Locked
            | Standing::Approval
            | Standing::Refused
            | Standing::NotOurs => false,
        }
    }

    /// Whether it is so short a time since it was dealt with that it may still be on its way.
    pub(super) fn in_splay(&self, now: Moment) -> bool {
        let dealt_with = [
            Standing::Provisioned,
            Standing::Confirmed,
            Standing::Shutdown,
        ];
        dealt_with.contains(&self.standing) && now < self.since + SPLAY
    }

    /// When it comes back into the queue by itself.
    pub(super) fn wakes(&self) -> Option<Moment> {
        match self.standing {
            Standing::Silent
            | Standing::Failed
            | Standing::Quarantined
            | Standing::Deferred
            | Standing::Locked
            | Standing::Refused
            | Standing::NotOurs => Some(self.next),
            Standing::Queued
            | Standing::Probing
            | Standing::Ready
            | Standing::Working
            | Standing::Unrestarted
            | Standing::Approval
            | Standing::Provisioned
            | Standing::Confirmed
            | Standing::Shutdown => None,
        }
    }

    /// When its restart is asked for again.
    pub(super) fn restarts(&self) -> Option<Moment> {
        (self.standing == Standing::Unrestarted && !self.busy).then_some(self.next)
    }

    /// When it is forgotten.
    pub(super) fn ends(&self) -> Option<Moment> {
        match self.standing {
            Standing::Confirmed | Standing::Shutdown => Some(self.since + SHOWN),
            Standing::Provisioned => Some(self.since + DAY),
            Standing::Silent => Some(self.sighted + DAY),
            Standing::Unrestarted => (!self.busy).then(|| self.since.max(self.sighted) + DAY),
            Standing::Queued
            | Standing::Probing
            | Standing::Ready
            | Standing::Working
            | Standing::Failed
            | Standing::Quarantined
            | Standing::Deferred
            | Standing::Locked
            | Standing::Approval
            | Standing::Refused
            | Standing::NotOurs => None,
        }
    }

    /// Whether, and in which order, it makes room for others.
    pub(super) fn dispensable(&self) -> Option<(Dispensable, Moment)> {
        match self.standing {
            Standing::Queued => {
                (!self.answered).then_some((Dispensable::NeverAnswered, self.sighted))
            }
            Standing::Silent if self.answered => Some((Dispensable::GoneQuiet, self.sighted)),
            Standing::Silent => Some((Dispensable::NeverAnswered, self.sighted)),
            Standing::Refused | Standing::NotOurs | Standing::Confirmed | Standing::Shutdown => {
                Some((Dispensable::Over, self.since))
            }
            Standing::Probing
            | Standing::Ready
            | Standing::Working
            | Standing::Unrestarted
            | Standing::Failed
            | Standing::Quarantined
            | Standing::Deferred
            | Standing::Locked
            | Standing::Approval
            | Standing::Provisioned => None,
        }
    }

    /// Since when it waits for somebody to be done with it, where somebody can be.
    pub(super) fn waiting(&self) -> Option<Moment> {
        let waiting = [
            Standing::Queued,
            Standing::Probing,
            Standing::Ready,
            Standing::Working,
        ];
        waiting.contains(&self.standing).then_some(self.queued_at)
    }
}
