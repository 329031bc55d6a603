//! Whether offsets and lengths of an RPM stay inside the file.
//!
//! The parser of the library trusts them: it would allocate what a header claims and slice where an entry points. So
//! they are checked first, with the limits that rpm itself has.

use super::error::RpmError;

/// Checks the lead, both headers and all their entries.
pub(super) fn check(bytes: &[u8]) -> Result<(), RpmError> {
    if bytes.get(..LEAD_MAGIC.len()) != Some(LEAD_MAGIC) {
        return Err(RpmError::NotRpm);
    }
    let signature = section(bytes, LEAD, "signature header")?;
    // the main header starts at a multiple of eight bytes
    let main = section(bytes, signature.next_multiple_of(8), "header")?;
    whole(bytes, main, "header").map(drop)
}

/// Checks a header that starts at `start` and says where it ends.
fn section(bytes: &[u8], start: usize, part: &'static str) -> Result<usize, RpmError> {
    let damaged = |reason| RpmError::Damaged { part, reason };
    let entries_at = start.saturating_add(INTRO);
    whole(bytes, entries_at, part)?;
    if bytes.get(start..start.saturating_add(MAGIC.len())) != Some(MAGIC) {
        return Err(damaged("it does not start as headers do"));
    }
    let count = number(bytes, start.saturating_add(8));
    let size = number(bytes, start.saturating_add(12));
    if count == 0 || count > MOST_ENTRIES || size > MOST_BYTES {
        return Err(damaged("it claims a length that no header has"));
    }
    let store_at = entries_at.saturating_add(count.saturating_mul(ENTRY));
    let end = store_at.saturating_add(size);
    let store = whole(bytes, end, part)?.get(store_at..).unwrap_or_default();
    let index = bytes.get(entries_at..store_at).unwrap_or_default();
    match index.chunks_exact(ENTRY).all(|entry| fits(entry, store)) {
        true => Ok(end),
        false => Err(damaged("an entry points outside of it")),
    }
}

fn whole<'a>(bytes: &'a [u8], end: usize, part: &'static str) -> Result<&'a [u8], RpmError> {
    let long = |length| u64::try_from(length).unwrap_or(u64::MAX);
    bytes.get(..end).ok_or_else(|| RpmError::Truncated {
        part,
        needed: long(end),
        there: long(bytes.len()),
    })
}

/// Whether an entry's values are all inside the store.
fn fits(entry: &[u8], store: &[u8]) -> bool {
    let kind = number(entry, 4);
    let Some(from) = store.get(number(entry, 8)..) else {
        return false;
    };
    let count = number(entry, 12);
    match kind {
        0 => count <= from.len(),
        1 | 2 | 7 => from.len() >= count,
        3 => from.len() / 2 >= count,
        4 => from.len() / 4 >= count,
        5 => from.len() / 8 >= count,
        6 => count == 1 && from.contains(&0),
        8 | 9 => count > 0 && from.iter().filter(|byte| **byte == 0).count() >= count,
        _ => false,
    }
}

/// A number of four bytes; none where there are no four bytes left, which no caller asks for.
fn number(bytes: &[u8], at: usize) -> usize {
    let four = bytes.get(at..).and_then(<[u8]>::first_chunk);
    four.map_or(usize::MAX, |four| {
        usize::try_from(u32::from_be_bytes(*four)).unwrap_or(usize::MAX)
    })
}

const LEAD_MAGIC: &[u8] = &[0xed, 0xab, 0xee, 0xdb];
const LEAD: usize = 96;
const MAGIC: &[u8] = &[0x8e, 0xad, 0xe8, 0x01];
const INTRO: usize = 16;
const ENTRY: usize = 16;
const MOST_ENTRIES: usize = 0xffff;
const MOST_BYTES: usize = 0x1000_0000;
