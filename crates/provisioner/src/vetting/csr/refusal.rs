//! Why a certificate request is not signed.

use crate::vetting::names::NameRefusal;
use crate::vetting::names::shown;

/// Why a request is not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CsrRefusal {
    /// The text is empty.
    #[error("no CSR received")]
    Missing,
    /// The text is larger than any request needs to be.
    #[error("the CSR or its key is larger than 64 KiB")]
    TooLarge,
    /// The text is not exactly one PEM block.
    #[error("could not parse CSR: it is not one PEM block")]
    NotPem,
    /// Two blocks: nobody knows which one will be signed.
    #[error("could not parse CSR: it holds more than one PEM block")]
    MoreThanOneBlock,
    /// The block is something else.
    #[error("could not parse CSR: it is a PEM block {:?}", shown(label))]
    WrongLabel {
        /// What the block says it is.
        label: String,
    },
    /// The block holds something else than it says.
    #[error("could not parse CSR: it is no PKCS#10 request")]
    NotACsr,
    /// The subject has no common name.
    #[error("the CSR has no common name")]
    NoCommonName,
    /// The subject has several.
    #[error("the CSR has more than one common name")]
    MoreThanOneCommonName,
    /// The common name is that of somebody else.
    #[error("common name {} does not match identity {identity}", shown(found))]
    AnotherName {
        /// The common name.
        found: String,
        /// Who sent the request.
        identity: String,
    },
    /// A name is in an encoding or has a form that no name of a node has.
    #[error("the CSR asks for a name that is not readable as one")]
    UnreadableName,
    /// The key is of a type that nothing here can verify.
    #[error("the CSR is for a key of the type {oid}, which is not RSA, ECDSA or Ed25519")]
    KeyType {
        /// The algorithm's object identifier.
        oid: String,
    },
    /// An elliptic curve other than P-256 and P-384.
    #[error("the CSR is for a key on the curve {oid}, which is neither P-256 nor P-384")]
    Curve {
        /// The curve's object identifier.
        oid: String,
    },
    /// An RSA key that is too small to be safe or too large to be cheap.
    #[error("the CSR is for an RSA key of {bits} bits; 2048 to 8192 are signed")]
    RsaSize {
        /// Its size.
        bits: usize,
    },
    /// An RSA key with an exponent that no generator makes.
    #[error("the CSR is for an RSA key with an unsound exponent")]
    RsaExponent,
    /// The key is not encoded as its type says.
    #[error("the CSR's key is not readable")]
    KeyForm,
    /// Signed with something broken or unknown.
    #[error("the CSR is signed with the algorithm {oid}, which is not accepted")]
    SignatureAlgorithm {
        /// The algorithm's object identifier.
        oid: String,
    },
    /// The signature is not that of the key.
    #[error("the CSR does not prove possession of its key")]
    NotProven,
    /// An extension that cannot be read.
    #[error("the CSR asks for an extension {oid} that is not readable")]
    Extension {
        /// The extension's object identifier.
        oid: String,
    },
    /// The same extension twice.
    #[error("the CSR asks for the extension {oid} more than once")]
    DuplicateExtension {
        /// The extension's object identifier.
        oid: String,
    },
    /// A second list of extensions, or one where few look.
    #[error("the CSR asks for extensions in more than one place")]
    HiddenExtensions,
    /// A power that no node has.
    #[error("the CSR asks for {power}")]
    Power {
        /// Which.
        power: &'static str,
    },
    /// A name for everybody.
    #[error("the CSR asks for the wildcard name {}", shown(name))]
    Wildcard {
        /// The name.
        name: String,
    },
    /// A name that is no DNS name, while there is no allow list that could have it.
    #[error(
        "the CSR asks for {}, which no list of allowed names allows",
        shown(name)
    )]
    KindOfName {
        /// Kind and name.
        name: String,
    },
    /// A name of a kind that has no written form.
    #[error("the CSR asks for a name of the kind {kind}, which is never signed")]
    UnsupportedName {
        /// Which kind.
        kind: &'static str,
    },
    /// The lists of the site refuse a name.
    #[error(transparent)]
    Name(#[from] NameRefusal),
    /// The node reported another key than it wants signed.
    #[error("the public key beside the CSR is not the one in it")]
    AnotherKey,
}
