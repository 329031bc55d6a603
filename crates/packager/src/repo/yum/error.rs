//! Repositories that cannot be made.

use std::io;
use std::path::PathBuf;

use rpmrepo_metadata::MetadataError;

use crate::rpm::RpmError;
use crate::signing::SignError;

/// Why there is no repository.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum YumError {
    /// A package that cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        err: io::Error,
    },
    /// A file that is no whole RPM.
    #[error("{name} cannot be in a yum repository")]
    Package {
        /// Name of the package's file.
        name: String,
        /// What is wrong with it.
        #[source]
        err: RpmError,
    },
    /// The same package under two names.
    #[error("{name} is the same package as {other}")]
    Twice {
        /// Name of the package's file.
        name: String,
        /// Name of the first such file.
        other: String,
    },
    /// A package that metadata cannot speak of.
    #[error("{name} cannot be described in the metadata")]
    Describe {
        /// Name of the package's file.
        name: String,
        /// Why not.
        #[source]
        err: Box<MetadataError>,
    },
    /// Metadata that cannot be written down.
    #[error("cannot make the metadata")]
    Metadata {
        /// Why not.
        #[source]
        err: Box<MetadataError>,
    },
    /// Metadata that cannot be compressed.
    #[error("cannot compress the metadata")]
    Compress {
        /// Why not.
        #[source]
        err: io::Error,
    },
    /// The key does not sign.
    #[error("the repository is not signed")]
    Sign {
        /// Why not.
        #[source]
        err: SignError,
    },
    /// A file or folder of the repository that cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// What could not be written.
        path: PathBuf,
        /// Why not.
        #[source]
        err: io::Error,
    },
}
