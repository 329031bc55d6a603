//! What the authority issued and what it revoked: one JSON object a line, appended and never changed.
//!
//! The first line says what the file is, and the version of its lines. A certificate is handed out only after its line is
//! durable, so that the same session gets the same certificate from whoever reads the file later, and so that nothing is
//! out there that could not be revoked. Several lines are made durable together; `scribe` gathers them.
//!
//! A crash can leave the last line without its end: whoever opens the file to write cuts it off, and says so. Nobody got
//! what stood there, because it was not durable yet. Anything else that cannot be read is an error with the number of the
//! line: somebody has to decide whether that certificate matters. What cannot be written completely (a full disk) is cut
//! off at once.
//!
//! Refused alternatives: a database (this is written a few times a second and read at a start); one file a certificate (no
//! order, and a directory of a million files); rewriting without what is over (the record is the point of it).

use std::io;
use std::path::Path;
use std::path::PathBuf;

mod entry;
mod index;
mod lines;
mod store;

pub use entry::Entry;
pub use entry::Issued;
pub use entry::Revoked;
pub(in crate::authority) use entry::fingerprint;
pub use index::Holder;
use index::Index;
use index::Spot;
use lines::Line;
pub(in crate::authority) use lines::for_each;
use store::FileStore;
pub(in crate::authority) use store::Store;

/// A ledger that is open for writing. Whoever has one holds the lock of the directory while using it.
#[derive(Debug)]
pub(in crate::authority) struct Ledger {
    path: PathBuf,
    store: Box<dyn Store>,
    /// Where the last line that was read or written ends, and how many lines there are.
    end: u64,
    lines: usize,
    index: Index,
}

/// Why a ledger cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The ledger.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// It cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The ledger.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// Something else, or the beginning is lost.
    #[error("{} does not begin as a ledger of certificates does; restore it from a copy", path.display())]
    NotALedger {
        /// The file.
        path: PathBuf,
    },
    /// Written by a newer release.
    #[error("{} is of version {version}, newer than this program can read: install the release that wrote it, or a later one", path.display())]
    Newer {
        /// The ledger.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// A line that cannot be read.
    #[error("{}:{line}: the line is damaged; restore it from a copy, or remove it if its certificate does not matter", path.display())]
    Damaged {
        /// The ledger.
        path: PathBuf,
        /// The line.
        line: usize,
    },
}

impl Ledger {
    /// The text of a ledger in which nothing stands yet.
    pub(in crate::authority) fn empty() -> String {
        line(&entry::Header::current())
    }

    /// Opens a ledger to write into it; cuts off what a crash left.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub(in crate::authority) fn open(path: &Path) -> Result<Self, LedgerError> {
        let store = FileStore::open(path).map_err(|err| read_error(path, err))?;
        Self::with(path, Box::new(store))
    }

    /// The same with a store of the caller's.
    pub(in crate::authority) fn with(
        path: &Path,
        store: Box<dyn Store>,
    ) -> Result<Self, LedgerError> {
        let mut ledger = Self {
            path: path.to_owned(),
            store,
            end: 0,
            lines: 0,
            index: Index::default(),
        };
        ledger.catch_up()?;
        Ok(ledger)
    }

    /// Reads what others appended since; everything anew where the file was replaced.
    pub(in crate::authority) fn refresh(&mut self) -> Result<(), LedgerError> {
        let length = self
            .store
            .length()
            .map_err(|err| read_error(&self.path, err))?;
        if !self.store.is_at(&self.path) || length < self.end {
            *self = Self::open(&self.path)?;
            return Ok(());
        }
        if length > self.end {
            self.catch_up()?;
        }
        Ok(())
    }

    /// The certificate of a session; nothing where there is none for this key.
    pub(in crate::authority) fn of_session(
        &self,
        session: &str,
        key_digest: &[u8; 32],
    ) -> Result<Option<Issued>, LedgerError> {
        let Some(spot) = self.index.session(session) else {
            return Ok(None);
        };
        let read = self.store.read_at(spot.offset, spot.length);
        let bytes = read.map_err(|err| read_error(&self.path, err))?;
        match serde_json::from_slice(&bytes) {
            Ok(Entry::Issued(issued)) if issued.session == session && issued.is_whole() => {
                Ok(index::is_for(&issued, key_digest).then_some(issued))
            }
            // it was whole when it was read: somebody wrote into the middle of the file
            Ok(_) | Err(_) => Err(LedgerError::NotALedger {
                path: self.path.clone(),
            }),
        }
    }

    /// Who holds a certificate for an identity.
    pub(in crate::authority) fn holder(&self, identity: &str) -> Option<Holder> {
        self.index.holder(identity)
    }

    /// Whether a certificate of this key was revoked.
    pub(in crate::authority) fn is_revoked(&self, key_digest: &[u8; 32]) -> bool {
        self.index.is_revoked(key_digest)
    }

    /// Appends entries, makes them durable and remembers them.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Write`]; the file is then as it was before, or the ledger must be opened anew: whether it must, is
    /// found by [`Self::refresh`], because the file is longer than it should be.
    pub(in crate::authority) fn commit(&mut self, entries: &[Entry]) -> Result<(), LedgerError> {
        let lines: Vec<String> = entries.iter().map(line).collect();
        let written = self
            .store
            .append(lines.concat().as_bytes())
            .and_then(|()| self.store.sync());
        if let Err(err) = written {
            if let Err(err) = self.store.truncate(self.end) {
                tracing::warn!(ledger = %self.path.display(), %err, "what was not written completely could not be cut off the ledger");
            }
            return Err(LedgerError::Write {
                path: self.path.clone(),
                err,
            });
        }
        for (entry, line) in entries.iter().zip(&lines) {
            self.remember(entry, line.len());
        }
        Ok(())
    }

    fn remember(&mut self, entry: &Entry, length: usize) -> Option<()> {
        let spot = Spot {
            offset: self.end,
            length: length.saturating_sub(1),
        };
        self.end = self.end.saturating_add(to_u64(length));
        self.lines = self.lines.saturating_add(1);
        self.index.take(entry, spot)
    }

    /// Reads from the last known end on, and cuts off a line without its end.
    fn catch_up(&mut self) -> Result<(), LedgerError> {
        let path = self.path.clone();
        let mut reader = lines::reader(&path, self.end)?;
        let torn = loop {
            match lines::next(&mut reader, &path, self.lines)? {
                Line::Header(length) => {
                    self.end = to_u64(length);
                    self.lines = 1;
                }
                Line::Entry(entry, length) => {
                    if self.remember(&entry, length).is_none() {
                        let line = self.lines;
                        return Err(LedgerError::Damaged { path, line });
                    }
                }
                Line::Torn(length) => break length,
                Line::End => return Ok(()),
            }
        };
        tracing::warn!(ledger = %path.display(), bytes = torn, "the last line of the ledger was torn by a crash and is cut off; nobody got its certificate");
        self.store
            .truncate(self.end)
            .and_then(|()| self.store.sync())
            .map_err(|err| LedgerError::Write { path, err })
    }
}

fn line(value: &impl serde::Serialize) -> String {
    let mut line = serde_json::to_string(value).unwrap_or_default();
    line.push('\n');
    line
}

fn read_error(path: &Path, err: io::Error) -> LedgerError {
    LedgerError::Read {
        path: path.to_owned(),
        err,
    }
}

fn to_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(in crate::authority) mod tests;
