//! Why an archive cannot be written or read.

use std::io;
use std::path::PathBuf;

use super::ListingError;

/// An archive that cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// Name or version has what a folder's name should not have.
    #[error("the folder {folder:?} of the archive has {character:?} in its name")]
    Folder {
        /// Its name.
        folder: String,
        /// What it should not have.
        character: char,
    },
    /// The tree cannot be packed.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Its tar cannot be read.
    #[error("the archive is not readable")]
    Listing(#[from] ListingError),
    /// There is nothing in it.
    #[error("the archive is empty")]
    Empty,
    /// There is something beside its folder.
    #[error("the archive has {path} beside its folder {top}")]
    Tops {
        /// The folder.
        top: String,
        /// What is beside it.
        path: String,
    },
}

/// A tree that cannot be packed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// A file whose bytes should be packed cannot be read.
    #[error("cannot read {}", path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// A path is below something that is not a folder.
    #[error("{below} is below {path}, which is not a directory")]
    NotADirectory {
        /// What is not a folder.
        path: String,
        /// What is below it.
        below: String,
    },
    /// The name of an owner or a group is empty or longer than Linux allows.
    #[error("{path} belongs to {account:?}, which is not the name of an account")]
    Account {
        /// The path.
        path: String,
        /// The name.
        account: String,
    },
    /// The compressor failed.
    #[error("cannot pack")]
    Write {
        /// What it said.
        #[source]
        err: io::Error,
    },
}
