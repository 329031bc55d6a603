//! The certificate authorities whose certificates may sign requests.

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::SignatureVerificationAlgorithm;
use rustls::pki_types::TrustAnchor;
use rustls::pki_types::pem::PemObject as _;

/// The authorities of a CA file, and the algorithms that their signatures are checked with.
#[derive(Debug, Clone)]
pub struct Roots {
    pub(super) anchors: Vec<TrustAnchor<'static>>,
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) algorithms: Algorithms,
}

type Algorithms = &'static [&'static dyn SignatureVerificationAlgorithm];

/// Why a CA file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RootsError {
    /// Not PEM.
    #[error("it is not a PEM file")]
    NotPem,
    /// Nothing in it.
    #[error("it holds no certificate")]
    Empty,
    /// One of them is not a certificate.
    #[error("its certificate number {number} cannot be used as a root")]
    Unusable {
        /// Which one, from 1.
        number: usize,
    },
}

impl Roots {
    /// Reads a CA file: PEM, one or more certificates, each of them a root. Other blocks are passed over, as the
    /// reference does.
    ///
    /// # Errors
    ///
    /// [`RootsError`] when no certificate is in it, or one that cannot be used: then nobody must be believed.
    pub fn from_pem(pem: &[u8]) -> Result<Self, RootsError> {
        let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|_| RootsError::NotPem)?;
        if certificates.is_empty() {
            return Err(RootsError::Empty);
        }
        let anchors = certificates
            .iter()
            .zip(1..)
            .map(|(certificate, number)| {
                webpki::anchor_from_trusted_cert(certificate)
                    .map(|anchor| anchor.to_owned())
                    .map_err(|_| RootsError::Unusable { number })
            })
            .collect::<Result<_, _>>()?;
        // once a file: the provider is put together anew each time it is asked for
        let provider = aws_lc_rs::default_provider();
        Ok(Self {
            anchors,
            certificates,
            algorithms: provider.signature_verification_algorithms.all,
        })
    }
}
