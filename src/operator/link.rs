//! What a client needs, from the broker connection and the machine.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::client::Surroundings;
use crate::client::Wire;
use crate::client::WireError;
use crate::os::clock::Clock as _;
use crate::os::clock::SystemClock;
use crate::os::random;
use crate::protocol::names::Subject;
use crate::transport;
use crate::transport::State;
use crate::transport::TransportError;

/// A broker connection to call nodes over.
#[derive(Debug, Clone)]
pub struct Link {
    handle: transport::Handle,
}

impl Link {
    /// Calls over this connection.
    #[must_use]
    pub const fn new(handle: transport::Handle) -> Self {
        Self { handle }
    }
}

impl Wire for Link {
    /// A call to thousands of nodes publishes as many messages at once: a full queue is waited for.
    async fn publish(&self, subject: Subject, payload: Bytes) -> Result<(), WireError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.handle.publish(subject.clone(), payload.clone()) {
                Ok(()) => return Ok(()),
                Err(TransportError::Busy) if Instant::now() < deadline => self.flush().await?,
                Err(err) => return Err(wire_error(err)),
            }
        }
    }

    async fn flush(&self) -> Result<(), WireError> {
        self.handle.flush(PATIENCE).await.map_err(wire_error)
    }

    fn server(&self) -> String {
        match &*self.handle.state().borrow() {
            State::Connected { server, .. } => server.clone(),
            State::Connecting { .. } | State::Closed => "unknown".to_owned(),
        }
    }
}

fn wire_error(err: TransportError) -> WireError {
    match err {
        TransportError::TooLarge { size, .. } => WireError::TooLarge {
            size: usize::try_from(size).unwrap_or(usize::MAX),
        },
        TransportError::TimedOut | TransportError::Busy => WireError::TimedOut,
        TransportError::Exited | TransportError::NotConnected => WireError::Closed,
    }
}

/// The clock and the dice of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Machine;

impl Surroundings for Machine {
    fn now(&self) -> i64 {
        SystemClock.now()
    }

    fn hex_id(&self) -> String {
        random::hex_id()
    }

    fn below(&self, bound: u64) -> u64 {
        random::below(bound)
    }
}

/// Time for a broker to take what it is sent.
const PATIENCE: Duration = Duration::from_secs(5);
