//! Why a repository cannot be written.

use std::io;
use std::path::PathBuf;

use crate::deb::DebError;
use crate::output::OutputError;
use crate::signing::SignError;

/// A repository that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AptError {
    /// There is nothing to put into it.
    #[error("there is no DEB in {}", folder.display())]
    NoPackages {
        /// The folder.
        folder: PathBuf,
    },
    /// A name of the repository that apt would not understand.
    #[error("the {what} {value:?} of the repository is not a plain name")]
    Option {
        /// Which.
        what: &'static str,
        /// What it is.
        value: String,
    },
    /// A path of a package that is not plain or not below the folder.
    #[error("{name:?} is not the plain name of a package")]
    Name {
        /// The path.
        name: String,
    },
    /// A package cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The package.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// A package is damaged.
    #[error("{} is not a package for this repository", path.display())]
    Package {
        /// The package.
        path: PathBuf,
        /// Why not.
        #[source]
        err: DebError,
    },
    /// A package does not say what it is.
    #[error("{} has no plain field {field}", path.display())]
    Field {
        /// The package.
        path: PathBuf,
        /// The field.
        field: &'static str,
    },
    /// Two files are the same version of the same package.
    #[error("{one} and {other} are the same version of the same package")]
    Twice {
        /// One file.
        one: String,
        /// The other.
        other: String,
    },
    /// The date cannot be written.
    #[error("the date {seconds} is too large")]
    Date {
        /// Seconds since 1970.
        seconds: u64,
    },
    /// The key did not sign.
    #[error("cannot sign the repository")]
    Sign(#[from] SignError),
    /// What the compressor said.
    #[error("cannot pack the list of packages")]
    Pack {
        /// Why not.
        #[source]
        err: io::Error,
    },
    /// A folder or file of the repository cannot be changed.
    #[error("cannot change {}", path.display())]
    Change {
        /// Where.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}
