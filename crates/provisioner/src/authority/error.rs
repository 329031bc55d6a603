//! Why the built-in authority cannot work. Every text names the file, and says what to do about it where that is not
//! obvious.

use std::io;
use std::path::PathBuf;

use muster::os::atomic_file::WriteError;
use muster::os::lock::LockError;

use super::ledger::LedgerError;
use super::template::TemplateError;
use super::upkeep::date;

/// Why the built-in authority cannot work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// There is no authority in this directory.
    #[error("{} does not exist; `ca init` makes an authority", path.display())]
    Missing {
        /// The file that should be there.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// The private key is not private.
    #[error("{} can be read or written by others (mode {mode:04o}); give it the mode 0600", path.display())]
    OpenKey {
        /// The key file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The private key cannot be used.
    #[error("{} holds no private key that can be used; PKCS#8, SEC1 and PKCS#1 in PEM form without a passphrase can", path.display())]
    Key {
        /// The key file.
        path: PathBuf,
        /// What the library said.
        #[source]
        err: rcgen::Error,
    },
    /// A file of certificates holds something else.
    #[error("{} must hold certificates in PEM form and nothing else", path.display())]
    NotCertificates {
        /// The file.
        path: PathBuf,
    },
    /// The key belongs to none of the certificates.
    #[error("{} is not the key of any certificate in {} or chain.pem", key.display(), certificates.display())]
    ForeignKey {
        /// The key file.
        key: PathBuf,
        /// The file of certificates.
        certificates: PathBuf,
    },
    /// The certificate of the key may not sign others.
    #[error("the certificate of the key in {} is not that of an authority: its basic constraints or its key usage forbid it to sign", path.display())]
    NotAnAuthority {
        /// The file of certificates.
        path: PathBuf,
    },
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The template cannot be used.
    #[error("the template cannot be used")]
    Template(#[source] TemplateError),
    /// Another process works on the directory.
    #[error("another process works on the authority")]
    Lock(#[source] LockError),
    /// No thread for the ledger.
    #[error("cannot start the thread of the ledger")]
    Thread(#[source] io::Error),
    /// Signing failed.
    #[error("cannot sign")]
    Sign(#[source] rcgen::Error),
    /// The authority's own certificate is not valid now.
    #[error("the authority's certificate in {} is not valid now; check the clock, or make a new one with `ca rotate`", path.display())]
    NotNow {
        /// The file of certificates.
        path: PathBuf,
    },
    /// A file cannot be written.
    #[error("cannot write into the directory of the authority")]
    Write(#[from] WriteError),
    /// The directory cannot be made.
    #[error("cannot make the directory {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// A file cannot be removed.
    #[error("cannot remove {}; remove it by hand", path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// A file that must not be overwritten.
    #[error("{} is there already and is not overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The authority is an intermediate one.
    #[error("the certificate of the key is signed by another authority, which has to make the new one; put it into {}, its key into ca-key.pem", path.display())]
    Intermediate {
        /// The file of certificates.
        path: PathBuf,
    },
    /// An earlier rotation has not ended.
    #[error("the last rotation has not ended; `ca rotate --finish` ends it")]
    Rotating,
    /// There is no rotation to end.
    #[error("no rotation is under way")]
    NotRotating,
    /// The old authority is still needed.
    #[error("{certificates} certificates of the old authority are still valid, the last until {}; `--force` ends the rotation nevertheless", date(*until))]
    StillUsed {
        /// How many.
        certificates: usize,
        /// Until when, seconds since 1970.
        until: i64,
    },
    /// No certificate has this serial number.
    #[error(
        "no certificate with the serial number {serial} was issued here; `ca list` shows those that were"
    )]
    UnknownSerial {
        /// The serial number.
        serial: String,
    },
    /// A certificate was revoked before.
    #[error("the certificate {serial} was revoked before")]
    AlreadyRevoked {
        /// The serial number.
        serial: String,
    },
}
