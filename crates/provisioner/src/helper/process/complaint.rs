//! What a program wrote to its standard error.

use crate::helper::Case;
use crate::helper::words::one_line;

/// What a program wrote to its standard error: the beginning and the end of it.
#[derive(Debug, Default)]
pub(super) struct Complaint {
    beginning: Vec<u8>,
    end: Vec<u8>,
    /// Bytes between the two.
    dropped: u64,
}

impl Complaint {
    /// Keeps what is new as far as there is room; what was in the middle makes room for it.
    pub(super) fn add(&mut self, new: &[u8]) {
        let room = BEGINNING.saturating_sub(self.beginning.len());
        let (first, rest) = new.split_at(room.min(new.len()));
        self.beginning.extend_from_slice(first);
        self.end.extend_from_slice(rest);
        let surplus = self.end.len().saturating_sub(END);
        self.end.drain(..surplus);
        self.dropped = self
            .dropped
            .saturating_add(u64::try_from(surplus).unwrap_or(u64::MAX));
    }

    /// The last line that says something.
    pub(super) fn last_line(&self) -> Option<String> {
        self.lines().pop()
    }

    /// Writes it into our log, a bounded number of lines.
    pub(super) fn log(&self, case: &Case) {
        let lines = self.lines();
        let surplus = lines.len().saturating_sub(MOST_LINES);
        for line in lines.iter().take(MOST_LINES) {
            tracing::info!(identity = %case.identity, session = %case.session, line, "the helper complains");
        }
        if surplus > 0 || self.dropped > 0 {
            tracing::info!(
                identity = %case.identity, session = %case.session, lines = surplus, bytes = self.dropped,
                "the helper complained more than is logged"
            );
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut kept = self.beginning.clone();
        if self.dropped > 0 {
            kept.push(b'\n');
        }
        kept.extend_from_slice(&self.end);
        String::from_utf8_lossy(&kept)
            .lines()
            .map(|line| one_line(line, LONGEST_LINE))
            .filter(|line| !line.is_empty())
            .collect()
    }
}

/// Bytes kept from the beginning, where a program says what it tries.
const BEGINNING: usize = 12 * 1024;

/// Bytes kept from the end, where it says why it gives up.
const END: usize = 4 * 1024;

/// Lines logged for one node.
const MOST_LINES: usize = 20;

/// Characters of a line.
const LONGEST_LINE: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_says_something_is_the_reason() {
        let mut complaint = Complaint::default();
        assert_eq!(complaint.last_line(), None);
        complaint.add(b"first\nno \x1b[31mroute\xff");
        complaint.add(b" to host\n\n  \n");
        assert_eq!(
            complaint.last_line().as_deref(),
            Some("no [31mroute\u{fffd} to host")
        );
    }

    #[test]
    fn the_beginning_and_the_end_of_a_flood_are_kept() {
        let mut complaint = Complaint::default();
        complaint.add(b"first\n");
        for _ in 0..100 {
            complaint.add(&[b'x'; 8192]);
        }
        complaint.add(b"\nlast");
        assert_eq!(complaint.beginning.len() + complaint.end.len(), 16 * 1024);
        assert_eq!(complaint.dropped, 11 + 819_200 - 16 * 1024);
        let lines = complaint.lines();
        assert_eq!(lines.first().map(String::as_str), Some("first"));
        assert_eq!(lines.last().map(String::as_str), Some("last"));
    }
}
