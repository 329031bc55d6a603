//! What is read from the folder and written to it, in an order in which a reader never sees a half.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::fs::File;
use std::io;
use std::io::Read;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use buildspec::Compression;
use muster::os::atomic_file;
use muster::os::files::Files as _;
use muster::os::files::RealFiles;

use crate::archive::payload::Packer;
use crate::output;
use crate::output::OutputError;
use crate::signing::Sign;

use super::AptError;
use super::Options;
use super::index::Indexed;
use super::index::indices;
use super::options::is_word;
use super::release;

/// Makes or replaces the repository of the packages that are in `folder`: paths relative to it. Returns the files that a
/// reader begins with: `Release`, and when a key is given `Release.gpg` and `InRelease`.
///
/// # Errors
/// When a package or a name is refused, the key does not sign, or a file cannot be written. Nothing was written unless it is
/// the last: then a reader still sees the old repository.
pub fn write(
    folder: &Path,
    packages: &[String],
    options: &Options,
    signer: Option<&dyn Sign>,
) -> Result<Vec<PathBuf>, AptError> {
    options.check()?;
    let dist = folder.join("dists").join(&options.codename);
    let plan = Plan::of(folder, packages, options, signer)?;
    create(&dist)?;
    let _lock = output::lock(&dist)?;
    let before = named_before(&dist)?;
    for step in &plan.steps {
        perform(&dist, step)?;
    }
    sweep(&dist.join(&options.component), &plan, &before)?;
    Ok(plan
        .entrances
        .into_iter()
        .map(|name| dist.join(name))
        .collect())
}

/// Everything that is written, before anything is.
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// Digests that the new repository names.
    named: BTreeSet<String>,
    /// Folders of architectures that it has.
    folders: BTreeSet<String>,
    /// What a reader begins with.
    entrances: Vec<&'static str>,
}

/// One change; paths are relative to the folder of the codename.
#[derive(Debug)]
pub(super) enum Step {
    Write(String, Vec<u8>),
    Remove(&'static str),
}

impl Plan {
    pub(super) fn of(
        folder: &Path,
        packages: &[String],
        options: &Options,
        signer: Option<&dyn Sign>,
    ) -> Result<Self, AptError> {
        let indices = indices(read_all(folder, packages)?)?;
        let architectures: Vec<&str> = indices.keys().map(String::as_str).collect();
        let files = files(&options.component, &indices)?;
        let text = release::text(options, &architectures, &files)?;
        let mut steps = Vec::new();
        for (name, bytes) in &files {
            let binary = name.rsplit_once('/').map_or("", |(binary, _)| binary);
            let by_hash = format!("{binary}/{BY_HASH}/{}", release::digest(bytes));
            steps.push(Step::Write(by_hash, bytes.clone()));
        }
        let named = files.values().map(|bytes| release::digest(bytes)).collect();
        let folders = architectures
            .iter()
            .map(|name| format!("{BINARY}{name}"))
            .collect();
        for (name, bytes) in files {
            steps.push(Step::Write(name, bytes));
        }
        let mut entrances = vec![RELEASE];
        steps.push(Step::Write(RELEASE.to_owned(), text.clone().into_bytes()));
        if let Some(signer) = signer {
            let detached = signer.detached(text.as_bytes(), options.source_date)?;
            let clear = signer.clear(&text, options.source_date)?;
            for (name, text) in [(DETACHED, detached), (CLEAR, clear)] {
                steps.push(Step::Write(name.to_owned(), text.into_bytes()));
                entrances.push(name);
            }
        } else {
            // Signatures of another repository would be worse than none.
            steps.extend([DETACHED, CLEAR].map(Step::Remove));
        }
        Ok(Self {
            steps,
            named,
            folders,
            entrances,
        })
    }
}

/// The index files by their names below the folder of the codename.
fn files(
    component: &str,
    indices: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Vec<u8>>, AptError> {
    let mut files = BTreeMap::new();
    for (architecture, text) in indices {
        let name = format!("{component}/{BINARY}{architecture}/Packages");
        let packed = Packer::new(Compression::Gzip).and_then(|mut packer| {
            packer.write_all(text.as_bytes())?;
            packer.finish()
        });
        let packed = packed.map_err(|err| AptError::Pack { err })?;
        files.insert(format!("{name}.gz"), packed);
        files.insert(name, text.clone().into_bytes());
    }
    Ok(files)
}

fn read_all(folder: &Path, packages: &[String]) -> Result<Vec<Indexed>, AptError> {
    if packages.is_empty() {
        return Err(AptError::NoPackages {
            folder: folder.to_path_buf(),
        });
    }
    packages
        .iter()
        .map(|name| {
            if !name.split('/').all(is_word) {
                return Err(AptError::Name { name: name.clone() });
            }
            let path = folder.join(name);
            let bytes = read(&path).map_err(|err| AptError::Read { path, err })?;
            Indexed::of(folder, name, &bytes)
        })
        .collect()
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)?;
    if u64::try_from(read).is_ok_and(|read| read > LARGEST) {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

pub(super) fn perform(dist: &Path, step: &Step) -> Result<(), AptError> {
    match step {
        Step::Write(name, bytes) => {
            let path = dist.join(name);
            create(path.parent().unwrap_or(dist))?;
            output::write(path, bytes, output::MODE)?;
        }
        Step::Remove(name) => remove(&dist.join(name))?,
    }
    Ok(())
}

/// The `Release` that readers of the old repository have; empty when there is none.
fn named_before(dist: &Path) -> Result<String, AptError> {
    let path = dist.join(RELEASE);
    match fs::read_to_string(&path) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read.map_err(|err| AptError::Read { path, err }),
    }
}

/// Removes what neither the new repository nor the one before it names, and what an interrupted run left.
fn sweep(component: &Path, plan: &Plan, before: &str) -> Result<(), AptError> {
    for binary in names(component)? {
        if !binary.starts_with(BINARY) {
            continue;
        }
        let folder = component.join(&binary);
        if !plan.folders.contains(&binary) {
            remove(&folder.join("Packages"))?;
            remove(&folder.join("Packages.gz"))?;
        }
        let by_hash = folder.join(BY_HASH);
        for digest in names(&by_hash)? {
            if !plan.named.contains(&digest) && !before.contains(&digest) {
                remove(&by_hash.join(digest))?;
            }
        }
        for path in [&by_hash, &folder] {
            atomic_file::sweep(&RealFiles, path).map_err(OutputError::Sweep)?;
        }
    }
    let dist = component.parent().unwrap_or(component);
    atomic_file::sweep(&RealFiles, dist).map_err(OutputError::Sweep)?;
    Ok(())
}

/// The plain names in a folder, sorted; none if there is no folder.
fn names(folder: &Path) -> Result<Vec<String>, AptError> {
    let names = RealFiles.list(folder).map_err(|refused| AptError::Change {
        path: refused.path,
        err: refused.err,
    })?;
    Ok(names
        .into_iter()
        .filter_map(|name| name.into_string().ok())
        .collect())
}

fn create(folder: &Path) -> Result<(), AptError> {
    fs::create_dir_all(folder).map_err(|err| AptError::Change {
        path: folder.to_path_buf(),
        err,
    })
}

fn remove(path: &Path) -> Result<(), AptError> {
    RealFiles
        .remove_file(path)
        .map_err(|refused| AptError::Change {
            path: refused.path,
            err: refused.err,
        })
}

const RELEASE: &str = "Release";
const DETACHED: &str = "Release.gpg";
const CLEAR: &str = "InRelease";

/// What the folder of an architecture begins with.
const BINARY: &str = "binary-";

const BY_HASH: &str = "by-hash/SHA256";

/// The largest package that is read.
const LARGEST: u64 = 1 << 30;
