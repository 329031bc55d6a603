//! Taking a certificate back, and the lists that say so.

use std::path::Path;
use std::time::Duration;

use rcgen::CertificateRevocationListParams;
use rcgen::KeyIdMethod;
use rcgen::RevokedCertParams;
use rcgen::SerialNumber;

use super::super::AuthorityError;
use super::super::directory::Directory;
use super::super::ledger;
use super::super::ledger::Entry;
use super::super::ledger::Issued;
use super::super::ledger::Ledger;
use super::super::ledger::Revoked;
use super::super::signer;
use super::super::signer::Signer;
use super::write;

/// Revokes the certificate with this serial number (hexadecimal, colons between the digits do not matter). Its key gets
/// no other certificate from then on; its identity does.
///
/// # Errors
///
/// [`AuthorityError`], also when there is no such certificate or it was revoked before.
pub fn revoke(path: &Path, serial: &str, now: i64) -> Result<Issued, AuthorityError> {
    let serial: String = serial.chars().filter(|c| *c != ':').collect();
    let serial = serial.to_ascii_lowercase();
    let directory = Directory::new(path);
    let _lock = directory.lock()?;
    let mut open = Ledger::open(&directory.ledger())?;
    let (mut found, mut before) = (None, false);
    ledger::for_each(&directory.ledger(), |entry| match entry {
        Entry::Issued(issued) if issued.serial == serial => found = Some(issued),
        Entry::Revoked(revoked) if revoked.serial == serial => before = true,
        Entry::Issued(_) | Entry::Revoked(_) => {}
    })?;
    let Some(issued) = found else {
        return Err(AuthorityError::UnknownSerial { serial });
    };
    if before {
        return Err(AuthorityError::AlreadyRevoked { serial });
    }
    open.commit(&[Entry::Revoked(Revoked {
        serial,
        identity: issued.identity.clone(),
        key_digest: issued.key_digest.clone(),
        not_after: issued.not_after,
        authority: issued.authority.clone(),
        revoked_at: now,
    })])?;
    Ok(issued)
}

/// Writes `crl.pem`: a list for the active authority and, during a rotation, one for the old authority behind it. Gives the
/// number of certificates on them.
///
/// # Errors
///
/// [`AuthorityError`]; the old file stays.
pub fn write_revocations(
    path: &Path,
    validity: Duration,
    micros: i64,
) -> Result<usize, AuthorityError> {
    let now = micros / 1_000_000;
    let directory = Directory::new(path);
    let _lock = directory.lock()?;
    let mut signers = vec![Signer::read(&directory)?];
    if directory.previous_key().exists() {
        let previous = Signer::of_key(&directory, directory.previous_key())?;
        if signers.iter().all(|signer| signer.id != previous.id) {
            signers.push(previous);
        }
    }
    let mut revoked: Vec<Revoked> = Vec::new();
    ledger::for_each(&directory.ledger(), |entry| match entry {
        // what is over is refused anyway
        Entry::Revoked(one) if one.not_after > now => revoked.push(one),
        Entry::Revoked(_) | Entry::Issued(_) => {}
    })?;
    let mut lists = String::new();
    for signer in &signers {
        let own = revoked.iter().filter(|one| one.authority == signer.id);
        let own: Vec<&Revoked> = own.collect();
        lists.push_str(&list(signer, &own, validity, micros).map_err(AuthorityError::Sign)?);
    }
    write(&directory.revocations(), &lists, 0o644)?;
    Ok(revoked.len())
}

fn list(
    signer: &Signer,
    revoked: &[&Revoked],
    validity: Duration,
    micros: i64,
) -> Result<String, rcgen::Error> {
    let now = micros / 1_000_000;
    let validity = i64::try_from(validity.as_secs()).unwrap_or(i64::MAX);
    let one = |one: &&Revoked| {
        let serial = hex::decode(&one.serial).unwrap_or_default();
        Ok(RevokedCertParams {
            serial_number: SerialNumber::from_slice(&serial),
            revocation_time: signer::moment(one.revoked_at)?,
            reason_code: None,
            invalidity_date: None,
        })
    };
    let params = CertificateRevocationListParams {
        this_update: signer::moment(now)?,
        next_update: signer::moment(now.saturating_add(validity))?,
        // grows as long as the clock does
        crl_number: SerialNumber::from_slice(&micros.to_be_bytes()),
        issuing_distribution_point: None,
        revoked_certs: revoked
            .iter()
            .map(one)
            .collect::<Result<_, rcgen::Error>>()?,
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let list = params.signed_by(signer.issuer())?;
    Ok(muster::security::key::pem("X509 CRL", list.der()))
}
