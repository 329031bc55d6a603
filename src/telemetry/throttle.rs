//! Lets a peer cause a log line now and then, not as often as it likes.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

/// Lets one event per interval through and counts the others.
#[derive(Debug)]
pub struct Throttle {
    interval: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: Duration,
    suppressed: u64,
}

impl Throttle {
    /// A throttle that lets one event per `interval` through.
    #[must_use]
    pub const fn new(interval: Duration) -> Self {
        Self {
            interval,
            state: Mutex::new(State {
                next: Duration::ZERO,
                suppressed: 0,
            }),
        }
    }

    /// Asks at `now` (time since start). `Some(n)` lets this event through and tells how many were held back before it.
    pub fn pass(&self, now: Duration) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if now < state.next {
            state.suppressed = state.suppressed.saturating_add(1);
            return None;
        }
        state.next = now.saturating_add(self.interval);
        Some(std::mem::take(&mut state.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_per_interval_passes_and_the_rest_is_counted() {
        let throttle = Throttle::new(Duration::from_secs(10));
        let at = Duration::from_secs;
        assert_eq!(throttle.pass(at(0)), Some(0));
        assert_eq!(throttle.pass(at(1)), None);
        assert_eq!(throttle.pass(at(9)), None);
        assert_eq!(throttle.pass(at(10)), Some(2));
    }
}
