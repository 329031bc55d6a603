//! What a start does about a transaction that a crash interrupted.

use std::path::Path;
use std::path::PathBuf;

use crate::os::atomic_file;
use crate::os::files::Files;

use super::TransactionError;
use super::journal::Plan;
use super::place;
use super::stage;
use super::state_dir::Phase;
use super::state_dir::StateDir;
use super::undo;

/// What a recovery found and did.
#[derive(Debug)]
pub enum Recovery {
    /// No transaction was under way.
    Nothing,
    /// A decided one was finished: the new generation is in place.
    Finished {
        /// Its number.
        generation: u64,
    },
    /// One that was not decided yet was discarded: nothing has changed.
    Discarded,
    /// A decided one could not be finished, and the old generation was put back.
    Undone {
        /// Why it could not be finished; nothing if that was known before the crash.
        err: Option<TransactionError>,
    },
    /// The journal was unreadable, which no crash explains. It was set aside, so that the node can be configured
    /// again; its files may be of two generations, and a person should look.
    SetAside {
        /// Where the journal is now.
        path: PathBuf,
    },
}

/// Finishes or discards what a crash left. To be called at every start, before any file is read.
///
/// # Errors
///
/// A [`TransactionError`]: the next call tries again. The files are of one generation unless it is
/// [`TransactionError::Undecided`], [`TransactionError::UnknownVersion`] or a journal that cannot be read; even then a
/// node that starts with what is there can still be reached and looked at.
pub fn recover(files: &dyn Files, state_dir: &Path) -> Result<Recovery, TransactionError> {
    if files.entry(state_dir)?.is_none() {
        return Ok(Recovery::Nothing);
    }
    run(&StateDir::prepare(files, state_dir)?)
}

/// [`recover`] in a directory that is known to exist.
pub(super) fn run(state: &StateDir<'_>) -> Result<Recovery, TransactionError> {
    atomic_file::sweep(state.files, state.path())?;
    atomic_file::sweep(state.files, &state.generations())?;
    for phase in [Phase::Undo, Phase::Placed, Phase::Commit, Phase::Staging] {
        let path = state.journal(phase);
        if state.files.entry(&path)?.is_none() {
            continue;
        }
        return match state.read_journal(&path) {
            Ok(plan) => resume(state, phase, &plan),
            Err(TransactionError::Damaged { .. }) if phase == Phase::Staging => {
                // Torn: the crash came before it was durable, so nothing was staged.
                state.end(Phase::Staging)?;
                Ok(Recovery::Discarded)
            }
            Err(TransactionError::Damaged { .. }) => set_aside(state, &path),
            Err(err) => Err(err),
        };
    }
    Ok(Recovery::Nothing)
}

fn resume(state: &StateDir<'_>, phase: Phase, plan: &Plan) -> Result<Recovery, TransactionError> {
    let finished = Recovery::Finished {
        generation: plan.generation,
    };
    match phase {
        Phase::Staging => {
            stage::discard(state, plan)?;
            Ok(Recovery::Discarded)
        }
        Phase::Undo => {
            undo::finish(state, plan).map_err(|undo| TransactionError::Undecided {
                undo: Box::new(undo),
                err: None,
            })?;
            Ok(Recovery::Undone { err: None })
        }
        Phase::Placed => {
            place::tidy(state, plan)?;
            Ok(finished)
        }
        Phase::Commit => {
            let published =
                place::check_complete(state, plan).and_then(|()| place::publish(state, plan));
            match published {
                Ok(()) => {
                    place::tidy(state, plan)?;
                    Ok(finished)
                }
                Err(err) => match undo::after(state, plan, err) {
                    undecided @ TransactionError::Undecided { .. } => Err(undecided),
                    err => Ok(Recovery::Undone { err: Some(err) }),
                },
            }
        }
    }
}

/// The journal that was set aside, as long as nobody has removed it.
#[must_use]
pub fn damaged_journal(files: &dyn Files, state_dir: &Path) -> Option<PathBuf> {
    let path = StateDir::new(files, state_dir).damaged_journal();
    matches!(files.entry(&path), Ok(Some(_))).then_some(path)
}

fn set_aside(state: &StateDir<'_>, journal: &Path) -> Result<Recovery, TransactionError> {
    let path = state.damaged_journal();
    state.files.rename(journal, &path)?;
    state.sync()?;
    Ok(Recovery::SetAside { path })
}
