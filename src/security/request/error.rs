//! Why a signed request is not believed. The texts quote nothing that the sender chose, except names of certificates
//! that our own CA signed.

/// Why a signed request is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The caller id has not the form `kind=name`.
    #[error("the caller id of the request is not of the form choria=name")]
    Caller,
    /// The caller id is of another kind than the one of certificates.
    #[error(
        "only a privileged certificate may sign for a caller id that does not begin with choria="
    )]
    CallerKind,
    /// The certificate is larger than any real one.
    #[error("the certificate of the caller is larger than {limit} bytes")]
    Large {
        /// The limit, in bytes.
        limit: usize,
    },
    /// More certificates than any real chain has.
    #[error("the caller sends more than {limit} certificates")]
    Many {
        /// The limit.
        limit: usize,
    },
    /// Not the PEM of an X.509 certificate.
    #[error("the certificate of the caller is not the PEM of an X.509 certificate")]
    Certificate,
    /// Another kind of key than RSA.
    #[error(
        "the certificate of the caller is not for an RSA key, and protocol version 1 signs with RSA only"
    )]
    NotRsa,
    /// A key that is too easy to break.
    #[error(
        "the RSA key of the caller's certificate has {bits} bits, between 2048 and 8192 are accepted"
    )]
    KeySize {
        /// Size of the modulus.
        bits: usize,
    },
    /// The certificate ended.
    #[error("the certificate of the caller, or one above it, has expired")]
    Expired,
    /// The certificate did not begin yet.
    #[error("the certificate of the caller, or one above it, is not valid yet: check the clocks")]
    NotYetValid,
    /// The certificate is for servers, or for something else.
    #[error("the certificate of the caller is not meant for clients (extended key usage)")]
    Usage,
    /// No root of ours signed it.
    #[error("the certificate of the caller was not signed by a CA of this node")]
    ForeignCa,
    /// The chain breaks another rule.
    #[error("the chain of the caller's certificate breaks a rule of X.509")]
    Chain,
    /// The certificate is for somebody else.
    #[error(
        "the certificate of the caller is valid for {names}, which is not the name in the caller id"
    )]
    Name {
        /// Names of the certificate, joined.
        names: String,
    },
    /// The caller is not among those that are believed.
    #[error("the caller is not on the allow list plugin.choria.security.certname_whitelist")]
    NotAllowed,
    /// The signature is not by the certificate's key over this request.
    #[error("the signature does not belong to the request and the certificate")]
    Signature,
}
