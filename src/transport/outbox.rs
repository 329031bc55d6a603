//! Messages that wait for a connection: bounded in number, bytes and age. Pure: `now` comes in.
//!
//! A reply should survive a broker that restarts; a message of an hour ago should not surface when a broker is back.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::protocol::names::Subject;

/// The waiting messages, oldest first.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Waiting>,
    bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    since: Instant,
    subject: Subject,
    payload: Bytes,
}

/// The message was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// As long as a caller plausibly waits for a reply.
pub(super) const MAX_AGE: Duration = Duration::from_secs(30);
const MAX_COUNT: usize = 64;
const MAX_BYTES: usize = crate::protocol::MAX_MESSAGE;

impl Outbox {
    /// Keeps a message.
    pub(super) fn keep(
        &mut self,
        subject: Subject,
        payload: Bytes,
        now: Instant,
    ) -> Result<(), Full> {
        if self.waiting.len() >= MAX_COUNT || self.bytes + payload.len() > MAX_BYTES {
            return Err(Full);
        }
        self.bytes += payload.len();
        self.waiting.push_back(Waiting {
            since: now,
            subject,
            payload,
        });
        Ok(())
    }

    /// Forgets what is too old and tells how many that were.
    pub(super) fn expire(&mut self, now: Instant) -> u64 {
        let mut expired = 0;
        while let Some(first) = self.waiting.front() {
            if now.duration_since(first.since) <= MAX_AGE {
                break;
            }
            self.bytes -= first.payload.len();
            self.waiting.pop_front();
            expired += 1;
        }
        expired
    }

    /// Takes everything, oldest first.
    pub(super) fn take(&mut self) -> Vec<(Subject, Bytes)> {
        self.bytes = 0;
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        waiting.map(|kept| (kept.subject, kept.payload)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        Subject::new("a.b").unwrap()
    }

    #[test]
    fn messages_leave_in_the_order_they_came() {
        let now = Instant::now();
        let mut outbox = Outbox::default();
        for payload in ["1", "2"] {
            outbox.keep(subject(), Bytes::from(payload), now).unwrap();
        }
        let payloads: Vec<_> = outbox
            .take()
            .into_iter()
            .map(|(_, payload)| payload)
            .collect();
        assert_eq!(payloads, ["1", "2"]);
        assert_eq!(outbox.take(), []);
    }

    #[test]
    fn only_the_old_ones_are_forgotten() {
        let start = Instant::now();
        let mut outbox = Outbox::default();
        outbox.keep(subject(), Bytes::from("old"), start).unwrap();
        outbox
            .keep(subject(), Bytes::from("new"), start + MAX_AGE)
            .unwrap();
        assert_eq!(outbox.expire(start + MAX_AGE), 0);
        assert_eq!(outbox.expire(start + MAX_AGE + Duration::from_millis(1)), 1);
        assert_eq!(outbox.take(), [(subject(), Bytes::from("new"))]);
    }

    #[test]
    fn neither_many_nor_large_messages_grow_it_without_end() {
        let now = Instant::now();
        let mut outbox = Outbox::default();
        for _ in 0..MAX_COUNT {
            outbox.keep(subject(), Bytes::new(), now).unwrap();
        }
        assert_eq!(outbox.keep(subject(), Bytes::new(), now), Err(Full));

        let mut outbox = Outbox::default();
        let half = Bytes::from(vec![0; MAX_BYTES / 2 + 1]);
        outbox.keep(subject(), half.clone(), now).unwrap();
        assert_eq!(outbox.keep(subject(), half.clone(), now), Err(Full));
        outbox.take();
        assert_eq!(outbox.keep(subject(), half, now), Ok(()));
    }
}
