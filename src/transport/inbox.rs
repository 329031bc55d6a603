//! The queue of incoming messages: bounded in number and in bytes, never waiting for its reader.

use std::collections::VecDeque;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::protocol::MAX_MESSAGE;

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
    most_bytes: usize,
}

/// What may wait for its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// How many messages.
    pub messages: usize,
    /// Their subjects and payloads.
    pub bytes: usize,
}

impl Room {
    /// For a node: every node of a large fleet is asked at once, but one node gets few requests at a time.
    pub const NODE: Self = Self {
        messages: DEPTH,
        bytes: 8 * MAX_MESSAGE,
    };
    /// For whoever asks a fleet: its answers come in one burst, faster than they are read.
    pub const CALLER: Self = Self {
        messages: 65_536,
        bytes: 64 * MAX_MESSAGE,
    };
}

/// Why a message was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// Messages that may wait for a node.
pub(super) const DEPTH: usize = 256;

impl Inbox {
    pub(super) fn new(room: Room) -> (Self, mpsc::Receiver<Incoming>) {
        let (queue, reader) = mpsc::channel(room.messages.max(1));
        let inbox = Self {
            queue,
            most_bytes: room.bytes,
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
        if self.waiting_bytes + size > self.most_bytes {
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
    fn whoever_asks_a_fleet_has_room_for_its_answers() {
        let (mut inbox, _reader) = Inbox::new(Room::CALLER);
        for _ in 0..50_000 {
            inbox.offer(message(400)).unwrap();
        }
    }

    #[test]
    fn a_full_queue_refuses_and_takes_again_once_read() {
        let (mut inbox, mut reader) = Inbox::new(Room::NODE);
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
        let (mut inbox, mut reader) = Inbox::new(Room::NODE);
        for _ in 0..8 {
            inbox.offer(message(MAX_MESSAGE)).unwrap();
        }
        assert_eq!(inbox.offer(message(1)), Err(Full));
        reader.try_recv().unwrap();
        assert_eq!(inbox.offer(message(1)), Ok(()));
    }

    #[test]
    fn without_a_reader_everything_is_refused() {
        let (mut inbox, reader) = Inbox::new(Room::NODE);
        drop(reader);
        assert_eq!(inbox.offer(message(1)), Err(Full));
    }
}
