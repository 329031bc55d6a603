//! The file operations that writing needs, one system call each as far as possible.
//!
//! [`Files`] is what [`super::atomic_file`] and [`super::transaction`] are written against. [`RealFiles`] performs the
//! operations; [`faults::FaultyFiles`] counts them and breaks the ones a test chose, which is how "a crash at any step
//! leaves the old or the new generation" is proved and not only claimed.
//!
//! No operation follows a symbolic link in the last component of a path, except [`Files::canonicalize`], which is
//! there to do so where that is wanted: for the main configuration file, whose link must survive its replacement.
//! The directories above belong to the local administrator; links among them are followed.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::secret::Secret;

mod attributes;
pub mod faults;
mod real;

pub use real::RealFiles;

/// Operations on files and directories. Each is tried once; errors say what was attempted on which path.
///
/// Every method fails with what the system said, and only with that.
#[expect(
    clippy::missing_errors_doc,
    reason = "said once for the whole trait: a method fails when the system refuses"
)]
pub trait Files: fmt::Debug + Send + Sync {
    /// What is at `path`, a link itself and not what it points to; `None` if there is nothing.
    fn entry(&self, path: &Path) -> Result<Option<Entry>, FileError>;

    /// The real path of something that exists, all links resolved.
    fn canonicalize(&self, path: &Path) -> Result<PathBuf, FileError>;

    /// Whether something is mounted exactly at `path` (a file of a container, for instance).
    fn is_mount_point(&self, path: &Path) -> Result<bool, FileError>;

    /// The content of a regular file of at most `limit` bytes.
    fn read(&self, path: &Path, limit: u64) -> Result<Secret<Vec<u8>>, FileError>;

    /// The names in a directory, sorted; none if the directory does not exist.
    fn list(&self, path: &Path) -> Result<Vec<OsString>, FileError>;

    /// Creates a directory that does not exist yet, with exactly this mode.
    fn create_dir(&self, path: &Path, mode: u32) -> Result<(), FileError>;

    /// Creates an empty file that does not exist yet, mode 0600, open for writing.
    fn create(&self, path: &Path) -> Result<NewFile, FileError>;

    /// Appends to a new file.
    fn write(&self, file: &mut NewFile, bytes: &[u8]) -> Result<(), FileError>;

    /// Makes the content and the attributes of a new file durable.
    fn sync_file(&self, file: &NewFile) -> Result<(), FileError>;

    /// Makes the names in a directory durable.
    fn sync_dir(&self, path: &Path) -> Result<(), FileError>;

    /// Sets the permission bits of a file or directory of ours.
    fn set_mode(&self, path: &Path, mode: u32) -> Result<(), FileError>;

    /// Gives `to` the owner, group, mode, access control list and security label of `from`.
    fn copy_attributes(&self, from: &Path, to: &Path) -> Result<(), FileError>;

    /// Renames `from` to `to`, atomically replacing what is there.
    fn rename(&self, from: &Path, to: &Path) -> Result<(), FileError>;

    /// Removes a file or link; it is no error if there is none.
    fn remove_file(&self, path: &Path) -> Result<(), FileError>;

    /// Removes a directory if it exists and is empty.
    fn remove_empty_dir(&self, path: &Path) -> Result<(), FileError>;
}

/// What is found at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// What kind of thing it is.
    pub kind: Kind,
    /// Its permission bits, `0o7777` at most.
    pub mode: u32,
}

/// Kinds of directory entries, as far as we tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    SymbolicLink,
    /// A socket, a pipe, a device.
    Other,
}

/// A file that was just created and is being filled.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    file: File,
}

impl NewFile {
    /// Where it was created.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// An operation on a file that the system refused.
#[derive(Debug, thiserror::Error)]
#[error("cannot {attempt} {}", path.display())]
pub struct FileError {
    /// What was attempted.
    pub attempt: Attempt,
    /// On which path; for a rename, the new name.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub err: io::Error,
}

impl FileError {
    /// An error of `attempt` on `path`.
    #[must_use]
    pub fn new(attempt: Attempt, path: &Path, err: io::Error) -> Self {
        Self {
            attempt,
            path: path.to_path_buf(),
            err,
        }
    }
}

/// The operations, as they are named in errors and counted by the fault injector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attempt {
    /// [`Files::entry`], [`Files::canonicalize`] and [`Files::is_mount_point`].
    Inspect,
    /// [`Files::read`].
    Read,
    /// [`Files::list`].
    List,
    /// [`Files::create_dir`].
    CreateDirectory,
    /// [`Files::create`].
    Create,
    /// [`Files::write`].
    Write,
    /// [`Files::sync_file`].
    SyncFile,
    /// [`Files::sync_dir`].
    SyncDirectory,
    /// [`Files::set_mode`].
    SetMode,
    /// [`Files::copy_attributes`].
    CopyAttributes,
    /// [`Files::rename`].
    Replace,
    /// [`Files::remove_file`].
    Remove,
    /// [`Files::remove_empty_dir`].
    RemoveDirectory,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inspect => "inspect",
            Self::Read => "read",
            Self::List => "list the directory",
            Self::CreateDirectory => "create the directory",
            Self::Create => "create",
            Self::Write => "write",
            Self::SyncFile => "make durable",
            Self::SyncDirectory => "make durable the directory",
            Self::SetMode => "set the mode of",
            Self::CopyAttributes => "give owner, mode and label to",
            Self::Replace => "replace",
            Self::Remove => "remove",
            Self::RemoveDirectory => "remove the directory",
        })
    }
}
