//! TLS towards brokers, built from PEM text. Pure values; nothing is read from the machine.
//!
//! Two types, because there are two promises: [`VerifiedTls`] has roots and checks chain and name, [`UnverifiedTls`]
//! encrypts to whoever answers and has neither roots nor a client certificate to show. TLS 1.2 is the oldest version;
//! both use the one crypto provider of the workspace, named explicitly, so that no process-wide default matters
//! (design D7).

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::ConfigBuilder;
use rustls::DigitallySignedStruct;
use rustls::InconsistentKeys;
use rustls::RootCertStore;
use rustls::SignatureScheme;
use rustls::WantsVerifier;
use rustls::client::Resumption;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs;
use rustls::crypto::verify_tls12_signature;
use rustls::crypto::verify_tls13_signature;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::UnixTime;
use rustls::pki_types::pem;
use rustls::pki_types::pem::PemObject;
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::sign::SingleCertAndKey;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::X509Version;

use crate::secret::Secret;

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
    #[error("cannot read the {what}")]
    Pem {
        /// Which text it was.
        what: &'static str,
        /// Why.
        #[source]
        err: pem::Error,
    },
    /// No certificate in the text.
    #[error("the {what} contains no certificate")]
    Empty {
        /// Which text it was.
        what: &'static str,
    },
    /// A root that cannot serve as one.
    #[error("a certificate of the CA cannot be used")]
    Root(#[source] rustls::Error),
    /// Certificate and key are refused.
    #[error("the client certificate and its key cannot be used")]
    ClientCertificate(#[source] rustls::Error),
    /// The crypto provider is unusable.
    #[error("the crypto provider cannot be used")]
    Provider(#[source] rustls::Error),
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
        let mut roots = RootCertStore::empty();
        for root in certificates(ca, "CA")? {
            roots.add(root).map_err(TlsError::Root)?;
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
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
        let provider = Arc::new(aws_lc_rs::default_provider());
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
        let chain = certificates(chain, "client certificate")?;
        let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|err| {
            TlsError::Pem {
                what: "client key",
                err,
            }
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

fn certificates(text: &str, what: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|err| TlsError::Pem { what, err })?;
    if found.is_empty() {
        return Err(TlsError::Empty { what });
    }
    Ok(found)
}

/// Accepts any certificate. That the peer owns its key is not checked either: of a certificate that says nothing, the
/// key says nothing, and refusing an odd one (version 1, a short key) would only lose the node.
#[derive(Debug)]
struct Anyone {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Verifies chain and name like the library does, and lets the common name of a certificate without alternative names
/// count (spec 02 §3.5).
#[derive(Debug)]
struct LegacyNames {
    roots: RootCertStore,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for LegacyNames {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &self.roots,
            intermediates,
            now,
            algorithms,
        )?;
        match verify_server_name(&parsed, server_name) {
            Err(_) if common_name_is(end_entity, &server_name.to_str()) => {}
            verdict => verdict?,
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Whether a certificate has no alternative names and exactly this common name.
fn common_name_is(certificate: &CertificateDer<'_>, name: &str) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        return false;
    };
    let has_alt_names = certificate.extensions().iter().any(|extension| {
        matches!(
            extension.parsed_extension(),
            ParsedExtension::SubjectAlternativeName(_)
        ) || extension.oid == x509_parser::oid_registry::OID_X509_EXT_SUBJECT_ALT_NAME
    });
    let mut names = certificate.subject().iter_common_name();
    let (Some(common_name), None) = (names.next(), names.next()) else {
        return false;
    };
    let equal = common_name
        .as_str()
        .is_ok_and(|text| text.eq_ignore_ascii_case(name));
    equal && !has_alt_names
}

#[cfg(test)]
mod tests;
