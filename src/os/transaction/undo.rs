//! The way back after the commit point: the old files return from where they were kept.

use std::path::PathBuf;

use crate::os::atomic_file;
use crate::os::atomic_file::Look;

use super::TransactionError;
use super::journal::Item;
use super::journal::Plan;
use super::stage;
use super::state_dir::Phase;
use super::state_dir::StateDir;

/// Undoes a transaction that failed with `err`, and says how that went.
pub(super) fn after(state: &StateDir<'_>, plan: &Plan, err: TransactionError) -> TransactionError {
    let undone = state
        .advance(Phase::Commit, Phase::Undo)
        .and_then(|()| finish(state, plan));
    match undone {
        Ok(()) => err,
        Err(undo) => TransactionError::Undecided {
            undo: Box::new(undo),
            err: Some(Box::new(err)),
        },
    }
}

/// Puts the old generation back. Every step may be repeated.
pub(super) fn finish(state: &StateDir<'_>, plan: &Plan) -> Result<(), TransactionError> {
    state.sync()?;
    for (number, item) in plan.items.iter().enumerate() {
        put_back(state, plan, number, item)?;
    }
    // Durable before the kept files are removed.
    let directories = stage::touched(state, plan)?;
    state.sync_existing(directories.iter().map(PathBuf::as_path))?;
    stage::clean_up(state, plan)?;
    state.end(Phase::Undo)
}

fn put_back(
    state: &StateDir<'_>,
    plan: &Plan,
    number: usize,
    item: &Item,
) -> Result<(), TransactionError> {
    // A file that could not be replaced cannot be put back either, and need not.
    let Some(saved) = &item.saved else {
        return match state.files.entry(&item.target)? {
            Some(_) => Ok(state.files.remove_file(&item.target)?),
            None => Ok(()),
        };
    };
    if state.holds(&item.target, &saved.sha256)? {
        return Ok(());
    }
    let kept = state.next(plan).join(&saved.name);
    let content = state.read_intact(&kept, &saved.sha256)?;
    let returning = stage::returning(plan, number, item)?;
    state.files.remove_file(&returning)?;
    atomic_file::stage(state.files, &returning, content.expose(), Look::Like(&kept))?;
    Ok(atomic_file::place(state.files, &returning, &item.target)?)
}
