//! The lines of the journal. Pure.

use muster::protocol::names::Identity;
use serde::Deserialize;
use serde::Serialize;

use super::SessionId;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    #[serde(rename = "muster-provisioner-journal")]
    pub(super) version: u64,
    pub(super) instance: String,
}

/// The part of the first line that every version has.
#[derive(Debug, Deserialize)]
pub(super) struct Announced {
    #[serde(rename = "muster-provisioner-journal")]
    pub(super) version: u64,
}

/// What this program writes, and the newest that it reads.
pub(super) const VERSION: u64 = 1;

/// Digits of an instance.
pub(super) const INSTANCE: usize = 16;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Record {
    /// A session began.
    Opened(OpenSession),
    /// A node acknowledged `configure`.
    Configured(Configured),
    /// It acknowledged the restart.
    Restarted {
        #[serde(with = "as_text")]
        identity: Identity,
    },
    /// It is left alone.
    Quarantined(Quarantined),
    /// It is not any more.
    Released {
        #[serde(with = "as_text")]
        identity: Identity,
    },
    /// Nothing is remembered of it.
    Forgotten {
        #[serde(with = "as_text")]
        identity: Identity,
    },
    /// Part of a journal that was written anew: a restart that is still to be asked for.
    Unrestarted(Unrestarted),
    /// Part of a journal that was written anew: who holds a certificate.
    Holds {
        #[serde(with = "as_text")]
        identity: Identity,
        certificate: Holder,
    },
}

/// A session that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenSession {
    /// Its id.
    #[serde(with = "as_text")]
    pub session: SessionId,
    /// The node.
    #[serde(with = "as_text")]
    pub identity: Identity,
    /// SHA-256 of its public key.
    #[serde(with = "as_hex")]
    pub key_digest: [u8; 32],
    /// When it began, seconds since 1970.
    pub at: i64,
}

/// A node that acknowledged `configure`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configured {
    /// The session that ends with it.
    #[serde(with = "as_text")]
    pub session: SessionId,
    /// The node.
    #[serde(with = "as_text")]
    pub identity: Identity,
    /// Its name in production.
    #[serde(with = "as_text")]
    pub becomes: Identity,
    /// The certificate it got, if it got one.
    pub certificate: Option<Holder>,
    /// When it acknowledged, seconds since 1970.
    pub at: i64,
}

/// The certificate that somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// SHA-256 of the public key in it.
    #[serde(with = "as_hex")]
    pub key_digest: [u8; 32],
    /// When it ends, seconds since 1970.
    pub not_after: i64,
}

/// A node that has its configuration and did not acknowledge the restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unrestarted {
    /// The node.
    #[serde(with = "as_text")]
    pub identity: Identity,
    /// Its name in production.
    #[serde(with = "as_text")]
    pub becomes: Identity,
    /// When it acknowledged `configure`, seconds since 1970.
    pub at: i64,
}

/// A node that is left alone for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarantined {
    /// The node.
    #[serde(with = "as_text")]
    pub identity: Identity,
    /// What went wrong last; cut to 1024 bytes when it is recorded.
    pub error: String,
    /// Failures in a row.
    pub failures: u32,
    /// Until when, seconds since 1970.
    pub until: i64,
}

impl Record {
    /// Whom it is about.
    pub(super) const fn identity(&self) -> &Identity {
        match self {
            Self::Opened(session) => &session.identity,
            Self::Configured(configured) => &configured.identity,
            Self::Quarantined(node) => &node.identity,
            Self::Unrestarted(node) => &node.identity,
            Self::Restarted { identity }
            | Self::Released { identity }
            | Self::Forgotten { identity }
            | Self::Holds { identity, .. } => identity,
        }
    }
}

impl Quarantined {
    /// The same with an error that is not longer than a line of the journal should be.
    pub(super) fn cut(mut self) -> Self {
        let end = self.error.floor_char_boundary(LONGEST_ERROR);
        self.error.truncate(end);
        self
    }
}

impl Header {
    /// The header of a new journal.
    pub(super) const fn of(instance: String) -> Self {
        Self {
            version: VERSION,
            instance,
        }
    }

    /// Whether it is one that this program wrote.
    pub(super) fn is_sound(&self) -> bool {
        self.version == VERSION
            && self.instance.len() == INSTANCE
            && self.instance.bytes().all(|b| b.is_ascii_hexdigit())
    }

    pub(super) fn line(&self) -> Vec<u8> {
        line(self)
    }
}

/// The line of records that become durable together.
pub(super) fn line_of(records: &[Record]) -> Vec<u8> {
    line(records)
}

fn line<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    // these values have text keys and no maps that can fail, so they always become JSON
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Names, as their text.
mod as_text {
    use std::fmt;
    use std::str::FromStr;

    use serde::Deserialize as _;
    use serde::Deserializer;
    use serde::Serializer;
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer, T: fmt::Display>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// Digests, as hexadecimal digits.
mod as_hex {
    use serde::Deserialize as _;
    use serde::Deserializer;
    use serde::Serializer;
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(
        digest: &[u8; 32],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(digest))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest).map_err(D::Error::custom)?;
        Ok(digest)
    }
}

const LONGEST_ERROR: usize = 1024;
