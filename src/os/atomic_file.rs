//! Replaces one file so that a crash leaves the old or the new one, whole.
//!
//! The order: create a file of random name in the same directory (mode 0600 from its first moment), fill it, give it
//! the attributes of the file it replaces (or the given mode, if it replaces none), fsync, rename, fsync the
//! directory. On an error the file of random name is removed. A crash can leave it behind. Its name starts with
//! [`STAGED_PREFIX`] and a mark of the file that it would have replaced: at the next start [`sweep`] removes such files
//! from a directory that is only ours, and [`sweep_beside`] those of one file where others write too.
//!
//! A symbolic link at the path is refused: who wants the file behind it replaced resolves it first
//! ([`Files::canonicalize`]). A mount point is refused too, before anything is written.
//!
//! Refused alternatives: writing in place (a crash leaves half a file); a fixed temporary name (two writers would
//! share it); keeping no attributes (a configuration that its group could read before is suddenly unreadable).

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::path::PathBuf;

use aws_lc_rs::digest;

use super::files::Attempt;
use super::files::FileError;
use super::files::Files;
use super::files::Kind;
use super::random;

/// Every file of ours that is not yet what it will be has a name that starts so.
pub const STAGED_PREFIX: &str = ".muster-";

/// Writes `bytes` to `path`. `mode` is for a file that did not exist; an existing one keeps its attributes.
///
/// # Errors
///
/// A [`WriteError`]; the path is then what it was before, unless only the last fsync failed.
pub fn write(files: &dyn Files, path: &Path, bytes: &[u8], mode: u32) -> Result<(), WriteError> {
    let look = if check_target(files, path)? {
        Look::Like(path)
    } else {
        Look::Mode(mode)
    };
    let directory = parent(path)?;
    let random: String = random::hex_id().chars().skip(MARK).collect();
    let staged = directory.join(format!("{STAGED_PREFIX}{}{random}", mark(path)));
    let written = stage(files, &staged, bytes, look)
        .map_err(WriteError::File)
        .and_then(|()| place(files, &staged, path));
    if written.is_err() {
        // The first error is the one that explains; what could not be removed is left for the sweep.
        drop(files.remove_file(&staged));
    }
    written?;
    Ok(files.sync_dir(directory)?)
}

/// Removes what crashed [`write()`]s left in `directory`.
///
/// # Errors
///
/// A [`FileError`] of the first file that cannot be removed.
pub fn sweep(files: &dyn Files, directory: &Path) -> Result<(), FileError> {
    sweep_marked(files, directory, "")
}

/// Removes what crashed [`write()`]s of this one file left beside it: a status file may be in a directory where other
/// nodes have theirs. For whoever is the only one to write the file.
///
/// # Errors
///
/// A [`WriteError`]: the path has no directory, or a file cannot be removed.
pub fn sweep_beside(files: &dyn Files, path: &Path) -> Result<(), WriteError> {
    Ok(sweep_marked(files, parent(path)?, &mark(path))?)
}

fn sweep_marked(files: &dyn Files, directory: &Path, mark: &str) -> Result<(), FileError> {
    for name in files.list(directory)? {
        let random = name
            .to_str()
            .and_then(|name| name.strip_prefix(STAGED_PREFIX));
        // Staged files of a transaction have a longer name and belong to its journal.
        if random.is_some_and(|random| {
            random.len() == 32
                && random.starts_with(mark)
                && random.bytes().all(|b| b.is_ascii_hexdigit())
        }) {
            files.remove_file(&directory.join(&name))?;
        }
    }
    Ok(())
}

/// What the names of all staged files for one path have in common.
fn mark(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let hash = hex::encode(digest::digest(&digest::SHA256, name));
    hash.chars().take(MARK).collect()
}

/// Digits of it; 24 random ones follow.
const MARK: usize = 8;

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// There is a symbolic link where the file should be.
    #[error("{} is a symbolic link and will not be followed", path.display())]
    SymbolicLink {
        /// The link.
        path: PathBuf,
    },
    /// There is a directory, a pipe or the like where the file should be.
    #[error("{} is not a regular file", path.display())]
    NotAFile {
        /// What was found.
        path: PathBuf,
    },
    /// The file cannot be replaced by renaming: it is a mount point or protected against changes.
    #[error("{} is mounted or protected and cannot be replaced", path.display())]
    NotReplaceable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// The path has no directory to write in.
    #[error("{} is not the path of a file", path.display())]
    NoDirectory {
        /// The path.
        path: PathBuf,
    },
    /// The system refused an operation.
    #[error(transparent)]
    File(#[from] FileError),
}

/// How a staged file shall look when it is placed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look<'a> {
    /// With these permission bits, owned by this process.
    Mode(u32),
    /// With all attributes of this file.
    Like(&'a Path),
}

/// Whether there is a file to be replaced; refuses what must not or cannot be replaced.
pub(super) fn check_target(files: &dyn Files, path: &Path) -> Result<bool, WriteError> {
    let Some(entry) = files.entry(path)? else {
        return Ok(false);
    };
    match entry.kind {
        Kind::SymbolicLink => Err(WriteError::SymbolicLink {
            path: path.to_path_buf(),
        }),
        Kind::Directory | Kind::Other => Err(WriteError::NotAFile {
            path: path.to_path_buf(),
        }),
        Kind::File if files.is_mount_point(path)? => Err(WriteError::NotReplaceable {
            path: path.to_path_buf(),
            err: io::ErrorKind::ResourceBusy.into(),
        }),
        Kind::File => Ok(true),
    }
}

/// Writes a complete, durable file under a name nobody reads yet.
pub(super) fn stage(
    files: &dyn Files,
    path: &Path,
    bytes: &[u8],
    look: Look<'_>,
) -> Result<(), FileError> {
    let mut file = files.create(path)?;
    files.write(&mut file, bytes)?;
    match look {
        Look::Mode(mode) => files.set_mode(path, mode)?,
        Look::Like(old) => files.copy_attributes(old, path)?,
    }
    files.sync_file(&file)
}

/// Renames a staged file over its target.
pub(super) fn place(files: &dyn Files, staged: &Path, target: &Path) -> Result<(), WriteError> {
    files
        .rename(staged, target)
        .map_err(|refused| match refused {
            FileError {
                attempt: Attempt::Replace,
                path,
                err,
            } if is_protected(&err) => WriteError::NotReplaceable { path, err },
            other => WriteError::File(other),
        })
}

/// The directory that a file is in.
pub(super) fn parent(path: &Path) -> Result<&Path, WriteError> {
    path.parent()
        .filter(|directory| !directory.as_os_str().is_empty())
        .ok_or_else(|| WriteError::NoDirectory {
            path: path.to_path_buf(),
        })
}

/// A mount (EBUSY, EXDEV) or an immutable file (EPERM; a directory without write permission says EACCES).
fn is_protected(err: &io::Error) -> bool {
    matches!(
        err.raw_os_error().map(nix::errno::Errno::from_raw),
        Some(nix::errno::Errno::EBUSY | nix::errno::Errno::EXDEV | nix::errno::Errno::EPERM)
    )
}

#[cfg(test)]
mod tests;
