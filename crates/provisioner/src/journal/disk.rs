//! The file of the journal, behind a trait so that tests can break each operation.

use std::fmt;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::path::PathBuf;

use muster::os::atomic_file;
use muster::os::atomic_file::WriteError;
use muster::os::files::Files as _;
use muster::os::files::RealFiles;
use nix::fcntl::OFlag;

/// What the writer does to the file. After an error of any of them its length is not known.
pub(super) trait Disk: fmt::Debug + Send {
    /// Adds to the end of the file; after an error a part of it may be there.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes durable what was appended.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file off after so many bytes.
    fn truncate(&mut self, length: u64) -> io::Result<()>;

    /// Replaces the whole file, durably; after an error it is the old or the new one.
    fn replace(&mut self, bytes: &[u8]) -> Result<(), WriteError>;

    /// How long the file is.
    fn length(&mut self) -> io::Result<u64>;
}

/// The machine's own disk.
#[derive(Debug)]
pub(super) struct RealDisk {
    path: PathBuf,
    /// Opened when it is needed; not kept over a replacement, which leaves another file under the name.
    file: Option<File>,
    /// Whether the name may not be durable: a replacement failed, and nobody knows at which step.
    unsure: bool,
}

impl RealDisk {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            unsure: false,
        }
    }

    fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => OpenOptions::new()
                .append(true)
                .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC).bits())
                .open(&self.path)?,
        };
        Ok(self.file.insert(file))
    }
}

impl Disk for RealDisk {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file()?.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file()?.sync_data()?;
        if self.unsure {
            let directory = self.path.parent().unwrap_or_else(|| Path::new("/"));
            RealFiles.sync_dir(directory).map_err(|err| err.err)?;
            self.unsure = false;
        }
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file()?.set_len(length)
    }

    fn replace(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.file = None;
        let replaced = atomic_file::write(&RealFiles, &self.path, bytes, 0o600);
        self.unsure = replaced.is_err();
        replaced
    }

    fn length(&mut self) -> io::Result<u64> {
        Ok(self.file()?.metadata()?.len())
    }
}
