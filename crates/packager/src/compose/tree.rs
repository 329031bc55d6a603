//! Where the crates are: which folder all of them are below, and the link to it.
//!
//! Each crate in a path is asked for its own paths, until all are known, so that the folder is above every one of them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use buildspec::CrateSource;
use buildspec::Place;
use serde::Deserialize;

use super::AgentFault;
use super::CargoSaid;
use super::ComposeError;
use super::Ingredient;
use super::Sources;

/// Where the crates are.
#[derive(Debug)]
pub(super) struct Tree {
    /// What the link leads to.
    top: PathBuf,
    sources: String,
    crates: BTreeMap<String, String>,
    /// Whether some crate asks a registry for muster.
    pub(super) registry_muster: bool,
}

impl Tree {
    /// Looks at every crate in a path.
    pub(super) fn of(
        sources: &Sources,
        ingredients: &[Ingredient],
        agents_folder: &Path,
    ) -> Result<Self, ComposeError> {
        let mut walk = Walk {
            sources,
            folders: BTreeSet::from([sources.folder.clone()]),
            seen: BTreeSet::new(),
        };
        let mut homes = Vec::new();
        let mut registry_muster = false;
        for ingredient in ingredients {
            match &ingredient.source {
                CrateSource::Path(path) => {
                    let (home, muster) = walk.agent(ingredient, &agents_folder.join(path))?;
                    registry_muster |= muster == Muster::Registry;
                    homes.push((ingredient.key.clone(), home));
                }
                // nobody has looked at them yet; what they can ask for is a registry's muster
                CrateSource::Git { .. } | CrateSource::Registry { .. } => registry_muster = true,
            }
        }
        let top = above(&walk.folders);
        let below = |path: &Path| below(&top, path);
        Ok(Self {
            sources: below(&sources.folder)?,
            crates: homes
                .into_iter()
                .map(|(key, home)| Ok((key, below(&home)?)))
                .collect::<Result<_, ComposeError>>()?,
            top,
            registry_muster,
        })
    }

    /// The path of muster, as the generated crate has it.
    pub(super) fn muster(&self) -> &str {
        &self.sources
    }

    /// The path of a company's crate, where it is in a path.
    pub(super) fn home(&self, ingredient: &Ingredient) -> Option<&str> {
        self.crates.get(&ingredient.key).map(String::as_str)
    }

    /// Whether every crate in a path finds the same muster through the link that the generated crate finds.
    pub(super) fn leads_to_one_muster(
        &self,
        into: &Path,
        sources: &Sources,
        ingredients: &[Ingredient],
    ) -> Result<(), ComposeError> {
        for ingredient in ingredients {
            let Some(home) = self.home(ingredient) else {
                continue;
            };
            let place = &ingredient.place;
            let manifest = into.join(home).join("Cargo.toml");
            let Metadata { packages, .. } = ask(&manifest, &sources.folder, place)?;
            let package = packages.iter().filter(|it| it.manifest_path == manifest);
            let dependencies = package.flat_map(|package| &package.dependencies);
            let mut musters = dependencies.filter(|dependency| dependency.is_of("muster"));
            let ours = into.join(self.muster());
            let one = |dependency: &Dependency| {
                let path = dependency.path.as_ref();
                path.is_none_or(|path| *path == ours)
            };
            if !musters.all(one) {
                let fault = AgentFault::AbsoluteMuster {
                    krate: ingredient.krate.clone(),
                    version: sources.version.clone(),
                };
                return Err(fault.at(place));
            }
        }
        Ok(())
    }

    /// Makes the link, or leads it elsewhere.
    pub(super) fn link(&self, into: &Path) -> Result<(), ComposeError> {
        let path = into.join(LINK);
        let failed = |err| ComposeError::Link {
            path: path.clone(),
            err,
        };
        match std::fs::read_link(&path) {
            Ok(target) if target == self.top => return Ok(()),
            Ok(_) => std::fs::remove_file(&path).map_err(failed)?,
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => {}
            Err(err) => return Err(failed(err)),
        }
        std::os::unix::fs::symlink(&self.top, &path).map_err(failed)
    }
}

/// Which muster a crate depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Muster {
    Sources,
    Registry,
}

/// The folders that were met so far.
struct Walk<'a> {
    sources: &'a Sources,
    folders: BTreeSet<PathBuf>,
    seen: BTreeSet<PathBuf>,
}

impl Walk<'_> {
    /// The folder of an agent's crate, without links in its path, and its muster.
    fn agent(
        &mut self,
        ingredient: &Ingredient,
        folder: &Path,
    ) -> Result<(PathBuf, Muster), ComposeError> {
        let place = &ingredient.place;
        let manifest = folder.join("Cargo.toml");
        let home = std::fs::canonicalize(folder)
            .ok()
            .filter(|home| home.join("Cargo.toml").is_file())
            .ok_or_else(|| AgentFault::NoCrate { manifest }.at(place))?;
        let package = self.look(&home, place)?;
        let krate = ingredient.krate.clone();
        if package.name != krate {
            let fault = AgentFault::OtherCrate {
                folder: home,
                found: package.name,
                wanted: krate,
            };
            return Err(fault.at(place));
        }
        if !package.targets.iter().any(Target::is_library) {
            return Err(AgentFault::NoLibrary { krate }.at(place));
        }
        let mut dependencies = package.dependencies.iter();
        let Some(muster) = dependencies.find(|dependency| dependency.is_of("muster")) else {
            return Err(AgentFault::WithoutMuster { krate }.at(place));
        };
        let found = match (&muster.path, &muster.source) {
            (Some(path), _) if *path == self.sources.folder => return Ok((home, Muster::Sources)),
            (Some(path), _) => path.display().to_string(),
            (None, Some(source)) if source.starts_with("registry+") => {
                return Ok((home, Muster::Registry));
            }
            (None, source) => source.clone().unwrap_or_default(),
        };
        let fault = AgentFault::OtherMuster {
            krate,
            found,
            sources: self.sources.folder.clone(),
        };
        Err(fault.at(place))
    }

    /// Asks cargo about a crate and all crates in paths that it depends on.
    fn look(&mut self, folder: &Path, place: &Place) -> Result<Package, ComposeError> {
        let manifest = folder.join("Cargo.toml");
        let Metadata {
            packages,
            workspace_root,
        } = ask(&manifest, &self.sources.folder, place)?;
        self.seen.insert(folder.to_owned());
        self.folders.insert(folder.to_owned());
        self.folders.insert(workspace_root);
        let package = packages
            .into_iter()
            .find(|package| package.manifest_path == manifest)
            .ok_or_else(|| AgentFault::NoCrate { manifest }.at(place))?;
        for dependency in &package.dependencies {
            let Some(path) = dependency.path.as_deref().filter(|_| dependency.is_built()) else {
                continue;
            };
            if !path.starts_with(&self.sources.folder) && !self.seen.contains(path) {
                self.look(path, place)?;
            }
        }
        Ok(package)
    }
}

fn ask(manifest: &Path, beside: &Path, place: &Place) -> Result<Metadata, ComposeError> {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(&program)
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .arg("--manifest-path")
        .arg(manifest)
        // so that the compiler is the one of the checkout
        .current_dir(beside)
        .output()
        .map_err(|err| ComposeError::Cargo { program, err })?;
    let unreadable = |text: String| {
        let fault = AgentFault::Unreadable {
            manifest: manifest.to_owned(),
            err: CargoSaid(text),
        };
        fault.at(place)
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(unreadable(said.trim().to_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|err| unreadable(err.to_string()))
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    source: Option<String>,
    kind: Option<String>,
    path: Option<PathBuf>,
}

impl Dependency {
    /// Dependencies of tests are not part of a program.
    fn is_built(&self) -> bool {
        self.kind.as_deref() != Some("dev")
    }

    fn is_of(&self, name: &str) -> bool {
        self.name == name && self.kind.is_none()
    }
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

impl Target {
    fn is_library(&self) -> bool {
        self.kind.iter().any(|kind| kind == "lib" || kind == "rlib")
    }
}

/// The lowest folder that is above all of these.
fn above(folders: &BTreeSet<PathBuf>) -> PathBuf {
    let mut folders = folders.iter();
    let first = folders.next().cloned().unwrap_or_default();
    folders.fold(first, |top, folder| {
        let pairs = top.components().zip(folder.components());
        let shared = pairs.take_while(|(one, other)| one == other);
        shared.map(|(one, _): (Component<'_>, _)| one).collect()
    })
}

/// A path through the link, as it stands in the manifest.
fn below(top: &Path, path: &Path) -> Result<String, ComposeError> {
    let rest = path.strip_prefix(top).unwrap_or(path);
    let not_text = || ComposeError::NotText {
        path: path.to_owned(),
    };
    let rest = rest.to_str().ok_or_else(not_text)?;
    let text = format!("{LINK}/{rest}");
    Ok(text.trim_end_matches('/').to_owned())
}

/// Name of the link.
pub(super) const LINK: &str = "tree";
