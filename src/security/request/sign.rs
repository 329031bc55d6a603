//! Signing requests as a caller.

use rcgen::SigningKey as _;

use super::certificate::CertificateNames;
use super::certificate::Chain;
use super::certificate::rsa_key;
use crate::protocol::v1::SecureRequest;
use crate::protocol::v1::Signature;
use crate::security::key::KeyError;
use crate::security::key::RsaKey;

/// A certificate with its key.
#[derive(Debug)]
pub struct Signer {
    key: RsaKey,
    certificate: String,
    names: Vec<String>,
}

/// Why requests cannot be signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// The key cannot be used; only RSA signs version 1 requests.
    #[error("the private key cannot sign requests")]
    Key(#[source] KeyError),
    /// The certificate cannot be used.
    #[error("the certificate cannot vouch for requests")]
    Certificate(#[source] super::RequestError),
    /// The certificate is for another key.
    #[error("the certificate does not belong to the private key")]
    ForeignKey,
    /// The library refused to sign.
    #[error("the request cannot be signed")]
    Sign(#[source] rcgen::Error),
}

impl Signer {
    /// A signer from the texts of a certificate file (leaf first) and of a key file (PKCS#1 or PKCS#8, RSA).
    ///
    /// # Errors
    ///
    /// [`SignerError`] when one cannot be used or they do not fit.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self, SignerError> {
        let key = RsaKey::from_pem(key).map_err(SignerError::Key)?;
        let chain = Chain::from_pem(certificate).map_err(SignerError::Certificate)?;
        let leaf = chain.leaf().map_err(SignerError::Certificate)?;
        rsa_key(&leaf).map_err(SignerError::Certificate)?;
        if leaf.public_key().raw != key.public_spki() {
            return Err(SignerError::ForeignKey);
        }
        let names = CertificateNames::of(&leaf)
            .all()
            .map(str::to_owned)
            .collect();
        Ok(Self {
            key,
            certificate: certificate.to_owned(),
            names,
        })
    }

    /// Names of the certificate: nodes believe a caller of one of these names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Signs the text of a request.
    ///
    /// # Errors
    ///
    /// [`SignerError::Sign`] when the library refuses.
    pub fn sign(&self, message: String) -> Result<SecureRequest, SignerError> {
        sign(message, &self.key, &self.certificate)
    }
}

/// Signs the text of a request with a key and the certificate (PEM, leaf first) that was made for it.
///
/// # Errors
///
/// [`SignerError::Sign`] when the library refuses.
pub fn sign(
    message: String,
    key: &RsaKey,
    certificate: &str,
) -> Result<SecureRequest, SignerError> {
    let signature = key
        .pair()
        .sign(message.as_bytes())
        .map_err(SignerError::Sign)?;
    Ok(SecureRequest {
        message,
        signature: Signature::X509 {
            signature,
            certificate: certificate.to_owned(),
        },
    })
}
