//! YAML as a tree of texts with line numbers.
//!
//! Every scalar keeps the text that stands in the file: `1.10` stays `1.10`, `386` and `0640` stay as they are, and
//! `yes` is not a boolean. Giving values a type is the work of the modules that know what they mean. Duplicate keys,
//! several documents and alias bombs are refused by the parser.
//!
//! The provisioner reads its configuration with the same tree, with narrower limits.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_saphyr::Spanned;

/// One value with the line it stands on. It may hold a secret, so its `Debug` shows no text.
#[derive(Clone)]
pub struct Node {
    /// Line, from 1.
    pub line: u64,
    /// What stands there.
    pub value: Value,
}

/// What a value is.
#[derive(Clone)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// Any scalar, as it is written.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<Entry>),
}

/// One key of a map and its value.
#[derive(Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Line of the key, from 1.
    pub line: u64,
    /// Its value.
    pub value: Node,
}

/// How far aliases may multiply a document: one long text and many references to it would be many long texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AliasLimits {
    /// Values that all aliases together stand for.
    pub values: usize,
    /// References to one anchor.
    pub references: usize,
}

/// Why a text is not one YAML document. It quotes nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not valid YAML: {text}")]
pub struct SyntaxError {
    /// Line, where the parser knows one.
    pub line: Option<u64>,
    /// What the parser says.
    pub text: String,
}

/// Reads one document; an empty one is null.
///
/// # Errors
/// When the text is not one document, or its aliases multiply beyond the limits. The error does not quote the document,
/// which may hold secrets.
pub fn parse(text: &str, limits: AliasLimits) -> Result<Node, SyntaxError> {
    // a number too large to be one is a text here, and the error would quote it
    let options = serde_saphyr::options! {
        with_snippet: false,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::PassThrough,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: limits.values,
            max_alias_expansions_per_anchor: limits.references,
        },
    };
    serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options)
        .map(|raw| resolve(text, raw))
        .map_err(|err| SyntaxError {
            line: err.location().map(|location| location.line()),
            text: first_line(&err),
        })
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.line, self.value)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Text(_) => f.write_str("Text"),
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Map(entries) => f.debug_list().entries(entries).finish(),
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:?}", self.key, self.value)
    }
}

fn first_line(err: &serde_saphyr::Error) -> String {
    let text = err.render_with_formatter(&serde_saphyr::UserMessageFormatter);
    text.lines().next().unwrap_or_default().to_owned()
}

/// A value as the deserializer hands it over. Where it insists on a type ([`Raw::Typed`]), the text is fetched from the
/// source afterwards.
enum Raw {
    Null,
    Typed,
    Text(String),
    List(Vec<Spanned<Self>>),
    Map(Vec<(Spanned<String>, Spanned<Self>)>),
}

fn resolve(source: &str, raw: Spanned<Raw>) -> Node {
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Text(text) => Value::Text(text),
        Raw::Typed => Value::Text(verbatim(source, raw.defined).to_owned()),
        Raw::List(items) => Value::List(
            items
                .into_iter()
                .map(|item| resolve(source, item))
                .collect(),
        ),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| Entry {
                    line: key.referenced.line(),
                    key: key.value,
                    value: resolve(source, value),
                })
                .collect(),
        ),
    };
    Node {
        line: raw.referenced.line(),
        value,
    }
}

fn verbatim(source: &str, place: serde_saphyr::Location) -> &str {
    let span = place.span();
    let range = span
        .byte_offset()
        .zip(span.byte_len())
        .and_then(|(start, len)| {
            let start = usize::try_from(start).ok()?;
            Some(Range {
                start,
                end: start.checked_add(usize::try_from(len).ok()?)?,
            })
        });
    range
        .and_then(|range| source.get(range))
        .unwrap_or_default()
        .trim()
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry::<Spanned<String>, Spanned<Raw>>()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests;
