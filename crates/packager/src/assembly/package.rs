//! Packages of finished binaries.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use buildspec::Format;
use buildspec::Package;
use buildspec::PackageVersion;
use buildspec::VersionError;

use super::binaries::Binaries;
use super::binaries::Binary;
use super::recipe::Recipe;
use super::sources::Sources;
use crate::archive;
use crate::archive::ArchiveError;
use crate::deb;
use crate::deb::DebError;
use crate::model::Kind;
use crate::model::Manifest;
use crate::product;
use crate::product::Ingredients;
use crate::product::Names;
use crate::product::ProductError;
use crate::rpm;
use crate::rpm::RpmError;
use crate::signing::Sign;

/// A finished package, not written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its file name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A package that could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// Its binary was not made.
    #[error("{key}: the binary of the compile target {target} was not made")]
    NoBinary {
        /// The package.
        key: String,
        /// The compile target.
        target: String,
    },
    /// A licence that it should ship cannot be read.
    #[error("{key}: cannot read the licence {}", file.display())]
    Licence {
        /// The package.
        key: String,
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// A version that packages cannot have.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// It cannot be described.
    #[error("{key}: the package cannot be put together")]
    Product {
        /// The package.
        key: String,
        /// Why.
        #[source]
        err: ProductError,
    },
    /// Two packages that can be installed together would write the same path.
    #[error("the packages {first} and {second} would both write {path}")]
    SamePath {
        /// One of them.
        first: String,
        /// The other.
        second: String,
        /// The path.
        path: String,
    },
    /// Two packages would be the same file.
    #[error("the packages {first} and {second} would both be {name}")]
    SameFile {
        /// One of them.
        first: String,
        /// The other.
        second: String,
        /// The file.
        name: String,
    },
    /// No RPM comes of it.
    #[error("{key}: cannot make the RPM")]
    Rpm {
        /// The package.
        key: String,
        /// Why.
        #[source]
        err: RpmError,
    },
    /// No DEB comes of it.
    #[error("{key}: cannot make the DEB")]
    Deb {
        /// The package.
        key: String,
        /// Why.
        #[source]
        err: DebError,
    },
    /// No archive comes of it.
    #[error("{key}: cannot make the archive")]
    Archive {
        /// The package.
        key: String,
        /// Why.
        #[source]
        err: ArchiveError,
    },
}

/// Makes the packages. RPMs are signed when there is someone to do it; DEBs are signed by their repository.
///
/// # Errors
/// With the first that cannot be made; none is written.
pub fn package(
    sources: &Sources,
    recipe: &Recipe,
    packages: &[Package],
    binaries: &Binaries,
    signer: Option<&dyn Sign>,
) -> Result<Vec<Made>, PackageError> {
    let mut described = Vec::new();
    for package in packages {
        described.push((package, manifest(sources, recipe, package, binaries)?));
    }
    check_files(&described)?;
    check_paths(&described)?;
    described
        .iter()
        .map(|(package, manifest)| {
            Ok(Made {
                name: product::file_name(manifest, package.format),
                bytes: bytes(package, manifest, signer)?,
            })
        })
        .collect()
}

fn manifest(
    sources: &Sources,
    recipe: &Recipe,
    package: &Package,
    binaries: &Binaries,
) -> Result<Manifest, PackageError> {
    let no_binary = || PackageError::NoBinary {
        key: package.key.clone(),
        target: package.binary.clone(),
    };
    let binary: &Binary = binaries.made.get(&package.binary).ok_or_else(no_binary)?;
    let version = PackageVersion::new(&sources.version)?;
    let version_in_format = match package.format {
        Format::Rpm => version.rpm(),
        Format::Deb => version.debian(),
        Format::Archive => &sources.version,
    };
    let unfit = |err| PackageError::Product {
        key: package.key.clone(),
        err,
    };
    let names = Names::new(package).map_err(unfit)?;
    let ingredients = Ingredients {
        version: &sources.version,
        version_in_format,
        binary: &binary.file,
        sbom: binary.sbom.as_deref(),
        licences: &licences(sources, recipe, package)?,
        source_date: sources.date,
        pages: &product::pages(package.program, &names, &sources.version).map_err(unfit)?,
        completions: &product::completions(package.program, &package.name),
    };
    product::manifest(package, &ingredients).map_err(unfit)
}

/// Our licence and those that the buildspec adds, by the names of their files.
fn licences(
    sources: &Sources,
    recipe: &Recipe,
    package: &Package,
) -> Result<Vec<(String, Vec<u8>)>, PackageError> {
    let ours = sources.folder.join(LICENCE);
    let others = package
        .license_files
        .iter()
        .map(|(_, name)| recipe.folder().join(name));
    std::iter::once(ours)
        .chain(others)
        .map(|file| {
            let name = file.file_name().unwrap_or_default();
            let name = name.to_string_lossy().into_owned();
            match fs::read(&file) {
                Ok(text) => Ok((name, text)),
                Err(err) => Err(PackageError::Licence {
                    key: package.key.clone(),
                    file,
                    err,
                }),
            }
        })
        .collect()
}

fn bytes(
    package: &Package,
    manifest: &Manifest,
    signer: Option<&dyn Sign>,
) -> Result<Vec<u8>, PackageError> {
    let key = || package.key.clone();
    match package.format {
        Format::Rpm => {
            rpm::write(manifest, signer).map_err(|err| PackageError::Rpm { key: key(), err })
        }
        Format::Deb => deb::write(manifest).map_err(|err| PackageError::Deb { key: key(), err }),
        Format::Archive => {
            archive::write(manifest).map_err(|err| PackageError::Archive { key: key(), err })
        }
    }
}

type Described<'a> = (&'a Package, Manifest);

fn check_files(described: &[Described<'_>]) -> Result<(), PackageError> {
    let mut names = BTreeMap::new();
    for (package, manifest) in described {
        let name = product::file_name(manifest, package.format);
        if let Some(first) = names.insert(name.clone(), &package.key) {
            return Err(PackageError::SameFile {
                first: first.clone(),
                second: package.key.clone(),
                name,
            });
        }
    }
    Ok(())
}

/// Packages of one format and platform with different names can be on one machine together.
fn check_paths(described: &[Described<'_>]) -> Result<(), PackageError> {
    for (index, (first, one)) in described.iter().enumerate() {
        for (second, other) in described.iter().skip(index + 1) {
            let together = first.format == second.format
                && first.platform == second.platform
                && first.name != second.name;
            if !together {
                continue;
            }
            let mine: BTreeSet<&str> = written(one).collect();
            if let Some(path) = written(other).find(|path| mine.contains(path)) {
                return Err(PackageError::SamePath {
                    first: first.key.clone(),
                    second: second.key.clone(),
                    path: path.to_owned(),
                });
            }
        }
    }
    Ok(())
}

/// Paths that only one package may have. Folders may be shared; what an archive says about itself is not installed.
fn written(manifest: &Manifest) -> impl Iterator<Item = &str> {
    manifest
        .tree
        .iter()
        .filter(|(path, _)| *path != product::INSTALL)
        .filter(|(_, entry)| match entry.kind {
            Kind::Directory => false,
            Kind::File(_) | Kind::Copy(_) | Kind::Link(_) | Kind::Ghost => true,
        })
        .map(|(path, _)| path)
}

const LICENCE: &str = "LICENSE";
