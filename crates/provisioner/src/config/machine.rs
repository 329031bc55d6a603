//! The real machine behind [`Surroundings`].

use std::fs;
use std::fs::File;
use std::fs::Metadata;
use std::io;
use std::io::Read as _;
use std::num::NonZeroUsize;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::thread;

use muster::os::configuration::variable;
use muster::secret::Secret;
use nix::unistd::AccessFlags;
use nix::unistd::access;
use nix::unistd::getegid;

use crate::config::surroundings::NotAProgram;
use crate::config::surroundings::SecretFile;
use crate::config::surroundings::Surroundings;

/// This machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Machine;

impl Surroundings for Machine {
    fn variable(&self, name: &str) -> Option<Secret<String>> {
        variable(name).map(Secret::new)
    }

    fn processors(&self) -> NonZeroUsize {
        thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
    }

    fn secret_file(&self, path: &Path) -> io::Result<SecretFile> {
        // looked at before it is opened: opening a pipe waits for its other end
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let file = File::open(path)?;
        let shared = is_shared(&file.metadata()?);
        let text = text_of(file, LARGEST_SECRET).map(Secret::new)?;
        Ok(SecretFile { text, shared })
    }

    fn is_shared(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|metadata| is_shared(&metadata))
    }

    fn check_program(&self, path: &Path) -> Result<(), NotAProgram> {
        let metadata = fs::metadata(path).map_err(|err| match err.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => NotAProgram::Missing,
            _ => NotAProgram::Unreachable,
        })?;
        if !metadata.is_file() {
            return Err(NotAProgram::NotAFile);
        }
        access(path, AccessFlags::X_OK).map_err(|_| NotAProgram::NotExecutable)
    }
}

/// Reads a file of at most `largest` bytes.
pub(super) fn text_of(file: File, largest: u64) -> io::Result<String> {
    let mut text = String::new();
    file.take(largest.saturating_add(1))
        .read_to_string(&mut text)?;
    if u64::try_from(text.len()).is_ok_and(|length| length <= largest) {
        Ok(text)
    } else {
        Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("larger than {largest} bytes"),
        ))
    }
}

/// Everybody may read it, or a group that is not the one this process runs as: `0640 root:muster` is how a package
/// keeps a file from everybody but the daemon.
fn is_shared(metadata: &Metadata) -> bool {
    let mode = metadata.mode();
    let foreign_group = mode & 0o040 != 0 && metadata.gid() != getegid().as_raw();
    mode & 0o004 != 0 || foreign_group
}

/// Tokens and passwords are short; this leaves room for a comment nobody should write.
const LARGEST_SECRET: u64 = 64 * 1024;
