//! Keys that cannot be used. No text quotes anything secret.

/// A key that cannot be used for signing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not OpenPGP, or damaged.
    #[error("cannot be read as an OpenPGP secret key")]
    Unreadable {
        /// What the parser says.
        #[source]
        err: Box<pgp::errors::Error>,
    },
    /// Nothing is in it.
    #[error("contains no OpenPGP key")]
    Empty,
    /// The public half.
    #[error("is a public key, a secret key is needed")]
    Public,
    /// More than one.
    #[error("contains more than one key, export the one that signs")]
    Several,
    /// Another version of OpenPGP's keys.
    #[error("is an OpenPGP key of another version than 4, which rpm and apt may not read")]
    Version,
    /// Its owner took it back.
    #[error("was revoked by its owner")]
    Revoked,
    /// Nobody says whose it is, or what says so was not signed by the key itself.
    #[error("has no valid self-signature on a user id")]
    NoUserId,
    /// Neither the primary key nor a subkey may sign and is in the file.
    #[error("has no part that may sign and whose secret is in the file")]
    CannotSign,
    /// Other than RSA and Ed25519: rpm or apt may not verify it, or the same signature would be other bytes every time.
    #[error("signs with {algorithm}, only RSA and Ed25519 are supported")]
    Algorithm {
        /// Name of what it is.
        algorithm: String,
    },
    /// RSA with too small a modulus.
    #[error("is RSA with {bits} bits, at least 2048 are needed")]
    Weak {
        /// Bits of the modulus.
        bits: u16,
    },
    /// Protected, but nothing to open it with.
    #[error("is protected by a passphrase, and none was given")]
    PassphraseMissing,
    /// The passphrase does not open it.
    #[error("cannot be opened with this passphrase")]
    PassphraseWrong,
    /// No longer valid at the date of the signature.
    #[error("expired at {expired}, before the signature's date {date} (seconds since 1970)")]
    Expired {
        /// When it expired, seconds since 1970.
        expired: u64,
        /// What the signature would be dated.
        date: u64,
    },
}
