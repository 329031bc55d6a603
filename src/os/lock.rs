//! One process per configuration directory.
//!
//! The lock is the kernel's (flock) on a file in the state directory: it ends with the process, however that ends,
//! and with a re-execution, after which the new program takes it again. The file itself stays and holds the process
//! id of whoever took the lock last, for the error message of the next.

use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::io;
use std::io::Read;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;

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
        let path = state_dir.join(NAME);
        let unusable = |err| LockError::Unusable {
            path: path.clone(),
            err,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(OFlag::O_NOFOLLOW.bits())
            .open(&path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = holder(&mut file);
                return Err(LockError::Held { path, pid });
            }
            Err(TryLockError::Error(err)) => return Err(unusable(err)),
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

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

const NAME: &str = "lock";

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
        std::os::unix::fs::symlink("/proc/self/comm", dir.path().join(NAME)).unwrap();
        let err = Lock::take(dir.path()).unwrap_err();
        assert!(matches!(err, LockError::Unusable { .. }));
    }
}
