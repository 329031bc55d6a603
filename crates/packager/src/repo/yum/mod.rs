//! A folder of RPMs as a repository of yum and dnf.
//!
//! [`write()`] makes `repodata/` in the folder: `repomd.xml`, which names `primary`, `filelists` and `other` with their
//! digests, compressed with gzip and named by SHA-256, as yum of EL7 and everything newer reads them. With a key there are
//! `repomd.xml.asc` and `repomd.xml.key` beside it. The packages themselves are left alone.
//!
//! All of it is made in a folder of its own and takes its place by renaming; what was there before goes. There is no
//! moment with half of it, but one between two renames with none: file systems that can exchange names are not everywhere.
//! A crash can leave folders whose names start with `.repodata-`.
//!
//! Every time in it is the source date: the same packages are the same bytes.

mod error;
mod metadata;
mod place;
mod sample;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use rpmrepo_metadata::Repository;

use crate::signing::Sign;

pub use error::YumError;
pub use sample::Signed;
pub use sample::sample;

/// A package of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rpm {
    /// Where it is in the repository, relative to its folder: `acme-1.2.3-1.el.x86_64.rpm`.
    pub name: String,
    /// The file that is read now.
    pub path: PathBuf,
}

/// Writes `repodata/` of these packages into `folder` and says what is in it: paths relative to `folder`, sorted.
///
/// # Errors
/// A [`YumError`]; what was there before is then still there.
pub fn write(
    folder: &Path,
    packages: &[Rpm],
    signer: Option<&dyn Sign>,
    source_date: u64,
) -> Result<Vec<String>, YumError> {
    let mut repository = Repository::new();
    for package in packages {
        let bytes = fs::read(&package.path).map_err(|err| YumError::Read {
            path: package.path.clone(),
            err,
        })?;
        let described = metadata::described(&package.name, &bytes, source_date)?;
        if let Some(other) = repository.add_package(described) {
            return Err(YumError::Twice {
                name: package.name.clone(),
                other: other.location_href().to_owned(),
            });
        }
    }
    repository.sort();
    let files = metadata::files(&mut repository, source_date, signer)?;
    place::place(folder, &files)?;
    let names = files.keys().map(|name| format!("{REPODATA}/{name}"));
    Ok(names.collect())
}

const REPODATA: &str = "repodata";
