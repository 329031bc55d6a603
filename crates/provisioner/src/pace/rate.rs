//! At most so many in any minute, evenly: a bucket of tokens, and a memory of the last minute.
//!
//! A bucket alone lets a sixth more begin in the first minute, and the memory alone lets all of them begin in its first
//! second.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::table::Moment;

const MINUTE: Duration = Duration::from_secs(60);

/// When nodes began.
#[derive(Debug, Default)]
pub(super) struct Rate {
    /// When the bucket is full again; what is taken from it moves this on.
    full_at: Moment,
    /// Those of the last minute: never more than may begin in one, plus those that began at another rate.
    begun: VecDeque<Moment>,
}

impl Rate {
    /// When the next one may begin, where that is not now.
    pub(super) fn until(&self, per_minute: Option<NonZeroU32>, now: Moment) -> Option<Moment> {
        let per_minute = per_minute?;
        let slack = MINUTE / per_minute.get() * burst(per_minute).saturating_sub(1);
        let token = self.full_at.saturating_sub(slack);
        let most = usize::try_from(per_minute.get()).unwrap_or(usize::MAX);
        let place = self.begun.len().checked_sub(most);
        let room = place
            .and_then(|place| self.begun.get(place))
            .map(|begun| *begun + MINUTE);
        let until = room.map_or(token, |room| room.max(token));
        (until > now).then_some(until)
    }

    pub(super) fn began(&mut self, per_minute: Option<NonZeroU32>, now: Moment) {
        let Some(per_minute) = per_minute else {
            self.begun.clear();
            return;
        };
        self.full_at = self.full_at.max(now) + MINUTE / per_minute.get();
        while self
            .begun
            .front()
            .is_some_and(|begun| *begun + MINUTE <= now)
        {
            self.begun.pop_front();
        }
        self.begun.push_back(now);
    }

    /// Another rate: what is owed to the old one is forgiven, what began in the last minute is not forgotten.
    pub(super) const fn reset(&mut self) {
        self.full_at = Moment::ZERO;
    }
}

/// Those of ten seconds, and one.
const fn burst(per_minute: NonZeroU32) -> u32 {
    per_minute.get() / 6 + 1
}
