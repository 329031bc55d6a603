//! Small values of settings that check themselves.

use std::fmt;
use std::str::FromStr;

use crate::config::server;

/// A text that is not such a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {0}")]
pub struct InvalidValue(&'static str);

/// A DNS domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain(String);

/// An Ed25519 public key, written as 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// An `http` or `https` URL without user information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url(String);

impl Domain {
    /// The domain as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Domain {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if server::is_host(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue("a DNS domain"))
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PublicKey {
    /// The key's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for PublicKey {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut key = [0; 32];
        hex::decode_to_slice(text, &mut key)
            .map(|()| Self(key))
            .map_err(|_| InvalidValue("a public key of 64 hex digits"))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Url {
    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Url {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        let host = rest
            .and_then(|rest| rest.split(['/', '?', '#']).next())
            .unwrap_or_default();
        let plain = text.bytes().all(|b| b.is_ascii_graphic());
        if plain && !host.is_empty() && !host.contains('@') {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue("an http or https URL"))
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_check_themselves() {
        "example.net".parse::<Domain>().unwrap();
        "a..b".parse::<Domain>().unwrap_err();
        "ab".repeat(32).parse::<PublicKey>().unwrap();
        "ab".repeat(31).parse::<PublicKey>().unwrap_err();
        "xy".repeat(32).parse::<PublicKey>().unwrap_err();
        "https://sign.example.net/choria/v1/sign"
            .parse::<Url>()
            .unwrap();
        for bad in ["ftp://a", "https://", "https://u:p@a/", "https://a b", "a"] {
            assert!(bad.parse::<Url>().is_err(), "{bad}");
        }
    }
}
