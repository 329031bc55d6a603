//! Replaces a set of files so that a crash leaves the old or the new set, whole; keeps the old one.
//!
//! `configure` writes a configuration, certificates, a key and policies. A node with the new configuration and the
//! old key is lost, so these files change together or not at all: after [`recover`], which runs before anything is
//! read at every start, they are the old *generation* or the new one, never a mix.
//!
//! # Layout
//!
//! ```text
//! <state>/                      0700
//!   journal.staging             being prepared: nothing that anybody reads has changed
//!   journal.commit              decided: the new generation will be in place
//!   journal.placed              in place: only tidying up is left
//!   journal.undo                decided against: the old generation will be back in place
//!   journal.damaged             a journal that could not be read, set aside
//!   generations/current.json    number and state (trial, committed) of the generation in place
//!   generations/previous/       what was in place before: the files, and the journal that replaced them
//!   generations/next-<id>/      the same, while the transaction runs
//! <beside each target>
//!   .muster-<id>-<n>            the staged file
//!   .muster-<id>-<n>-old        a file on its way back during an undo
//! ```
//!
//! There is one journal, and its *name* is the state of the transaction: each decision is one rename in one
//! directory. It lists every path the transaction will ever touch, so that nothing is found by guessing, and carries a
//! checksum of itself and of each file.
//!
//! # Order of steps
//!
//! 1. Plan: everything is checked that can be (kinds of files, links, mounts, duplicates); nothing is written.
//! 2. Write `journal.staging`, fsync it and its directory.
//! 3. Stage: create missing directories, copy each old file to `next-<id>`, write each new file beside its target with
//!    the attributes of the file it replaces; fsync all files and directories.
//! 4. **Commit point**: rename to `journal.commit`, fsync.
//! 5. Place: rename each staged file over its target, remove what is to go, fsync the directories.
//! 6. Rename to `journal.placed`, fsync.
//! 7. Tidy: remove emptied directories, let `next-<id>` become `previous`, remove the journal, fsync.
//!
//! # What a crash leaves
//!
//! | the crash was in | [`recover`] finds | and does |
//! |---|---|---|
//! | 1 | nothing | nothing |
//! | 2, 3 | `journal.staging`, perhaps torn | removes what was staged |
//! | 4 | `staging` or `commit` | either of the two |
//! | 5 | `journal.commit` | places the rest, then 6 and 7 |
//! | 6, 7 | `journal.commit` or `journal.placed` | the rest of them |
//! | an undo | `journal.undo` | the rest of it |
//!
//! Every step of a recovery may be repeated, so a crash during recovery is only another crash.
//!
//! # What an error leaves
//!
//! An error up to the commit point discards what was staged. One in steps 4 to 6 (a file system that turned
//! read-only, a file made immutable) is answered by an undo: files that were already replaced get their old content
//! and attributes back from `next-<id>`. If even that is refused, the error is [`TransactionError::Undecided`]: the
//! next [`recover`] decides. An error in step 7 is none: the new generation is in place and durable, and
//! [`Committed::unfinished`] says what the next recovery will do.
//!
//! # Refused alternatives
//!
//! - A directory per generation and one symbolic link: administrators, packages and other tools know these files by
//!   their paths, which may be spread over file systems.
//! - Rolling back on every crash: after the commit point the caller may have been told of success.
//! - Exchanging names (`RENAME_EXCHANGE`) instead of copying: missing on some file systems, and the kept generation
//!   would have to stay beside the live files.
//! - Hard links as kept files: an edit in place would change the kept generation too.
//! - Searching for leftovers by name: a file that merely looks like ours would be deleted.
//!
//! One process at a time: the caller holds the lock for that ([`super::lock`]), as [`Generations`] does. Directories
//! above the given paths belong to the local administrator; the caller resolves links among them beforehand.
//!
//! # The generation before
//!
//! Exactly one is kept: the one that the last transaction replaced, as far as it replaced it. [`rollback`] is a
//! transaction too, so what it gives up is kept in its turn, and a second one returns to it.

use std::path::Path;
use std::path::PathBuf;

use crate::secret::Secret;

use super::atomic_file;
use super::files::Files;

mod error;
mod generation;
mod generations;
mod journal;
mod kept;
mod place;
mod plan;
mod recovery;
mod stage;
mod state_dir;
mod undo;

pub use error::TransactionError;
pub use generation::Generation;
pub use generation::GenerationState;
pub use generation::confirm;
pub use generation::current;
pub use generation::rollback;
pub use generations::Follows;
pub use generations::Generations;
pub use generations::InPlace;
pub use generations::PATIENCE;
pub use kept::Fate;
pub use kept::Kept;
pub use kept::fate;
pub use kept::kept;
pub use recovery::Recovery;
pub use recovery::damaged_journal;
pub use recovery::recover;

use state_dir::StateDir;

/// Creates the state directory if it is missing (not the one above it), and closes it to others if it is open.
///
/// # Errors
///
/// A [`TransactionError`] if it cannot be created or is no directory.
pub fn prepare_state_dir(files: &dyn Files, state_dir: &Path) -> Result<(), TransactionError> {
    StateDir::prepare(files, state_dir).map(drop)
}

/// A set of changes that happen together or not at all.
///
/// Paths are absolute and plain (no `.` or `..`). Nothing is touched before [`Transaction::commit`].
#[derive(Debug)]
pub struct Transaction {
    changes: Vec<Change>,
    generation: GenerationState,
    written_at: i64,
    gives_up: Option<u64>,
}

impl Transaction {
    /// An empty set, to be recorded as a generation of this state, written at `now` (seconds since 1970).
    #[must_use]
    pub const fn new(generation: GenerationState, now: i64) -> Self {
        Self {
            changes: Vec::new(),
            generation,
            written_at: now,
            gives_up: None,
        }
    }

    /// The file shall have this content. An existing one keeps its attributes, a new one gets this mode.
    #[must_use]
    pub fn file(self, path: impl Into<PathBuf>, content: Secret<Vec<u8>>, mode: u32) -> Self {
        self.with(Change::File {
            path: path.into(),
            content,
            look: FileLook::Mode(mode),
        })
    }

    /// There shall be no such file.
    #[must_use]
    pub fn without_file(self, path: impl Into<PathBuf>) -> Self {
        self.with(Change::NoFile { path: path.into() })
    }

    /// The directory shall exist. It and missing ones above it are created with this mode.
    #[must_use]
    pub fn directory(self, path: impl Into<PathBuf>, mode: u32) -> Self {
        self.with(Change::Directory {
            path: path.into(),
            mode,
            rest: Rest::Stays,
        })
    }

    /// The directory shall exist and hold nothing but what this transaction puts there, at any depth.
    #[must_use]
    pub fn exclusive_directory(self, path: impl Into<PathBuf>, mode: u32) -> Self {
        self.with(Change::Directory {
            path: path.into(),
            mode,
            rest: Rest::Goes,
        })
    }

    /// A file of an exclusive directory that stays as it is, if there is one.
    #[must_use]
    pub fn keeping(self, path: impl Into<PathBuf>) -> Self {
        self.with(Change::Kept { path: path.into() })
    }

    /// Makes all changes, or none.
    ///
    /// A transaction that a crash left unfinished is finished or discarded first.
    ///
    /// # Errors
    ///
    /// A [`TransactionError`]: nothing has changed, except after [`TransactionError::Undecided`].
    pub fn commit(
        self,
        files: &dyn Files,
        state_dir: &Path,
    ) -> Result<Committed, TransactionError> {
        let state = StateDir::prepare(files, state_dir)?;
        recovery::run(&state)?;
        let draft = plan::draft(&state, self)?;
        stage::stage(&state, &draft)?;
        let plan = draft.plan;
        place::publish(&state, &plan).map_err(|err| undo::after(&state, &plan, err))?;
        Ok(Committed {
            generation: plan.generation,
            unfinished: place::tidy(&state, &plan).err(),
        })
    }

    /// Tries whether the changes could be made: everything is looked at and staged, and removed again; what cannot be
    /// removed, the next [`recover`] removes.
    ///
    /// A transaction that a crash left unfinished is finished or discarded first.
    ///
    /// # Errors
    ///
    /// A [`TransactionError`] with what stands in the way; nothing has changed.
    pub fn rehearse(self, files: &dyn Files, state_dir: &Path) -> Result<(), TransactionError> {
        let state = StateDir::prepare(files, state_dir)?;
        recovery::run(&state)?;
        let draft = plan::draft(&state, self)?;
        stage::rehearse(&state, &draft)
    }

    /// The file shall be what was kept of it; its directory is created anew if it is gone.
    fn with_kept(
        self,
        path: PathBuf,
        content: Secret<Vec<u8>>,
        kept: PathBuf,
    ) -> Result<Self, TransactionError> {
        let directory = atomic_file::parent(&path)?.to_path_buf();
        Ok(self
            .directory(directory, state_dir::PRIVATE)
            .with(Change::File {
                path,
                content,
                look: FileLook::Like(kept),
            }))
    }

    fn with(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }
}

/// The new generation is in place and durable.
#[derive(Debug)]
pub struct Committed {
    /// Its number.
    pub generation: u64,
    /// Why tidying up is left to the next [`recover`]; worth a warning.
    pub unfinished: Option<TransactionError>,
}

#[derive(Debug)]
enum Change {
    File {
        path: PathBuf,
        content: Secret<Vec<u8>>,
        look: FileLook,
    },
    NoFile {
        path: PathBuf,
    },
    Kept {
        path: PathBuf,
    },
    Directory {
        path: PathBuf,
        mode: u32,
        rest: Rest,
    },
    /// Goes if it is empty in the end.
    NoDirectory {
        path: PathBuf,
    },
}

/// How a file shall look.
#[derive(Debug)]
enum FileLook {
    /// Like the file it replaces, or with this mode if it replaces none.
    Mode(u32),
    /// Like this file (a kept one that comes back).
    Like(PathBuf),
}

/// What happens to the files of a directory that the transaction does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Stays,
    Goes,
}
