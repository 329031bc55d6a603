//! What the node counts. The first eight names are those that peers read (`rpcutil#daemon_stats`, status file).

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use serde::Serialize;

/// One number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many so far.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counters of a node.
#[derive(Debug, Default)]
pub struct Stats {
    /// Messages that arrived.
    pub total: Counter,
    /// Requests that passed every check.
    pub validated: Counter,
    /// Messages that were malformed or not trusted.
    pub unvalidated: Counter,
    /// Requests whose filter this node matched.
    pub passed: Counter,
    /// Requests whose filter this node did not match.
    pub filtered: Counter,
    /// Replies that left.
    pub replies: Counter,
    /// Requests outside their time.
    pub ttlexpired: Counter,
    /// Lifecycle events that left.
    pub events: Counter,
    /// Requests that were acted upon before.
    pub replayed: Counter,
    /// Requests for an agent that is not here.
    pub unknown_agent: Counter,
    /// Requests dropped because too many were at work.
    pub busy: Counter,
    /// Actions that did not end in their time.
    pub timeouts: Counter,
    /// Actions that panicked.
    pub panics: Counter,
    /// Wrong provisioning tokens.
    pub wrong_tokens: Counter,
    /// Requests without a signature that can be trusted; they are counted as `unvalidated` too.
    pub unverified: Counter,
    /// Requests that no policy allows.
    pub denied: Counter,
    /// Requests of which no audit record could be written.
    pub unaudited: Counter,
    last_refusal: Mutex<Option<LastRefusal>>,
    last_message: AtomicI64,
    clock_offset: AtomicI64,
    out_of_time: AtomicU64,
}

impl Stats {
    /// Notes that a valid request arrived at `now` (seconds since 1970).
    pub fn message_at(&self, now: i64) {
        self.last_message.store(now, Ordering::Relaxed);
        self.out_of_time.store(0, Ordering::Relaxed);
    }

    /// When the last valid request arrived, seconds since 1970; 0 is never.
    #[must_use]
    pub fn last_message(&self) -> i64 {
        self.last_message.load(Ordering::Relaxed)
    }

    /// Notes by how many seconds the node's clock differed from the time of an expired request.
    pub fn clock_offset_was(&self, seconds: i64) {
        self.clock_offset.store(seconds, Ordering::Relaxed);
        self.out_of_time.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether no request was in its time since one was refused for it: one sender with a wrong clock is no reason to
    /// doubt the node's for ever.
    #[must_use]
    pub fn clock_in_doubt(&self) -> bool {
        self.out_of_time_in_a_row() > 0
    }

    /// How many requests were refused for their time since the last valid one.
    #[must_use]
    pub fn out_of_time_in_a_row(&self) -> u64 {
        self.out_of_time.load(Ordering::Relaxed)
    }

    /// The difference that was noted last, in seconds.
    #[must_use]
    pub fn clock_offset(&self) -> i64 {
        self.clock_offset.load(Ordering::Relaxed)
    }

    /// Notes why a request was refused at `now` (seconds since 1970). The reason must quote nothing of the message.
    pub fn refused(&self, now: i64, reason: String) {
        *self
            .last_refusal
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(LastRefusal { time: now, reason });
    }

    /// The request that was refused last because it was not trusted, not allowed or not in its time.
    #[must_use]
    pub fn last_refusal(&self) -> Option<LastRefusal> {
        self.last_refusal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The counters as the status file shows them.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            total: self.total.value(),
            valid: self.validated.value(),
            invalid: self.unvalidated.value(),
            passed: self.passed.value(),
            filtered: self.filtered.value(),
            replies: self.replies.value(),
            ttlexpired: self.ttlexpired.value(),
            events: self.events.value(),
            replayed: self.replayed.value(),
            unknown_agent: self.unknown_agent.value(),
            busy: self.busy.value(),
            timeouts: self.timeouts.value(),
            panics: self.panics.value(),
            wrong_tokens: self.wrong_tokens.value(),
            unverified: self.unverified.value(),
            denied: self.denied.value(),
            unaudited: self.unaudited.value(),
        }
    }
}

/// The counters at one moment (spec 03 §9.1, and ours after them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(
    missing_docs,
    reason = "the fields are those of Stats and documented there"
)]
pub struct Snapshot {
    pub total: u64,
    pub valid: u64,
    pub invalid: u64,
    pub passed: u64,
    pub filtered: u64,
    pub replies: u64,
    pub ttlexpired: u64,
    pub events: u64,
    pub replayed: u64,
    pub unknown_agent: u64,
    pub busy: u64,
    pub timeouts: u64,
    pub panics: u64,
    pub wrong_tokens: u64,
    pub unverified: u64,
    pub denied: u64,
    pub unaudited: u64,
}

/// The request that was refused last, for an operator who wonders why a node does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastRefusal {
    /// When, seconds since 1970.
    pub time: i64,
    /// Why; it quotes nothing of the message.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_in_its_time_ends_the_doubt_about_the_clock() {
        let stats = Stats::default();
        assert!(!stats.clock_in_doubt());
        stats.clock_offset_was(-7200);
        assert!(stats.clock_in_doubt());
        stats.message_at(1_700_000_000);
        assert!(!stats.clock_in_doubt());
        assert_eq!(stats.clock_offset(), -7200);
    }
}
