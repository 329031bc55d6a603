//! From an order to a binary, step by step.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::fs::File;
use std::fs::TryLockError;
use std::path::Path;
use std::path::PathBuf;

use buildspec::Platform;
use buildspec::Program;

use super::arguments;
use super::arguments::Goal;
use super::auditable;
use super::cargo::Artifact;
use super::cargo::Cargo;
use super::cyclonedx;
use super::cyclonedx::Subject;
use super::elf;
use super::environment;
use super::environment::Variables;
use super::error::CompileError;
use super::inside::Inside;
use super::inside::Metadata;
use super::remap::Remap;
use super::split;
use super::split::Split;
use super::toolchain;
use super::toolchain::Rust;
use super::toolchain::Tools;
use crate::compose::Composed;

/// What is to be made of which sources.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The checkout.
    pub sources: &'a Path,
    /// Where cargo keeps what it makes, and where the result is put.
    pub target_folder: &'a Path,
    /// The buildspec.
    pub buildspec: &'a Path,
    /// The build in it.
    pub build: &'a str,
    /// The compile target of the build.
    pub target: &'a str,
    /// What the binary is to run on.
    pub platform: Platform,
    /// Which program.
    pub program: Program,
    /// Version of the build.
    pub version: &'a str,
    /// Revision of the sources.
    pub revision: &'a str,
    /// Date of the sources, seconds since 1970.
    pub source_date: u64,
    /// `environment` of the compile target.
    pub environment: &'a BTreeMap<String, String>,
    /// How thoroughly.
    pub profile: Profile,
    /// A company's program, which is built in place of our agent.
    pub composed: Option<&'a Composed>,
}

/// How a binary is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// To be shipped: cargo's profile `release` for the agent, `site` for the provisioner.
    Release,
    /// To be tried: cargo's profile `dev`.
    Quick,
}

/// A binary and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The program, without symbols and debug information: the bytes that are shipped.
    pub binary: PathBuf,
    /// Its debug information.
    pub debug: PathBuf,
    /// The list of what is in it, a CycloneDX 1.5 document in JSON.
    pub sbom: Vec<u8>,
    /// How many crates are in it.
    pub crates: usize,
}

/// Compiles a program. `say` is told what a person may want to know while waiting; cargo's own messages go to
/// standard error.
///
/// The result is in `muster-packager/` of the target folder, in a folder of its own for each build, compile target,
/// platform and profile. Another process that compiles there is waited for.
///
/// # Errors
/// When tools are missing, cargo fails, or the result is not a static program for the platform.
pub fn compile(order: &Order<'_>, say: &mut dyn FnMut(&str)) -> Result<Compiled, CompileError> {
    let places = Places::new(order)?;
    let inherited: Variables = env::vars_os().collect();
    let before = environment::environment(&inherited, order.environment, &settled(order, &places));
    for warning in &before.warnings {
        say(&format!("warning: {warning}"));
    }
    let asking = Cargo::new(&places.sources, &before.variables);
    let rust = toolchain::check(&asking, order.platform)?;
    let _lock = places.lock(say)?;
    let goal = places.goal(order);
    say(&format!(
        "compiling {} for {}: build {}, compile target {}, profile {}",
        goal.name, order.platform, order.build, order.target, goal.profile
    ));
    let metadata = asking.metadata(&arguments::metadata(&goal))?;
    let remap = places.remap(&metadata, &rust)?;
    let mut variables = before.variables.clone();
    variables.extend(flags(order.platform, &remap));
    let cargo = Cargo::new(&places.sources, &variables);
    let (artifacts, status) = cargo.build(&arguments::build(&goal))?;
    if !status.success() {
        return Err(CompileError::Cargo {
            program: goal.name.to_owned(),
            target: order.target.to_owned(),
            platform: order.platform,
            status,
        });
    }
    finish(order, &places, &cargo, &metadata, &artifacts, &rust)
}

/// Makes of what cargo linked what is shipped.
fn finish(
    order: &Order<'_>,
    places: &Places,
    cargo: &Cargo<'_>,
    metadata: &Metadata,
    artifacts: &[Artifact],
    rust: &Rust,
) -> Result<Compiled, CompileError> {
    let goal = places.goal(order);
    let root = metadata
        .package(&places.manifest)
        .ok_or_else(|| missing(goal.name))?;
    let linked = artifacts
        .iter()
        .filter(|each| each.package_id == root)
        .find_map(|each| each.executable.as_deref())
        .ok_or_else(|| missing(goal.name))?;
    let lock = metadata.workspace_root.join("Cargo.lock");
    let lock = fs::read_to_string(&lock).map_err(CompileError::file("read", &lock))?;
    let below = places.target_folder.join(order.platform.triple());
    let inside = Inside::new(metadata, artifacts, &lock, &below, root)?;
    let Split { binary, debug } = split::split(
        cargo,
        Tools::of(order.platform).objcopy,
        linked,
        &auditable::section(&inside)?,
        &places.result(order, goal.profile),
        goal.name,
    )?;
    elf::verify(&binary, order.platform)?;
    let subject = Subject {
        name: goal.name,
        version: order.version,
        build: order.build,
        target: order.target,
        triple: order.platform.triple(),
        revision: order.revision,
        source_date: order.source_date,
        rust: &rust.release,
    };
    Ok(Compiled {
        binary,
        debug,
        sbom: cyclonedx::document(&inside, &subject)?,
        crates: inside.linked().count(),
    })
}

fn missing(program: &str) -> CompileError {
    CompileError::Understand {
        what: "what cargo made",
        reason: format!("there is no program {program} in it"),
    }
}

/// Absolute paths, as cargo and the compilers see them.
struct Places {
    sources: PathBuf,
    target_folder: PathBuf,
    buildspec: PathBuf,
    manifest: PathBuf,
    cargo_home: PathBuf,
}

impl Places {
    fn new(order: &Order<'_>) -> Result<Self, CompileError> {
        let real = |path: &Path| fs::canonicalize(path).map_err(CompileError::file("find", path));
        fs::create_dir_all(order.target_folder)
            .map_err(CompileError::file("create", order.target_folder))?;
        let sources = real(order.sources)?;
        let manifest = match (order.composed, order.program) {
            // as it is: links in its folder may be what makes paths equal everywhere
            (Some(composed), _) => std::path::absolute(&composed.manifest)
                .map_err(CompileError::file("find", &composed.manifest))?,
            (None, Program::Agent) => sources.join("Cargo.toml"),
            (None, Program::Provisioner) => sources.join("crates/provisioner/Cargo.toml"),
        };
        let home = env::var_os("HOME").unwrap_or_default();
        let cargo_home = env::var_os("CARGO_HOME").filter(|home| !home.is_empty());
        let cargo_home = cargo_home.map_or_else(|| Path::new(&home).join(".cargo"), PathBuf::from);
        Ok(Self {
            sources,
            target_folder: real(order.target_folder)?,
            buildspec: real(order.buildspec)?,
            manifest,
            cargo_home,
        })
    }

    fn goal<'a>(&'a self, order: &Order<'a>) -> Goal<'a> {
        Goal {
            manifest: &self.manifest,
            name: arguments::name(order.program, order.composed),
            platform: order.platform,
            profile: arguments::profile(order.profile, order.program),
        }
    }

    /// One process at a time: cargo puts different builds under the same name.
    fn lock(&self, say: &mut dyn FnMut(&str)) -> Result<File, CompileError> {
        let path = self.target_folder.join("muster-packager.lock");
        let failed = || CompileError::file("lock", &path);
        let file = File::create(&path).map_err(failed())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                say(&format!(
                    "waiting for another run in {}",
                    self.target_folder.display()
                ));
                file.lock().map_err(failed())?;
            }
            Err(TryLockError::Error(err)) => return Err(failed()(err)),
        }
        Ok(file)
    }

    fn remap(&self, metadata: &Metadata, rust: &Rust) -> Result<Remap, CompileError> {
        let mut folders = vec![
            (self.sources.clone(), "/build".to_owned()),
            (self.target_folder.clone(), "/target".to_owned()),
            (
                rust.sysroot.join("lib/rustlib/src/rust"),
                format!("/rustc/{}", rust.commit),
            ),
        ];
        folders.extend(metadata.folders(&self.sources));
        if self.cargo_home.is_absolute() {
            folders.push((self.cargo_home.clone(), "/cargo".to_owned()));
        }
        Remap::new(folders)
    }

    fn result(&self, order: &Order<'_>, profile: &str) -> PathBuf {
        [order.build, order.target, order.platform.triple(), profile]
            .iter()
            .fold(
                self.target_folder.join("muster-packager"),
                |folder, part| folder.join(file_name(part)),
            )
    }
}

/// A word of a buildspec as the name of a folder.
fn file_name(word: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() || "_-+".contains(letter) {
            letter.to_string()
        } else {
            format!("%{:x}", u32::from(letter))
        }
    };
    word.chars().map(plain).collect()
}

/// The variables that are known before anything is compiled.
fn settled(order: &Order<'_>, places: &Places) -> Variables {
    let tools = Tools::of(order.platform);
    let triple = order.platform.triple().replace('-', "_");
    let linker = format!("CARGO_TARGET_{}_LINKER", triple.to_uppercase());
    let mut ours: Variables = [
        (linker, tools.linker.to_owned()),
        (format!("CC_{triple}"), tools.compiler.to_owned()),
        (format!("AR_{triple}"), tools.archiver.to_owned()),
        // its own jitter costs up to 100 ms at the first random number; the kernel's generator stays
        ("AWS_LC_SYS_NO_JITTER_ENTROPY".to_owned(), "1".to_owned()),
        ("LC_ALL".to_owned(), "C.UTF-8".to_owned()),
        ("MUSTER_BUILD".to_owned(), order.build.to_owned()),
        ("MUSTER_COMPILE_TARGET".to_owned(), order.target.to_owned()),
        ("SHA1".to_owned(), order.revision.to_owned()),
        (
            "SOURCE_DATE_EPOCH".to_owned(),
            order.source_date.to_string(),
        ),
        ("TZ".to_owned(), "UTC".to_owned()),
        ("VERSION".to_owned(), order.version.to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (OsString::from(name), OsString::from(value)))
    .collect();
    ours.insert(
        "CARGO_TARGET_DIR".into(),
        places.target_folder.clone().into(),
    );
    ours.insert("MUSTER_BUILDSPEC".into(), places.buildspec.clone().into());
    ours
}

/// The variables with the compilers' flags.
fn flags(platform: Platform, remap: &Remap) -> Variables {
    let c_flags = format!("CFLAGS_{}", platform.triple().replace('-', "_"));
    Variables::from([
        (
            "CARGO_ENCODED_RUSTFLAGS".into(),
            arguments::rust_flags(platform, remap).into(),
        ),
        (c_flags.into(), arguments::c_flags(platform, remap).into()),
    ])
}

#[cfg(test)]
mod tests;
