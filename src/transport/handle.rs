//! What the rest of the program holds of the connection.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::timeout_at;

use super::state::Counters;
use super::state::State;
use super::state::Stats;
use super::state::len;
use crate::protocol::MAX_MESSAGE;
use crate::protocol::names::Subject;

/// Requests that may wait for the task: one reply for each message that its reader could have waiting.
pub const REQUEST_DEPTH: usize = super::inbox::DEPTH;

/// The connection. Cheap to clone; when the last one is dropped, the connection is closed.
#[derive(Debug, Clone)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
    state: watch::Receiver<State>,
    counters: Arc<Counters>,
}

/// What the task is asked.
#[derive(Debug)]
pub(super) enum Request {
    Publish {
        subject: Subject,
        payload: Bytes,
    },
    Flush {
        deadline: Instant,
        done: oneshot::Sender<Result<(), TransportError>>,
    },
    Close {
        deadline: Instant,
        done: oneshot::Sender<Result<(), TransportError>>,
    },
    Renew {
        done: oneshot::Sender<Result<(), RenewalError>>,
    },
}

/// Why a connection was not renewed. The one that stood still does, unless there was none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RenewalError {
    /// No connection stands; the next attempt uses what is current then.
    #[error("there is no connection to renew")]
    NotConnected,
    /// A renewal is going on.
    #[error("the connection is being renewed")]
    Busy,
    /// No broker let us in a second time.
    #[error("{reason}")]
    Refused {
        /// What was wrong with each.
        reason: String,
    },
    /// It was not done in time.
    #[error("the connection was not renewed in time")]
    TimedOut,
}

/// Why the connection did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// Too many requests wait.
    #[error("the connection is busy")]
    Busy,
    /// The connection was closed.
    #[error("the connection was closed")]
    Exited,
    /// There is no connection to a broker.
    #[error("there is no connection to a broker")]
    NotConnected,
    /// The broker would refuse a message of this size.
    #[error("a message of {size} bytes is larger than the broker's limit of {limit}")]
    TooLarge {
        /// Size of the payload.
        size: u64,
        /// What the broker takes.
        limit: u64,
    },
    /// It was not done in time.
    #[error("the broker did not take everything in time")]
    TimedOut,
}

impl Handle {
    pub(super) const fn new(
        requests: mpsc::Sender<Request>,
        state: watch::Receiver<State>,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            requests,
            state,
            counters,
        }
    }

    pub(super) fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Hands over a message. Without a connection it waits for one for a short while (see the module's page); what
    /// becomes of it is counted, not told.
    ///
    /// # Errors
    ///
    /// [`TransportError::TooLarge`], [`TransportError::Busy`] or [`TransportError::Exited`].
    pub fn publish(&self, subject: Subject, payload: Bytes) -> Result<(), TransportError> {
        let (size, limit) = (len(&payload), self.max_payload());
        if size > limit {
            return Err(TransportError::TooLarge { size, limit });
        }
        let request = Request::Publish { subject, payload };
        self.requests.try_send(request).map_err(|err| match err {
            TrySendError::Full(_) => TransportError::Busy,
            TrySendError::Closed(_) => TransportError::Exited,
        })
    }

    /// Waits until everything published before has left this machine's process.
    ///
    /// # Errors
    ///
    /// [`TransportError::NotConnected`], [`TransportError::TimedOut`] or [`TransportError::Exited`].
    pub async fn flush(&self, limit: Duration) -> Result<(), TransportError> {
        let deadline = Instant::now() + limit;
        let (done, answer) = oneshot::channel();
        self.ask(Request::Flush { deadline, done }, answer, deadline)
            .await
    }

    /// Makes the connection anew with the protection that is current now, without a time in which there is none, and
    /// without missing what comes meanwhile.
    ///
    /// # Errors
    ///
    /// [`RenewalError`]; the connection that stood is kept.
    pub async fn renew(&self, limit: Duration) -> Result<(), RenewalError> {
        let (done, answer) = oneshot::channel();
        let asked = async {
            self.requests
                .send(Request::Renew { done })
                .await
                .map_err(|_| RenewalError::NotConnected)?;
            answer.await.map_err(|_| RenewalError::NotConnected)?
        };
        timeout_at(Instant::now() + limit, asked)
            .await
            .unwrap_or(Err(RenewalError::TimedOut))
    }

    /// Sends what was published before, ends the connection and the task. A connection that is already closed is closed.
    ///
    /// # Errors
    ///
    /// [`TransportError::TimedOut`] when not everything left in time; the connection is closed all the same.
    pub async fn close(&self, limit: Duration) -> Result<(), TransportError> {
        let deadline = Instant::now() + limit;
        let (done, answer) = oneshot::channel();
        match self
            .ask(Request::Close { deadline, done }, answer, deadline)
            .await
        {
            Err(TransportError::Exited) => Ok(()),
            verdict => verdict,
        }
    }

    /// Where the connection stands, now and from now on.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.counters.stats()
    }

    /// Largest payload that the broker takes; its usual limit before the first connection.
    #[must_use]
    pub fn max_payload(&self) -> u64 {
        match self.counters.max_payload.load(Ordering::Relaxed) {
            0 => u64::try_from(MAX_MESSAGE).unwrap_or(u64::MAX),
            limit => limit,
        }
    }

    async fn ask(
        &self,
        request: Request,
        answer: oneshot::Receiver<Result<(), TransportError>>,
        deadline: Instant,
    ) -> Result<(), TransportError> {
        let asked = async {
            self.requests
                .send(request)
                .await
                .map_err(|_| TransportError::Exited)?;
            answer.await.map_err(|_| TransportError::Exited)?
        };
        // The task answers by the deadline itself; the margin lets its more precise answer arrive.
        timeout_at(deadline + MARGIN, asked)
            .await
            .unwrap_or(Err(TransportError::TimedOut))
    }
}

const MARGIN: Duration = Duration::from_millis(500);
