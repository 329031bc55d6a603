//! Steps 2 to 4: journal, staged files, commit point; and the way back from there.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use crate::os::atomic_file;
use crate::os::atomic_file::Look;

use super::FileLook;
use super::TransactionError;
use super::journal;
use super::journal::Item;
use super::journal::Plan;
use super::plan::Content;
use super::plan::Draft;
use super::state_dir::PRIVATE;
use super::state_dir::Phase;
use super::state_dir::StateDir;

/// Prepares everything and decides. On an error everything prepared is gone, or the next recovery removes it.
pub(super) fn stage(state: &StateDir<'_>, draft: &Draft) -> Result<(), TransactionError> {
    let staged = state
        .begin(&draft.plan)
        .and_then(|()| stage_all(state, draft))
        .and_then(|()| state.advance(Phase::Staging, Phase::Commit));
    staged.inspect_err(|_| {
        // The first error is the one that explains; what this cannot remove, the next recovery does.
        drop(discard(state, &draft.plan));
    })
}

/// Prepares everything and decides against it. What cannot be removed, the next recovery removes.
pub(super) fn rehearse(state: &StateDir<'_>, draft: &Draft) -> Result<(), TransactionError> {
    let staged = state
        .begin(&draft.plan)
        .and_then(|()| stage_all(state, draft));
    let discarded = discard(state, &draft.plan);
    staged.and(discarded)
}

/// Removes everything that staging created. Nothing that anybody reads was changed yet.
pub(super) fn discard(state: &StateDir<'_>, plan: &Plan) -> Result<(), TransactionError> {
    clean_up(state, plan)?;
    state.end(Phase::Staging)
}

/// Removes staged files, kept files and new directories of a transaction that is not to be.
pub(super) fn clean_up(state: &StateDir<'_>, plan: &Plan) -> Result<(), TransactionError> {
    for (number, item) in plan.items.iter().enumerate() {
        if let Some(staged) = &item.staged {
            state.files.remove_file(&staged.path)?;
        }
        state.files.remove_file(&returning(plan, number, item)?)?;
    }
    state.remove_flat(&state.next(plan))?;
    for directory in plan.directories.iter().rev() {
        state.files.remove_empty_dir(&directory.path)?;
    }
    // Durable before the journal goes: it alone knows where these files were.
    let directories = touched(state, plan)?;
    state.sync_existing(directories.iter().map(PathBuf::as_path))
}

/// Every directory whose names the transaction changes.
pub(super) fn touched(
    state: &StateDir<'_>,
    plan: &Plan,
) -> Result<BTreeSet<PathBuf>, TransactionError> {
    let files = plan.items.iter().map(|item| &item.target);
    let directories = plan.directories.iter().map(|directory| &directory.path);
    let mut touched = files
        .chain(directories)
        .map(|path| Ok(atomic_file::parent(path)?.to_path_buf()))
        .collect::<Result<BTreeSet<_>, TransactionError>>()?;
    touched.insert(state.generations());
    Ok(touched)
}

/// The name of an old file on its way back.
pub(super) fn returning(
    plan: &Plan,
    number: usize,
    item: &Item,
) -> Result<PathBuf, TransactionError> {
    let name = format!("{}{}-{number}-old", atomic_file::STAGED_PREFIX, plan.id);
    Ok(atomic_file::parent(&item.target)?.join(name))
}

/// The journal of a transaction among the files it kept: with it they can be put back.
pub(super) const MANIFEST: &str = "manifest.json";

fn stage_all(state: &StateDir<'_>, draft: &Draft) -> Result<(), TransactionError> {
    let plan = &draft.plan;
    for directory in &plan.directories {
        state.files.create_dir(&directory.path, directory.mode)?;
    }
    let next = state.next(plan);
    state.files.create_dir(&next, PRIVATE)?;
    for (item, content) in plan.items.iter().zip(&draft.contents) {
        stage_one(state, &next, item, content)?;
    }
    let manifest = journal::encode(plan)?;
    atomic_file::stage(
        state.files,
        &next.join(MANIFEST),
        &manifest,
        Look::Mode(0o600),
    )?;
    state.files.sync_dir(&next)?;
    for directory in touched(state, plan)? {
        state.files.sync_dir(&directory)?;
    }
    Ok(())
}

fn stage_one(
    state: &StateDir<'_>,
    next: &Path,
    item: &Item,
    content: &Content,
) -> Result<(), TransactionError> {
    if let (Some(saved), Some(old)) = (&item.saved, &content.old) {
        let look = Look::Like(&item.target);
        atomic_file::stage(state.files, &next.join(&saved.name), old.expose(), look)?;
    }
    if let (Some(staged), Some(new)) = (&item.staged, &content.new) {
        let look = match &new.look {
            FileLook::Like(kept) => Look::Like(kept),
            FileLook::Mode(_) if item.saved.is_some() => Look::Like(&item.target),
            FileLook::Mode(mode) => Look::Mode(*mode),
        };
        atomic_file::stage(state.files, &staged.path, new.bytes.expose(), look)?;
    }
    Ok(())
}
