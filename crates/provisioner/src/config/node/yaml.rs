//! YAML as a tree; JSON is YAML.
//!
//! A value of a plain type is fetched from the source as it stands there: `0640` and `1.10` stay what they are.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_saphyr::Spanned;

use crate::config::fault::Fault;
use crate::config::node::Entry;
use crate::config::node::Node;
use crate::config::node::Value;

/// Reads one document; an empty one is null.
///
/// Neither the error nor its text quotes the document, which may hold secrets.
pub(super) fn parse(text: &str) -> Result<Node, (Option<u64>, Fault)> {
    // a number too large to be one is a text here, and the error would quote it
    let options = serde_saphyr::options! {
        with_snippet: false,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::PassThrough,
        // one long text and many references to it would be many long texts
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 1000,
            max_alias_expansions_per_anchor: 20,
        },
    };
    serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options)
        .map(|raw| resolve(text, raw))
        .map_err(|err| {
            let line = err.location().map(|location| location.line());
            (
                line,
                Fault::Syntax {
                    format: "YAML",
                    text: first_line(&err),
                },
            )
        })
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
