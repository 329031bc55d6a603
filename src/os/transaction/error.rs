//! Why a transaction was refused or failed.

use std::path::PathBuf;

use crate::os::atomic_file::WriteError;
use crate::os::files::FileError;
use crate::os::lock::LockError;

/// A transaction that did not happen, or a recovery that could not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// A path is relative, has `.` or `..` in it, names no file, or is not UTF-8.
    #[error("{} is not a plain absolute path", path.display())]
    PathNotPlain {
        /// The path.
        path: PathBuf,
    },
    /// Two changes name the same file.
    #[error("{} is changed twice in one transaction", path.display())]
    ChangedTwice {
        /// The file.
        path: PathBuf,
    },
    /// Something that must be a directory is missing, is a link, or is something else.
    #[error("{} is not a directory", path.display())]
    NotADirectory {
        /// What was found, or was not.
        path: PathBuf,
    },
    /// A file cannot be written or replaced.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The system refused an operation.
    #[error(transparent)]
    File(#[from] FileError),
    /// A journal cannot be written as JSON.
    #[error("cannot write the journal")]
    Encode(#[source] serde_json::Error),
    /// A record of ours has another content than it was written with.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// The record or kept file.
        path: PathBuf,
    },
    /// A record was written by another version of this program.
    #[error("{} has format {version}, which this program does not know", path.display())]
    UnknownVersion {
        /// The record.
        path: PathBuf,
        /// The format's number.
        version: u32,
    },
    /// Another process is changing the files of this node, or the lock of those who do cannot be taken.
    #[error("the files of this node cannot be changed now")]
    Locked(#[from] LockError),
    /// Another process put another generation in place than the one that this process knows.
    #[error("generation {number} was put in place meanwhile")]
    Overtaken {
        /// Its number.
        number: u64,
    },
    /// There is nothing to go back to.
    #[error("no previous generation is kept")]
    NoPrevious,
    /// The new generation could not be put in place, nor the old one put back yet: files may be of both until a
    /// recovery succeeds.
    #[error("the old files could not be put back yet")]
    Undecided {
        /// Why they could not be put back.
        #[source]
        undo: Box<Self>,
        /// Why the new ones could not be put in place; nothing if that was before a crash.
        err: Option<Box<Self>>,
    },
}
