//! One process per configuration directory, and one at a time that changes its files.
//!
//! The locks are the kernel's (flock) on files in the state directory: they end with the process, however that ends,
//! and with a re-execution, after which the new program takes them again. The files stay and hold the process id of
//! whoever took the lock last, for the error message of the next.
//!
//! | file | held by | while |
//! |---|---|---|
//! | `lock` | the daemon | it runs |
//! | `transaction.lock` | the daemon, or a command of the local administrator | it recovers, changes or confirms a generation |
//!
//! Whoever needs both takes `lock` first. A command needs only the second, so it works beside a running daemon.

use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::io;
use std::io::Read;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use nix::fcntl::OFlag;

/// Held for as long as it lives.
#[derive(Debug)]
pub struct Lock {
    #[expect(dead_code, reason = "the open file is the lock")]
    file: File,
}

impl Lock {
    /// Takes the lock of a state directory, or says who has it. Does not wait.
    ///
    /// # Errors
    ///
    /// [`LockError::Held`] if another process has it, [`LockError::Unusable`] if the file cannot be opened or locked.
    pub fn take(state_dir: &Path) -> Result<Self, LockError> {
        Self::acquire(state_dir.join(PROCESS), Duration::ZERO)
    }

    /// Takes the lock under which the files of a node are changed, whoever changes them. Waits for it up to `patience`,
    /// blocking the thread.
    ///
    /// # Errors
    ///
    /// As [`Lock::take`].
    pub fn to_write(state_dir: &Path, patience: Duration) -> Result<Self, LockError> {
        Self::acquire(state_dir.join(TRANSACTION), patience)
    }

    fn acquire(path: PathBuf, patience: Duration) -> Result<Self, LockError> {
        let mut file = match open(&path) {
            Ok(file) => file,
            Err(err) => return Err(LockError::Unusable { path, err }),
        };
        let mut left = patience;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(err)) => return Err(LockError::Unusable { path, err }),
                Err(TryLockError::WouldBlock) if left.is_zero() => {
                    let pid = holder(&mut file);
                    return Err(LockError::Held { path, pid });
                }
                Err(TryLockError::WouldBlock) => {
                    // a blocking flock has no deadline, and a thread that waits in one cannot be given up
                    std::thread::park_timeout(STEP);
                    left = left.saturating_sub(STEP);
                }
            }
        }
        // Only for people: the lock is held whatever the file says, so a full disk is no reason to fail.
        drop(sign(&mut file));
        Ok(Self { file })
    }
}

/// The lock was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another process works with this configuration.
    #[error("{} is locked by {}", path.display(), pid.map_or_else(|| String::from("another process"), |pid| format!("process {pid}")))]
    Held {
        /// The lock file.
        path: PathBuf,
        /// The other process, if it left its id.
        pid: Option<u32>,
    },
    /// The lock file cannot be opened or locked.
    #[error("cannot lock {}", path.display())]
    Unusable {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(OFlag::O_NOFOLLOW.bits())
        .open(path)
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

const PROCESS: &str = "lock";
const TRANSACTION: &str = "transaction.lock";
/// Between two attempts.
const STEP: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_taker_is_told_who_holds_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path()).unwrap();
        let err = Lock::take(dir.path()).unwrap_err();
        let own = std::process::id();
        assert!(matches!(err, LockError::Held { pid: Some(pid), .. } if pid == own));
        drop(first);
        Lock::take(dir.path()).unwrap();
    }

    #[test]
    fn a_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/proc/self/comm", dir.path().join(PROCESS)).unwrap();
        let err = Lock::take(dir.path()).unwrap_err();
        assert!(matches!(err, LockError::Unusable { .. }));
    }

    #[test]
    fn who_runs_and_who_writes_are_two_locks() {
        let dir = tempfile::tempdir().unwrap();
        let _running = Lock::take(dir.path()).unwrap();
        let writing = Lock::to_write(dir.path(), Duration::ZERO).unwrap();
        let err = Lock::to_write(dir.path(), STEP).unwrap_err();
        assert!(matches!(err, LockError::Held { .. }));
        drop(writing);
        Lock::to_write(dir.path(), Duration::ZERO).unwrap();
    }

    #[test]
    fn a_writer_waits_for_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::to_write(dir.path(), Duration::ZERO).unwrap();
        let path = dir.path().to_owned();
        let second = std::thread::spawn(move || Lock::to_write(&path, Duration::from_secs(30)));
        drop(first);
        second.join().unwrap().unwrap();
    }
}
