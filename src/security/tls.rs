//! TLS towards brokers, built from PEM text. Pure values; nothing is read from the machine.
//!
//! Two types, because there are two promises: [`VerifiedTls`] has roots and checks chain and name, [`UnverifiedTls`]
//! encrypts to whoever answers and has neither roots nor a client certificate to show. TLS 1.2 is the oldest version;
//! both use the one crypto provider of the workspace, named explicitly, so that no process-wide default matters
//! (design D7).

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::ConfigBuilder;
use rustls::InconsistentKeys;
use rustls::RootCertStore;
use rustls::WantsVerifier;
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem;
use rustls::pki_types::pem::PemObject;
use rustls::sign::CertifiedKey;
use rustls::sign::SingleCertAndKey;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::X509Version;

use super::part::Part;
use crate::secret::Secret;

mod parameters;
mod verifiers;

pub use parameters::Parameters;
use verifiers::Anyone;
use verifiers::LegacyNames;

/// TLS with a verified peer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct VerifiedTls(Arc<ClientConfig>);

/// TLS with an unverified peer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct UnverifiedTls(Arc<ClientConfig>);

/// Which names of a certificate count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Names {
    /// The subject's alternative names.
    #[default]
    AltNames,
    /// Those, and the common name of a certificate that has none (`plugin.security.support_legacy_certificates`).
    LegacyCommonName,
}

/// The certificate that we show, with its key.
#[derive(Debug)]
pub struct ClientCertificate {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// PEM text that TLS cannot be built from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// Not PEM at all, or a broken block.
    #[error("cannot read the {part}")]
    Pem {
        /// Which text it was.
        part: Part,
        /// Why.
        #[source]
        err: pem::Error,
    },
    /// No private key in the text that could be read without a person.
    #[error("it holds no private key, or one that wants a passphrase")]
    NoKey,
    /// No certificate in the text.
    #[error("the {part} contains no certificate")]
    Empty {
        /// Which text it was.
        part: Part,
    },
    /// A root that cannot serve as one.
    #[error("a certificate of the CA cannot be used")]
    Root(#[source] rustls::Error),
    /// The certificate is that of another key.
    #[error("the certificate does not belong to the private key")]
    ForeignKey,
    /// Certificate and key are refused.
    #[error("the client certificate and its key cannot be used")]
    ClientCertificate(#[source] rustls::Error),
    /// The crypto provider is unusable.
    #[error("the crypto provider cannot be used")]
    Provider(#[source] rustls::Error),
}

impl TlsError {
    /// Which text is at fault; none when it is none of them.
    #[must_use]
    pub const fn part(&self) -> Option<Part> {
        match self {
            Self::Pem { part, .. } | Self::Empty { part } => Some(*part),
            Self::NoKey => Some(Part::Key),
            Self::Root(_) => Some(Part::Ca),
            Self::ForeignKey | Self::ClientCertificate(_) => Some(Part::Certificate),
            Self::Provider(_) => None,
        }
    }
}

impl VerifiedTls {
    /// Verifies against these roots and shows the given certificate where a broker asks for one.
    ///
    /// # Errors
    ///
    /// [`TlsError`] when the roots cannot be read or certificate and key do not fit.
    pub fn new(
        ca: &str,
        names: Names,
        client: Option<ClientCertificate>,
    ) -> Result<Self, TlsError> {
        Self::with(ca, names, client, &Parameters::default())
    }

    /// The same, offering these cipher suites and curves only.
    ///
    /// # Errors
    ///
    /// [`TlsError`] when the roots cannot be read, certificate and key do not fit, or nothing is left to offer.
    pub fn with(
        ca: &str,
        names: Names,
        client: Option<ClientCertificate>,
        parameters: &Parameters,
    ) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for root in certificates(ca, Part::Ca)? {
            roots.add(root).map_err(TlsError::Root)?;
        }
        let provider = parameters.provider();
        let builder = builder(&provider)?;
        let builder = match names {
            Names::AltNames => builder.with_root_certificates(roots),
            Names::LegacyCommonName => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(LegacyNames { roots, provider })),
        };
        let mut config = match client {
            None => builder.with_no_client_auth(),
            Some(client) => {
                let own = client.certified(&aws_lc_rs::default_provider())?;
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own)))
            }
        };
        config.resumption = Resumption::disabled();
        Ok(Self(Arc::new(config)))
    }

    /// The configuration for the TLS library.
    #[must_use]
    pub fn config(&self) -> &ClientConfig {
        &self.0
    }
}

impl UnverifiedTls {
    /// Encrypts to whoever answers.
    ///
    /// # Errors
    ///
    /// [`TlsError::Provider`] when the crypto provider is unusable.
    pub fn new() -> Result<Self, TlsError> {
        Self::with(&Parameters::default())
    }

    /// The same, offering these cipher suites and curves only.
    ///
    /// # Errors
    ///
    /// [`TlsError::Provider`] when nothing is left to offer.
    pub fn with(parameters: &Parameters) -> Result<Self, TlsError> {
        let provider = parameters.provider();
        let mut config = builder(&provider)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone { provider }))
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(Self(Arc::new(config)))
    }

    /// The configuration for the TLS library.
    #[must_use]
    pub fn config(&self) -> &ClientConfig {
        &self.0
    }
}

impl ClientCertificate {
    /// Reads a certificate, with its intermediates, and its key. That they fit is checked where they are used.
    ///
    /// # Errors
    ///
    /// [`TlsError`] when either text cannot be read.
    pub fn from_pem(chain: &str, key: &Secret<String>) -> Result<Self, TlsError> {
        let chain = certificates(chain, Part::Certificate)?;
        let key =
            PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|err| match err {
                pem::Error::NoItemsFound => TlsError::NoKey,
                err => TlsError::Pem {
                    part: Part::Key,
                    err,
                },
            })?;
        Ok(Self { chain, key })
    }

    /// The library's own check that the key fits reads version 3 certificates only. Site helpers sign version 1 ones
    /// too, and brokers take them, so there the public keys are compared here.
    fn certified(self, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let Self { chain, key } = self;
        let key = provider
            .key_provider
            .load_private_key(key)
            .map_err(TlsError::ClientCertificate)?;
        let own = CertifiedKey::new(chain, key);
        match own.keys_match() {
            // as the library decides where it cannot tell
            Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(own),
            Err(_) if of_version_1_and_fitting(&own) => Ok(own),
            Err(rustls::Error::InconsistentKeys(_)) => Err(TlsError::ForeignKey),
            Err(err) => Err(TlsError::ClientCertificate(err)),
        }
    }
}

fn of_version_1_and_fitting(own: &CertifiedKey) -> bool {
    let Some(Ok((_, leaf))) = own.cert.first().map(|der| X509Certificate::from_der(der)) else {
        return false;
    };
    leaf.version() == X509Version::V1
        && own
            .key
            .public_key()
            .is_some_and(|spki| leaf.public_key().raw == spki.as_ref())
}

fn builder(
    provider: &Arc<CryptoProvider>,
) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TlsError> {
    ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Provider)
}

fn certificates(text: &str, part: Part) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|err| TlsError::Pem { part, err })?;
    if found.is_empty() {
        return Err(TlsError::Empty { part });
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
