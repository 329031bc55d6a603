//! What a person does to an authority: make it, look at it, revoke, renew it. Works beside a running provisioner, which
//! looks at the files before each certificate; both hold the directory's lock while they change something.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::Duration;

use muster::os::atomic_file;
use muster::os::files::RealFiles;
use muster::secret::Secret;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::DistinguishedName;
use rcgen::DnType;
use rcgen::DnValue;
use rcgen::IsCa;
use rcgen::KeyPair;
use rcgen::KeyUsagePurpose;
use rcgen::RsaKeySize;
use rcgen::SerialNumber;
use time::OffsetDateTime;
use time::macros::format_description;

use super::AuthorityError;
use super::desk;
use super::directory::Directory;
use super::ledger;
use super::ledger::Entry;
use super::ledger::Issued;
use super::ledger::Ledger;
use super::signer;
use super::signer::Signer;

mod revocation;
mod rotation;

pub use revocation::revoke;
pub use revocation::write_revocations;
pub use rotation::End;
pub use rotation::finish_rotation;
pub use rotation::rotate;

/// Kinds of keys of an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA on P-256: signs in a fraction of a millisecond.
    P256,
    /// RSA of 3072 bits, for verifiers that know nothing else.
    Rsa3072,
}

/// What a new authority is like.
#[derive(Debug, Clone)]
pub struct Blueprint {
    /// Its common name.
    pub common_name: String,
    /// How long its certificate is good.
    pub validity: Duration,
    /// Its key.
    pub key: KeyKind,
}

/// A certificate as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What was issued.
    pub issued: Issued,
    /// When it was revoked, seconds since 1970.
    pub revoked_at: Option<i64>,
}

/// Makes an authority in a directory, which is made too. Gives the end of its validity.
///
/// # Errors
///
/// [`AuthorityError`]; nothing that is there is overwritten.
pub fn create(path: &Path, blueprint: &Blueprint, now: i64) -> Result<i64, AuthorityError> {
    let directory = Directory::new(path);
    if !path.is_dir() {
        DirBuilder::new()
            .mode(0o700)
            .create(path)
            .map_err(|err| AuthorityError::Directory {
                path: path.to_owned(),
                err,
            })?;
    }
    let _lock = directory.lock()?;
    for path in [directory.certificates(), directory.key()] {
        if path.symlink_metadata().is_ok() {
            return Err(AuthorityError::Exists { path });
        }
    }
    let mut name = DistinguishedName::new();
    name.push(
        DnType::CommonName,
        signer::directory_string(&blueprint.common_name),
    );
    let key = generate(blueprint.key).map_err(AuthorityError::Sign)?;
    let (pem, not_after) =
        root(&key, name, blueprint.validity, now).map_err(AuthorityError::Sign)?;
    let ledger = directory.ledger();
    if ledger.symlink_metadata().is_err() {
        write(&ledger, &Ledger::empty(), 0o600)?;
    }
    // the certificate last: what a crash leaves is no authority yet
    write_key(&directory.key(), &key)?;
    write(&directory.certificates(), &pem, 0o644)?;
    Ok(not_after)
}

/// Every certificate that was issued, in the order of the ledger.
///
/// # Errors
///
/// [`AuthorityError`] when the ledger cannot be read.
pub fn list(path: &Path) -> Result<Vec<Listed>, AuthorityError> {
    let directory = Directory::new(path);
    let file = directory.ledger();
    if !file.exists() {
        return Err(AuthorityError::Missing { path: file });
    }
    let mut all: Vec<Listed> = Vec::new();
    ledger::for_each(&file, |entry| match entry {
        Entry::Issued(issued) => all.push(Listed {
            issued,
            revoked_at: None,
        }),
        Entry::Revoked(revoked) => {
            let mut newest_first = all.iter_mut().rev();
            if let Some(one) = newest_first.find(|one| one.issued.serial == revoked.serial) {
                one.revoked_at = Some(revoked.revoked_at);
            }
        }
    })?;
    Ok(all)
}

/// A day and a time as people read it, UTC.
#[must_use]
pub fn date(seconds: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]");
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|moment| moment.format(format).ok())
        .unwrap_or_else(|| seconds.to_string())
}

fn generate(kind: KeyKind) -> Result<KeyPair, rcgen::Error> {
    match kind {
        KeyKind::P256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
        KeyKind::Rsa3072 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_3072),
    }
}

/// A certificate that signs itself and, below it, certificates of nodes only.
fn root(
    key: &KeyPair,
    name: DistinguishedName,
    validity: Duration,
    now: i64,
) -> Result<(String, i64), rcgen::Error> {
    let validity = i64::try_from(validity.as_secs()).unwrap_or(i64::MAX);
    let not_after = now.saturating_add(validity);
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&desk::serial()));
    params.distinguished_name = name;
    // clocks of brokers may be behind, and certificates of nodes begin a little before they are made
    params.not_before = signer::moment(now.saturating_sub(3600))?;
    params.not_after = signer::moment(not_after)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
    ];
    let made = params.self_signed(key)?;
    Ok((
        muster::security::key::pem("CERTIFICATE", made.der()),
        not_after,
    ))
}

/// The subject of the active certificate, for the next one.
fn name_of(signer: &Signer) -> Option<DistinguishedName> {
    use x509_parser::prelude::FromDer as _;
    let own = signer.bundle.iter().find(|known| known.id == signer.id)?;
    let der = pem::parse(&own.pem).ok()?.into_contents();
    let (_, certificate) = x509_parser::prelude::X509Certificate::from_der(&der).ok()?;
    let mut name = DistinguishedName::new();
    for attribute in certificate.subject().iter_attributes() {
        let oid: Vec<u64> = attribute.attr_type().iter()?.collect();
        let text = attribute.as_str().ok()?;
        let value = if attribute.attr_value().tag().0 == PRINTABLE {
            signer::directory_string(text)
        } else {
            DnValue::Utf8String(text.to_owned())
        };
        name.push(DnType::from_oid(&oid), value);
    }
    Some(name)
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), AuthorityError> {
    Ok(atomic_file::write(&RealFiles, path, text.as_bytes(), mode)?)
}

fn write_key(path: &Path, key: &KeyPair) -> Result<(), AuthorityError> {
    let pem = Secret::new(key.serialize_pem());
    write(path, pem.expose(), 0o600)
}

/// The tag of a PrintableString.
const PRINTABLE: u32 = 19;

#[cfg(test)]
mod tests;
