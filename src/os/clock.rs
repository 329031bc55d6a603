//! What time it is.
//!
//! Pure code is handed the time as a number; whoever hands it over has a [`Clock`]. Waiting and measuring are tokio's
//! business, whose time can be paused; this is the time of envelopes, events and certificates.

use std::fmt;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

/// Tells the time.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Whole seconds since 1970, negative before.
    fn now(&self) -> i64;

    /// Whole microseconds since 1970, negative before.
    fn micros(&self) -> i64 {
        self.now().saturating_mul(1_000_000)
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            // A machine without a battery may believe in the sixties.
            Err(before) => {
                i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds)
            }
        }
    }

    fn micros(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(before) => {
                i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros)
            }
        }
    }
}

/// A clock that stands until somebody moves it: for tests and simulations.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub const fn new(now: i64) -> Self {
        Self(AtomicI64::new(now))
    }

    /// Moves it, backwards if negative.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_lives_after_this_was_written() {
        assert!(SystemClock.now() > 1_760_000_000);
    }

    #[test]
    fn a_manual_clock_moves_both_ways() {
        let clock = ManualClock::new(100);
        clock.advance(10);
        clock.advance(-20);
        assert_eq!(clock.now(), 90);
    }
}
