//! Steps 4 to 7: make the decision durable, put the new generation in place, tidy up.

use std::path::Path;
use std::path::PathBuf;

use crate::os::atomic_file;

use super::TransactionError;
use super::journal::Plan;
use super::journal::Staged;
use super::stage;
use super::state_dir::Phase;
use super::state_dir::StateDir;

/// Puts the new generation in place, durably. An error calls for an undo.
pub(super) fn publish(state: &StateDir<'_>, plan: &Plan) -> Result<(), TransactionError> {
    state.sync()?;
    for item in &plan.items {
        match &item.staged {
            Some(staged) => place_one(state, staged, &item.target)?,
            None => state.files.remove_file(&item.target)?,
        }
    }
    let directories = stage::touched(state, plan)?;
    state.sync_existing(directories.iter().map(PathBuf::as_path))?;
    state.advance(Phase::Commit, Phase::Placed)
}

/// Checks that everything is there that [`publish`] needs: after a crash somebody else may have been at work.
pub(super) fn check_complete(state: &StateDir<'_>, plan: &Plan) -> Result<(), TransactionError> {
    for item in &plan.items {
        let Some(staged) = &item.staged else { continue };
        if !state.holds(&staged.path, &staged.sha256)? {
            check_placed(state, staged, &item.target)?;
        }
    }
    Ok(())
}

/// Ends a transaction whose files are in place. Every step may be repeated.
pub(super) fn tidy(state: &StateDir<'_>, plan: &Plan) -> Result<(), TransactionError> {
    state.sync()?;
    for directory in &plan.emptied {
        state.files.remove_empty_dir(&directory.path)?;
    }
    let outer = plan
        .emptied
        .iter()
        .filter_map(|directory| directory.path.parent());
    state.sync_existing(outer)?;
    let next = state.next(plan);
    if state.files.entry(&next)?.is_some() {
        state.remove_flat(&state.previous())?;
        state.files.rename(&next, &state.previous())?;
        state.files.sync_dir(&state.generations())?;
    }
    state.end(Phase::Placed)
}

fn place_one(state: &StateDir<'_>, staged: &Staged, target: &Path) -> Result<(), TransactionError> {
    if state.files.entry(&staged.path)?.is_none() {
        return check_placed(state, staged, target);
    }
    Ok(atomic_file::place(state.files, &staged.path, target)?)
}

/// A staged file that is gone was placed before a crash, or somebody removed it.
fn check_placed(
    state: &StateDir<'_>,
    staged: &Staged,
    target: &Path,
) -> Result<(), TransactionError> {
    if state.holds(target, &staged.sha256)? {
        return Ok(());
    }
    Err(TransactionError::Damaged {
        path: staged.path.clone(),
    })
}
