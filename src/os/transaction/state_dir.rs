//! The state directory: where the journal and the generations are.

use std::path::Path;
use std::path::PathBuf;

use crate::os::atomic_file;
use crate::os::atomic_file::Look;
use crate::os::files::Files;
use crate::os::files::Kind;
use crate::secret::Secret;

use super::TransactionError;
use super::journal;
use super::journal::Plan;

/// The state directory and the files it is on.
#[derive(Debug, Clone, Copy)]
pub(super) struct StateDir<'a> {
    pub(super) files: &'a dyn Files,
    path: &'a Path,
}

/// How far a transaction is. The name of the journal says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Staging,
    Commit,
    Placed,
    Undo,
}

impl<'a> StateDir<'a> {
    /// The state directory as it is.
    pub(super) const fn new(files: &'a dyn Files, path: &'a Path) -> Self {
        Self { files, path }
    }

    /// Creates it if it is missing, and closes it to others if it is open.
    pub(super) fn prepare(files: &'a dyn Files, path: &'a Path) -> Result<Self, TransactionError> {
        match files.entry(path)? {
            None => {
                files.create_dir(path, PRIVATE)?;
                files.sync_dir(atomic_file::parent(path)?)?;
            }
            Some(entry) if entry.kind != Kind::Directory => {
                return Err(TransactionError::NotADirectory {
                    path: path.to_path_buf(),
                });
            }
            Some(entry) if entry.mode & 0o077 != 0 => files.set_mode(path, PRIVATE)?,
            Some(_) => {}
        }
        Ok(Self::new(files, path))
    }

    pub(super) fn path(&self) -> &'a Path {
        self.path
    }

    pub(super) fn journal(&self, phase: Phase) -> PathBuf {
        self.path.join(match phase {
            Phase::Staging => "journal.staging",
            Phase::Commit => "journal.commit",
            Phase::Placed => "journal.placed",
            Phase::Undo => "journal.undo",
        })
    }

    /// Where an unreadable journal goes.
    pub(super) fn damaged_journal(&self) -> PathBuf {
        self.path.join("journal.damaged")
    }

    pub(super) fn generations(&self) -> PathBuf {
        self.path.join("generations")
    }

    /// The record of the generation in place.
    pub(super) fn current(&self) -> PathBuf {
        self.generations().join("current.json")
    }

    /// The files that were in place before.
    pub(super) fn previous(&self) -> PathBuf {
        self.generations().join("previous")
    }

    /// The files that this transaction replaces, until it is done.
    pub(super) fn next(&self, plan: &Plan) -> PathBuf {
        self.generations().join(format!("next-{}", plan.id))
    }

    /// Writes the first journal. Nothing else happens before it is durable.
    pub(super) fn begin(&self, plan: &Plan) -> Result<(), TransactionError> {
        let bytes = journal::encode(plan)?;
        let path = self.journal(Phase::Staging);
        atomic_file::stage(self.files, &path, &bytes, Look::Mode(0o600))?;
        self.sync()
    }

    pub(super) fn read_journal(&self, path: &Path) -> Result<Plan, TransactionError> {
        let bytes = self.files.read(path, FILE_LIMIT)?;
        journal::decode(bytes.expose(), path)
    }

    /// Takes a decision. It is durable after [`StateDir::sync`].
    pub(super) fn advance(&self, from: Phase, to: Phase) -> Result<(), TransactionError> {
        Ok(self.files.rename(&self.journal(from), &self.journal(to))?)
    }

    /// Ends the transaction.
    pub(super) fn end(&self, phase: Phase) -> Result<(), TransactionError> {
        self.files.remove_file(&self.journal(phase))?;
        self.sync()
    }

    /// Makes the names in the state directory durable.
    pub(super) fn sync(&self) -> Result<(), TransactionError> {
        Ok(self.files.sync_dir(self.path)?)
    }

    /// A kept file, if it still is what was kept.
    pub(super) fn read_intact(
        &self,
        path: &Path,
        sha256: &str,
    ) -> Result<Secret<Vec<u8>>, TransactionError> {
        let content = self.files.read(path, FILE_LIMIT)?;
        if journal::sha256(content.expose()) == sha256 {
            Ok(content)
        } else {
            Err(TransactionError::Damaged {
                path: path.to_path_buf(),
            })
        }
    }

    /// Whether there is a regular file of this content.
    pub(super) fn holds(&self, path: &Path, sha256: &str) -> Result<bool, TransactionError> {
        let regular = self
            .files
            .entry(path)?
            .is_some_and(|entry| entry.kind == Kind::File);
        Ok(regular && journal::sha256(self.files.read(path, FILE_LIMIT)?.expose()) == sha256)
    }

    /// Removes a directory that holds only files.
    pub(super) fn remove_flat(&self, directory: &Path) -> Result<(), TransactionError> {
        for name in self.files.list(directory)? {
            self.files.remove_file(&directory.join(name))?;
        }
        Ok(self.files.remove_empty_dir(directory)?)
    }

    /// Makes the names in these directories durable, as far as they exist.
    pub(super) fn sync_existing<'p>(
        &self,
        directories: impl IntoIterator<Item = &'p Path>,
    ) -> Result<(), TransactionError> {
        for directory in directories {
            if self.files.entry(directory)?.is_some() {
                self.files.sync_dir(directory)?;
            }
        }
        Ok(())
    }
}

/// The most that is read of one file: far above every limit of what a provisioner may send.
pub(super) const FILE_LIMIT: u64 = 16 << 20;

/// Mode of the state directory and everything below it.
pub(super) const PRIVATE: u32 = 0o700;
