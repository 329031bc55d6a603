//! Files that fail where a test wants them to.
//!
//! [`FaultyFiles`] performs every operation for real, but asks a judge first. The judge may let it happen, refuse it
//! with an error of its choice, or end the process then and there. A write is performed in two halves with the
//! question in between, so that a failed or killed write leaves a torn file, as a full disk or a power cut does.
//!
//! - Failing the N-th operation: refuse when `call.number == n`.
//! - A crash at the N-th operation, without leaving the process: refuse from `call.number == n` on; nothing that
//!   should have cleaned up can do so.
//! - A real crash: the judge raises SIGKILL.
//! - The order of effects: the judge writes down every call and lets it happen.
//!
//! It is public because the integration tests and the packagers' own tests need it; no production code constructs it.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use crate::secret::Secret;

use super::Attempt;
use super::Entry;
use super::FileError;
use super::Files;
use super::NewFile;
use super::RealFiles;

/// One operation that is about to happen.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Its number, from 0.
    pub number: u64,
    /// What it is.
    pub attempt: Attempt,
    /// On which path; for a rename, the new name.
    pub path: &'a Path,
    /// For a rename the old name, for a copy of attributes the file they come from.
    pub from: Option<&'a Path>,
}

/// What shall happen to an operation.
#[derive(Debug)]
pub enum Verdict {
    /// Perform it.
    Perform,
    /// Answer success to a sync without performing it: keeps loops over thousands of crashes off the disk. Other
    /// operations are performed.
    SkipSync,
    /// Refuse it with this error.
    Refuse(io::Error),
}

/// The real files, with a judge before every operation.
pub struct FaultyFiles<J> {
    judge: J,
    calls: AtomicU64,
}

impl<J: Fn(&Call<'_>) -> Verdict + Send + Sync> FaultyFiles<J> {
    /// Files that ask `judge` before every operation.
    pub const fn new(judge: J) -> Self {
        Self {
            judge,
            calls: AtomicU64::new(0),
        }
    }

    /// How many operations were asked for so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Asks the judge; `false` means that the operation is to be skipped.
    fn ask(&self, attempt: Attempt, path: &Path, from: Option<&Path>) -> Result<bool, FileError> {
        let call = Call {
            number: self.calls.fetch_add(1, Ordering::SeqCst),
            attempt,
            path,
            from,
        };
        match (self.judge)(&call) {
            Verdict::Perform => Ok(true),
            Verdict::SkipSync => Ok(!matches!(
                attempt,
                Attempt::SyncFile | Attempt::SyncDirectory
            )),
            Verdict::Refuse(err) => Err(FileError::new(attempt, path, err)),
        }
    }
}

impl<J> fmt::Debug for FaultyFiles<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyFiles").finish_non_exhaustive()
    }
}

impl<J: Fn(&Call<'_>) -> Verdict + Send + Sync> Files for FaultyFiles<J> {
    fn entry(&self, path: &Path) -> Result<Option<Entry>, FileError> {
        self.ask(Attempt::Inspect, path, None)?;
        RealFiles.entry(path)
    }

    fn canonicalize(&self, path: &Path) -> Result<PathBuf, FileError> {
        self.ask(Attempt::Inspect, path, None)?;
        RealFiles.canonicalize(path)
    }

    fn is_mount_point(&self, path: &Path) -> Result<bool, FileError> {
        self.ask(Attempt::Inspect, path, None)?;
        RealFiles.is_mount_point(path)
    }

    fn read(&self, path: &Path, limit: u64) -> Result<Secret<Vec<u8>>, FileError> {
        self.ask(Attempt::Read, path, None)?;
        RealFiles.read(path, limit)
    }

    fn list(&self, path: &Path) -> Result<Vec<OsString>, FileError> {
        self.ask(Attempt::List, path, None)?;
        RealFiles.list(path)
    }

    fn create_dir(&self, path: &Path, mode: u32) -> Result<(), FileError> {
        self.ask(Attempt::CreateDirectory, path, None)?;
        RealFiles.create_dir(path, mode)
    }

    fn create(&self, path: &Path) -> Result<NewFile, FileError> {
        self.ask(Attempt::Create, path, None)?;
        RealFiles.create(path)
    }

    fn write(&self, file: &mut NewFile, bytes: &[u8]) -> Result<(), FileError> {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        RealFiles.write(file, first)?;
        self.ask(Attempt::Write, file.path(), None)?;
        RealFiles.write(file, second)
    }

    fn sync_file(&self, file: &NewFile) -> Result<(), FileError> {
        if self.ask(Attempt::SyncFile, file.path(), None)? {
            RealFiles.sync_file(file)?;
        }
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> Result<(), FileError> {
        if self.ask(Attempt::SyncDirectory, path, None)? {
            RealFiles.sync_dir(path)?;
        }
        Ok(())
    }

    fn set_mode(&self, path: &Path, mode: u32) -> Result<(), FileError> {
        self.ask(Attempt::SetMode, path, None)?;
        RealFiles.set_mode(path, mode)
    }

    fn copy_attributes(&self, from: &Path, to: &Path) -> Result<(), FileError> {
        self.ask(Attempt::CopyAttributes, to, Some(from))?;
        RealFiles.copy_attributes(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), FileError> {
        self.ask(Attempt::Replace, to, Some(from))?;
        RealFiles.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> Result<(), FileError> {
        self.ask(Attempt::Remove, path, None)?;
        RealFiles.remove_file(path)
    }

    fn remove_empty_dir(&self, path: &Path) -> Result<(), FileError> {
        self.ask(Attempt::RemoveDirectory, path, None)?;
        RealFiles.remove_empty_dir(path)
    }
}
