//! What keeps the journal from being opened or written.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use muster::os::atomic_file::WriteError;
use muster::os::files::FileError;
use muster::os::lock::LockError;

/// What keeps the journal from being opened or written.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The state directory is not there and cannot be created.
    #[error("cannot create the state directory {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: Arc<io::Error>,
    },
    /// Another process works with the state directory.
    #[error("another muster-provisioner works with {}", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
        /// Who has it.
        #[source]
        err: Arc<LockError>,
    },
    /// The state directory cannot be locked.
    #[error("cannot lock the state directory {}", path.display())]
    Lock {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: Arc<io::Error>,
    },
    /// The journal cannot be read.
    #[error("cannot read the journal {}", path.display())]
    Read {
        /// The journal.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: Arc<FileError>,
    },
    /// The file is no journal.
    #[error("{} is not a journal of muster-provisioner", path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// A newer program wrote the journal.
    #[error("the journal {} was written by a newer version ({version}), this one reads {}", path.display(), super::record::VERSION)]
    Newer {
        /// The journal.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
    /// A line that a crash cannot explain.
    #[error("line {line} of the journal {} is damaged; restore the file from a copy, or move it away to forget every session, certificate and quarantine", path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The journal cannot be written anew.
    #[error("cannot write the journal {} anew", path.display())]
    Replace {
        /// The journal.
        path: PathBuf,
        /// What went wrong.
        #[source]
        err: Arc<WriteError>,
    },
    /// There is no space for another record.
    #[error("the disk under the journal {} is full; make room, nothing has to be restarted", path.display())]
    Full {
        /// The journal.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: Arc<io::Error>,
    },
    /// A record was not written.
    #[error("cannot write the journal {}", path.display())]
    Write {
        /// The journal.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: Arc<io::Error>,
    },
    /// There is no thread for the writer.
    #[error("cannot start the writer of the journal")]
    Thread {
        /// What the system said.
        #[source]
        err: Arc<io::Error>,
    },
    /// More is waiting to be recorded than the queue holds.
    #[error("the journal is too slow for what is to be recorded")]
    Busy,
    /// The disk did not answer; the record may become durable later.
    #[error("the disk under the journal did not answer in time")]
    TimedOut,
    /// The journal was closed, or its writer ended.
    #[error("the journal is closed")]
    Exited,
}

impl JournalError {
    /// What became of a write.
    pub(super) fn of_write(path: PathBuf, err: io::Error) -> Self {
        let is_full = matches!(
            err.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        );
        let err = Arc::new(err);
        if is_full {
            Self::Full { path, err }
        } else {
            Self::Write { path, err }
        }
    }
}
