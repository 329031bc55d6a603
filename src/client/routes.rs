//! Which call a reply belongs to.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::protocol::MAX_MESSAGE;
use crate::protocol::names::RequestId;

/// The calls that wait for replies, by request id.
#[derive(Debug, Default)]
pub(super) struct Routes(Mutex<HashMap<String, Route>>);

/// The way to one call.
#[derive(Debug, Clone)]
struct Route {
    replies: mpsc::Sender<Bytes>,
    /// Bytes that wait to be looked at.
    waiting: Arc<AtomicUsize>,
}

impl Routes {
    /// Opens a queue for the replies to a request; it is closed when the result is dropped.
    pub(super) fn open(&self, request: &RequestId) -> Inlet<'_> {
        let (sender, replies) = mpsc::channel(DEPTH);
        let waiting = Arc::new(AtomicUsize::new(0));
        let route = Route {
            replies: sender,
            waiting: Arc::clone(&waiting),
        };
        self.locked(|routes| routes.insert(request.as_str().to_owned(), route));
        Inlet {
            routes: self,
            request: request.as_str().to_owned(),
            replies,
            waiting,
        }
    }

    /// Hands a message to the call that its subject names. False when there is none or its queue is full.
    pub(super) fn deliver(&self, subject: &str, payload: Bytes) -> bool {
        let request = subject.rsplit('.').next().unwrap_or_default();
        let route = self.locked(|routes| routes.get(request).cloned());
        route.is_some_and(|route| route.take(payload))
    }

    fn locked<T>(&self, work: impl FnOnce(&mut HashMap<String, Route>) -> T) -> T {
        // the map is whole after any panic: each use is one call
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Route {
    /// False when the queue is full, by number or by bytes: whoever answers chooses how large a reply is.
    fn take(&self, payload: Bytes) -> bool {
        let size = payload.len();
        let waiting = self.waiting.fetch_add(size, Ordering::Relaxed);
        if waiting.saturating_add(size) <= LARGEST && self.replies.try_send(payload).is_ok() {
            return true;
        }
        self.waiting.fetch_sub(size, Ordering::Relaxed);
        false
    }
}

/// The replies to one request.
#[derive(Debug)]
pub(super) struct Inlet<'a> {
    routes: &'a Routes,
    request: String,
    replies: mpsc::Receiver<Bytes>,
    waiting: Arc<AtomicUsize>,
}

impl Inlet<'_> {
    /// The next reply.
    pub(super) async fn recv(&mut self) -> Option<Bytes> {
        let payload = self.replies.recv().await?;
        self.waiting.fetch_sub(payload.len(), Ordering::Relaxed);
        Some(payload)
    }
}

impl Drop for Inlet<'_> {
    fn drop(&mut self) {
        self.routes.locked(|routes| routes.remove(&self.request));
    }
}

/// A broadcast to a large fleet is answered within one burst, faster than replies are verified. Queues grow as needed,
/// so a small call costs little.
const DEPTH: usize = 65_536;
/// Bytes that may wait for one call: the inventories of a large fleet in one burst, and a limit for whoever answers with
/// ever new megabytes.
const LARGEST: usize = 64 * MAX_MESSAGE;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn replies_that_wait_are_limited_by_bytes_and_not_only_by_number() {
        let routes = Routes::default();
        let request = RequestId::new("0123456789abcdef0123456789abcdef").unwrap();
        let mut inlet = routes.open(&request);
        let subject = format!("provisioning.reply.x.{request}");
        let megabyte = Bytes::from(vec![b'x'; MAX_MESSAGE]);
        for _ in 0..64 {
            assert!(routes.deliver(&subject, megabyte.clone()));
        }
        assert!(!routes.deliver(&subject, Bytes::from_static(b"x")));
        assert_eq!(
            inlet.recv().await.map(|reply| reply.len()),
            Some(MAX_MESSAGE)
        );
        assert!(routes.deliver(&subject, Bytes::from_static(b"x")));
    }
}
