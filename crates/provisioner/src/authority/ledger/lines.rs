//! Reading a ledger line by line.

use std::fs::File;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Seek as _;
use std::io::SeekFrom;
use std::path::Path;

use super::LedgerError;
use super::entry;
use super::entry::Entry;
use super::read_error;

/// Hands every entry of a ledger to `each`, in their order. A torn last line is left out.
///
/// # Errors
///
/// [`LedgerError`] for what cannot be read.
pub(in crate::authority) fn for_each(
    path: &Path,
    mut each: impl FnMut(Entry),
) -> Result<(), LedgerError> {
    let mut reader = reader(path, 0)?;
    let mut lines = 0_usize;
    loop {
        match next(&mut reader, path, lines)? {
            Line::Header(_) => {}
            Line::Entry(entry, _) => each(*entry),
            Line::Torn(_) | Line::End => return Ok(()),
        }
        lines = lines.saturating_add(1);
    }
}

/// What is read next; the numbers are lengths in bytes with the line's end.
pub(super) enum Line {
    Header(usize),
    Entry(Box<Entry>, usize),
    Torn(usize),
    End,
}

pub(super) fn reader(path: &Path, from: u64) -> Result<BufReader<File>, LedgerError> {
    let open = || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        Ok(BufReader::with_capacity(BUFFER, file))
    };
    open().map_err(|err| read_error(path, err))
}

pub(super) fn next(
    reader: &mut BufReader<File>,
    path: &Path,
    lines_before: usize,
) -> Result<Line, LedgerError> {
    let mut bytes = Vec::new();
    let length = reader
        .read_until(b'\n', &mut bytes)
        .map_err(|err| read_error(path, err))?;
    let path = || path.to_owned();
    match bytes.split_last() {
        None if lines_before == 0 => Err(LedgerError::NotALedger { path: path() }),
        None => Ok(Line::End),
        // the header was made durable as a whole before anything else was written
        Some(_) if lines_before == 0 => match serde_json::from_slice::<entry::Header>(&bytes) {
            Ok(header) if header.ledger != entry::NAME => {
                Err(LedgerError::NotALedger { path: path() })
            }
            Ok(header) if header.version > entry::VERSION => Err(LedgerError::Newer {
                path: path(),
                version: header.version,
            }),
            Ok(_) if bytes.ends_with(b"\n") => Ok(Line::Header(length)),
            Ok(_) | Err(_) => Err(LedgerError::NotALedger { path: path() }),
        },
        Some((b'\n', line)) => match serde_json::from_slice(line) {
            Ok(entry) => Ok(Line::Entry(Box::new(entry), length)),
            Err(_) => Err(LedgerError::Damaged {
                path: path(),
                line: lines_before.saturating_add(1),
            }),
        },
        Some(_) => Ok(Line::Torn(length)),
    }
}

/// Bytes read at once.
const BUFFER: usize = 64 * 1024;
