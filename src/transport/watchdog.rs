//! Notices a broker that sends much and never completes a message, by the counters of the library. Pure.

/// What was seen at the last look, and what came since anything was complete.
#[derive(Debug)]
pub(super) struct Watchdog {
    bytes: u64,
    messages: u64,
    incomplete: u64,
    limit: u64,
}

impl Watchdog {
    /// A watchdog for messages of this size at most.
    pub(super) fn new(largest: usize) -> Self {
        let largest = u64::try_from(largest).unwrap_or(u64::MAX);
        Self {
            bytes: 0,
            messages: 0,
            incomplete: 0,
            limit: largest.saturating_add(OVERHEAD),
        }
    }

    /// Looks at the bytes and messages received so far; true when no message explains the bytes any more.
    ///
    /// A quiet look forgets: pings and greetings are no messages and would add up over months. Who sends less than that
    /// and never completes anything also never answers a ping, which ends the connection another way.
    pub(super) const fn bites(&mut self, bytes: u64, messages: u64) -> bool {
        let new = bytes.saturating_sub(self.bytes);
        self.incomplete = if messages != self.messages || new <= QUIET {
            0
        } else {
            self.incomplete.saturating_add(new)
        };
        self.bytes = bytes;
        self.messages = messages;
        self.incomplete > self.limit
    }
}

/// Protocol lines around a message.
const OVERHEAD: u64 = 64 * 1024;
const QUIET: u64 = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const LARGEST: usize = 1_000_000;
    const LIMIT: u64 = 1_000_000 + OVERHEAD;

    #[test]
    fn more_than_one_message_without_a_message_is_noticed() {
        let mut dog = Watchdog::new(LARGEST);
        assert!(!dog.bites(LIMIT, 0));
        assert!(dog.bites(LIMIT + QUIET + 1, 0));
        assert!(Watchdog::new(LARGEST).bites(LIMIT + 1, 0));
    }

    #[test]
    fn messages_explain_any_number_of_bytes() {
        let mut dog = Watchdog::new(LARGEST);
        for look in 1..100 {
            assert!(!dog.bites(look * 10 * LIMIT, look));
        }
    }

    #[test]
    fn a_large_message_over_a_slow_line_is_let_through() {
        let mut dog = Watchdog::new(LARGEST);
        for look in 1..=50 {
            assert!(!dog.bites(look * 20_000, 0));
        }
        assert!(!dog.bites(1_020_000, 1));
    }

    #[test]
    fn signs_of_life_never_add_up() {
        let mut dog = Watchdog::new(LARGEST);
        for look in 1..1_000 {
            assert!(!dog.bites(look * QUIET, 0));
        }
    }
}
