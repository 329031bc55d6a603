//! Reads the configuration of a node from its files: the main one and `plugin.d` beside it.

use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::config::Problem;
use crate::config::Raw;
use crate::config::Source;
use crate::config::reads_plugin_directory;
use crate::os::files::FileError;
use crate::os::files::Files;
use crate::os::files::Kind;
use crate::os::source_file;

/// The files of a configuration.
#[derive(Debug, Default)]
pub struct Sources {
    /// The main file, if there is one.
    pub main: Option<Source>,
    /// `plugin.d/*.cfg`, sorted by name.
    pub plugins: Vec<Source>,
}

/// Why a configuration could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// A file is not text.
    #[error("the configuration is not text")]
    NotText(#[source] Problem),
}

/// Reads all files of the configuration at `path`; a missing main file is not an error.
///
/// # Errors
///
/// [`ReadError`] for a file that is there and cannot be read.
pub fn read(path: &Path) -> Result<Sources, ReadError> {
    let main = match source_file::stamp(path) {
        Ok(None) => None,
        Ok(Some(_)) => Some(source(path)?),
        Err(err) => {
            return Err(ReadError::Unreadable {
                path: path.to_owned(),
                err,
            });
        }
    };
    Ok(Sources {
        main,
        plugins: plugins(path)?,
    })
}

/// The file that is to be written where the configuration file is a link: the link is the administrator's and stays
/// (spec 04 §6.3).
///
/// # Errors
///
/// [`FileError`] when it cannot be looked at, or leads nowhere.
pub fn target(files: &dyn Files, path: &Path) -> Result<PathBuf, FileError> {
    match files.entry(path)?.map(|entry| entry.kind) {
        Some(Kind::SymbolicLink) => files.canonicalize(path),
        Some(Kind::File | Kind::Directory | Kind::Other) | None => Ok(path.to_owned()),
    }
}

impl Sources {
    /// The settings as they were written.
    #[must_use]
    pub fn raw(&self) -> Raw {
        Raw::read(self.main.as_ref(), &self.plugins)
    }

    /// The settings with another main file.
    #[must_use]
    pub fn raw_with(&self, main: &Source) -> Raw {
        Raw::read(Some(main), &self.plugins)
    }
}

/// The home folder of the user, for paths that begin with `~`.
#[must_use]
pub fn home() -> Option<String> {
    std::env::var("HOME").ok()
}

/// A variable of the environment, for settings that it overrides.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn plugins(path: &Path) -> Result<Vec<Source>, ReadError> {
    if !reads_plugin_directory(path, home().as_deref()) {
        return Ok(Vec::new());
    }
    let folder = path
        .parent()
        .unwrap_or_else(|| Path::new("."))
        .join("plugin.d");
    let unreadable = |err| ReadError::Unreadable {
        path: folder.clone(),
        err,
    };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(err) => return Err(unreadable(err)),
    };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let file = entry.map_err(unreadable)?.path();
        if file.extension().is_some_and(|extension| extension == "cfg") {
            files.push(file);
        }
    }
    files.sort();
    files.iter().map(|file| source(file)).collect()
}

fn source(path: &Path) -> Result<Source, ReadError> {
    let bytes = source_file::read(path, LARGEST).map_err(|err| ReadError::Unreadable {
        path: path.to_owned(),
        err,
    })?;
    Source::from_bytes(&path.display().to_string(), bytes).map_err(ReadError::NotText)
}

/// Largest configuration file, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;
