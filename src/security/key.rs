//! Private keys in the forms that peers use: PKCS#8 inside, PKCS#1 `RSA PRIVATE KEY` in files (spec 04 §9).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::der_parser::asn1_rs::Any;
use x509_parser::der_parser::asn1_rs::FromDer as _;
use x509_parser::der_parser::asn1_rs::OctetString;
use x509_parser::der_parser::asn1_rs::Sequence;
use x509_parser::der_parser::asn1_rs::Tag;

use crate::secret::Secret;

/// Why a private key could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not the PEM of a private key.
    #[error("the private key is not readable")]
    Unreadable {
        /// What the parser met.
        #[source]
        err: rcgen::Error,
    },
    /// The key is not RSA where only RSA works.
    #[error("the private key is not an RSA key")]
    NotRsa,
}

/// An RSA key of this node.
#[derive(Debug)]
pub struct RsaKey {
    pair: rcgen::KeyPair,
}

impl RsaKey {
    /// Takes a freshly generated key.
    #[must_use]
    pub const fn new(pair: rcgen::KeyPair) -> Self {
        Self { pair }
    }

    /// Reads a key from PEM, PKCS#1 or PKCS#8.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the text is not the PEM of an RSA key.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let pair = rcgen::KeyPair::from_pem_and_sign_algo(pem, &rcgen::PKCS_RSA_SHA256)
            .map_err(|err| KeyError::Unreadable { err })?;
        Ok(Self { pair })
    }

    /// The key as rcgen signs with it.
    #[must_use]
    pub const fn pair(&self) -> &rcgen::KeyPair {
        &self.pair
    }

    /// DER of the public key as X.509 certificates carry it (`SubjectPublicKeyInfo`).
    #[must_use]
    pub fn public_spki(&self) -> Vec<u8> {
        rcgen::PublicKeyData::subject_public_key_info(&self.pair)
    }

    /// PEM block `PUBLIC KEY` around PKCS#1 bytes. The label is wrong and peers have it so (spec 04 §6.1).
    #[must_use]
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", rcgen::PublicKeyData::der_bytes(&self.pair))
    }

    /// The private key as PEM block `RSA PRIVATE KEY` (PKCS#1), the form of `private.pem`.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotRsa`] when the key has no PKCS#1 form.
    pub fn private_pem(&self) -> Result<Secret<String>, KeyError> {
        let pkcs8 = Secret::new(self.pair.serialize_der());
        let pkcs1 = pkcs1_of(pkcs8.expose()).ok_or(KeyError::NotRsa)?;
        Ok(Secret::new(pem("RSA PRIVATE KEY", pkcs1)))
    }
}

/// Text form of a DER document: lines of 64 characters, `\n` at the end of each.
#[must_use]
pub fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

/// The `RSAPrivateKey` inside a PKCS#8 `PrivateKeyInfo`: version, algorithm, then an octet string (RFC 5958). A key that
/// was read from a PKCS#1 file is kept in that form, and is the `RSAPrivateKey` itself.
fn pkcs1_of(key: &[u8]) -> Option<&[u8]> {
    let (_, outer) = Any::from_der(key).ok()?;
    let (rest, _version) = Any::from_der(outer.data).ok()?;
    let (rest, second) = Any::from_der(rest).ok()?;
    // after the version, one goes on with its modulus and the other with its algorithm
    if second.tag() == Tag::Integer {
        return Some(key);
    }
    Sequence::try_from(second).ok()?;
    let (_, octets) = Any::from_der(rest).ok()?;
    OctetString::try_from(octets.clone()).ok()?;
    Some(octets.data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_was_written_and_read_is_written_the_same_again() {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let key = RsaKey::new(pair);
        let written = key.private_pem().unwrap();
        assert!(
            written
                .expose()
                .starts_with("-----BEGIN RSA PRIVATE KEY-----")
        );
        let read = RsaKey::from_pem(written.expose()).unwrap();
        assert_eq!(read.private_pem().unwrap().expose(), written.expose());
        assert_eq!(read.public_spki(), key.public_spki());
    }
}
