//! A moment in half the space: the views hold several per record.

use crate::table::Moment;

/// A [`Moment`] in nanoseconds. Whoever waits longer than 584 years is due then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp(u64);

impl Stamp {
    /// The same moment.
    pub(super) fn of(moment: Moment) -> Self {
        Self(u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX))
    }

    /// The same moment.
    pub(super) const fn moment(self) -> Moment {
        Moment::from_nanos(self.0)
    }
}
