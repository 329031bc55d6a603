//! Whether a certificate is the one for a key and chains to a CA.
//!
//! The chain is checked with the plain rules of X.509 and not with a TLS verifier, because site helpers exist that sign
//! version 1 certificates without alternative names, and such nodes work among the reference's peers.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;

/// Why a certificate was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// No PEM block `CERTIFICATE` was found.
    #[error("the {what} is not a PEM certificate")]
    NotPem {
        /// `certificate` or `CA`.
        what: &'static str,
    },
    /// A block is not an X.509 certificate, or something else stands among the certificates.
    #[error("the {what} holds something that is not an X.509 certificate")]
    NotX509 {
        /// `certificate` or `CA`.
        what: &'static str,
    },
    /// The certificate was made for another key.
    #[error("the certificate does not belong to the private key of this node")]
    ForeignKey,
    /// The chain does not end at the CA.
    #[error("the certificate does not chain to the CA")]
    ForeignCa,
    /// The certificate or one of its chain is not valid at this time.
    #[error("the certificate is not valid at this time")]
    NotNow,
}

/// A certificate that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitting {
    /// Common name and DNS names of the certificate.
    pub names: Vec<String>,
    /// End of its validity, seconds since 1970.
    pub expires: i64,
}

/// Checks that `certificate` (PEM, leaf first, intermediates after it) was made for the public key `spki` (DER), chains
/// to one of the certificates in `ca` (PEM) and is valid at `now` (seconds since 1970; ten minutes of clock skew are
/// granted).
///
/// # Errors
///
/// [`CertificateError`] with the first reason to refuse it.
pub fn check(
    certificate: &str,
    ca: &str,
    spki: &[u8],
    now: i64,
) -> Result<Fitting, CertificateError> {
    let chain_blocks = blocks(certificate, "certificate")?;
    let ca_blocks = blocks(ca, "CA")?;
    let chain = parse(&chain_blocks, "certificate")?;
    let roots = parse(&ca_blocks, "CA")?;
    let (leaf, intermediates) = chain.split_first().ok_or(CertificateError::NotPem {
        what: "certificate",
    })?;
    if leaf.public_key().raw != spki {
        return Err(CertificateError::ForeignKey);
    }
    verify_chain(leaf, intermediates, &roots, now)?;
    Ok(Fitting {
        names: names(leaf),
        expires: leaf.validity().not_after.timestamp(),
    })
}

/// What the first certificate in a PEM text says of itself; nothing when it cannot be read.
#[must_use]
pub fn describe(certificate: &str) -> Option<Fitting> {
    let blocks = certificates_among(certificate);
    let chain = parse(&blocks, "certificate").ok()?;
    chain.first().map(|leaf| Fitting {
        names: names(leaf),
        expires: leaf.validity().not_after.timestamp(),
    })
}

/// Checks that a certificate chains to a CA and is valid at `now`, as [`check`] does, for files of this machine: its key
/// is not looked at, and neither is what else stands in the files.
///
/// # Errors
///
/// [`CertificateError`] with the first reason to doubt it.
pub fn chains(certificate: &str, ca: &str, now: i64) -> Result<(), CertificateError> {
    let (chain_blocks, ca_blocks) = (certificates_among(certificate), certificates_among(ca));
    let chain = parse(&chain_blocks, "certificate")?;
    let roots = parse(&ca_blocks, "CA")?;
    let (leaf, intermediates) = chain.split_first().ok_or(CertificateError::NotPem {
        what: "certificate",
    })?;
    verify_chain(leaf, intermediates, &roots, now)
}

fn certificates_among(text: &str) -> Vec<Pem> {
    Pem::iter_from_buffer(text.as_bytes())
        .filter_map(Result::ok)
        .filter(|block| block.label == "CERTIFICATE")
        .collect()
}

fn blocks(text: &str, what: &'static str) -> Result<Vec<Pem>, CertificateError> {
    let blocks: Vec<Pem> = Pem::iter_from_buffer(text.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| CertificateError::NotPem { what })?;
    if blocks.is_empty() {
        return Err(CertificateError::NotPem { what });
    }
    if blocks.iter().any(|block| block.label != "CERTIFICATE") {
        return Err(CertificateError::NotX509 { what });
    }
    Ok(blocks)
}

fn parse<'a>(
    blocks: &'a [Pem],
    what: &'static str,
) -> Result<Vec<X509Certificate<'a>>, CertificateError> {
    blocks
        .iter()
        .map(|block| match X509Certificate::from_der(&block.contents) {
            Ok(([], certificate)) => Ok(certificate),
            Ok(_) | Err(_) => Err(CertificateError::NotX509 { what }),
        })
        .collect()
}

/// Walks from the leaf to a root, one issuer at a time; every intermediate is used at most once.
fn verify_chain(
    leaf: &X509Certificate<'_>,
    intermediates: &[X509Certificate<'_>],
    roots: &[X509Certificate<'_>],
    now: i64,
) -> Result<(), CertificateError> {
    let mut current = leaf;
    let mut unused: Vec<&X509Certificate<'_>> = intermediates.iter().collect();
    loop {
        if !valid_at(current, now) {
            return Err(CertificateError::NotNow);
        }
        if let Some(root) = roots.iter().find(|root| issued(current, root)) {
            return if valid_at(root, now) {
                Ok(())
            } else {
                Err(CertificateError::NotNow)
            };
        }
        let next = unused
            .iter()
            .position(|issuer| issued(current, issuer))
            .ok_or(CertificateError::ForeignCa)?;
        current = unused.swap_remove(next);
    }
}

/// Whether `issuer` may sign certificates and signed this one.
pub(super) fn issued(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    certificate.issuer().as_raw() == issuer.subject().as_raw()
        && may_sign(issuer)
        && certificate
            .verify_signature(Some(issuer.public_key()))
            .is_ok()
}

/// A version 3 issuer must say that it is a CA; a version 1 certificate has no way to say so.
fn may_sign(issuer: &X509Certificate<'_>) -> bool {
    match issuer.basic_constraints() {
        Ok(Some(constraints)) => constraints.value.ca,
        Ok(None) => issuer.version() == x509_parser::x509::X509Version::V1,
        Err(_) => false,
    }
}

fn valid_at(certificate: &X509Certificate<'_>, now: i64) -> bool {
    let validity = certificate.validity();
    let within = |time: &ASN1Time| time.timestamp();
    now >= within(&validity.not_before).saturating_sub(SKEW)
        && now <= within(&validity.not_after).saturating_add(SKEW)
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let mut names: Vec<String> = certificate
        .subject()
        .iter_common_name()
        .filter_map(|name| name.as_str().ok())
        .map(str::to_owned)
        .collect();
    names.extend(dns_names(certificate).map(str::to_owned));
    names.dedup();
    names
}

/// The DNS names among the alternative names of a certificate; none where these cannot be read.
pub(super) fn dns_names<'a>(certificate: &'a X509Certificate<'_>) -> impl Iterator<Item = &'a str> {
    let alternatives = certificate.subject_alternative_name().ok().flatten();
    let names = alternatives.map(|extension| &extension.value.general_names);
    names.into_iter().flatten().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(*name),
        _ => None,
    })
}

/// Clock skew that is granted, in seconds.
const SKEW: i64 = 600;

#[cfg(test)]
mod tests;
