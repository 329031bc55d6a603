//! A status file as it is read: strictly where something is judged by it, leniently where it is only shown.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error as _;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What a status file says. The members without a default are those without which nothing can be judged; every release
/// of the reference writes them (spec 03 §9.1).
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    #[serde(default)]
    pub(super) identity: Value,
    pub(super) uptime: u64,
    pub(super) connected_server: String,
    pub(super) last_message: u32,
    pub(super) provisioning_mode: bool,
    #[serde(default)]
    pub(super) stats: BTreeMap<String, u64>,
    #[serde(default, deserialize_with = "end")]
    pub(super) certificate_expires: Option<i64>,
    #[serde(default, deserialize_with = "end")]
    pub(super) token_expires: Option<i64>,
    #[serde(default)]
    pub(super) version: Value,
    #[serde(default)]
    pub(super) mode_reason: Value,
    #[serde(default)]
    pub(super) mode_since: Value,
    #[serde(default)]
    pub(super) generation: Value,
    #[serde(default)]
    pub(super) connection: Option<Connection>,
    #[serde(default)]
    pub(super) clock_offset: i64,
    /// Missing in files of the reference and of the first versions of this program.
    #[serde(default)]
    pub(super) clock_in_doubt: bool,
    #[serde(default)]
    pub(super) last_refusal: Option<LastRefusal>,
    #[serde(default)]
    pub(super) problems: Vec<String>,
    /// The whole document, as it was.
    #[serde(skip)]
    pub(super) whole: Value,
}

/// What our own files tell of the connection.
#[derive(Debug, Deserialize)]
pub(super) struct Connection {
    pub(super) state: String,
    #[serde(default)]
    pub(super) since_seconds: u64,
    #[serde(default)]
    pub(super) attempt: Option<u64>,
    #[serde(default)]
    pub(super) last_error: Option<String>,
    #[serde(default)]
    pub(super) next_attempt_seconds: Option<u64>,
    #[serde(default)]
    pub(super) tls: Option<String>,
    #[serde(default)]
    pub(super) dropped: u64,
    #[serde(default)]
    pub(super) permission_violations: u64,
}

/// The request that was refused last.
#[derive(Debug, Deserialize)]
pub(super) struct LastRefusal {
    pub(super) time: i64,
    pub(super) reason: String,
}

impl Document {
    /// Reads a status file.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let mut document: Self = serde_json::from_slice(bytes)?;
        document.whole = serde_json::from_slice(bytes)?;
        Ok(document)
    }
}

/// A point in time, seconds since 1970; the zero time of the reference's language is none.
fn end<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let time = OffsetDateTime::parse(&text, &Rfc3339)
        .map_err(|_| D::Error::custom("expected a time such as 2026-01-01T00:00:00Z"))?;
    Ok(Some(time.unix_timestamp()).filter(|_| time.year() > 1))
}
