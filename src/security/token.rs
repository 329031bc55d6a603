//! Recognises provisioning tokens without knowing them (design D4).
//!
//! The build holds verifiers only. [`Tokens::check`] is the slow, authoritative answer. A token that it accepted is
//! remembered as a hash under a key of this process, so that [`Tokens::knows`] answers the next request of the same
//! operator cheaply. Wrong tokens cost their sender a growing delay: [`Penalty`] computes it, the driver waits it out.

use std::time::Duration;

use argon2::Algorithm;
use argon2::Argon2;
use argon2::Params;
use argon2::Version;
use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use subtle::ConstantTimeEq as _;

use crate::build_info::TokenVerifier;

/// The tokens that this build accepts.
pub struct Tokens {
    verifiers: &'static [TokenVerifier],
    process_key: hmac::Key,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens")
            .field("verifiers", &self.verifiers.len())
            .finish_non_exhaustive()
    }
}

/// A token that was accepted, recognisable only by the process that accepted it.
#[derive(Clone, Copy)]
pub struct Known([u8; 32]);

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Known(***)")
    }
}

impl Tokens {
    /// Takes the verifiers of the build and 32 random bytes that live as long as the process.
    #[must_use]
    pub fn new(verifiers: &'static [TokenVerifier], process_key: &[u8; 32]) -> Self {
        Self {
            verifiers,
            process_key: hmac::Key::new(hmac::HMAC_SHA256, process_key),
        }
    }

    /// Whether the build has no token at all, so that anyone may act.
    #[must_use]
    pub const fn anyone(&self) -> bool {
        self.verifiers.is_empty()
    }

    /// Whether one of the verifiers accepts the token. Takes milliseconds where a verifier is slow by intention.
    #[must_use]
    pub fn check(&self, token: &str) -> bool {
        // every verifier is asked, so that the time does not tell which one accepted
        self.verifiers.iter().fold(false, |accepted, verifier| {
            accepts(verifier, token) | accepted
        })
    }

    /// The form in which an accepted token is remembered.
    #[must_use]
    pub fn known(&self, token: &str) -> Known {
        let tag = hmac::sign(&self.process_key, token.as_bytes());
        let mut known = [0; 32];
        known.copy_from_slice(tag.as_ref());
        Known(known)
    }

    /// Whether the token is one of the remembered ones. Cheap and in constant time.
    #[must_use]
    pub fn knows(&self, token: &str, remembered: &[Known]) -> bool {
        let Known(tag) = self.known(token);
        remembered.iter().fold(false, |found, known| {
            bool::from(known.0.ct_eq(&tag)) | found
        })
    }
}

/// How long the answer to the next wrong token waits: doubling from 100 ms up to [`Penalty::LONGEST`], and forgotten
/// after a quiet minute. One measure for the whole process, because the sender of a request is only what it says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Penalty {
    wrong: u32,
    last: Duration,
}

impl Penalty {
    /// No answer waits longer.
    pub const LONGEST: Duration = Duration::from_secs(5);
    const QUIET: Duration = Duration::from_secs(60);

    /// Counts a wrong token at `now` (time since start) and tells how long its answer must wait.
    pub fn wrong(&mut self, now: Duration) -> Duration {
        if now.saturating_sub(self.last) > Self::QUIET {
            self.wrong = 0;
        }
        let delay = Duration::from_millis(100)
            .saturating_mul(1_u32 << self.wrong.min(6))
            .min(Self::LONGEST);
        self.wrong = self.wrong.saturating_add(1);
        self.last = now;
        delay
    }
}

fn accepts(verifier: &TokenVerifier, token: &str) -> bool {
    let (expected, found) = match verifier {
        TokenVerifier::Sha256 {
            salt,
            digest: expected,
        } => {
            let mut context = digest::Context::new(&digest::SHA256);
            context.update(salt);
            context.update(token.as_bytes());
            let mut found = [0; 32];
            found.copy_from_slice(context.finish().as_ref());
            (expected, found)
        }
        TokenVerifier::Argon2id {
            salt,
            digest: expected,
            memory_kib,
            passes,
        } => {
            let Ok(params) = Params::new(*memory_kib, *passes, 1, Some(32)) else {
                return false;
            };
            let mut found = [0; 32];
            let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            if argon
                .hash_password_into(token.as_bytes(), salt, &mut found)
                .is_err()
            {
                return false;
            }
            (expected, found)
        }
    };
    expected.ct_eq(&found).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha256(token: &str) -> TokenVerifier {
        let salt = [7; 16];
        let mut bytes = salt.to_vec();
        bytes.extend(token.as_bytes());
        let mut expected = [0; 32];
        expected.copy_from_slice(digest::digest(&digest::SHA256, &bytes).as_ref());
        TokenVerifier::Sha256 {
            salt,
            digest: expected,
        }
    }

    fn argon2id(token: &str) -> TokenVerifier {
        let mut expected = [0; 32];
        Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(64, 1, 1, Some(32)).unwrap(),
        )
        .hash_password_into(token.as_bytes(), &[9; 16], &mut expected)
        .unwrap();
        TokenVerifier::Argon2id {
            salt: [9; 16],
            digest: expected,
            memory_kib: 64,
            passes: 1,
        }
    }

    fn tokens(verifiers: Vec<TokenVerifier>) -> Tokens {
        Tokens::new(Vec::leak(verifiers), &[1; 32])
    }

    #[test]
    fn each_baked_token_is_accepted_and_nothing_else_is() {
        let tokens = tokens(vec![
            sha256("0123456789abcdef0123456789abcdef"),
            argon2id("toomanysecrets"),
        ]);
        assert!(tokens.check("toomanysecrets"));
        assert!(tokens.check("0123456789abcdef0123456789abcdef"));
        for wrong in ["", "toomanysecret", "toomanysecretss", "TOOMANYSECRETS"] {
            assert!(!tokens.check(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_build_without_a_token_lets_anyone_act_but_accepts_no_token() {
        let tokens = tokens(Vec::new());
        assert!(tokens.anyone());
        assert!(!tokens.check(""));
    }

    #[test]
    fn a_remembered_token_is_recognised_by_this_process_only() {
        let here = tokens(vec![sha256("a")]);
        let there = Tokens::new(&[], &[2; 32]);
        let known = [here.known("a")];
        assert!(here.knows("a", &known));
        assert!(!here.knows("b", &known));
        assert!(!there.knows("a", &known));
    }

    #[test]
    fn the_delay_grows_to_five_seconds_and_is_forgotten_after_a_quiet_minute() {
        let mut penalty = Penalty::default();
        let delays: Vec<u128> = (0..8)
            .map(|_| penalty.wrong(Duration::from_secs(1)).as_millis())
            .collect();
        assert_eq!(delays, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(penalty.wrong(Duration::from_secs(62)).as_millis(), 100);
    }
}
