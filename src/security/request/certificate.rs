//! The certificates that come with a request: who they are for, and whether a root vouches for them.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::UnixTime;
use rustls::pki_types::pem::PemObject as _;
use webpki::EndEntityCert;
use webpki::ExtendedKeyUsageValidator;
use webpki::KeyPurposeId;
use webpki::KeyPurposeIdIter;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;

use super::RequestError;
use super::Roots;
use crate::security::certificate;

/// A readable chain, leaf first.
pub(super) struct Chain(Vec<CertificateDer<'static>>);

impl Chain {
    /// Reads what a request carries as `pubcert`.
    pub(super) fn from_pem(pem: &str) -> Result<Self, RequestError> {
        if pem.len() > LARGEST {
            return Err(RequestError::Large { limit: LARGEST });
        }
        let blocks = CertificateDer::pem_slice_iter(pem.as_bytes())
            .take(MOST + 1)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| RequestError::Certificate)?;
        match blocks.len() {
            0 => Err(RequestError::Certificate),
            count if count > MOST => Err(RequestError::Many { limit: MOST }),
            _ => Ok(Self(blocks)),
        }
    }

    /// The certificate of the caller.
    pub(super) fn leaf(&self) -> Result<X509Certificate<'_>, RequestError> {
        let der = self.0.first().ok_or(RequestError::Certificate)?;
        match X509Certificate::from_der(der) {
            Ok(([], leaf)) => Ok(leaf),
            Ok(_) | Err(_) => Err(RequestError::Certificate),
        }
    }

    /// Walks to a root at `now` (seconds since 1970).
    pub(super) fn verify(&self, roots: &Roots, now: i64) -> Result<(), RequestError> {
        let (leaf, intermediates) = self.0.split_first().ok_or(RequestError::Certificate)?;
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            u64::try_from(now).unwrap_or(0),
        ));
        let verified = EndEntityCert::try_from(leaf).and_then(|end| {
            end.verify_for_usage(
                roots.algorithms,
                &roots.anchors,
                intermediates,
                time,
                CallerUsage,
                None,
                None,
            )
            .map(|_| ())
        });
        match verified {
            Ok(()) => Ok(()),
            Err(webpki::Error::UnsupportedCertVersion | webpki::Error::CaUsedAsEndEntity) => {
                self.verify_simple(roots, now)
            }
            Err(err) => Err(refusal(&err)),
        }
    }

    /// Two kinds of certificates that real sites have and the verifier above does not know as a caller's: those of
    /// version 1, and those that `openssl req -x509 -CA` marks as a CA. They pass when a root signed them itself.
    fn verify_simple(&self, roots: &Roots, now: i64) -> Result<(), RequestError> {
        let leaf = self.leaf()?;
        if let Ok(Some(usage)) = leaf.extended_key_usage() {
            let usage = usage.value;
            if !(usage.client_auth || usage.any) {
                return Err(RequestError::Usage);
            }
        }
        let known: Vec<X509Certificate<'_>> = roots
            .certificates
            .iter()
            .filter_map(|root| X509Certificate::from_der(root).ok())
            .map(|(_, root)| root)
            .collect();
        let root = known
            .iter()
            .find(|root| certificate::issued(&leaf, root))
            .ok_or(RequestError::ForeignCa)?;
        for certificate in [&leaf, root] {
            let validity = certificate.validity();
            if now < validity.not_before.timestamp() {
                return Err(RequestError::NotYetValid);
            }
            if now > validity.not_after.timestamp() {
                return Err(RequestError::Expired);
            }
        }
        Ok(())
    }
}

/// The names that a certificate vouches for: the last common name, as the reference reads it, and every DNS name.
pub(super) struct CertificateNames {
    common: Option<String>,
    dns: Vec<String>,
}

impl CertificateNames {
    pub(super) fn of(leaf: &X509Certificate<'_>) -> Self {
        let common = leaf
            .subject()
            .iter_common_name()
            .last()
            .and_then(|name| name.as_str().ok())
            .map(str::to_owned);
        let dns = certificate::dns_names(leaf)
            .filter(|name| common.as_deref() != Some(*name))
            .map(str::to_owned)
            .collect();
        Self { common, dns }
    }

    /// Every name.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.common.iter().chain(&self.dns).map(String::as_str)
    }

    /// The names for a message, bounded.
    pub(super) fn joined(&self) -> String {
        let names: Vec<&str> = self.all().take(5).collect();
        names
            .join(", ")
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect()
    }
}

/// The RSA public key of a certificate, PKCS#1 DER.
pub(super) fn rsa_key<'a>(leaf: &'a X509Certificate<'_>) -> Result<&'a [u8], RequestError> {
    let spki = leaf.public_key();
    match spki.parsed() {
        Ok(PublicKey::RSA(key)) => match key.key_size() {
            2048..=8192 => Ok(&spki.subject_public_key.data),
            bits => Err(RequestError::KeySize { bits }),
        },
        Ok(_) | Err(_) => Err(RequestError::NotRsa),
    }
}

/// Extended key usage of a caller: for clients, for anything, or not limited (spec 02 §3.4).
struct CallerUsage;

impl ExtendedKeyUsageValidator for CallerUsage {
    fn validate(&self, usages: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        let mut limited = false;
        for usage in usages {
            let usage = usage?;
            if usage == KeyPurposeId::new(CLIENT_AUTH) || usage == KeyPurposeId::new(ANY_USAGE) {
                return Ok(());
            }
            limited = true;
        }
        if limited {
            Err(webpki::Error::EmptyEkuExtension)
        } else {
            Ok(())
        }
    }
}

fn refusal(err: &webpki::Error) -> RequestError {
    match err {
        webpki::Error::CertExpired { .. } => RequestError::Expired,
        webpki::Error::CertNotValidYet { .. } => RequestError::NotYetValid,
        // what `CallerUsage` says
        webpki::Error::EmptyEkuExtension => RequestError::Usage,
        webpki::Error::UnknownIssuer | webpki::Error::InvalidSignatureForPublicKey => {
            RequestError::ForeignCa
        }
        webpki::Error::BadDer | webpki::Error::BadDerTime | webpki::Error::TrailingData(_) => {
            RequestError::Certificate
        }
        _ => RequestError::Chain,
    }
}

/// `id-kp-clientAuth` (RFC 5280 §4.2.1.12).
const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
/// `anyExtendedKeyUsage`.
const ANY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0];
/// Larger than any chain that callers send, in bytes.
const LARGEST: usize = 64 * 1024;
/// More certificates than a chain has.
const MOST: usize = 8;
