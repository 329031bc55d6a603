//! What nobody can guess: ids, jitter, bytes.
//!
//! One generator for everything, seeded by the kernel and reseeded while it runs; cryptographically strong, so that
//! nobody has to decide whether a number matters. (It panics if the kernel has no randomness at all, which no kernel
//! does that this program starts on.)

use std::time::Duration;

use rand::Rng;
use rand::RngExt;
use uuid::Builder;
use uuid::Uuid;

/// A random (version 4) UUID, with dashes: ids of events.
#[must_use]
pub fn uuid() -> String {
    uuid_v4().hyphenated().to_string()
}

/// Thirty-two lower-case hexadecimal digits, a random UUID without its dashes: ids of requests, names of files.
#[must_use]
pub fn hex_id() -> String {
    uuid_v4().simple().to_string()
}

/// Fills an array with random bytes: salts, keys of hashes.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// A whole number from 0 to `bound - 1`; 0 if `bound` is 0.
#[must_use]
pub fn below(bound: u64) -> u64 {
    if bound == 0 {
        return 0;
    }
    rand::rng().random_range(0..bound)
}

/// A duration from `low` to `high`, evenly spread; `low` if the two are in the wrong order.
#[must_use]
pub fn between(low: Duration, high: Duration) -> Duration {
    if high <= low {
        return low;
    }
    rand::rng().random_range(low..=high)
}

/// A number from 0 (included) to 1 (excluded), for code that is pure and is handed its dice.
#[must_use]
pub fn fraction() -> f64 {
    rand::rng().random()
}

fn uuid_v4() -> Uuid {
    Builder::from_random_bytes(bytes()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_of_version_4() {
        let parsed = Uuid::parse_str(&uuid()).unwrap();
        assert_eq!(parsed.get_version_num(), 4);
        assert_eq!(parsed.get_variant(), uuid::Variant::RFC4122);
    }

    #[test]
    fn an_id_is_32_hex_digits_and_never_the_same() {
        let id = hex_id();
        assert_eq!(id.len(), 32);
        assert!(id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        assert_ne!(id, hex_id());
    }

    #[test]
    fn bounds_are_kept_even_when_they_are_empty() {
        assert_eq!(below(0), 0);
        assert_eq!(below(1), 0);
        let (low, high) = (Duration::from_secs(1), Duration::from_secs(4));
        for _ in 0..100 {
            assert!((low..=high).contains(&between(low, high)));
            assert!((0.0..1.0).contains(&fraction()));
            assert!(below(3) < 3);
        }
        assert_eq!(between(high, low), high);
    }
}
