//! Ed25519 keys in the form that files and peers have them: a seed of 32 bytes as 64 lower-case hex characters, without
//! a line end, because peers decode the file as it is (spec 01 §9.3).

use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::signature::KeyPair as _;

use crate::secret::Secret;

/// The text is not a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an ed25519 seed of 64 hex characters")]
pub struct InvalidSeed;

/// An Ed25519 key pair that knows its seed.
#[derive(Debug)]
pub struct Seed {
    bytes: Secret<[u8; 32]>,
    pair: Ed25519KeyPair,
}

impl Seed {
    /// The key pair of 32 random bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidSeed`] when the provider refuses the bytes.
    pub fn new(bytes: [u8; 32]) -> Result<Self, InvalidSeed> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&bytes).map_err(|_| InvalidSeed)?;
        Ok(Self {
            bytes: Secret::new(bytes),
            pair,
        })
    }

    /// Reads the hex form; white space around it is tolerated.
    ///
    /// # Errors
    ///
    /// [`InvalidSeed`] for anything but 64 hex characters.
    pub fn from_hex(text: &str) -> Result<Self, InvalidSeed> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| InvalidSeed)?;
        Self::new(bytes)
    }

    /// The seed as it stands in its file.
    #[must_use]
    pub fn to_hex(&self) -> Secret<String> {
        Secret::new(hex::encode(self.bytes.expose()))
    }

    /// The public key as 64 hex characters.
    #[must_use]
    pub fn public_hex(&self) -> String {
        hex::encode(self.pair.public_key().as_ref())
    }

    /// Signature over the bytes, as 128 hex characters.
    #[must_use]
    pub fn sign_hex(&self, message: &[u8]) -> String {
        hex::encode(self.pair.sign(message).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vector_holds() {
        let seed = Seed::new(std::array::from_fn(|n| u8::try_from(n).unwrap())).unwrap();
        assert_eq!(
            seed.public_hex(),
            "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
        );
        assert_eq!(
            Seed::from_hex(seed.to_hex().expose()).unwrap().public_hex(),
            seed.public_hex()
        );
    }

    #[test]
    fn anything_but_64_hex_characters_is_no_seed() {
        for bad in ["", "00", &"0".repeat(63), &"g".repeat(64), &"0".repeat(66)] {
            assert!(Seed::from_hex(bad).is_err(), "{bad}");
        }
    }
}
