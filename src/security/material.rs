//! A certificate, its key and its CA as one thing: read once, judged once, used by the connection and by whoever signs.
//! Who verifies requests reads the CA file on its own, see [`super::request::Roots`].
//!
//! Two kinds of judgement, because two questions are asked. [`Material::new`] refuses what no connection can be made
//! with: text that is not PEM, a key that is not the certificate's, a CA without a certificate. [`Material::judge`] asks
//! whether the certificate chains to the CA and is valid now; the verifier that decides about that is the broker, whose
//! clock and CA are its own, so a starting node tries what it has and only says so. A running node has something better
//! than doubtful files: [`Material::succeeds`] is what makes a renewal of them, and it demands all of it.

use super::certificate;
use super::certificate::CertificateError;
use super::key::RsaKey;
use super::tls::ClientCertificate;
use super::tls::Names;
use super::tls::Parameters;
use super::tls::TlsError;
use super::tls::VerifiedTls;
use crate::secret::Secret;

/// Three texts as they are in their files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pem {
    /// The certificate, intermediates after it.
    pub certificate: String,
    /// Its private key: PKCS#1, PKCS#8 or SEC1.
    pub key: Secret<String>,
    /// The certificate authorities.
    pub ca: String,
}

/// How brokers are verified and what is offered to them.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Which names of a broker's certificate count.
    pub names: Names,
    /// Cipher suites and curves.
    pub parameters: Parameters,
}

/// A certificate, its key and its CA that belong together.
#[derive(Debug)]
pub struct Material {
    pem: Pem,
    names: Vec<String>,
    expires: Option<i64>,
    signing: Option<RsaKey>,
    tls: VerifiedTls,
}

/// Why material cannot take the place of other material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotASuccessor {
    /// The certificate would not stand up to a verifier.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificate is somebody else's.
    #[error(
        "the certificate is for {}, not for {wanted} as the one in use",
        listed(found)
    )]
    AnotherIdentity {
        /// Its names.
        found: Vec<String>,
        /// The name it should have.
        wanted: String,
    },
}

impl Material {
    /// Reads the texts. That the certificate is valid, and by whom, is left to [`Self::judge`].
    ///
    /// # Errors
    ///
    /// [`TlsError`] when no connection can be made with them.
    pub fn new(pem: Pem, terms: &Terms) -> Result<Self, TlsError> {
        let client = ClientCertificate::from_pem(&pem.certificate, &pem.key)?;
        let tls = VerifiedTls::with(&pem.ca, terms.names, Some(client), &terms.parameters)?;
        let described = certificate::describe(&pem.certificate);
        let expires = described.as_ref().map(|leaf| leaf.expires);
        Ok(Self {
            names: described.map(|leaf| leaf.names).unwrap_or_default(),
            expires,
            signing: RsaKey::from_pem(pem.key.expose()).ok(),
            tls,
            pem,
        })
    }

    /// Whether it was made of these texts.
    #[must_use]
    pub fn is_of(&self, pem: &Pem) -> bool {
        self.pem == *pem
    }

    /// The certificate file: PEM, the certificate first, intermediates after it. What a signed request carries.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.pem.certificate
    }

    /// The CA file: PEM, at least one certificate. Brokers are judged against these, callers against the file as it is when
    /// they ask.
    #[must_use]
    pub fn ca(&self) -> &str {
        &self.pem.ca
    }

    /// The key for signing requests; none where it is not RSA, which is enough for TLS and not for protocol version 1.
    #[must_use]
    pub const fn signing_key(&self) -> Option<&RsaKey> {
        self.signing.as_ref()
    }

    /// End of the certificate's validity, seconds since 1970; none where it cannot be read.
    #[must_use]
    pub const fn expires(&self) -> Option<i64> {
        self.expires
    }

    /// What connections are made with.
    #[must_use]
    pub const fn tls(&self) -> &VerifiedTls {
        &self.tls
    }

    /// Whether the certificate carries a name, in any case.
    #[must_use]
    pub fn is_for(&self, name: &str) -> bool {
        self.names
            .iter()
            .any(|found| found.eq_ignore_ascii_case(name))
    }

    /// Whether the certificate chains to the CA and is valid at `now` (seconds since 1970; ten minutes of clock skew are
    /// granted).
    ///
    /// # Errors
    ///
    /// [`CertificateError`] with the first reason for doubt.
    pub fn judge(&self, now: i64) -> Result<(), CertificateError> {
        certificate::chains(&self.pem.certificate, &self.pem.ca, now)
    }

    /// Whether it can take the place of `old`, of a node with the certificate name `certname`, while that is in use. A
    /// certificate that was not the node's own by name is followed by one with the same first name. One that stays as it
    /// is may be doubtful, as it was or because the CA moved on before it.
    ///
    /// # Errors
    ///
    /// [`NotASuccessor`] with the first reason.
    pub fn succeeds(&self, old: &Self, certname: &str, now: i64) -> Result<(), NotASuccessor> {
        if self.pem.certificate != old.pem.certificate {
            self.judge(now)?;
        }
        let wanted = if old.is_for(certname) {
            Some(certname)
        } else {
            old.names.first().map(String::as_str)
        };
        match wanted {
            Some(wanted) if !self.is_for(wanted) => Err(NotASuccessor::AnotherIdentity {
                found: self.names.clone(),
                wanted: wanted.to_owned(),
            }),
            Some(_) | None => Ok(()),
        }
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "nobody".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests;
