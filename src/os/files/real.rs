//! The operations as the kernel performs them.

use std::ffi::OsString;
use std::fs;
use std::fs::DirBuilder;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::Permissions;
use std::io;
use std::io::Read;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;

use nix::fcntl::OFlag;

use crate::secret::Secret;

use super::Attempt;
use super::Entry;
use super::FileError;
use super::Files;
use super::Kind;
use super::NewFile;
use super::attributes;

/// The machine's own files.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealFiles;

impl Files for RealFiles {
    fn entry(&self, path: &Path) -> Result<Option<Entry>, FileError> {
        match fs::symlink_metadata(path) {
            Ok(found) => Ok(Some(Entry {
                kind: kind(found.file_type()),
                mode: found.mode() & 0o7777,
            })),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(err) => Err(FileError::new(Attempt::Inspect, path, err)),
        }
    }

    fn canonicalize(&self, path: &Path) -> Result<PathBuf, FileError> {
        fs::canonicalize(path).map_err(|err| FileError::new(Attempt::Inspect, path, err))
    }

    fn is_mount_point(&self, path: &Path) -> Result<bool, FileError> {
        match fs::read(MOUNTS) {
            Ok(table) => Ok(names_mount(&table, path)),
            // Without /proc nothing is known; the rename itself will say so if there is a mount.
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(err) => Err(FileError::new(Attempt::Inspect, Path::new(MOUNTS), err)),
        }
    }

    fn read(&self, path: &Path, limit: u64) -> Result<Secret<Vec<u8>>, FileError> {
        read(path, limit).map_err(|err| FileError::new(Attempt::Read, path, err))
    }

    fn list(&self, path: &Path) -> Result<Vec<OsString>, FileError> {
        list(path).map_err(|err| FileError::new(Attempt::List, path, err))
    }

    fn create_dir(&self, path: &Path, mode: u32) -> Result<(), FileError> {
        // The second step undoes the umask; until then the directory is narrower, never wider.
        DirBuilder::new()
            .mode(mode)
            .create(path)
            .and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode)))
            .map_err(|err| FileError::new(Attempt::CreateDirectory, path, err))
    }

    fn create(&self, path: &Path) -> Result<NewFile, FileError> {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map(|file| NewFile {
                path: path.to_path_buf(),
                file,
            })
            .map_err(|err| FileError::new(Attempt::Create, path, err))
    }

    fn write(&self, file: &mut NewFile, bytes: &[u8]) -> Result<(), FileError> {
        file.file
            .write_all(bytes)
            .map_err(|err| FileError::new(Attempt::Write, &file.path, err))
    }

    fn sync_file(&self, file: &NewFile) -> Result<(), FileError> {
        file.file
            .sync_all()
            .map_err(|err| FileError::new(Attempt::SyncFile, &file.path, err))
    }

    fn sync_dir(&self, path: &Path) -> Result<(), FileError> {
        File::open(path)
            .and_then(|directory| directory.sync_all())
            .map_err(|err| FileError::new(Attempt::SyncDirectory, path, err))
    }

    fn set_mode(&self, path: &Path, mode: u32) -> Result<(), FileError> {
        fs::set_permissions(path, Permissions::from_mode(mode))
            .map_err(|err| FileError::new(Attempt::SetMode, path, err))
    }

    fn copy_attributes(&self, from: &Path, to: &Path) -> Result<(), FileError> {
        attributes::copy(from, to).map_err(|err| FileError::new(Attempt::CopyAttributes, to, err))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), FileError> {
        fs::rename(from, to).map_err(|err| FileError::new(Attempt::Replace, to, err))
    }

    fn remove_file(&self, path: &Path) -> Result<(), FileError> {
        match fs::remove_file(path) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => {
                Err(FileError::new(Attempt::Remove, path, err))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn remove_empty_dir(&self, path: &Path) -> Result<(), FileError> {
        match fs::remove_dir(path) {
            Err(err)
                if !matches!(
                    err.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
                ) =>
            {
                Err(FileError::new(Attempt::RemoveDirectory, path, err))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

fn kind(found: fs::FileType) -> Kind {
    if found.is_file() {
        Kind::File
    } else if found.is_dir() {
        Kind::Directory
    } else if found.is_symlink() {
        Kind::SymbolicLink
    } else {
        Kind::Other
    }
}

fn read(path: &Path, limit: u64) -> io::Result<Secret<Vec<u8>>> {
    // Not blocking: opening a pipe must not wait for a writer before it is found to be no file.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    if found.len() > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    // All of it is reserved at once: a growing buffer would leave copies of a key behind.
    let mut content =
        Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0).saturating_add(1));
    let taken = file
        .take(limit.saturating_add(1))
        .read_to_end(&mut content)?;
    let content = Secret::new(content);
    if u64::try_from(taken).is_ok_and(|taken| taken > limit) {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(content)
}

fn list(path: &Path) -> io::Result<Vec<OsString>> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(err) => return Err(err),
    };
    let mut names = entries
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Whether the kernel's table of mounts (proc(5), `mountinfo`) has a line whose fifth field is `path`.
fn names_mount(table: &[u8], path: &Path) -> bool {
    table.split(|byte| *byte == b'\n').any(|line| {
        line.split(|byte| *byte == b' ')
            .nth(4)
            .is_some_and(|field| unescape(field) == path.as_os_str().as_bytes())
    })
}

/// Undoes the kernel's `\ooo` for blanks, tabs, newlines and backslashes.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, tail)) = rest.split_first() {
        let octal = tail
            .first_chunk::<3>()
            .filter(|_| *first == b'\\')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        plain.push(octal.unwrap_or(*first));
        rest = tail
            .get(if octal.is_some() { 3 } else { 0 }..)
            .unwrap_or_default();
    }
    plain
}

const MOUNTS: &str = "/proc/self/mountinfo";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_found_under_its_escaped_name() {
        let table = b"36 35 98:0 / /mnt/a\\040b\\134c rw - ext4 /dev/root rw\n";
        assert!(names_mount(table, Path::new("/mnt/a b\\c")));
        assert!(!names_mount(table, Path::new("/mnt/a")));
    }

    #[test]
    fn the_root_is_a_mount_point_and_a_new_file_is_not() {
        let dir = tempfile::tempdir().unwrap();
        assert!(RealFiles.is_mount_point(Path::new("/proc")).unwrap());
        assert!(!RealFiles.is_mount_point(&dir.path().join("x")).unwrap());
    }

    #[test]
    fn a_link_is_not_read_through() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("/proc/self/status", &link).unwrap();
        let err = RealFiles.read(&link, 1 << 20).unwrap_err();
        assert_eq!(err.attempt, Attempt::Read);
        assert_eq!(
            RealFiles.entry(&link).unwrap().unwrap().kind,
            Kind::SymbolicLink
        );
    }

    #[test]
    fn a_file_over_the_limit_is_refused_and_one_at_the_limit_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let mut file = RealFiles.create(&path).unwrap();
        RealFiles.write(&mut file, b"12345").unwrap();
        assert_eq!(RealFiles.read(&path, 5).unwrap().expose(), b"12345");
        let err = RealFiles.read(&path, 4).unwrap_err();
        assert_eq!(err.err.kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_pipe_is_refused_without_waiting_for_a_writer() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pipe");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let err = RealFiles.read(&path, 4).unwrap_err();
        assert_eq!(err.err.kind(), io::ErrorKind::InvalidInput);
    }
}
