//! A file that lines are appended to for as long as the process lives, while others rotate it.
//!
//! The file is kept open. Before each line the path is looked at: where it no longer leads to the open file (it was moved
//! or removed), it is opened anew; where it was truncated in place, appending goes on at its new end. A line leaves in one
//! system call, so lines of two processes do not mix. A line of which only a part fitted on the disk is ended before the
//! next one, so one torn line spoils no other.
//!
//! A file that is created gets exactly the mode it should have, whatever the umask, and its group before anybody but us
//! can read it. A file that is there keeps its mode: whoever rotates it decides.

use std::fs::File;
use std::fs::OpenOptions;
use std::fs::Permissions;
use std::io;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;

use nix::libc;
use nix::unistd::Group;

/// A file that lines are appended to.
#[derive(Debug)]
pub struct AppendFile {
    path: PathBuf,
    mode: u32,
    group: Option<String>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    device: u64,
    inode: u64,
    /// Whether it has the group it should have.
    given: bool,
    torn: bool,
}

/// Why a line was not written, or not as it should have been.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The file cannot be opened or created.
    #[error("cannot open {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// The line was not written, or not all of it.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// The file cannot be given to its group. It stays open, and lines are written.
    #[error("cannot give {} to the group {group}", path.display())]
    Group {
        /// The file.
        path: PathBuf,
        /// The group.
        group: String,
        /// What the system said.
        #[source]
        err: io::Error,
    },
}

impl AppendFile {
    /// A file at this path, not opened yet. `mode` (octal, `0o777` at most) is for a file that is created; `group` is the
    /// name of the group that every file opened here is given to.
    #[must_use]
    pub const fn new(path: PathBuf, mode: u32, group: Option<String>) -> Self {
        Self {
            path,
            mode,
            group,
            open: None,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file anew, whether or not it was replaced.
    ///
    /// # Errors
    ///
    /// [`AppendError::Open`] and [`AppendError::Group`].
    pub fn reopen(&mut self) -> Result<(), AppendError> {
        let before = self.open.take();
        let (file, created) = self.file().map_err(|err| self.unopened(err))?;
        let found = file.metadata().map_err(|err| self.unopened(err))?;
        let given = self.give(&file, found.gid());
        if created {
            // after the group: giving a file away may take bits of its mode
            file.set_permissions(Permissions::from_mode(self.mode))
                .map_err(|err| self.unopened(err))?;
        }
        let (device, inode) = (found.dev(), found.ino());
        let same = before.filter(|old| (old.device, old.inode) == (device, inode));
        self.open = Some(Open {
            file,
            device,
            inode,
            given: given.is_ok(),
            torn: same.is_some_and(|old| old.torn),
        });
        given
    }

    /// Appends a line, whose end is not part of `line`.
    ///
    /// # Errors
    ///
    /// [`AppendError::Open`] and [`AppendError::Write`] when it was not written, [`AppendError::Group`] when it was, into a
    /// file that its group cannot read.
    pub fn append(&mut self, line: &[u8]) -> Result<(), AppendError> {
        let given = if self.is_current() {
            Ok(())
        } else {
            self.reopen()
        };
        let Some(open) = &mut self.open else {
            return given;
        };
        open.append(line).map_err(|err| AppendError::Write {
            path: self.path.clone(),
            err,
        })?;
        given
    }

    /// A file that its group was refused is opened again each time, so that the fault is told as long as it lasts.
    fn is_current(&self) -> bool {
        let Some(open) = self.open.as_ref().filter(|open| open.given) else {
            return false;
        };
        std::fs::metadata(&self.path)
            .is_ok_and(|found| found.dev() == open.device && found.ino() == open.inode)
    }

    /// The open file, and whether it was created.
    fn file(&self) -> io::Result<(File, bool)> {
        let mut options = OpenOptions::new();
        options
            .append(true)
            .mode(0o600)
            // a pipe that nobody reads must not stop the node
            .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC);
        match options.clone().create_new(true).open(&self.path) {
            Ok(file) => Ok((file, true)),
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {
                Ok((options.open(&self.path)?, false))
            }
            Err(err) => Err(err),
        }
    }

    fn give(&self, file: &File, gid: u32) -> Result<(), AppendError> {
        let Some(group) = &self.group else {
            return Ok(());
        };
        let given = match Group::from_name(group) {
            Ok(Some(found)) if found.gid.as_raw() == gid => Ok(()),
            Ok(Some(found)) => std::os::unix::fs::fchown(file, None, Some(found.gid.as_raw())),
            Ok(None) => Err(io::Error::new(
                io::ErrorKind::NotFound,
                "there is no such group",
            )),
            Err(err) => Err(err.into()),
        };
        given.map_err(|err| AppendError::Group {
            path: self.path.clone(),
            group: group.clone(),
            err,
        })
    }

    fn unopened(&self, err: io::Error) -> AppendError {
        AppendError::Open {
            path: self.path.clone(),
            err,
        }
    }
}

impl Open {
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(line.len() + 2);
        if self.torn {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
        let written = loop {
            match self.file.write(&bytes) {
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if written == bytes.len() {
            self.torn = false;
            return Ok(());
        }
        // nothing or only the end of the torn line leaves things as they were
        self.torn = self.torn || written > 0;
        Err(io::Error::new(
            io::ErrorKind::StorageFull,
            format!("only {written} of {} bytes fitted", bytes.len()),
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn lines(path: &Path) -> Vec<String> {
        fs::read_to_string(path)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn a_file_that_was_moved_or_removed_is_opened_anew_and_a_truncated_one_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let mut file = AppendFile::new(path.clone(), 0o640, None);
        file.append(b"one").unwrap();
        fs::rename(&path, folder.path().join("audit.log.1")).unwrap();
        file.append(b"two").unwrap();
        assert_eq!(lines(&folder.path().join("audit.log.1")), ["one"]);
        assert_eq!(lines(&path), ["two"]);
        OpenOptions::new()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(0)
            .unwrap();
        file.append(b"three").unwrap();
        assert_eq!(lines(&path), ["three"]);
        fs::remove_file(&path).unwrap();
        file.append(b"four").unwrap();
        file.reopen().unwrap();
        file.append(b"five").unwrap();
        assert_eq!(lines(&path), ["four", "five"]);
    }

    #[test]
    fn a_created_file_has_exactly_its_mode_and_one_that_was_there_keeps_its_own() {
        let folder = tempfile::tempdir().unwrap();
        for wanted in [0o600, 0o640, 0o666, 0o440] {
            let path = folder.path().join(format!("{wanted:o}"));
            AppendFile::new(path.clone(), wanted, None)
                .append(b"x")
                .unwrap();
            assert_eq!(mode(&path), wanted);
        }
        let path = folder.path().join("rotated");
        File::create(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
        AppendFile::new(path.clone(), 0o600, None)
            .append(b"x")
            .unwrap();
        assert_eq!(mode(&path), 0o604);
    }

    #[test]
    fn a_group_that_does_not_exist_is_an_error_and_the_line_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let mut file = AppendFile::new(path.clone(), 0o640, Some("no-such-group".into()));
        assert!(matches!(
            file.append(b"one"),
            Err(AppendError::Group { .. })
        ));
        assert!(matches!(
            file.append(b"two"),
            Err(AppendError::Group { .. })
        ));
        assert_eq!(lines(&path), ["one", "two"]);
        assert_eq!(mode(&path), 0o640);
    }

    #[test]
    fn the_file_is_given_to_its_group() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let own = Group::from_gid(nix::unistd::getegid()).unwrap().unwrap();
        let mut file = AppendFile::new(path.clone(), 0o640, Some(own.name));
        file.append(b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().gid(), own.gid.as_raw());
    }

    #[test]
    fn a_full_disk_a_missing_directory_and_a_pipe_without_reader_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let mut full = AppendFile::new("/dev/full".into(), 0o600, None);
        assert!(matches!(
            full.append(b"x"),
            Err(AppendError::Write { err, .. }) if err.kind() == io::ErrorKind::StorageFull
        ));
        let mut nowhere = AppendFile::new(folder.path().join("no/audit.log"), 0o600, None);
        assert!(matches!(
            nowhere.append(b"x"),
            Err(AppendError::Open { .. })
        ));
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let mut pipe = AppendFile::new(pipe, 0o600, None);
        assert!(matches!(pipe.append(b"x"), Err(AppendError::Open { .. })));
    }

    #[test]
    fn a_torn_line_is_ended_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let mut file = AppendFile::new(path.clone(), 0o600, None);
        file.append(b"one").unwrap();
        let open = file.open.as_mut().unwrap();
        open.file.write_all(b"{\"half").unwrap();
        open.torn = true;
        file.reopen().unwrap();
        file.append(b"two").unwrap();
        file.append(b"three").unwrap();
        assert_eq!(lines(&path), ["one", "{\"half", "two", "three"]);
    }
}
