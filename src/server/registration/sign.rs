//! What vouches for a registration message.

use std::fmt;
use std::sync::Arc;

use crate::protocol::v1::SecureRequest;
use crate::protocol::v1::Signature;
use crate::security::request::SignerError;
use crate::security::request::sign;
use crate::server::keyring::Keyring;
use crate::server::start::Foundation;

/// Signs what the node publishes.
pub trait Signs: fmt::Debug + Send + Sync {
    /// The request layer together with what vouches for it.
    ///
    /// # Errors
    ///
    /// [`SignError`] when there should be a signature and there is none.
    fn sign(&self, message: String) -> Result<SecureRequest, SignError>;
}

/// Why a message was not signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// Only RSA keys sign.
    #[error("the key of this node is not an RSA key, and protocol version 1 signs with RSA only")]
    NotRsa,
    /// The library refused.
    #[error("the certificate of this node does not sign")]
    Signer(#[source] SignerError),
}

/// What vouches for the messages of this node (spec 02 §3.1): its certificate on a network where requests are signed; the
/// words that stand in its place while it has none, and where nothing is signed.
#[must_use]
pub fn signer(start: &Foundation, keyring: Option<&Keyring>) -> Arc<dyn Signs> {
    match keyring {
        _ if !start.build.secure => Arc::new(Unsigned::Network),
        Some(keyring) => Arc::new(OwnCertificate(keyring.clone())),
        None => Arc::new(Unsigned::Node),
    }
}

/// No key: the words that stand in the place of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unsigned {
    /// On a network where nothing is signed.
    Network,
    /// On a network where requests are signed, by a node that has nothing to sign with: receivers make an exception for
    /// the agent `registration` (spec 03 §4.2).
    Node,
}

impl Signs for Unsigned {
    fn sign(&self, message: String) -> Result<SecureRequest, SignError> {
        let signature = match self {
            Self::Network => Signature::Unsigned,
            Self::Node => Signature::UnsignedRegistration,
        };
        Ok(SecureRequest { message, signature })
    }
}

/// The certificate in use and its key.
#[derive(Debug)]
struct OwnCertificate(Keyring);

impl Signs for OwnCertificate {
    fn sign(&self, message: String) -> Result<SecureRequest, SignError> {
        let material = self.0.current();
        let key = material.signing_key().ok_or(SignError::NotRsa)?;
        sign(message, key, material.certificate()).map_err(SignError::Signer)
    }
}
