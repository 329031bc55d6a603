//! Reads a journal from its bytes. Pure.

use super::books::Books;
use super::record::Announced;
use super::record::Header;
use super::record::Record;
use super::record::VERSION;

/// A journal as it was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) header: Header,
    pub(super) books: Books,
    /// How many bytes of it are whole lines; what follows was torn by a crash.
    pub(super) whole: usize,
}

/// Why it cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It does not begin as a journal does.
    NotAJournal,
    /// It begins as the journal of a newer version does.
    Newer(u64),
    /// This line, from 1, is damaged.
    Damaged(usize),
}

/// Reads a journal.
pub(super) fn parse(bytes: &[u8]) -> Result<Found, Unreadable> {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
    let (_, first) = lines.next().ok_or(Unreadable::NotAJournal)?;
    let header = header(first)?;
    let mut found = Found {
        header,
        books: Books::default(),
        whole: first.len(),
    };
    let mut lines = lines.peekable();
    while let Some((number, line)) = lines.next() {
        let Ok(records) = serde_json::from_slice::<Vec<Record>>(line) else {
            if lines.peek().is_none() && is_torn(line) {
                break;
            }
            return Err(Unreadable::Damaged(number.saturating_add(1)));
        };
        if !line.ends_with(b"\n") {
            // nobody was told that this is durable, and the next line would be joined to it
            break;
        }
        for record in records {
            found.books.apply(record);
        }
        found.whole = found.whole.saturating_add(line.len());
    }
    Ok(found)
}

fn header(line: &[u8]) -> Result<Header, Unreadable> {
    let Announced { version } =
        serde_json::from_slice(line).map_err(|_| Unreadable::NotAJournal)?;
    if version > VERSION {
        return Err(Unreadable::Newer(version));
    }
    serde_json::from_slice(line)
        .ok()
        .filter(|header: &Header| header.is_sound() && line.ends_with(b"\n"))
        .ok_or(Unreadable::NotAJournal)
}

/// Whether a crash explains the last line: it has no end, or blocks that did not reach the disk read as zeros.
fn is_torn(line: &[u8]) -> bool {
    !line.ends_with(b"\n") || line.contains(&0)
}
