//! Reads a configuration from its files: the main one, `plugin.d` beside it, and for operators those of the project that
//! they work in.

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
use crate::os::source_file::Distrust;

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

/// Files of a project, and those that were found but not believed.
#[derive(Debug, Default)]
pub struct Projects {
    /// `choria.conf` of each folder, from the root downwards.
    pub sources: Vec<Source>,
    /// Files that are not read, each with the reason.
    pub refused: Vec<(PathBuf, Distrust)>,
}

/// Reads `choria.conf` of every folder from the root down to this one, as the reference's command line does. Whoever works
/// in a folder that others can write to must not be led to their broker: a file that another user may have written is
/// not read, and said to be so.
///
/// # Errors
///
/// [`ReadError`] for a file that is there and cannot be read.
pub fn projects(folder: &Path) -> Result<Projects, ReadError> {
    let mut projects = Projects::default();
    let mut folders: Vec<_> = folder.ancestors().collect();
    folders.reverse();
    for path in folders.iter().map(|folder| folder.join(PROJECT_FILE)) {
        match source_file::read_own(&path, LARGEST) {
            Ok(Ok(bytes)) => projects.sources.push(
                Source::from_bytes(&path.display().to_string(), bytes)
                    .map_err(ReadError::NotText)?,
            ),
            Ok(Err(distrust)) => projects.refused.push((path, distrust)),
            // a folder that may not be searched has nothing for us
            Err(err)
                if matches!(
                    err.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied
                ) => {}
            Err(err) => return Err(ReadError::Unreadable { path, err }),
        }
    }
    Ok(projects)
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

const PROJECT_FILE: &str = "choria.conf";
/// Largest configuration file, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_project_are_read_from_the_root_downwards() {
        let root = tempfile::tempdir().unwrap();
        let below = root.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        for folder in [root.path(), &below] {
            std::fs::File::create(folder.join(PROJECT_FILE)).unwrap();
        }
        let projects = projects(&below).unwrap();
        let found: Vec<_> = projects
            .sources
            .iter()
            .filter(|source| Path::new(source.path()).starts_with(root.path()))
            .map(|source| PathBuf::from(source.path()))
            .collect();
        assert_eq!(
            found,
            [root.path().join(PROJECT_FILE), below.join(PROJECT_FILE)]
        );
        assert_eq!(projects.refused, []);
    }
}
