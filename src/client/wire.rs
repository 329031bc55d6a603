//! What the client needs from outside: a connection, the time, dice.

use std::future::Future;

use bytes::Bytes;

use crate::protocol::names::Subject;

/// A connection to the broker. Incoming messages do not come through here but through
/// [`Client::deliver`](super::Client::deliver).
pub trait Wire {
    /// Publishes one message. It may only be queued when this returns.
    fn publish(
        &self,
        subject: Subject,
        payload: Bytes,
    ) -> impl Future<Output = Result<(), WireError>> + Send;

    /// Waits until the broker has seen everything that was asked of it so far, subscriptions included.
    fn flush(&self) -> impl Future<Output = Result<(), WireError>> + Send;

    /// URL of the connected broker without credentials, `unknown` while there is none.
    fn server(&self) -> String;
}

/// Why the connection did not take a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// There is no connection, and there will be none.
    #[error("the broker connection is closed")]
    Closed,
    /// There was no connection in time.
    #[error("the broker does not answer")]
    TimedOut,
    /// More bytes than the broker takes.
    #[error("the broker does not take messages of {size} bytes")]
    TooLarge {
        /// Size of the message.
        size: usize,
    },
}

/// The clock and the dice.
pub trait Surroundings {
    /// Seconds since 1970.
    fn now(&self) -> i64;

    /// 32 hexadecimal digits that nobody can guess.
    fn hex_id(&self) -> String;

    /// A whole number from 0 to `bound - 1`, 0 if `bound` is 0.
    fn below(&self, bound: u64) -> u64;
}
