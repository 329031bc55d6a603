//! The file of a ledger, behind a trait so that tests can fill its disk.

use std::fmt;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// A file that grows at its end.
pub(in crate::authority) trait Store: fmt::Debug + Send {
    /// Appends bytes.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes what was appended durable.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts the file to this length.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
    /// Reads bytes that were appended.
    fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>>;
    /// The length of the file.
    fn length(&self) -> io::Result<u64>;
    /// Whether this is the file at the path.
    fn is_at(&self, path: &Path) -> bool;
}

/// The real one.
#[derive(Debug)]
pub(super) struct FileStore(File);

impl FileStore {
    /// Opens a file that exists.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).append(true).open(path)?;
        if file.metadata()?.is_file() {
            Ok(Self(file))
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a regular file",
            ))
        }
    }
}

impl Store for FileStore {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.0.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn is_at(&self, path: &Path) -> bool {
        let Ok((own, there)) = self.0.metadata().and_then(|own| {
            let there = std::fs::metadata(path)?;
            Ok((own, there))
        }) else {
            return false;
        };
        (own.dev(), own.ino()) == (there.dev(), there.ino())
    }
}
