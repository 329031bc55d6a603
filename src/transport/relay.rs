//! A handle whose messages somebody else of this process carries.
//!
//! What is made of a [`Handle`] need not know whose connection it speaks over: several nodes of one process share one, or
//! what a node says is looked at before it leaves. [`relayed`] makes the two ends; state and counts are the carrier's.
//! Nothing is carried by itself: whoever holds the [`Relay`] hands on what it yields, and closes nothing but that.

use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::handle::Handle;
use super::handle::REQUEST_DEPTH;
use super::handle::RenewalError;
use super::handle::Request;
use super::handle::TransportError;
use crate::protocol::names::Subject;
use bytes::Bytes;

/// The end that carries.
#[derive(Debug)]
pub struct Relay {
    requests: mpsc::Receiver<Request>,
}

/// What the holder of the handle wants.
#[derive(Debug)]
pub enum Relayed {
    /// A message is to be published.
    Message {
        /// Where to.
        subject: Subject,
        /// What.
        payload: Bytes,
    },
    /// Somebody waits until everything before has left.
    Flush(Waiting),
    /// Somebody wants to end; nothing need follow from it for the carrier.
    Close(Waiting),
}

/// Somebody who waits for the end of something.
#[derive(Debug)]
pub struct Waiting {
    deadline: Instant,
    done: oneshot::Sender<Result<(), TransportError>>,
}

impl Waiting {
    /// How long they wait.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Tells them how it went. Who has gone is told nothing.
    pub fn tell(self, verdict: Result<(), TransportError>) {
        self.done.send(verdict).ok();
    }
}

/// A handle that speaks over the connection of `carrier`, and the end that carries what it says.
#[must_use]
pub fn relayed(carrier: &Handle) -> (Handle, Relay) {
    let (asking, requests) = mpsc::channel(REQUEST_DEPTH);
    let handle = Handle::new(asking, carrier.state(), carrier.counters());
    (handle, Relay { requests })
}

impl Relay {
    /// The next wish; none once all handles were dropped. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Relayed> {
        loop {
            let request = self.requests.recv().await?;
            if let Some(wish) = wish(request) {
                return Some(wish);
            }
        }
    }

    /// The next wish, if there is one already.
    pub fn waiting(&mut self) -> Option<Relayed> {
        loop {
            let request = self.requests.try_recv().ok()?;
            if let Some(wish) = wish(request) {
                return Some(wish);
            }
        }
    }
}

/// A connection that is somebody else's is not renewed from here.
fn wish(request: Request) -> Option<Relayed> {
    match request {
        Request::Publish { subject, payload } => Some(Relayed::Message { subject, payload }),
        Request::Flush { deadline, done } => Some(Relayed::Flush(Waiting { deadline, done })),
        Request::Close { deadline, done } => Some(Relayed::Close(Waiting { deadline, done })),
        Request::Renew { done } => {
            done.send(Err(RenewalError::NotConnected)).ok();
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::sync::watch;

    use super::*;
    use crate::transport::State;
    use crate::transport::state::Counters;

    fn carrier() -> (Handle, watch::Sender<State>) {
        let (asking, _) = mpsc::channel(1);
        let (state, seen) = watch::channel(State::Closed);
        (
            Handle::new(asking, seen, Arc::new(Counters::default())),
            state,
        )
    }

    #[tokio::test]
    async fn what_is_published_comes_out_at_the_other_end() {
        let (carrier, _state) = carrier();
        let (handle, mut relay) = relayed(&carrier);
        let subject = Subject::new("a.b").unwrap();
        handle.publish(subject.clone(), Bytes::from("1")).unwrap();
        let Some(Relayed::Message {
            subject: to,
            payload,
        }) = relay.next().await
        else {
            panic!("something else came out");
        };
        assert_eq!((to, payload), (subject, Bytes::from("1")));
        assert!(relay.waiting().is_none());
        drop(handle);
        assert!(relay.next().await.is_none());
    }

    #[tokio::test]
    async fn who_flushes_hears_what_the_carrier_says() {
        let (carrier, _state) = carrier();
        let (handle, mut relay) = relayed(&carrier);
        let carries = async {
            if let Some(Relayed::Flush(waiting)) = relay.next().await {
                waiting.tell(Err(TransportError::NotConnected));
            }
        };
        let (flushed, ()) = tokio::join!(handle.flush(Duration::from_secs(5)), carries);
        assert_eq!(flushed, Err(TransportError::NotConnected));
    }

    #[tokio::test]
    async fn the_state_is_the_carriers() {
        let (carrier, state) = carrier();
        let (handle, _relay) = relayed(&carrier);
        let connected = State::Connected {
            server: "nats://b:4222".to_owned(),
            broker: "b".to_owned(),
            tls: crate::transport::Protection::Plain,
            since: Instant::now(),
        };
        state.send_replace(connected);
        assert!(handle.state().borrow().is_connected());
    }
}
