//! What is known about the connection: for the status file, the log and the metrics.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::policy::Protection;

/// Where the connection stands. The times are those of the runtime's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// On the way, from the first moment on.
    Connecting {
        /// Number of the current round of attempts, from 1.
        attempt: u32,
        /// Why the last round failed, or the last connection ended.
        last_error: Option<String>,
        /// When the next round begins; none while one is running.
        next_try: Option<Instant>,
        /// Since when there is no connection.
        since: Instant,
    },
    /// The connection stands and all subscriptions were sent: the broker sees them before anything published from now on.
    Connected {
        /// URL of the broker, without credentials.
        server: String,
        /// Name and version that the broker gives itself.
        broker: String,
        /// Whether and how TLS is spoken.
        tls: Protection,
        /// Since when.
        since: Instant,
    },
    /// Closed on request; nothing follows.
    Closed,
}

impl State {
    /// Whether the connection stands.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        matches!(self, Self::Connected { .. })
    }
}

/// One line for people.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connecting {
                attempt,
                last_error: None,
                ..
            } => write!(f, "looking for a broker, round {attempt}"),
            Self::Connecting {
                attempt,
                last_error: Some(reason),
                ..
            } => write!(f, "looking for a broker, round {attempt}: {reason}"),
            Self::Connected { server, tls, .. } => write!(f, "connected to {server}, {tls}"),
            Self::Closed => f.write_str("closed"),
        }
    }
}

/// Counts since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Messages handed to the reader.
    pub in_messages: u64,
    /// Their payload bytes.
    pub in_bytes: u64,
    /// Messages handed to a connection.
    pub out_messages: u64,
    /// Their payload bytes.
    pub out_bytes: u64,
    /// Connections made after the first one.
    pub reconnects: u64,
    /// Attempts at one server that failed.
    pub failed_attempts: u64,
    /// Attempts at one server until the first connection stood, the one that succeeded among them.
    pub first_attempts: u64,
    /// From the start to the first connection.
    pub first_connect: Option<Duration>,
    /// Connections that were lost.
    pub lost: u64,
    /// Incoming messages dropped because the queue was full. A lower bound under a flood.
    pub dropped: u64,
    /// Incoming messages dropped because they were larger than any of the protocol's.
    pub oversized: u64,
    /// Outgoing messages given up: no connection came in time, or too many waited for one.
    pub unsent: u64,
    /// Subjects that the broker did not let us use.
    pub permission_violations: u64,
}

/// The counters behind [`Stats`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) in_messages: AtomicU64,
    pub(super) in_bytes: AtomicU64,
    pub(super) out_messages: AtomicU64,
    pub(super) out_bytes: AtomicU64,
    pub(super) reconnects: AtomicU64,
    pub(super) failed_attempts: AtomicU64,
    pub(super) first_attempts: AtomicU64,
    /// Milliseconds and one more; 0 before the first connection.
    pub(super) first_connect: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) oversized: AtomicU64,
    pub(super) unsent: AtomicU64,
    pub(super) permission_violations: AtomicU64,
    /// Largest payload that the broker takes; 0 before the first connection.
    pub(super) max_payload: AtomicU64,
}

impl Counters {
    /// The counts of this moment.
    pub(super) fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            in_messages: read(&self.in_messages),
            in_bytes: read(&self.in_bytes),
            out_messages: read(&self.out_messages),
            out_bytes: read(&self.out_bytes),
            reconnects: read(&self.reconnects),
            failed_attempts: read(&self.failed_attempts),
            first_attempts: read(&self.first_attempts),
            first_connect: read(&self.first_connect)
                .checked_sub(1)
                .map(Duration::from_millis),
            lost: read(&self.lost),
            dropped: read(&self.dropped),
            oversized: read(&self.oversized),
            unsent: read(&self.unsent),
            permission_violations: read(&self.permission_violations),
        }
    }

    /// Notes an attempt at a server; it counts until the first connection stands.
    pub(super) fn attempted(&self) {
        if self.first_connect.load(Ordering::Relaxed) == 0 {
            add(&self.first_attempts, 1);
        }
    }

    /// Notes how long the first connection took.
    pub(super) fn first_connected_after(&self, duration: Duration) {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.first_connect
            .store(millis.saturating_add(1), Ordering::Relaxed);
    }
}

/// Adds to a counter.
pub(super) fn add(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Ordering::Relaxed);
}

/// A length as a count.
pub(super) fn len(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
