//! Inputs of the actions. An empty text is an input that was not given (spec 04 §13.3).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error as _;

use crate::secret::Secret;

/// The token, which every action takes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Token {
    pub(super) token: Secret<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Gencsr {
    pub(super) cn: String,
    #[serde(rename = "C")]
    pub(super) country: String,
    #[serde(rename = "ST")]
    pub(super) state: String,
    #[serde(rename = "L")]
    pub(super) locality: String,
    #[serde(rename = "O")]
    pub(super) organization: String,
    #[serde(rename = "OU")]
    pub(super) unit: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Gen25519 {
    pub(super) nonce: String,
}

/// Inputs of `configure`. The configuration may hold passwords, so it is as secret as the key.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Configure {
    pub(super) config: Secret<String>,
    pub(super) certificate: String,
    pub(super) ca: String,
    pub(super) ssldir: String,
    pub(super) key: Secret<String>,
    pub(super) ecdh_public: String,
    pub(super) server_jwt: Secret<String>,
    pub(super) action_policies: BTreeMap<String, String>,
    pub(super) opa_policies: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Restart {
    pub(super) splay: Splay,
}

/// Seconds over which restarts are spread: 0 to 3600, whole. Not given, or 0, means ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Splay(u16);

impl Splay {
    /// The longest that is accepted, in seconds.
    pub(super) const LONGEST: u16 = 3600;

    /// How many seconds the delay may vary.
    pub(super) const fn seconds(self) -> u64 {
        if self.0 == 0 { 10 } else { self.0 as u64 }
    }

    /// The delay for a random number below [`Splay::seconds`]: two seconds and that.
    pub(super) const fn delay(random: u64) -> Duration {
        Duration::from_secs(random.saturating_add(2))
    }
}

impl<'de> Deserialize<'de> for Splay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        let whole = number.as_u64().or_else(|| {
            let float = number.as_f64()?;
            // exact: every whole number up to the limit has one f64
            (0..=Self::LONGEST)
                .find(|n| f64::from(*n).to_bits() == float.abs().to_bits() && float >= 0.0)
                .map(u64::from)
        });
        match whole.map(u16::try_from) {
            Some(Ok(seconds)) if seconds <= Self::LONGEST => Ok(Self(seconds)),
            Some(_) | None => Err(D::Error::custom(
                "splay must be a whole number of seconds from 0 to 3600",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splay(text: &str) -> Result<u64, serde_json::Error> {
        serde_json::from_str::<Restart>(text).map(|inputs| inputs.splay.seconds())
    }

    #[test]
    fn a_splay_is_a_whole_number_of_seconds() {
        assert_eq!(splay(r#"{"splay":1}"#).unwrap(), 1);
        assert_eq!(splay(r#"{"splay":1.0}"#).unwrap(), 1);
        assert_eq!(splay(r#"{"splay":3600}"#).unwrap(), 3600);
        assert_eq!(splay(r#"{"splay":0}"#).unwrap(), 10);
        assert_eq!(splay("{}").unwrap(), 10);
    }

    #[test]
    fn anything_else_is_invalid() {
        for bad in [
            "-1",
            "-1.0",
            "1.5",
            "3601",
            "1e300",
            "99999999999999999999",
            "\"10\"",
            "true",
            "[]",
        ] {
            assert!(splay(&format!(r#"{{"splay":{bad}}}"#)).is_err(), "{bad}");
        }
    }

    #[test]
    fn inputs_that_may_be_secret_are_not_shown() {
        let text = r#"{"token":"s3cret","config":"s3cret","key":"s3cret","server_jwt":"s3cret"}"#;
        let token: Token = serde_json::from_str(text).unwrap();
        let inputs: Configure = serde_json::from_str(text).unwrap();
        let shown = format!("{token:?}{inputs:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert_eq!(shown.matches("***").count(), 4);
    }

    #[test]
    fn a_splay_of_one_leaves_exactly_two_seconds() {
        assert_eq!(Splay::delay(0), Duration::from_secs(2));
    }
}
