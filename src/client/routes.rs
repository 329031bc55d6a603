//! Which call a reply belongs to.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::protocol::names::RequestId;

/// The calls that wait for replies, by request id.
#[derive(Debug, Default)]
pub(super) struct Routes(Mutex<HashMap<String, mpsc::Sender<Bytes>>>);

impl Routes {
    /// Opens a queue for the replies to a request; it is closed when the result is dropped.
    pub(super) fn open(&self, request: &RequestId) -> Inlet<'_> {
        let (sender, replies) = mpsc::channel(DEPTH);
        self.locked(|routes| routes.insert(request.as_str().to_owned(), sender));
        Inlet {
            routes: self,
            request: request.as_str().to_owned(),
            replies,
        }
    }

    /// Hands a message to the call that its subject names. False when there is none or its queue is full.
    pub(super) fn deliver(&self, subject: &str, payload: Bytes) -> bool {
        let request = subject.rsplit('.').next().unwrap_or_default();
        let route = self.locked(|routes| routes.get(request).cloned());
        route.is_some_and(|route| route.try_send(payload).is_ok())
    }

    fn locked<T>(&self, work: impl FnOnce(&mut HashMap<String, mpsc::Sender<Bytes>>) -> T) -> T {
        // the map is whole after any panic: each use is one call
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The replies to one request.
#[derive(Debug)]
pub(super) struct Inlet<'a> {
    routes: &'a Routes,
    request: String,
    pub(super) replies: mpsc::Receiver<Bytes>,
}

impl Drop for Inlet<'_> {
    fn drop(&mut self) {
        self.routes.locked(|routes| routes.remove(&self.request));
    }
}

/// A broadcast to a large fleet is answered within one burst, faster than replies are verified. Queues grow as needed,
/// so a small call costs little.
const DEPTH: usize = 65_536;
