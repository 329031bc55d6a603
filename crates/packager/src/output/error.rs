//! Why a file could not be finished.

use std::io;
use std::path::PathBuf;

use muster::os::atomic_file::WriteError;
use muster::os::files::FileError;

/// A file that could not be finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// There is something else where the folder should be.
    #[error("{} is not a folder", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The folder cannot be made or written to.
    #[error("cannot write to the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// Another run writes there at this moment.
    #[error("another run is writing to the folder {}", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// What an interrupted run left cannot be removed.
    #[error("cannot remove what an interrupted run left")]
    Sweep(#[source] FileError),
    /// A name that could lead elsewhere or would need quotes.
    #[error("{name:?} is not a plain name for a file")]
    Name {
        /// The name.
        name: String,
    },
    /// Two things of one run have the same name.
    #[error("{} would be written twice", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}
