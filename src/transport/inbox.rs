//! The queue of incoming messages: bounded in number and in bytes, never waiting for its reader.

use std::collections::VecDeque;

use bytes::Bytes;
use tokio::sync::mpsc;

/// A message from the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Subject it was published to.
    pub subject: String,
    /// Its payload.
    pub payload: Bytes,
}

/// The writing end. How many bytes wait is known without a word from the reader: the channel tells how many messages
/// wait, and those are the last ones that were put in.
#[derive(Debug)]
pub(super) struct Inbox {
    queue: mpsc::Sender<Incoming>,
    sizes: VecDeque<usize>,
    waiting_bytes: usize,
}

/// Why a message was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// Room for a burst: every node of a large fleet is asked at once, but one node gets few requests at a time.
pub(super) const DEPTH: usize = 256;
/// Eight of the largest messages.
const MAX_BYTES: usize = 8 * crate::protocol::MAX_MESSAGE;

impl Inbox {
    pub(super) fn new() -> (Self, mpsc::Receiver<Incoming>) {
        let (queue, reader) = mpsc::channel(DEPTH);
        let inbox = Self {
            queue,
            sizes: VecDeque::new(),
            waiting_bytes: 0,
        };
        (inbox, reader)
    }

    /// Queues a message, or drops it.
    pub(super) fn offer(&mut self, message: Incoming) -> Result<(), Full> {
        let waiting = self.queue.max_capacity() - self.queue.capacity();
        while self.sizes.len() > waiting {
            self.waiting_bytes -= self.sizes.pop_front().unwrap_or_default();
        }
        let size = message.subject.len() + message.payload.len();
        if self.waiting_bytes + size > MAX_BYTES {
            return Err(Full);
        }
        self.queue.try_send(message).map_err(|_| Full)?;
        self.sizes.push_back(size);
        self.waiting_bytes += size;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(size: usize) -> Incoming {
        Incoming {
            subject: String::new(),
            payload: Bytes::from(vec![0; size]),
        }
    }

    #[test]
    fn a_full_queue_refuses_and_takes_again_once_read() {
        let (mut inbox, mut reader) = Inbox::new();
        for _ in 0..DEPTH {
            inbox.offer(message(1)).unwrap();
        }
        assert_eq!(inbox.offer(message(1)), Err(Full));
        reader.try_recv().unwrap();
        assert_eq!(inbox.offer(message(1)), Ok(()));
        assert_eq!(inbox.offer(message(1)), Err(Full));
    }

    #[test]
    fn few_large_messages_fill_it_too() {
        let (mut inbox, mut reader) = Inbox::new();
        for _ in 0..8 {
            inbox.offer(message(crate::protocol::MAX_MESSAGE)).unwrap();
        }
        assert_eq!(inbox.offer(message(1)), Err(Full));
        reader.try_recv().unwrap();
        assert_eq!(inbox.offer(message(1)), Ok(()));
    }

    #[test]
    fn without_a_reader_everything_is_refused() {
        let (mut inbox, reader) = Inbox::new();
        drop(reader);
        assert_eq!(inbox.offer(message(1)), Err(Full));
    }
}
