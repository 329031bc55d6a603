//! A new key and certificate for an authority, under the same name.
//!
//! From [`rotate`] to [`finish_rotation`] nodes get both certificates, the new one first, and new certificates are signed
//! with the new key. In that time whoever verifies nodes is given the new one too.
//!
//! The order of a rotation: the old key is copied to `ca-key.previous.pem`; `ca.pem` is replaced by one with the new
//! certificate in front; `ca-key.pem` is replaced by the new key. Whichever key is in `ca-key.pem` decides which
//! certificate is active, so a crash at any point leaves an authority that works, with the old key or the new one. Where
//! both files hold the same key, a crash ended the rotation; the next [`rotate`] then drops what stands in front of the
//! active certificate, because its key was lost.

use std::path::Path;

use super::super::AuthorityError;
use super::super::directory::Directory;
use super::super::signer::Signer;
use super::Blueprint;
use super::generate;
use super::list;
use super::name_of;
use super::root;
use super::write;
use super::write_key;

/// Whether a rotation may end while certificates of the old authority are still valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Not while any is.
    WhenUnused,
    /// In any case.
    Now,
}

/// Begins a rotation. The name stays; of the blueprint only the rest counts. Gives the end of the new validity.
///
/// # Errors
///
/// [`AuthorityError`], also when the last rotation has not ended.
pub fn rotate(path: &Path, blueprint: &Blueprint, now: i64) -> Result<i64, AuthorityError> {
    // takes seconds for RSA, and the provisioner waits for the lock
    let key = generate(blueprint.key).map_err(AuthorityError::Sign)?;
    let directory = Directory::new(path);
    let _lock = directory.lock()?;
    let signer = Signer::read(&directory)?;
    let intermediate = || AuthorityError::Intermediate {
        path: directory.certificates(),
    };
    if !signer.self_signed {
        return Err(intermediate());
    }
    let old_key = Directory::private_text(directory.key())?;
    let mut lost = false;
    if directory.previous_key().exists() {
        let previous = Signer::of_key(&directory, directory.previous_key())?;
        lost = previous.id == signer.id;
        if !lost && previous.is_valid(now) {
            return Err(AuthorityError::Rotating);
        }
    }
    let name = name_of(&signer).ok_or_else(intermediate)?;
    let (certificate, not_after) =
        root(&key, name, blueprint.validity, now).map_err(AuthorityError::Sign)?;
    let kept = signer
        .bundle
        .iter()
        .skip_while(|known| lost && known.id != signer.id)
        .filter(|known| known.not_after > now);
    let bundle: String = std::iter::once(certificate.as_str())
        .chain(kept.map(|known| known.pem.as_str()))
        .collect();
    write(&directory.previous_key(), old_key.expose(), 0o600)?;
    write(&directory.certificates(), &bundle, 0o644)?;
    write_key(&directory.key(), &key)?;
    Ok(not_after)
}

/// Ends a rotation: nodes get the new certificate only, and the old key is removed.
///
/// # Errors
///
/// [`AuthorityError`], also when certificates of the old authority are still valid and `end` cares.
pub fn finish_rotation(path: &Path, end: End, now: i64) -> Result<(), AuthorityError> {
    let directory = Directory::new(path);
    let _lock = directory.lock()?;
    let signer = Signer::read(&directory)?;
    if !directory.previous_key().exists() {
        return Err(AuthorityError::NotRotating);
    }
    let previous = Signer::of_key(&directory, directory.previous_key())?.id;
    let all = list(path)?;
    let used = all.iter().filter(|one| {
        one.revoked_at.is_none()
            && one.issued.not_after > now
            && one.issued.authority == previous
            && previous != signer.id
    });
    let ends: Vec<i64> = used.map(|one| one.issued.not_after).collect();
    if let (Some(until), End::WhenUnused) = (ends.iter().max(), end) {
        return Err(AuthorityError::StillUsed {
            certificates: ends.len(),
            until: *until,
        });
    }
    // others whom the site trusts stay
    let kept = signer
        .bundle
        .iter()
        .filter(|known| known.id == signer.id || known.id != previous);
    let bundle: String = kept.map(|known| known.pem.as_str()).collect();
    write(&directory.certificates(), &bundle, 0o644)?;
    let previous = directory.previous_key();
    std::fs::remove_file(&previous).map_err(|err| AuthorityError::Remove {
        path: previous,
        err,
    })
}
