//! RPMs that cannot be written or read.

use std::io;
use std::path::PathBuf;

use crate::signing::SignError;

/// Why there is no RPM, or nothing to be known of one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RpmError {
    /// A value that rpm refuses or would misread.
    #[error("{field} {value:?} cannot be in an RPM: {reason}")]
    Field {
        /// What it is: `version`, `release`, `owner of /etc/x`…
        field: String,
        /// The value.
        value: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Times have 32 bits there.
    #[error("the date {source_date} is later than an RPM can say")]
    Date {
        /// Seconds since 1970.
        source_date: u64,
    },
    /// A file of the package that cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        err: io::Error,
    },
    /// What the library refuses.
    #[error("cannot build the RPM")]
    Build {
        /// Why not.
        #[source]
        err: Box<rpm::Error>,
    },
    /// The key does not sign.
    #[error("the RPM is not signed")]
    Sign {
        /// Why not.
        #[source]
        err: SignError,
    },
    /// The signature is none that an RPM can carry.
    #[error("the key makes signatures of a kind that an RPM cannot carry")]
    Signature,
    /// No RPM.
    #[error("is not an RPM")]
    NotRpm,
    /// Ends too early.
    #[error("is cut off: {part} needs {needed} bytes, there are {there}")]
    Truncated {
        /// What is not whole.
        part: &'static str,
        /// Bytes up to its end.
        needed: u64,
        /// Bytes of the file.
        there: u64,
    },
    /// Offsets, lengths or types that cannot be.
    #[error("has a damaged {part}: {reason}")]
    Damaged {
        /// Which part.
        part: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The contents are not those that the headers speak of.
    #[error("has bytes that its digests do not fit")]
    Digest {
        /// Which digest.
        #[source]
        err: Box<rpm::Error>,
    },
    /// What the parser refuses.
    #[error("cannot be understood")]
    Parse {
        /// Why not.
        #[source]
        err: Box<rpm::Error>,
    },
    /// What the parser cannot take at all.
    #[error("makes the parser give up")]
    Panic,
}

impl RpmError {
    pub(super) fn build(err: rpm::Error) -> Self {
        Self::Build { err: Box::new(err) }
    }

    pub(super) fn parse(err: rpm::Error) -> Self {
        Self::Parse { err: Box::new(err) }
    }
}
