//! The folder, and what is put there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::fs::File;
use std::fs::TryLockError;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use muster::os::atomic_file;
use muster::os::atomic_file::WriteError;
use muster::os::files::Files as _;
use muster::os::files::RealFiles;
use sha2::Digest;
use sha2::Sha256;

use super::OutputError;

/// A folder for finished files.
#[derive(Debug)]
pub struct Output {
    folder: PathBuf,
    made: BTreeMap<String, Finished>,
    /// Locked as long as it is open.
    _lock: Held,
}

/// A file that is there, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Where.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// SHA-256 in hex.
    pub sha256: String,
}

impl Output {
    /// A folder, made with its parents if it is missing. What an interrupted run left there is removed.
    ///
    /// # Errors
    /// When it is something else, cannot be written to, or another run is writing there.
    pub fn open(folder: &Path) -> Result<Self, OutputError> {
        let refused = |err| OutputError::Folder {
            path: folder.to_path_buf(),
            err,
        };
        fs::create_dir_all(folder).map_err(|err| match err.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
                OutputError::NotAFolder {
                    path: folder.to_path_buf(),
                }
            }
            _ => refused(err),
        })?;
        let lock = lock(folder)?;
        atomic_file::sweep(&RealFiles, folder).map_err(OutputError::Sweep)?;
        // Found out now and not after minutes of compiling.
        tempfile::tempfile_in(folder).map_err(refused)?;
        Ok(Self {
            folder: folder.to_path_buf(),
            made: BTreeMap::new(),
            _lock: lock,
        })
    }

    /// Makes a file, mode 0644. One of an earlier run is replaced.
    ///
    /// # Errors
    /// When the name is not plain or was made before in this run, or the file cannot be written; it is then as it was.
    pub fn put(&mut self, name: &str, bytes: &[u8]) -> Result<Finished, OutputError> {
        self.place(name, bytes, MODE)
    }

    /// Makes a program, mode 0755. The rest is as for other files.
    ///
    /// # Errors
    /// As those of [`Self::put`].
    pub fn put_program(&mut self, name: &str, bytes: &[u8]) -> Result<Finished, OutputError> {
        self.place(name, bytes, PROGRAM_MODE)
    }

    fn place(&mut self, name: &str, bytes: &[u8], mode: u32) -> Result<Finished, OutputError> {
        if !is_plain(name) {
            return Err(OutputError::Name {
                name: name.to_owned(),
            });
        }
        let path = self.folder.join(name);
        if self.made.contains_key(name) {
            return Err(OutputError::Twice { path });
        }
        let finished = write(path, bytes, mode)?;
        self.made.insert(name.to_owned(), finished.clone());
        Ok(finished)
    }

    /// What was made so far, sorted by name.
    #[must_use]
    pub fn finished(&self) -> Vec<Finished> {
        self.made.values().cloned().collect()
    }

    /// Writes `SHA256SUMS`, which `sha256sum --check` reads: exactly what was made in this run, sorted by name.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_sums(&self) -> Result<Finished, OutputError> {
        let mut text = String::new();
        for (name, finished) in &self.made {
            // Writing into a string cannot fail.
            _ = writeln!(text, "{}  {name}", finished.sha256);
        }
        write(self.folder.join(SUMS), text.as_bytes(), MODE)
    }
}

/// What was made, one line each: digest, bytes, path.
#[must_use]
pub fn render(finished: &[Finished]) -> String {
    let digits = |finished: &Finished| finished.size.to_string().len();
    let width = finished.iter().map(digits).max().unwrap_or_default();
    let mut text = String::new();
    for Finished { path, size, sha256 } in finished {
        // Writing into a string cannot fail.
        _ = writeln!(text, "{sha256}  {size:>width$}  {}", path.display());
    }
    text
}

/// A folder that other runs are kept out of.
#[derive(Debug)]
pub(crate) struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        // Closing would do as well, but for a child that another thread has just made and that has the file until it
        // becomes another program. A lock that cannot be given up goes with the last of them.
        drop(self.0.unlock());
    }
}

/// Keeps other runs out of a folder for as long as the result is there.
pub(crate) fn lock(folder: &Path) -> Result<Held, OutputError> {
    let path = folder.to_path_buf();
    let lock = match File::open(folder) {
        Ok(lock) => lock,
        Err(err) => return Err(OutputError::Folder { path, err }),
    };
    match lock.try_lock() {
        // Some network file systems have no locks on folders: there the lock is left to whoever starts the runs.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(Held(lock)),
        Err(TryLockError::WouldBlock) => Err(OutputError::Busy { path }),
    }
}

/// Makes or replaces one file.
pub(crate) fn write(path: PathBuf, bytes: &[u8], mode: u32) -> Result<Finished, OutputError> {
    atomic_file::write(&RealFiles, &path, bytes, mode)?;
    // A file that was there before kept its own mode.
    RealFiles.set_mode(&path, mode).map_err(WriteError::File)?;
    Ok(Finished {
        size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        sha256: hex::encode(Sha256::digest(bytes)),
        path,
    })
}

/// Names that need no quotes anywhere, are not hidden and no options.
fn is_plain(name: &str) -> bool {
    name.len() <= NAME
        && name != SUMS
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-._~".contains(&b))
}

/// Finished files are for everyone.
pub(crate) const MODE: u32 = 0o644;
/// Programs can be run by everyone.
const PROGRAM_MODE: u32 = 0o755;

/// The longest name of a file.
const NAME: usize = 255;

const SUMS: &str = "SHA256SUMS";
