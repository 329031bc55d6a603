//! Where things are, and the variables of cargo that say so.

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
use super::environment::Variables;
use super::error::CompileError;
use super::inside::Metadata;
use super::order::Order;
use super::remap::Remap;
use super::toolchain::Rust;
use super::toolchain::Tools;

/// Absolute paths, as cargo and the compilers see them.
pub(super) struct Places {
    /// The checkout.
    pub(super) sources: PathBuf,
    /// `CARGO_TARGET_DIR`.
    pub(super) target_folder: PathBuf,
    buildspec: PathBuf,
    manifest: PathBuf,
    cargo_home: PathBuf,
}

impl Places {
    pub(super) fn new(order: &Order<'_>) -> Result<Self, CompileError> {
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

    pub(super) fn goal<'a>(&'a self, order: &Order<'a>) -> Goal<'a> {
        Goal {
            manifest: &self.manifest,
            name: arguments::name(order.program, order.composed),
            platform: order.platform,
            profile: arguments::profile(order.profile, order.program),
        }
    }

    /// One process at a time: cargo puts different builds under the same name.
    pub(super) fn lock(&self, say: &mut dyn FnMut(&str)) -> Result<File, CompileError> {
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

    pub(super) fn remap(&self, metadata: &Metadata, rust: &Rust) -> Result<Remap, CompileError> {
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

    pub(super) fn result(&self, order: &Order<'_>, profile: &str) -> PathBuf {
        [order.build, order.target, order.platform.triple(), profile]
            .iter()
            .fold(
                self.target_folder.join("muster-packager"),
                |folder, part| folder.join(file_name(part)),
            )
    }

    /// The variables of cargo that are known before it is asked anything.
    pub(super) fn settled(&self, order: &Order<'_>) -> Variables {
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
        ours.insert("CARGO_TARGET_DIR".into(), self.target_folder.clone().into());
        ours.insert("MUSTER_BUILDSPEC".into(), self.buildspec.clone().into());
        ours
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

/// The variables with the compilers' flags.
pub(super) fn flags(platform: Platform, remap: &Remap) -> Variables {
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
