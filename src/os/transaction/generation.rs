//! Which generation is in place, whether it has proved itself, and the way back to the one before.

use std::path::Path;

use serde::Deserialize;
use serde::Serialize;

use crate::os::atomic_file;
use crate::os::files::Files;
use crate::secret::Secret;

use super::Change;
use super::Committed;
use super::Transaction;
use super::TransactionError;
use super::kept;
use super::recovery;
use super::state_dir::FILE_LIMIT;
use super::state_dir::StateDir;

/// What is known about the generation in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// Counts every transaction of this node, from 1.
    pub number: u64,
    /// Whether it has proved itself.
    pub state: GenerationState,
    /// When it was written, in seconds since 1970.
    pub written_at: i64,
    /// The number of the generation that it gave up, if it is a return to the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gave_up: Option<u64>,
}

/// Whether a generation has proved itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GenerationState {
    /// It has not been seen to work yet.
    Trial,
    /// It works; there is no return from it without being asked.
    Committed,
}

/// The generation in place; `None` if no transaction was ever made here.
///
/// # Errors
///
/// A [`TransactionError`] if the record cannot be read or understood.
pub fn current(
    files: &dyn Files,
    state_dir: &Path,
) -> Result<Option<Generation>, TransactionError> {
    read(&StateDir::new(files, state_dir))
}

/// Records that the generation in place works.
///
/// # Errors
///
/// A [`TransactionError`] if the record cannot be read or written.
pub fn confirm(files: &dyn Files, state_dir: &Path) -> Result<(), TransactionError> {
    let state = StateDir::new(files, state_dir);
    let Some(mut generation) = read(&state)? else {
        return Ok(());
    };
    if generation.state == GenerationState::Committed {
        return Ok(());
    }
    generation.state = GenerationState::Committed;
    let record = to_bytes(generation)?;
    Ok(atomic_file::write(files, &state.current(), &record, 0o600)?)
}

/// Puts the previous generation back in place, by a transaction like any other: what is given up is kept in its turn.
///
/// # Errors
///
/// [`TransactionError::NoPrevious`] if there is none, or what a [`Transaction::commit`] fails with.
pub fn rollback(
    files: &dyn Files,
    state_dir: &Path,
    now: i64,
) -> Result<Committed, TransactionError> {
    let state = StateDir::prepare(files, state_dir)?;
    recovery::run(&state)?;
    let previous = state.previous();
    let plan = kept::manifest(&state)?.ok_or(TransactionError::NoPrevious)?;
    let mut back = Transaction::new(GenerationState::Committed, now);
    back.gives_up = Some(plan.generation);
    for directory in &plan.emptied {
        back = back.directory(&directory.path, directory.mode);
    }
    for directory in plan.directories {
        if !directory.path.starts_with(state_dir) {
            back = back.with(Change::NoDirectory {
                path: directory.path,
            });
        }
    }
    for item in plan.items {
        if item.target == state.current() {
            continue;
        }
        back = match item.saved {
            None => back.without_file(item.target),
            Some(saved) => {
                let kept = previous.join(&saved.name);
                let content = state.read_intact(&kept, &saved.sha256)?;
                back.with_kept(item.target, content, kept)?
            }
        };
    }
    back.commit(files, state_dir)
}

/// The number for a new generation.
pub(super) fn next_number(state: &StateDir<'_>) -> Result<u64, TransactionError> {
    match read(state) {
        Ok(generation) => Ok(generation
            .map_or(0, |generation| generation.number)
            .saturating_add(1)),
        // A damaged record must not keep the node from being configured.
        Err(TransactionError::Damaged { .. }) => Ok(1),
        Err(err) => Err(err),
    }
}

/// The record of a generation that `transaction` will put in place.
pub(super) fn encode(number: u64, transaction: &Transaction) -> Result<Vec<u8>, TransactionError> {
    to_bytes(Generation {
        number,
        state: transaction.generation,
        written_at: transaction.written_at,
        gave_up: transaction.gives_up,
    })
}

fn to_bytes(generation: Generation) -> Result<Vec<u8>, TransactionError> {
    let record = Record {
        version: VERSION,
        generation,
    };
    serde_json::to_vec_pretty(&record).map_err(TransactionError::Encode)
}

fn read(state: &StateDir<'_>) -> Result<Option<Generation>, TransactionError> {
    let path = state.current();
    if state.files.entry(&path)?.is_none() {
        return Ok(None);
    }
    let bytes = state.files.read(&path, FILE_LIMIT)?;
    decode(&bytes, &path).map(Some)
}

/// Reads the record of a generation; `path` is for the error.
pub(super) fn decode(bytes: &Secret<Vec<u8>>, path: &Path) -> Result<Generation, TransactionError> {
    let path = path.to_path_buf();
    match serde_json::from_slice(bytes.expose()) {
        Ok(Record {
            version: VERSION,
            generation,
        }) => Ok(generation),
        Ok(Record { version, .. }) => Err(TransactionError::UnknownVersion { path, version }),
        Err(_) => Err(TransactionError::Damaged { path }),
    }
}

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    #[serde(flatten)]
    generation: Generation,
}

const VERSION: u32 = 1;
