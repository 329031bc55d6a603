//! Events of others, as they are read.
//!
//! The format is told apart as the reference does it: a document whose `protocol` is that of an event is one (the format
//! before `CloudEvents`); otherwise it must be a `CloudEvents` document from the events' source, with an event in its
//! `data`. One envelope is opened, not one in another. Fields that are not needed here are ignored, whatever they hold.
//!
//! Everything that is kept has a bound and a grammar, so that what was heard may become part of a subject, a file name or a
//! log line: see [`Heard`].

use serde::Deserialize;

use super::Kind;
use crate::protocol::Object;
use crate::protocol::names::Identity;
use crate::protocol::names::InvalidName;
use crate::protocol::strict;

/// An event of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// What happened.
    pub kind: Announced,
    /// To whom, as the sender says.
    pub identity: Identity,
    /// As what the sender speaks: 1 to 64 printable ASCII characters that can stand in one token of a subject.
    pub component: String,
    /// When, in seconds since 1970, as the sender says.
    pub timestamp: i64,
    /// Version of the sender's software: at most 128 bytes without control characters; empty where the event has none.
    pub version: String,
}

/// What happened, as far as it is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announced {
    /// One of the kinds that this program announces too.
    Known(Kind),
    /// Another kind: 1 to 64 printable ASCII characters that can stand in one token of a subject.
    Unknown(String),
}

impl Announced {
    /// The name in subjects and protocols.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(kind) => kind.as_str(),
            Self::Unknown(name) => name,
        }
    }
}

/// Why a payload is no event. The texts carry no bytes of the peer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// More than [`MAX_EVENT`] bytes.
    #[error("{size} bytes are more than the {MAX_EVENT} that an event may have")]
    TooLarge {
        /// Size of the payload in bytes.
        size: usize,
    },
    /// Not JSON, or a field that is missing, twice there or of another type.
    #[error("the event is not the JSON document it must be (line {line}, column {column})")]
    Json {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 1; 0 where the fault is in the whole line.
        column: usize,
    },
    /// Neither of the two formats.
    #[error("the document is in no format of an event")]
    Format,
    /// The name of the node is none.
    #[error("the event has an invalid identity")]
    Identity(#[source] InvalidName),
    /// Another field has a value that its rule refuses.
    #[error("the event has an invalid {field}")]
    Field {
        /// Name of the field on the wire.
        field: &'static str,
    },
}

/// Largest event that is looked at, in bytes. A real one has less than 1 KiB.
pub const MAX_EVENT: usize = 65_536;

/// Reads the payload of a lifecycle subject, in either format.
///
/// # Errors
///
/// [`Malformed`] for anything but an event with valid names.
pub fn decode(payload: &[u8]) -> Result<Heard, Malformed> {
    if payload.len() > MAX_EVENT {
        return Err(Malformed::TooLarge {
            size: payload.len(),
        });
    }
    let head: Head = read(payload)?;
    if head.protocol.is_some_and(|it| it.starts_with(FAMILY)) {
        return heard(read(payload)?);
    }
    let is_envelope =
        head.specversion.as_deref() == Some(SPECVERSION) && head.source.as_deref() == Some(FAMILY);
    if !is_envelope {
        return Err(Malformed::Format);
    }
    let Envelope { data } = read(payload)?;
    if !data.protocol.starts_with(FAMILY) {
        return Err(Malformed::Format);
    }
    heard(data)
}

fn read<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, Malformed> {
    let Object(document) = serde_json::from_slice(payload).map_err(|err| Malformed::Json {
        line: err.line(),
        column: err.column(),
    })?;
    Ok(document)
}

fn heard(inner: Inner) -> Result<Heard, Malformed> {
    let kind = inner
        .protocol
        .strip_prefix(VERSION_1)
        .filter(|kind| is_token(kind))
        .ok_or(Malformed::Field { field: "protocol" })?;
    if !is_token(&inner.component) {
        return Err(Malformed::Field { field: "component" });
    }
    let version = inner.version.unwrap_or_default();
    if version.len() > LONGEST_VERSION || version.chars().any(char::is_control) {
        return Err(Malformed::Field { field: "version" });
    }
    Ok(Heard {
        kind: Kind::from_name(kind)
            .map_or_else(|| Announced::Unknown(kind.to_owned()), Announced::Known),
        identity: Identity::new(inner.identity).map_err(Malformed::Identity)?,
        component: inner.component,
        timestamp: inner.timestamp,
        version,
    })
}

/// Whether the text can stand in one token of a subject.
fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'.' | b'*' | b'>');
    (1..=LONGEST_TOKEN).contains(&text.len()) && text.bytes().all(fits)
}

/// What tells the formats apart.
#[derive(Deserialize)]
struct Head {
    protocol: Option<String>,
    specversion: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(deserialize_with = "strict::object")]
    data: Inner,
}

#[derive(Deserialize)]
struct Inner {
    protocol: String,
    identity: String,
    component: String,
    timestamp: i64,
    version: Option<String>,
}

/// Protocols of events begin so, and it is the source of their envelopes.
const FAMILY: &str = "io.choria.lifecycle";
const VERSION_1: &str = "io.choria.lifecycle.v1.";
const SPECVERSION: &str = "1.0";
const LONGEST_TOKEN: usize = 64;
const LONGEST_VERSION: usize = 128;

#[cfg(test)]
mod tests;
