//! Whether a certificate may be sent to a node.
//!
//! Three will judge it later: the node before it takes it, the node when it starts, and the broker when the node
//! connects. The first two are this workspace's own [`muster::security::certificate`], and its verdict is asked for
//! first. A broker is stricter: it wants a certificate for clients under a chain whose constraints all hold. That is
//! asked of webpki, except for version 1 certificates, which webpki does not read, while brokers take them and site
//! helpers that call `openssl x509 -req` make them; they have no constraints that could be broken.

use std::time::Duration;

use aws_lc_rs::digest;
use muster::protocol::names::Identity;
use muster::security::certificate;
use muster::security::certificate::CertificateError;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::UnixTime;
use webpki::EndEntityCert;
use webpki::ExtendedKeyUsageValidator;
use webpki::KeyPurposeId;
use webpki::KeyPurposeIdIter;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::X509Version;

use super::csr::VettedCsr;

/// A certificate that may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VettedCertificate {
    /// Whether it carries the identity, as its common name or as a DNS name. Where the helper did not give the node
    /// another name, one that does not must not be sent.
    pub names_fit: bool,
    /// Its common name and its DNS names, fit to be shown.
    pub names: Vec<String>,
    /// Begin of its validity, seconds since 1970.
    pub not_before: i64,
    /// End of its validity, seconds since 1970.
    pub not_after: i64,
    /// SHA-256 of the certificate, hexadecimal.
    pub fingerprint: String,
    /// Its serial number, hexadecimal.
    pub serial: String,
}

/// Why a certificate is not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateRefusal {
    /// Larger than what a node takes.
    #[error("the {what} is larger than the {limit} bytes that a node takes")]
    TooLarge {
        /// `certificate` or `CA`.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Made for another key than that of the request.
    #[error("the certificate is not for the key of the CSR")]
    ForeignKey,
    /// The node would refuse it.
    #[error(transparent)]
    Node(CertificateError),
    /// It is for something else than a client of a broker.
    #[error("the certificate is not good for TLS clients")]
    NotForClients,
    /// The certificate of an authority.
    #[error("the certificate is that of a certificate authority")]
    Authority,
    /// A broker would refuse it.
    #[error("a broker would refuse the certificate")]
    Broker(#[source] webpki::Error),
}

/// Judges a certificate (PEM, the leaf first, intermediates after it) under its authorities (PEM) for the key of a vetted
/// request at `now` (seconds since 1970; ten minutes of clock skew are granted). `identity` is the name under which the
/// node will work.
///
/// # Errors
///
/// [`CertificateRefusal`] with the first reason not to send it.
pub fn check(
    certificate: &str,
    ca: &str,
    csr: &VettedCsr,
    identity: &Identity,
    now: i64,
) -> Result<VettedCertificate, CertificateRefusal> {
    for (what, text, limit) in [
        ("certificate", certificate, LARGEST_CERTIFICATE),
        ("CA", ca, LARGEST_CA),
    ] {
        if text.len() > limit {
            return Err(CertificateRefusal::TooLarge { what, limit });
        }
    }
    let fitting = certificate::check(certificate, ca, &csr.spki, now).map_err(|err| match err {
        CertificateError::ForeignKey => CertificateRefusal::ForeignKey,
        err => CertificateRefusal::Node(err),
    })?;
    let unreadable = CertificateRefusal::Node(CertificateError::NotX509 {
        what: "certificate",
    });
    let chain = blocks(certificate);
    let Some((leaf_der, intermediates)) = chain.split_first() else {
        return Err(unreadable);
    };
    let Ok((_, leaf)) = X509Certificate::from_der(leaf_der) else {
        return Err(unreadable);
    };
    if leaf.version() != X509Version::V1 {
        satisfies_brokers(leaf_der, intermediates, &blocks(ca), now)?;
    }
    Ok(VettedCertificate {
        names_fit: fitting
            .names
            .iter()
            .any(|name| name.eq_ignore_ascii_case(identity.as_str())),
        names: fitting.names.iter().map(|name| printable(name)).collect(),
        not_before: leaf.validity().not_before.timestamp(),
        not_after: fitting.expires,
        fingerprint: hex::encode(digest::digest(&digest::SHA256, leaf_der)),
        serial: hex::encode(leaf.raw_serial()),
    })
}

/// A name without characters that steer a terminal.
fn printable(name: &str) -> String {
    let replace = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    name.chars().map(replace).collect()
}

fn blocks(text: &str) -> Vec<CertificateDer<'static>> {
    pem::parse_many(text)
        .unwrap_or_default()
        .into_iter()
        .map(|block| CertificateDer::from(block.into_contents()))
        .collect()
}

fn satisfies_brokers(
    leaf: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
    roots: &[CertificateDer<'_>],
    now: i64,
) -> Result<(), CertificateRefusal> {
    let leaf_end = EndEntityCert::try_from(leaf).map_err(refusal)?;
    let anchors: Vec<_> = roots
        .iter()
        .filter_map(|root| webpki::anchor_from_trusted_cert(root).ok())
        .collect();
    // some put the whole chain into the file of authorities
    let through: Vec<CertificateDer<'_>> = intermediates.iter().chain(roots).cloned().collect();
    let time = within_validity(std::iter::once(leaf).chain(&through), now);
    leaf_end
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &anchors,
            &through,
            UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(time).unwrap_or(0))),
            ForClients,
            None,
            None,
        )
        .map(drop)
        .map_err(refusal)
}

/// The moment closest to `now` at which all of these are valid. Those that `now` is within the granted skew of were
/// judged before; the others are not part of the chain.
fn within_validity<'a>(
    certificates: impl Iterator<Item = &'a CertificateDer<'a>>,
    now: i64,
) -> i64 {
    let mut time = now;
    for der in certificates {
        let Ok((_, certificate)) = X509Certificate::from_der(der) else {
            continue;
        };
        let validity = certificate.validity();
        let (from, to) = (
            validity.not_before.timestamp(),
            validity.not_after.timestamp(),
        );
        if now < from && from.saturating_sub(now) <= SKEW {
            time = time.max(from);
        }
        if now > to && now.saturating_sub(to) <= SKEW {
            time = time.min(to);
        }
    }
    time
}

/// No usage at all, that of a client, or any.
#[derive(Debug, Clone, Copy)]
struct ForClients;

impl ExtendedKeyUsageValidator for ForClients {
    fn validate(&self, usages: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        let mut restricted = false;
        for usage in usages {
            let usage = usage?;
            restricted = true;
            if usage == KeyPurposeId::new(CLIENT) || usage == KeyPurposeId::new(ANY) {
                return Ok(());
            }
        }
        if restricted {
            Err(webpki::Error::RequiredEkuNotFoundContext(
                webpki::RequiredEkuNotFoundContext {
                    required: webpki::KeyUsage::client_auth(),
                    present: Vec::new(),
                },
            ))
        } else {
            Ok(())
        }
    }
}

fn refusal(err: webpki::Error) -> CertificateRefusal {
    match err {
        webpki::Error::RequiredEkuNotFoundContext(_) => CertificateRefusal::NotForClients,
        webpki::Error::CaUsedAsEndEntity => CertificateRefusal::Authority,
        err => CertificateRefusal::Broker(err),
    }
}

/// What a node takes (design §9).
const LARGEST_CERTIFICATE: usize = 64 * 1024;
const LARGEST_CA: usize = 256 * 1024;
/// Clock skew that is granted, in seconds: that of the node's own judgement.
const SKEW: i64 = 600;
/// `id-kp-clientAuth`, 1.3.6.1.5.5.7.3.2.
const CLIENT: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
/// `anyExtendedKeyUsage`, 2.5.29.37.0.
const ANY: &[u8] = &[0x55, 0x1d, 0x25, 0];

#[cfg(test)]
mod tests;
