//! When a plugin publishes. Pure: the time and the dice come in.
//!
//! ```text
//!            connected                       published
//!   waiting ───────────> looks at `next` ───────────────> looks again at the next interval, or look
//!      ^                   │   │    ^                          │
//!      └───────────────────┼───┼────┴── kept back: soon again ─┘
//!             lost ────────┘   └── not wanted yet: at the next look
//! ```

use std::time::Duration;

use tokio::time::Instant;

/// How often a plugin publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Time between two publications.
    pub interval: Duration,
    /// Whether the first one waits a random part of the interval.
    pub splay: bool,
    /// Whether every new connection is told at once.
    pub afresh: bool,
    /// By how many bytes the body must change for an early publication; none without.
    pub trigger: Option<u64>,
    /// Time between two looks at the size, where there is a trigger.
    pub looks: Duration,
}

impl Timing {
    /// At this interval and at no other time.
    #[must_use]
    pub const fn every(interval: Duration) -> Self {
        Self {
            interval,
            splay: false,
            afresh: false,
            trigger: None,
            looks: interval,
        }
    }
}

/// When one plugin looks at what it publishes, and whether it does publish.
#[derive(Debug, Clone)]
pub struct Schedule {
    timing: Timing,
    /// When a message is due, whatever its size; nothing before the first connection.
    due: Option<Instant>,
    /// The next look; nothing without a connection.
    next: Option<Instant>,
    /// When the last one was handed over, and the size of its body.
    published: Option<(Instant, u64)>,
}

impl Schedule {
    /// Not connected yet.
    #[must_use]
    pub const fn new(timing: Timing) -> Self {
        Self {
            timing,
            due: None,
            next: None,
            published: None,
        }
    }

    /// When to look next; nothing without a connection.
    #[must_use]
    pub const fn next(&self) -> Option<Instant> {
        self.next
    }

    /// There is a new connection. The first message leaves one to four seconds later (design §9), or a part of the interval
    /// after that; what was due while there was none comes within a fifth of the interval, at most a minute. Each throw of
    /// the `dice` is uniform in `0.0..1.0`.
    pub fn connected(&mut self, now: Instant, mut dice: impl FnMut() -> f64) {
        // nobody saw the loss in between
        self.lost(now);
        let settled = now + between(SETTLE, dice());
        self.next = Some(match self.due {
            None if self.timing.splay => settled + self.timing.interval.mul_f64(unit(dice())),
            None => settled,
            Some(_) if self.timing.afresh => settled,
            Some(due) => {
                let window = (self.timing.interval / 5).clamp(SETTLE.1, LONGEST_RETURN);
                let soon = now + between((SETTLE.0, window), dice());
                soon.max(self.look_after(now, due))
            }
        });
        if self.due.is_none() || self.timing.afresh {
            self.due = self.next;
        }
    }

    /// There is no connection any more. What was handed over as shortly before as a dead peer may stay unnoticed counts as
    /// lost with it.
    pub fn lost(&mut self, now: Instant) {
        if self.next.take().is_none() {
            return;
        }
        if let Some((at, _)) = self.published
            && now.saturating_duration_since(at) < DOUBTFUL
        {
            self.due = Some(now);
        }
    }

    /// Whether a body of this size is published at `now`.
    #[must_use]
    pub fn wants(&self, now: Instant, size: u64) -> bool {
        if self.due.is_some_and(|due| due <= now) {
            return true;
        }
        match (self.timing.trigger, self.published) {
            (Some(trigger), Some((_, before))) => size.abs_diff(before) >= trigger,
            (Some(_), None) | (None, _) => false,
        }
    }

    /// It was published.
    pub fn published(&mut self, now: Instant, size: u64) {
        self.published = Some((now, size));
        let due = now + self.timing.interval;
        self.due = Some(due);
        self.next = Some(self.look_after(now, due));
    }

    /// It was not wanted.
    pub fn looked(&mut self, now: Instant) {
        self.next = self.due.map(|due| self.look_after(now, due));
    }

    /// It was kept back; `dice` is uniform in `0.0..1.0`.
    pub fn kept_back(&mut self, now: Instant, dice: f64) {
        let pause = self.timing.interval.min(PAUSE);
        self.next = Some(now + pause.mul_f64(0.5 + unit(dice)));
    }

    fn look_after(&self, now: Instant, due: Instant) -> Instant {
        match self.timing.trigger {
            Some(_) => due.min(now + self.timing.looks),
            None => due,
        }
    }
}

fn between((low, high): (Duration, Duration), dice: f64) -> Duration {
    low + high.saturating_sub(low).mul_f64(unit(dice))
}

fn unit(dice: f64) -> f64 {
    if dice.is_finite() {
        dice.clamp(0.0, 1.0)
    } else {
        0.5
    }
}

/// Bounds of the wait between a connection and the first message.
const SETTLE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(4));
/// A fleet that was disconnected together takes at least this long to register again, unless its interval is short.
const LONGEST_RETURN: Duration = Duration::from_secs(60);
/// Time between two looks at what cannot be published.
const PAUSE: Duration = Duration::from_secs(60);
/// Three pings without an answer: as long as a peer may be gone before it is noticed.
const DOUBTFUL: Duration = Duration::from_secs(90);

#[cfg(test)]
mod tests;
