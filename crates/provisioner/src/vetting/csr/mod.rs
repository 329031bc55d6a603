//! Whether a certificate request may be signed.
//!
//! What is looked at, in this order: the form (one PEM block of a known label and nothing beside it, so that whoever
//! reads it next reads the same), the common name, the key, the signature that proves possession of the key, the
//! extensions asked for, and every name.

use aws_lc_rs::digest;
use muster::protocol::names::Identity;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::oid_registry::OID_NIST_HASH_SHA256;
use x509_parser::oid_registry::OID_NIST_HASH_SHA384;
use x509_parser::oid_registry::OID_NIST_HASH_SHA512;
use x509_parser::oid_registry::OID_PKCS1_RSASSAPSS;
use x509_parser::oid_registry::OID_PKCS1_SHA256WITHRSA;
use x509_parser::oid_registry::OID_PKCS1_SHA384WITHRSA;
use x509_parser::oid_registry::OID_PKCS1_SHA512WITHRSA;
use x509_parser::oid_registry::OID_SIG_ECDSA_WITH_SHA256;
use x509_parser::oid_registry::OID_SIG_ECDSA_WITH_SHA384;
use x509_parser::oid_registry::OID_SIG_ED25519;
use x509_parser::prelude::FromDer as _;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::AlgorithmIdentifier;
use x509_parser::x509::SubjectPublicKeyInfo;
use x509_parser::x509::X509Name;

use super::names;
use crate::config::NameRules;

mod extensions;
mod key;
mod refusal;

pub use refusal::CsrRefusal;

/// A request that may be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VettedCsr {
    /// Its public key: DER of the `SubjectPublicKeyInfo`.
    pub spki: Vec<u8>,
    /// SHA-256 of [`Self::spki`].
    pub key_digest: [u8; 32],
    /// Its names: the common name first, then the others in their order, each once. DNS names as they are, others with
    /// their kind in front ([`names`]).
    pub names: Vec<String>,
    /// The whole request, DER.
    pub der: Vec<u8>,
}

/// Judges a request of the node with this identity.
///
/// # Errors
///
/// [`CsrRefusal`] with the first reason to refuse it.
pub fn check(pem: &str, identity: &Identity, rules: &NameRules) -> Result<VettedCsr, CsrRefusal> {
    let der = only_block(pem)?;
    let Ok(([], request)) = X509CertificationRequest::from_der(&der) else {
        return Err(CsrRefusal::NotACsr);
    };
    let info = &request.certification_request_info;
    let common_name = common_name(&info.subject)?;
    if common_name != identity.as_str() {
        return Err(CsrRefusal::AnotherName {
            found: common_name.to_owned(),
            identity: identity.to_string(),
        });
    }
    key::judge(&info.subject_pki)?;
    prove_possession(&request)?;
    let mut wanted = vec![common_name.to_owned()];
    for email in info.subject.iter_email() {
        let email = email.as_str().map_err(|_| CsrRefusal::UnreadableName)?;
        wanted.push(format!("email:{email}"));
    }
    wanted.extend(extensions::names(info)?);
    for name in &wanted {
        judge_name(name, identity, rules)?;
    }
    let mut names: Vec<String> = Vec::new();
    for name in wanted {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let spki = info.subject_pki.raw.to_vec();
    Ok(VettedCsr {
        key_digest: key_digest(&spki),
        spki,
        names,
        der,
    })
}

/// Whether the public key that a node sent beside its request is the one in the request. An empty text says nothing.
///
/// # Errors
///
/// [`CsrRefusal::AnotherKey`] when it is not.
pub fn check_public_key(csr: &VettedCsr, public_key: &str) -> Result<(), CsrRefusal> {
    if public_key.trim().is_empty() {
        return Ok(());
    }
    if public_key.len() > LARGEST {
        return Err(CsrRefusal::TooLarge);
    }
    let block = pem::parse(public_key).map_err(|_| CsrRefusal::AnotherKey)?;
    if !matches!(block.tag(), "PUBLIC KEY" | "RSA PUBLIC KEY") {
        return Err(CsrRefusal::AnotherKey);
    }
    // the reference labels the bare RSA key as if it were a `SubjectPublicKeyInfo` (spec 04 §6.1)
    let bare = SubjectPublicKeyInfo::from_der(&csr.spki)
        .is_ok_and(|(_, key)| key.subject_public_key.data.as_ref() == block.contents());
    if bare || csr.spki == block.contents() {
        Ok(())
    } else {
        Err(CsrRefusal::AnotherKey)
    }
}

/// SHA-256 of a public key (DER of the `SubjectPublicKeyInfo`), the name of a key in journals and ledgers.
#[must_use]
pub fn key_digest(spki: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    let made = digest::digest(&digest::SHA256, spki);
    for (byte, from) in digest.iter_mut().zip(made.as_ref()) {
        *byte = *from;
    }
    digest
}

fn only_block(text: &str) -> Result<Vec<u8>, CsrRefusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(CsrRefusal::Missing);
    }
    if text.len() > LARGEST {
        return Err(CsrRefusal::TooLarge);
    }
    if text.matches("-----BEGIN ").count() > 1 {
        return Err(CsrRefusal::MoreThanOneBlock);
    }
    let block = pem::parse(text).map_err(|_| CsrRefusal::NotPem)?;
    // nothing in front, behind or in headers: readers differ in what they make of it
    let alone = text.starts_with("-----BEGIN ")
        && text.ends_with(&format!("-----END {}-----", block.tag()))
        && block.headers().iter().next().is_none();
    if !alone {
        return Err(CsrRefusal::NotPem);
    }
    match block.tag() {
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Ok(block.into_contents()),
        label => Err(CsrRefusal::WrongLabel {
            label: label.to_owned(),
        }),
    }
}

fn common_name<'a>(subject: &'a X509Name<'_>) -> Result<&'a str, CsrRefusal> {
    let mut found = subject.iter_common_name();
    match (found.next(), found.next()) {
        (None, _) => Err(CsrRefusal::NoCommonName),
        (Some(_), Some(_)) => Err(CsrRefusal::MoreThanOneCommonName),
        (Some(name), None) => name.as_str().map_err(|_| CsrRefusal::UnreadableName),
    }
}

fn prove_possession(request: &X509CertificationRequest<'_>) -> Result<(), CsrRefusal> {
    if !is_strong(&request.signature_algorithm) {
        return Err(CsrRefusal::SignatureAlgorithm {
            oid: request.signature_algorithm.algorithm.to_string(),
        });
    }
    request
        .verify_signature()
        .map_err(|_| CsrRefusal::NotProven)
}

/// SHA-1 and MD5 are not: the library would verify the former.
fn is_strong(algorithm: &AlgorithmIdentifier<'_>) -> bool {
    if algorithm.algorithm == OID_PKCS1_RSASSAPSS {
        return algorithm
            .parameters
            .as_ref()
            .and_then(|parameters| RsaSsaPssParams::try_from(parameters).ok())
            .is_some_and(|parameters| {
                [
                    OID_NIST_HASH_SHA256,
                    OID_NIST_HASH_SHA384,
                    OID_NIST_HASH_SHA512,
                ]
                .contains(parameters.hash_algorithm_oid())
            });
    }
    [
        OID_PKCS1_SHA256WITHRSA,
        OID_PKCS1_SHA384WITHRSA,
        OID_PKCS1_SHA512WITHRSA,
        OID_SIG_ECDSA_WITH_SHA256,
        OID_SIG_ECDSA_WITH_SHA384,
        OID_SIG_ED25519,
    ]
    .contains(&algorithm.algorithm)
}

fn judge_name(name: &str, identity: &Identity, rules: &NameRules) -> Result<(), CsrRefusal> {
    // a pattern that allows names of another kind seldom says that they must be printable
    if name.chars().any(char::is_control) {
        return Err(CsrRefusal::UnreadableName);
    }
    if name.contains('*') {
        return Err(CsrRefusal::Wildcard {
            name: name.to_owned(),
        });
    }
    let is_other_kind = name.contains(':');
    if is_other_kind && rules.allow.is_none() {
        return Err(CsrRefusal::KindOfName {
            name: name.to_owned(),
        });
    }
    if !is_other_kind && Identity::new(name).is_err() {
        return Err(CsrRefusal::UnreadableName);
    }
    Ok(names::judge(name, identity, rules)?)
}

/// Largest text of a request or a key, in bytes.
const LARGEST: usize = 64 * 1024;

#[cfg(test)]
mod tests;
