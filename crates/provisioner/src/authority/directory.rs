//! The files of an authority.
//!
//! | file | mode | what |
//! |---|---|---|
//! | `ca.pem` | 0644 | what nodes get as their authorities: the active one first, then older ones, perhaps a root |
//! | `ca-key.pem` | 0600 | the key of one of the certificates in `ca.pem` or `chain.pem`: that one is active |
//! | `ca-key.previous.pem` | 0600 | the key before, from a rotation until its end: it signs its own revocation list |
//! | `chain.pem` | 0644 | intermediates that are appended to every certificate; optional |
//! | `ledger.jsonl` | 0600 | what was issued and what was revoked |
//! | `crl.pem` | 0644 | the revocation lists |
//! | `transaction.lock` | 0600 | held by whoever issues, revokes or rotates, for as long as that takes |

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use muster::os::lock::Lock;
use muster::os::source_file;
use muster::os::source_file::Stamp;
use muster::secret::Secret;

use super::error::AuthorityError;

/// The directory of an authority.
#[derive(Debug, Clone)]
pub struct Directory(PathBuf);

impl Directory {
    /// The authority in this directory.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// `ca.pem`.
    #[must_use]
    pub fn certificates(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    /// `ca-key.pem`.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.0.join("ca-key.pem")
    }

    /// `ca-key.previous.pem`.
    #[must_use]
    pub fn previous_key(&self) -> PathBuf {
        self.0.join("ca-key.previous.pem")
    }

    /// `chain.pem`.
    #[must_use]
    pub fn chain(&self) -> PathBuf {
        self.0.join("chain.pem")
    }

    /// `ledger.jsonl`.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.0.join("ledger.jsonl")
    }

    /// `crl.pem`.
    #[must_use]
    pub fn revocations(&self) -> PathBuf {
        self.0.join("crl.pem")
    }

    /// Waits for its turn to change the files, blocking the thread.
    pub(super) fn lock(&self) -> Result<Lock, AuthorityError> {
        Lock::to_write(&self.0, PATIENCE).map_err(AuthorityError::Lock)
    }

    /// What tells one generation of the authority's files from another.
    pub(super) fn stamps(&self) -> Result<[Option<Stamp>; 3], AuthorityError> {
        let stamp = |path: PathBuf| {
            source_file::stamp(&path).map_err(|err| AuthorityError::Read { path, err })
        };
        Ok([
            stamp(self.certificates())?,
            stamp(self.key())?,
            stamp(self.chain())?,
        ])
    }

    /// A text that must be there.
    pub(super) fn text(path: PathBuf) -> Result<String, AuthorityError> {
        match source_file::read_text(&path, LARGEST) {
            Ok(text) => Ok(text),
            Err(err) if err.kind() == io::ErrorKind::NotFound => {
                Err(AuthorityError::Missing { path })
            }
            Err(err) => Err(AuthorityError::Read { path, err }),
        }
    }

    /// A text that need not be there.
    pub(super) fn optional_text(path: PathBuf) -> Result<Option<String>, AuthorityError> {
        match Self::text(path) {
            Ok(text) => Ok(Some(text)),
            Err(AuthorityError::Missing { .. }) => Ok(None),
            Err(err) => Err(err),
        }
    }

    /// A private key that nobody else can read.
    pub(super) fn private_text(path: PathBuf) -> Result<Secret<String>, AuthorityError> {
        match std::fs::metadata(&path) {
            Ok(found) if found.permissions().mode() & 0o077 != 0 => {
                let mode = found.permissions().mode() & 0o7777;
                Err(AuthorityError::OpenKey { path, mode })
            }
            // what else is wrong is found when it is read
            Ok(_) | Err(_) => Self::text(path).map(Secret::new),
        }
    }
}

/// How long to wait for somebody else who works on the directory.
const PATIENCE: Duration = Duration::from_secs(5);
/// Larger than any of the files that are read as a whole, in bytes.
const LARGEST: u64 = 1024 * 1024;
