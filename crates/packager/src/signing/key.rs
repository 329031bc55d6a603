//! The key of a file.

use std::fmt;

use muster::secret::Secret;
use pgp::composed::ArmorOptions;
use pgp::composed::PublicOrSecret;
use pgp::composed::SignedPublicKey;
use pgp::composed::SignedSecretKey;
use pgp::crypto::hash::HashAlgorithm;
use pgp::types::KeyDetails;
use pgp::types::KeyVersion;
use pgp::types::PublicParams;

use super::SignError;
use super::error::KeyError;
use super::part;
use super::part::Part;

/// A secret key that can sign. Its secret is wiped when it is dropped, and no text shows it.
pub struct Key {
    pub(super) part: Part,
    pub(super) created: u64,
    expires: Option<u64>,
    user_id: String,
    public: SignedPublicKey,
}

impl Key {
    /// Reads the secret key of a file as `gpg --export-secret-keys` writes it, armoured or not.
    ///
    /// # Errors
    /// A [`KeyError`]: when there is not exactly one secret key in it that can sign, or the passphrase does not open it.
    pub fn read(bytes: &[u8], passphrase: Option<&Secret<String>>) -> Result<Self, KeyError> {
        let secret = single(bytes)?;
        if secret.primary_key.version() != KeyVersion::V4 {
            return Err(KeyError::Version);
        }
        let choice = part::choose(&secret)?;
        let mut part = choice.part;
        part.check_algorithm()?;
        if part.is_protected() {
            let passphrase = passphrase.ok_or(KeyError::PassphraseMissing)?;
            part.open(passphrase.expose().as_bytes())?;
        }
        Ok(Self {
            part,
            created: choice.created,
            expires: choice.expires,
            user_id: choice.user_id,
            public: secret.to_public_key(),
        })
    }

    /// Whether the key may make a signature for `source_date`. Signing asks the same; who asks before has done nothing
    /// in vain.
    ///
    /// # Errors
    /// When the key expired before.
    pub fn valid_at(&self, source_date: u64) -> Result<(), KeyError> {
        let date = source_date.max(self.created);
        match self.expires {
            Some(expired) if expired <= date => Err(KeyError::Expired { expired, date }),
            Some(_) | None => Ok(()),
        }
    }

    /// Fingerprint of the primary key in upper case hex, as gpg shows it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.public.fingerprint().to_string().to_uppercase()
    }

    /// Its main user id, `Name <mail>`.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    pub(super) fn armoured_public(&self) -> Result<String, SignError> {
        let armoured = self.public.to_armored_string(ArmorOptions::default());
        armoured.map_err(|err| SignError {
            reason: err.to_string(),
        })
    }

    /// What rpm of EL7 verifies for RSA; what gpg uses for Ed25519.
    pub(super) fn hash(&self) -> HashAlgorithm {
        match self.part.details().public_params() {
            PublicParams::EdDSALegacy(_) => HashAlgorithm::Sha512,
            _ => HashAlgorithm::Sha256,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.fingerprint())
    }
}

/// The only key of a file.
fn single(bytes: &[u8]) -> Result<SignedSecretKey, KeyError> {
    // the parser reads the first block of armour and nothing behind it
    if bytes.windows(BLOCK.len()).filter(|at| *at == BLOCK).count() > 1 {
        return Err(KeyError::Several);
    }
    let (keys, _headers) = PublicOrSecret::from_reader_many(bytes).map_err(unreadable)?;
    let mut found = None;
    for key in keys {
        let key = key.map_err(unreadable)?;
        if found.replace(key).is_some() {
            return Err(KeyError::Several);
        }
    }
    match found {
        Some(PublicOrSecret::Secret(key)) => Ok(key),
        Some(PublicOrSecret::Public(_)) => Err(KeyError::Public),
        None => Err(KeyError::Empty),
    }
}

fn unreadable(err: pgp::errors::Error) -> KeyError {
    KeyError::Unreadable { err: Box::new(err) }
}

const BLOCK: &[u8] = b"-----BEGIN PGP ";
