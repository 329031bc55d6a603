//! Reading names of nodes from a text that somebody else wrote: a list, or the result of an earlier request.
//!
//! The text may be hostile. It is read as it comes, what is not a name is skipped without being kept, and both its size
//! and the number of names are bounded.

mod document;

use std::io;
use std::io::BufRead;
use std::io::Read;

use document::Names;
use serde_json::Deserializer;

use crate::protocol::names::Identity;
use crate::protocol::names::InvalidName;
use crate::report::Excerpt;

/// How names are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One a line; lines that begin with `#` are comments.
    Lines,
    /// A list, or results of requests, of which the nodes that answered well count.
    Json,
    /// A list.
    Yaml,
}

/// Why a text names no nodes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::cli) enum NamesError {
    /// It cannot be read, or is too large.
    #[error("cannot read it")]
    Read(#[source] io::Error),
    /// No JSON, or another document.
    #[error("it is neither a JSON list of names nor the JSON result of a request")]
    Json(#[source] serde_json::Error),
    /// No YAML, or another document.
    #[error("it is no YAML list of names")]
    Yaml(#[source] Box<serde_saphyr::Error>),
    /// Something else than a name among the names.
    #[error("{} in place {place} is no name of a node", Excerpt(text, SHOWN))]
    Name {
        /// Counted from 1, without blank lines and comments.
        place: usize,
        text: String,
        #[source]
        err: InvalidName,
    },
    /// Nothing at all.
    #[error("it is empty")]
    Empty,
}

/// The names, sorted, each once. An empty list is a list; an empty text is none.
pub(super) fn read(input: impl BufRead, form: Form) -> Result<Vec<Identity>, NamesError> {
    let mut input = Bounded {
        input,
        left: LARGEST,
    };
    let names = match form {
        Form::Lines => {
            let mut text = String::new();
            input.read_to_string(&mut text).map_err(NamesError::Read)?;
            lines(&text)
        }
        Form::Json => json(input)?,
        Form::Yaml => {
            let mut text = String::new();
            input.read_to_string(&mut text).map_err(NamesError::Read)?;
            serde_saphyr::from_str(&text).map_err(|err| NamesError::Yaml(Box::new(err)))?
        }
    };
    let mut nodes = Vec::with_capacity(names.len());
    for (index, text) in names.into_iter().enumerate() {
        let node = Identity::new(text.as_str()).map_err(|err| NamesError::Name {
            place: index.saturating_add(1),
            text,
            err,
        })?;
        nodes.push(node);
    }
    nodes.sort_unstable();
    nodes.dedup();
    Ok(nodes)
}

/// The first character that is no white space.
pub(super) fn first(input: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(None);
        }
        let blank = buffer
            .iter()
            .take_while(|b| b.is_ascii_whitespace())
            .count();
        if let Some(first) = buffer.get(blank) {
            return Ok(Some(*first));
        }
        input.consume(blank);
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// One document or several in a row, as `--jsonl` writes them.
fn json(input: impl Read) -> Result<Vec<String>, NamesError> {
    let mut all = None;
    for names in Deserializer::from_reader(io::BufReader::new(input)).into_iter::<Names>() {
        let Names(names) = names.map_err(|err| match err.io_error_kind() {
            Some(_) => NamesError::Read(err.into()),
            None => NamesError::Json(err),
        })?;
        all.get_or_insert_with(Vec::new).extend(names);
    }
    all.ok_or(NamesError::Empty)
}

/// Ends with an error instead of silently when there is more than may be.
struct Bounded<R> {
    input: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // one byte more than is left tells an end from an excess
        let read = (&mut self.input)
            .take(self.left.saturating_add(1))
            .read(buffer)?;
        self.left = u64::try_from(read)
            .ok()
            .and_then(|read| self.left.checked_sub(read))
            .ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::FileTooLarge,
                    format!("larger than {} MiB", LARGEST / 1024 / 1024),
                )
            })?;
        Ok(read)
    }
}

/// Bytes of a text: the inventories of a large fleet.
const LARGEST: u64 = 256 * 1024 * 1024;
/// Characters of a bad name that a message shows.
const SHOWN: usize = 60;

#[cfg(test)]
mod tests;
