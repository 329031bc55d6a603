//! The crates in a binary. Pure.
//!
//! Cargo says what it compiled for the machine that the binary runs on (that is in it) and what it compiled for this machine
//! (build scripts, procedural macros and what they use: that had a hand in it). It says so for what was compiled earlier
//! too. `cargo metadata` knows who needs whom, for all packages of a workspace and all of their features, so it is
//! asked about those crates only. `Cargo.lock` has the digests.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;

use super::cargo::Artifact;
use super::error::CompileError;

/// What is in a binary, sorted by name and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inside {
    /// Its crates.
    pub(super) crates: Vec<Crate>,
}

/// One crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Crate {
    /// Its name.
    pub(super) name: String,
    /// Its version.
    pub(super) version: semver::Version,
    /// Where it came from.
    pub(super) origin: Origin,
    /// SHA-256 of what a registry gave out, in hex.
    pub(super) checksum: Option<String>,
    /// What it may be used for.
    pub(super) licence: Option<String>,
    /// Its part in the binary.
    pub(super) part: Part,
    /// Which others it needs: places in the list, ascending.
    pub(super) needs: Vec<usize>,
}

/// Where a crate comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// A folder.
    Local,
    /// The registry that cargo asks when nothing else is said.
    Main,
    /// Another registry: its index.
    Registry(String),
    /// A repository: its address with the commit behind `#`.
    Git(String),
}

/// What a crate has to do with the binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// It is the program.
    Root,
    /// It is in it.
    Linked,
    /// It ran while it was made.
    Build,
}

/// What `cargo metadata` says.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
    /// Where `Cargo.lock` is.
    pub(super) workspace_root: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
struct Package {
    id: String,
    name: String,
    version: semver::Version,
    source: Option<String>,
    license: Option<String>,
    manifest_path: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
    root: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Need>,
}

#[derive(Debug, Clone, Deserialize)]
struct Need {
    pkg: String,
    dep_kinds: Vec<NeedKind>,
}

#[derive(Debug, Clone, Deserialize)]
struct NeedKind {
    kind: Option<String>,
}

/// `Cargo.lock`.
#[derive(Debug, Clone, Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

#[derive(Debug, Clone, Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

impl Inside {
    /// Of what cargo made. What is below `linked` is in the binary, `root` is the program's package.
    ///
    /// # Errors
    /// When the lock file or a crate are not understood.
    pub(super) fn new(
        metadata: &Metadata,
        artifacts: &[Artifact],
        lock: &str,
        linked: &Path,
        root: &str,
    ) -> Result<Self, CompileError> {
        let checksums = checksums(lock)?;
        let parts = parts(artifacts, linked, root);
        let mut packages: Vec<(&Package, Part)> = metadata
            .packages
            .iter()
            .filter_map(|package| Some((package, *parts.get(package.id.as_str())?)))
            .collect();
        packages.sort_by(|(a, _), (b, _)| {
            (&a.name, &a.version, &a.source).cmp(&(&b.name, &b.version, &b.source))
        });
        let places: BTreeMap<&str, usize> = packages
            .iter()
            .enumerate()
            .map(|(place, (package, _))| (package.id.as_str(), place))
            .collect();
        let needs = needs(metadata, &places);
        let mut crates = Vec::new();
        for (package, part) in packages {
            crates.push(Crate {
                name: package.name.clone(),
                version: package.version.clone(),
                origin: origin(package.source.as_deref())?,
                checksum: checksums.get(&key(package)).cloned(),
                licence: package.license.clone(),
                part,
                needs: needs
                    .get(package.id.as_str())
                    .map(|places| places.iter().copied().collect())
                    .unwrap_or_default(),
            });
        }
        Ok(Self { crates })
    }

    /// Those that are in the binary, the program among them.
    pub(super) fn linked(&self) -> impl Iterator<Item = &Crate> {
        self.crates.iter().filter(|each| each.is_linked())
    }
}

impl Crate {
    /// Whether it is in the binary.
    pub(super) const fn is_linked(&self) -> bool {
        match self.part {
            Part::Root | Part::Linked => true,
            Part::Build => false,
        }
    }
}

impl Metadata {
    /// Folders that stand in paths of the binary, with what is to stand there: those of registries in which crates were
    /// unpacked, and those of local crates that are not below `sources`.
    pub(super) fn folders(&self, sources: &Path) -> Vec<(PathBuf, String)> {
        let mut found = BTreeSet::new();
        for package in &self.packages {
            let Some(folder) = package.manifest_path.parent() else {
                continue;
            };
            match (&package.source, folder.parent()) {
                (None, _) if folder.starts_with(sources) => {}
                (None, _) => {
                    found.insert((folder.to_owned(), format!("/crates/{}", package.name)));
                }
                (Some(source), Some(unpacked)) if !source.starts_with("git+") => {
                    found.insert((unpacked.to_owned(), "/cargo/registry".to_owned()));
                }
                (Some(_), _) => {}
            }
        }
        found.into_iter().collect()
    }

    /// Cargo's own name of the package that it was asked about.
    pub(super) fn root(&self) -> Option<&str> {
        self.resolve.root.as_deref()
    }
}

fn parts<'a>(artifacts: &'a [Artifact], linked: &Path, root: &str) -> BTreeMap<&'a str, Part> {
    let mut parts = BTreeMap::new();
    for artifact in artifacts {
        let id = artifact.package_id.as_str();
        if id == root {
            parts.insert(id, Part::Root);
        } else if artifact
            .filenames
            .iter()
            .any(|file| file.starts_with(linked))
        {
            parts.insert(id, Part::Linked);
        } else {
            parts.entry(id).or_insert(Part::Build);
        }
    }
    parts
}

/// Who needs whom among those that have a place; what only tests need counts for nothing.
fn needs<'a>(
    metadata: &'a Metadata,
    places: &BTreeMap<&str, usize>,
) -> BTreeMap<&'a str, BTreeSet<usize>> {
    let mut found = BTreeMap::new();
    for node in &metadata.resolve.nodes {
        let real = node.deps.iter().filter(|need| {
            let mut kinds = need.dep_kinds.iter();
            kinds.any(|each| each.kind.as_deref() != Some("dev"))
        });
        let theirs = real.filter_map(|need| places.get(need.pkg.as_str()).copied());
        found.insert(node.id.as_str(), theirs.collect());
    }
    found
}

fn checksums(lock: &str) -> Result<BTreeMap<Key, String>, CompileError> {
    let lock: Lock = toml::from_str(lock).map_err(|err| CompileError::Understand {
        what: "Cargo.lock",
        reason: err.to_string(),
    })?;
    let with = lock.package.into_iter().filter_map(|each| {
        let key = (each.name, each.version, each.source.unwrap_or_default());
        Some((key, each.checksum?))
    });
    Ok(with.collect())
}

type Key = (String, String, String);

fn key(package: &Package) -> Key {
    (
        package.name.clone(),
        package.version.to_string(),
        package.source.clone().unwrap_or_default(),
    )
}

fn origin(source: Option<&str>) -> Result<Origin, CompileError> {
    let Some(source) = source else {
        return Ok(Origin::Local);
    };
    if source == MAIN {
        return Ok(Origin::Main);
    }
    match source.split_once('+') {
        Some(("registry" | "sparse", index)) => Ok(Origin::Registry(index.to_owned())),
        Some(("git", address)) => Ok(Origin::Git(address.to_owned())),
        Some(_) | None => Err(CompileError::Understand {
            what: "the source of a crate",
            reason: source.to_owned(),
        }),
    }
}

/// Cargo's name of its default registry, whatever mirror gives the crates out.
const MAIN: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[cfg(test)]
pub(super) mod sample {
    use super::*;
    use crate::compile::cargo;

    pub(in crate::compile) fn metadata() -> Metadata {
        serde_json::from_str(include_str!("sample/metadata.json")).unwrap()
    }

    pub(in crate::compile) fn inside() -> Inside {
        let metadata = metadata();
        Inside::new(
            &metadata,
            &cargo::sample::artifacts(),
            include_str!("sample/Cargo.lock"),
            Path::new("/s/target/x86_64-unknown-linux-musl"),
            metadata.root().unwrap(),
        )
        .unwrap()
    }
}

#[cfg(test)]
mod tests;
