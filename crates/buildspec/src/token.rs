//! What a build keeps of a provisioning token: a verifier, never the token (design D4).
//!
//! A token that looks like at least 128 random bits costs one SHA-256 over salt and token. Anything shorter or more
//! readable could be guessed from a stolen binary at the speed of SHA-256, so it costs an Argon2id with 4 MiB and three
//! passes instead.
//!
//! The salt is not random, because two builds of the same sources must be the same file: it is the first 16 bytes of
//! the SHA-256 of [`SALT_DOMAIN`], the name of the build, the name of the target and the position of the token, each
//! followed by a zero byte. It differs wherever tokens of different fleets could be compared, which is what a salt is for.

use argon2::Algorithm;
use argon2::Argon2;
use argon2::Params;
use argon2::Version;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::Digest as _;
use sha2::Sha256;

use crate::fault::Fault;

/// Enough to recognise a token, not enough to say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verifier {
    /// SHA-256 over salt and token.
    Sha256 {
        /// Mixed in before the token.
        salt: [u8; 16],
        /// The digest to meet.
        digest: [u8; 32],
    },
    /// Argon2id, version 0x13, one lane.
    Argon2id {
        /// Mixed in by the algorithm.
        salt: [u8; 16],
        /// The tag to meet.
        digest: [u8; 32],
        /// Memory in KiB.
        memory_kib: u32,
        /// Passes over the memory.
        passes: u32,
    },
}

impl Verifier {
    /// The verifier of the token at `index` of a build and target.
    ///
    /// # Errors
    /// When the token has a length or characters that no request could carry.
    pub fn of_token(token: &str, build: &str, target: &str, index: usize) -> Result<Self, Fault> {
        let length = token.chars().count();
        if !(SHORTEST..=LONGEST).contains(&length) {
            return Err(Fault::TokenLength { length });
        }
        if token.chars().any(char::is_control) {
            return Err(Fault::Control);
        }
        let salt = derive_salt(build, target, index);
        if looks_random(token) {
            let digest = Sha256::new()
                .chain_update(salt)
                .chain_update(token)
                .finalize()
                .into();
            return Ok(Self::Sha256 { salt, digest });
        }
        let digest = argon2id(token, &salt).map_err(|err| Fault::Hashing {
            text: err.to_string(),
        })?;
        Ok(Self::Argon2id {
            salt,
            digest,
            memory_kib: MEMORY_KIB,
            passes: PASSES,
        })
    }

    /// Reads a ready-made verifier: `sha256:<salt>:<digest>` in hex, or the PHC string of an Argon2id.
    ///
    /// # Errors
    /// When the text is neither, or asks for more than a node should spend.
    pub fn of_hash(text: &str) -> Result<Self, Fault> {
        let parsed = match text.strip_prefix("sha256:") {
            Some(rest) => parse_sha256(rest),
            None => parse_phc(text),
        };
        parsed.map_err(|reason| Fault::TokenHash { reason })
    }
}

/// Characters below which a token is called quickly guessed.
pub(crate) const WEAK_BELOW: usize = 8;

/// Whether a token has the look of 128 random bits: 32 hex digits, or 22 base64url characters of which some are upper
/// case, some lower case and some digits. Words joined by hyphens are base64url too, but a dictionary finds them.
fn looks_random(token: &str) -> bool {
    let bytes = token.as_bytes();
    if bytes.iter().all(u8::is_ascii_hexdigit) {
        return bytes.len() >= 32;
    }
    bytes.len() >= 22
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_')
        && bytes.iter().any(u8::is_ascii_uppercase)
        && bytes.iter().any(u8::is_ascii_lowercase)
        && bytes.iter().any(u8::is_ascii_digit)
}

fn derive_salt(build: &str, target: &str, index: usize) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in [SALT_DOMAIN, build, target, &index.to_string()] {
        hash.update(part);
        hash.update([0]);
    }
    let digest: [u8; 32] = hash.finalize().into();
    digest.first_chunk().copied().unwrap_or_default()
}

fn argon2id(token: &str, salt: &[u8]) -> Result<[u8; 32], argon2::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32))?;
    let mut digest = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
        token.as_bytes(),
        salt,
        &mut digest,
    )?;
    Ok(digest)
}

fn parse_sha256(text: &str) -> Result<Verifier, &'static str> {
    const FORM: &str = "of this kind is sha256:<32 hex digits of salt>:<64 hex digits>";
    let (salt, digest) = text.split_once(':').ok_or(FORM)?;
    let (mut salt_bytes, mut digest_bytes) = ([0; 16], [0; 32]);
    hex::decode_to_slice(salt, &mut salt_bytes).map_err(|_| FORM)?;
    hex::decode_to_slice(digest, &mut digest_bytes).map_err(|_| FORM)?;
    Ok(Verifier::Sha256 {
        salt: salt_bytes,
        digest: digest_bytes,
    })
}

fn parse_phc(text: &str) -> Result<Verifier, &'static str> {
    let parts: Vec<&str> = text.split('$').collect();
    let ["", "argon2id", version, settings, salt, digest] = parts.as_slice() else {
        return Err("is sha256:<salt>:<digest> or $argon2id$v=19$m=…,t=…,p=1$<salt>$<hash>");
    };
    if *version != "v=19" {
        return Err("of Argon2id must have version 19");
    }
    let (memory_kib, passes) =
        parse_costs(settings).ok_or("of Argon2id needs m, t and p=1, in this order")?;
    if !(8..=MOST_MEMORY_KIB).contains(&memory_kib) || !(1..=MOST_PASSES).contains(&passes) {
        return Err("may ask a node for at most 64 MiB (m=65536) and 16 passes");
    }
    Ok(Verifier::Argon2id {
        salt: decode(salt).ok_or("of Argon2id must have a salt of 16 bytes")?,
        digest: decode(digest).ok_or("of Argon2id must have 32 bytes")?,
        memory_kib,
        passes,
    })
}

fn parse_costs(settings: &str) -> Option<(u32, u32)> {
    let parts: Vec<&str> = settings.split(',').collect();
    let [memory, passes, "p=1"] = parts.as_slice() else {
        return None;
    };
    Some((
        memory.strip_prefix("m=")?.parse().ok()?,
        passes.strip_prefix("t=")?.parse().ok()?,
    ))
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    STANDARD_NO_PAD.decode(text).ok()?.try_into().ok()
}

const SALT_DOMAIN: &str = "muster provisioning token, salt 1";
/// One character is a mistake, not a token.
const SHORTEST: usize = 2;
/// What the input `token` of a request may hold.
const LONGEST: usize = 128;
const MEMORY_KIB: u32 = 4096;
const PASSES: u32 = 3;
const MOST_MEMORY_KIB: u32 = 65536;
const MOST_PASSES: u32 = 16;

#[cfg(test)]
mod tests;
