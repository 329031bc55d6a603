//! Which part of a key signs: the primary key, or the newest subkey for signing when the primary key may not or its secret
//! is kept elsewhere. Only what the key itself says in valid self-signatures counts.

use pgp::composed::SignedSecretKey;
use pgp::composed::SignedSecretSubKey;
use pgp::packet::SecretKey;
use pgp::packet::SecretSubkey;
use pgp::packet::Signature;
use pgp::packet::SignatureType;
use pgp::packet::SubpacketData;
use pgp::types::KeyDetails;
use pgp::types::PublicParams;
use pgp::types::S2kParams;
use pgp::types::SecretParams;
use pgp::types::StringToKey;
use pgp::types::Tag;

use super::error::KeyError;

/// What signs, with its secret.
pub(super) enum Part {
    Primary(SecretKey),
    Subkey(SecretSubkey),
}

/// What was chosen, and until when it may sign.
pub(super) struct Choice {
    pub(super) part: Part,
    pub(super) created: u64,
    pub(super) expires: Option<u64>,
    pub(super) user_id: String,
}

/// Chooses the part that signs.
pub(super) fn choose(key: &SignedSecretKey) -> Result<Choice, KeyError> {
    let public = key.primary_key.public_key();
    let revocations = &key.details.revocation_signatures;
    if revocations.iter().any(|sig| sig.verify_key(public).is_ok()) {
        return Err(KeyError::Revoked);
    }
    let (user_id, own) = self_signature(key).ok_or(KeyError::NoUserId)?;
    let expires = expiration(&key.primary_key, &own);
    if may_sign(&own) && !is_elsewhere(key.primary_key.secret_params()) {
        return Ok(Choice {
            created: seconds(&key.primary_key),
            part: Part::Primary(key.primary_key.clone()),
            expires,
            user_id,
        });
    }
    let (subkey, binding) = subkeys(key)
        .max_by_key(|(subkey, _)| subkey.key.created_at())
        .ok_or(KeyError::CannotSign)?;
    let own_end = expiration(&subkey.key, binding);
    Ok(Choice {
        created: seconds(&subkey.key),
        part: Part::Subkey(subkey.key.clone()),
        expires: expires.into_iter().chain(own_end).min(),
        user_id,
    })
}

/// The user id that the key calls its main one, else the newest, and the signature that says so.
fn self_signature(key: &SignedSecretKey) -> Option<(String, Signature)> {
    let public = key.primary_key.public_key();
    let mut all = Vec::new();
    for user in &key.details.users {
        let newest = user
            .signatures
            .iter()
            .filter(|sig| {
                sig.verify_certification(public, Tag::UserId, &user.id)
                    .is_ok()
            })
            .max_by_key(|sig| sig.created());
        if let Some(sig) = newest.filter(|sig| sig.typ() != Some(SignatureType::CertRevocation)) {
            let name = String::from_utf8_lossy(user.id.id()).into_owned();
            all.push((name, sig.clone()));
        }
    }
    all.into_iter()
        .max_by_key(|(_, sig)| (sig.is_primary(), sig.created()))
}

/// Subkeys that may sign, each with its newest binding.
fn subkeys(
    key: &SignedSecretKey,
) -> impl Iterator<Item = (&SignedSecretSubKey, &Signature)> + use<'_> {
    let public = key.primary_key.public_key();
    key.secret_subkeys.iter().filter_map(move |subkey| {
        let revoked = subkey
            .signatures
            .iter()
            .any(|sig| sig.typ() == Some(SignatureType::SubkeyRevocation));
        let binding = subkey
            .signatures
            .iter()
            .filter(|sig| {
                sig.verify_subkey_binding(public, subkey.key.public_key())
                    .is_ok()
            })
            .max_by_key(|sig| sig.created())?;
        let usable = !revoked && may_sign(binding) && !is_elsewhere(subkey.key.secret_params());
        usable.then_some((subkey, binding))
    })
}

/// Whether the key says that it signs. One that says nothing about its use may do what its algorithm can.
fn may_sign(own: &Signature) -> bool {
    let says = own.config().is_some_and(|config| {
        config
            .hashed_subpackets
            .iter()
            .any(|packet| matches!(packet.data, SubpacketData::KeyFlags(_)))
    });
    !says || own.key_flags().sign()
}

/// Whether only a stub is in the file: gpg writes one for a primary key that is kept offline or on a card.
fn is_elsewhere(params: &SecretParams) -> bool {
    match params {
        SecretParams::Plain(_) => false,
        SecretParams::Encrypted(params) => match params.string_to_key_params() {
            S2kParams::Cfb { s2k, .. } | S2kParams::MalleableCfb { s2k, .. } => {
                matches!(s2k, StringToKey::Private { .. })
            }
            S2kParams::Unprotected | S2kParams::LegacyCfb { .. } | S2kParams::Aead { .. } => false,
        },
    }
}

fn expiration(key: &impl KeyDetails, own: &Signature) -> Option<u64> {
    let lasts = own.key_expiration_time()?.as_secs();
    (lasts > 0).then(|| seconds(key).saturating_add(u64::from(lasts)))
}

fn seconds(key: &impl KeyDetails) -> u64 {
    u64::from(key.created_at().as_secs())
}

impl Part {
    pub(super) fn details(&self) -> &dyn KeyDetails {
        match self {
            Self::Primary(key) => key,
            Self::Subkey(key) => key,
        }
    }

    pub(super) fn is_protected(&self) -> bool {
        let params = match self {
            Self::Primary(key) => key.secret_params(),
            Self::Subkey(key) => key.secret_params(),
        };
        params.is_encrypted()
    }

    pub(super) fn open(&mut self, passphrase: &[u8]) -> Result<(), KeyError> {
        let password = pgp::types::Password::from(passphrase);
        let opened = match self {
            Self::Primary(key) => key.remove_password(&password),
            Self::Subkey(key) => key.remove_password(&password),
        };
        // the parser cannot tell a wrong passphrase from a damaged secret; the file itself was read
        opened.map_err(|_| KeyError::PassphraseWrong)
    }

    /// Refuses what rpm or apt would not verify, and what does not sign the same bytes the same way.
    pub(super) fn check_algorithm(&self) -> Result<(), KeyError> {
        let details = self.details();
        match details.public_params() {
            PublicParams::EdDSALegacy(_) => Ok(()),
            params @ PublicParams::RSA(_) => match modulus_bits(params) {
                bits if bits < 2048 => Err(KeyError::Weak { bits }),
                _ => Ok(()),
            },
            _ => Err(KeyError::Algorithm {
                algorithm: format!("{:?}", details.algorithm()),
            }),
        }
    }
}

/// The first number of an RSA key in OpenPGP's form starts with its length in bits.
fn modulus_bits(params: &PublicParams) -> u16 {
    use pgp::ser::Serialize;
    let bytes = params.to_bytes().unwrap_or_default();
    bytes
        .first_chunk()
        .map_or(0, |length| u16::from_be_bytes(*length))
}
