//! What a return to the generation before would bring, for whoever must decide whether to return.

use std::path::Path;
use std::path::PathBuf;

use crate::os::files::Files;
use crate::secret::Secret;

use super::Generation;
use super::TransactionError;
use super::generation;
use super::journal::Plan;
use super::stage::MANIFEST;
use super::state_dir::StateDir;

/// The generation that is kept, as far as it differs from the one in place.
#[derive(Debug)]
pub struct Kept {
    /// Its record; none if it is what was there before the first transaction.
    pub generation: Option<Generation>,
    /// Files that come back with the content they had, sorted.
    pub returning: Vec<PathBuf>,
    /// Files that go, because it had none there, sorted.
    pub leaving: Vec<PathBuf>,
}

/// What a return makes of one file.
#[derive(Debug)]
pub enum Fate {
    /// It gets this content.
    Returns(Secret<Vec<u8>>),
    /// It goes.
    Leaves,
    /// It stays as it is.
    Stays,
}

/// The generation that [`super::rollback`] would return to; none if nothing is kept.
///
/// # Errors
///
/// A [`TransactionError`] if what is kept cannot be read or is damaged.
pub fn kept(files: &dyn Files, state_dir: &Path) -> Result<Option<Kept>, TransactionError> {
    let state = StateDir::new(files, state_dir);
    let Some(plan) = manifest(&state)? else {
        return Ok(None);
    };
    let mut kept = Kept {
        generation: None,
        returning: Vec::new(),
        leaving: Vec::new(),
    };
    for item in plan.items {
        let content = match &item.saved {
            None => None,
            Some(saved) => {
                let path = state.previous().join(&saved.name);
                Some(state.read_intact(&path, &saved.sha256)?)
            }
        };
        match content {
            Some(content) if item.target == state.current() => {
                kept.generation = Some(generation::decode(&content, &item.target)?);
            }
            None if item.target == state.current() => {}
            Some(_) => kept.returning.push(item.target),
            None => kept.leaving.push(item.target),
        }
    }
    Ok(Some(kept))
}

/// What [`super::rollback`] would make of the file at `path`.
///
/// # Errors
///
/// A [`TransactionError`] as of [`kept`].
pub fn fate(files: &dyn Files, state_dir: &Path, path: &Path) -> Result<Fate, TransactionError> {
    let state = StateDir::new(files, state_dir);
    let plan = manifest(&state)?;
    let item = plan.and_then(|plan| plan.items.into_iter().find(|item| item.target == path));
    match item.map(|item| item.saved) {
        None => Ok(Fate::Stays),
        Some(None) => Ok(Fate::Leaves),
        Some(Some(saved)) => {
            let kept = state.previous().join(&saved.name);
            Ok(Fate::Returns(state.read_intact(&kept, &saved.sha256)?))
        }
    }
}

/// The journal of the transaction that put the generation in place, if one did.
pub(super) fn manifest(state: &StateDir<'_>) -> Result<Option<Plan>, TransactionError> {
    let path = state.previous().join(MANIFEST);
    if state.files.entry(&path)?.is_none() {
        return Ok(None);
    }
    state.read_journal(&path).map(Some)
}
