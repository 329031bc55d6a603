//! Reading files that others write and replace: facts, classes, metadata, configuration.

use std::fs::File;
use std::io;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use nix::libc;

/// What tells one version of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Modification time, seconds since 1970.
    pub mtime: i64,
    nanoseconds: i64,
    /// Change time of the inode, seconds and nanoseconds: a copy that keeps the modification time shows here.
    changed: (i64, i64),
    size: u64,
    inode: u64,
}

/// The stamp of a file, `None` when there is no file.
///
/// # Errors
///
/// What the system said, other than that there is no file.
pub fn stamp(path: &Path) -> io::Result<Option<Stamp>> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(Some(Stamp {
            mtime: metadata.mtime(),
            nanoseconds: metadata.mtime_nsec(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            size: metadata.size(),
            inode: metadata.ino(),
        })),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(err),
    }
}

/// Whether there is a symbolic link at the path, wherever it leads.
#[must_use]
pub fn is_link(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

/// The bytes of a regular file. A pipe in its place does not block.
///
/// # Errors
///
/// What the system said; `InvalidInput` for anything but a regular file, `FileTooLarge` beyond `limit` bytes.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    read_up_to(&file, limit)
}

/// The text of a regular file.
///
/// # Errors
///
/// As [`read`], and `InvalidData` for what is not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    String::from_utf8(read(path, limit)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not text"))
}

fn read_up_to(file: &File, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("larger than {limit} bytes"),
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_replaced_has_another_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.json");
        assert_eq!(stamp(&path).unwrap(), None);
        File::create(&path).unwrap();
        let first = stamp(&path).unwrap();
        let other = folder.path().join("other");
        File::create(&other).unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert_ne!(stamp(&path).unwrap(), first);
    }

    #[test]
    fn what_is_no_file_or_too_large_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            read(folder.path(), 10).unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(
            read(&pipe, 10).unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
        let large = folder.path().join("large");
        File::create(&large).unwrap().set_len(11).unwrap();
        assert_eq!(
            read(&large, 10).unwrap_err().kind(),
            io::ErrorKind::FileTooLarge
        );
    }
}
