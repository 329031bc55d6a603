//! The lines of a ledger.

use aws_lc_rs::digest;
use serde::Deserialize;
use serde::Serialize;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    /// What the file is.
    pub(super) ledger: String,
    /// The version of its lines.
    pub(super) version: u32,
}

impl Header {
    /// The header of the files that this version writes.
    pub(super) fn current() -> Self {
        Self {
            ledger: NAME.to_owned(),
            version: VERSION,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entry {
    /// A certificate was issued.
    Issued(Issued),
    /// A certificate was revoked.
    Revoked(Revoked),
}

/// A certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// Its serial number, 32 hexadecimal digits.
    pub serial: String,
    /// For whom.
    pub identity: String,
    /// All its names.
    pub names: Vec<String>,
    /// In which session.
    pub session: String,
    /// SHA-256 of the public key, hexadecimal.
    pub key_digest: String,
    /// Begin of its validity, seconds since 1970.
    pub not_before: i64,
    /// End of its validity.
    pub not_after: i64,
    /// When.
    pub issued_at: i64,
    /// Which of the authority's keys signed it.
    pub authority: String,
    /// SHA-256 of the certificate, hexadecimal.
    pub sha256: String,
    /// The certificate, PEM.
    pub certificate: String,
}

/// A certificate that was revoked. What is needed to know of it stands here again, so that nobody has to search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// Its serial number.
    pub serial: String,
    /// Whose it was.
    pub identity: String,
    /// SHA-256 of its public key, hexadecimal.
    pub key_digest: String,
    /// End of its validity, seconds since 1970.
    pub not_after: i64,
    /// Which of the authority's keys signed it.
    pub authority: String,
    /// When it was revoked.
    pub revoked_at: i64,
}

impl Issued {
    /// Whether the certificate is what it was when it was issued.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        pem::parse(&self.certificate)
            .is_ok_and(|block| fingerprint(block.contents()) == self.sha256)
    }
}

/// SHA-256, hexadecimal.
pub(in crate::authority) fn fingerprint(der: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, der))
}

/// What the header calls the file.
pub(super) const NAME: &str = "muster certificates";
/// The newest version that can be read, and the one that is written.
pub(super) const VERSION: u32 = 1;
