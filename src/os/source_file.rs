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

/// The bytes of a regular file that nobody but this user and root can have written, for files that are found rather than
/// named. A link to such a file must be theirs too.
///
/// # Errors
///
/// Like [`read`], and [`Distrust`] where somebody else may have had a hand in it.
pub fn read_own(path: &Path, limit: u64) -> io::Result<Result<Vec<u8>, Distrust>> {
    let link = std::fs::symlink_metadata(path)?;
    let file = match std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
    {
        Ok(file) => file,
        Err(err) if err.kind() == io::ErrorKind::PermissionDenied => {
            return Ok(Err(Distrust::Closed));
        }
        Err(err) => return Err(err),
    };
    let found = file.metadata()?;
    let user = nix::unistd::geteuid().as_raw();
    let own_group = found.gid() == nix::unistd::getegid().as_raw();
    let foreign = |uid| uid != user && uid != 0;
    if !found.is_file() {
        return Ok(Err(Distrust::NotAFile));
    }
    if foreign(link.uid()) || foreign(found.uid()) {
        return Ok(Err(Distrust::ForeignOwner));
    }
    // a group of one's own is what a umask of 002 relies on
    if found.mode() & 0o002 != 0 || (found.mode() & 0o020 != 0 && !own_group) {
        return Ok(Err(Distrust::ForeignWriters));
    }
    read_up_to(&file, limit).map(Ok)
}

/// Why a file that was found is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Distrust {
    /// A folder, a pipe or something odder.
    #[error("it is no regular file")]
    NotAFile,
    /// It is somebody else's.
    #[error("it may not be read")]
    Closed,
    /// Another user made it.
    #[error("it belongs to another user")]
    ForeignOwner,
    /// Another user could have changed it.
    #[error("other users can write to it")]
    ForeignWriters,
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

    #[test]
    fn a_file_that_others_can_write_to_is_not_believed() {
        use std::fs::Permissions;
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("choria.conf");
        assert_eq!(
            read_own(&path, 10).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        File::create(&path).unwrap();
        for (mode, verdict) in [
            (0o644, Ok(Vec::new())),
            (0o660, Ok(Vec::new())),
            (0o646, Err(Distrust::ForeignWriters)),
        ] {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_own(&path, 10).unwrap(), verdict, "{mode:o}");
        }
        assert_eq!(
            read_own(folder.path(), 10).unwrap(),
            Err(Distrust::NotAFile)
        );
    }

    #[test]
    fn a_file_of_another_user_is_not_believed() {
        if !nix::unistd::geteuid().is_root() {
            return; // only root can give a file away
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("choria.conf");
        File::create(&path).unwrap();
        std::os::unix::fs::lchown(&path, Some(12_345), None).unwrap();
        assert_eq!(read_own(&path, 10).unwrap(), Err(Distrust::ForeignOwner));
        let link = folder.path().join("link");
        let own = folder.path().join("own");
        File::create(&own).unwrap();
        std::os::unix::fs::symlink(&own, &link).unwrap();
        assert_eq!(read_own(&link, 10).unwrap(), Ok(Vec::new()));
        std::os::unix::fs::lchown(&link, Some(12_345), None).unwrap();
        assert_eq!(read_own(&link, 10).unwrap(), Err(Distrust::ForeignOwner));
    }
}
