//! Packages on disk, whatever their format.

use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use muster::report::Exit;

use crate::archive;
use crate::archive::ArchiveError;
use crate::deb;
use crate::deb::DebError;
use crate::model::Contents;
use crate::rpm;
use crate::rpm::RpmError;

/// What is in the package at a path. Its bytes say which format it is, not its name.
///
/// # Errors
/// When it cannot be read, or is none of the formats that this program makes.
pub fn read(path: &Path) -> Result<Contents, DiffError> {
    let bytes = bytes(path).map_err(|err| DiffError::Read {
        path: path.to_path_buf(),
        err,
    })?;
    let path = path.to_path_buf();
    if bytes.starts_with(deb::ar::MAGIC) {
        deb::read(&bytes).map_err(|err| DiffError::Deb { path, err })
    } else if bytes.starts_with(LEAD) {
        rpm::read(&bytes).map_err(|err| DiffError::Rpm { path, err })
    } else if bytes.starts_with(GZIP) {
        archive::read(&bytes).map_err(|err| DiffError::Archive { path, err })
    } else {
        Err(DiffError::UnknownFormat { path })
    }
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)?;
    if u64::try_from(read).is_ok_and(|read| read > LARGEST) {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// What an RPM begins with.
const LEAD: &[u8] = &[0xed, 0xab, 0xee, 0xdb];

/// What a gzip file begins with.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// The largest package that is read.
const LARGEST: u64 = 1 << 30;

/// A package that cannot be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiffError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// It begins like no package.
    #[error("{} is neither an RPM nor a DEB nor a tar.gz", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// It is an RPM that cannot be read.
    #[error("cannot read the RPM {}", path.display())]
    Rpm {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        err: RpmError,
    },
    /// It is a DEB that cannot be read.
    #[error("cannot read the DEB {}", path.display())]
    Deb {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        err: DebError,
    },
    /// It is an archive that cannot be read.
    #[error("cannot read the archive {}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        err: ArchiveError,
    },
}

impl DiffError {
    /// The exit code that says so.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Read { .. } => Exit::NoInput,
            Self::UnknownFormat { .. }
            | Self::Rpm { .. }
            | Self::Deb { .. }
            | Self::Archive { .. } => Exit::Data,
        }
    }
}
