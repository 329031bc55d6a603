//! The fields of an answer, found as Go's decoder finds them.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer as _;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde_json::Map;
use serde_json::Value;

use super::ContractError;
use super::Note;
use crate::helper::words::one_line;

/// A field of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Later.
    Defer,
    /// When to ask again.
    RetryAfter,
    /// The node is to end.
    Shutdown,
    /// Why.
    Msg,
    /// The node's configuration.
    Configuration,
    /// Its certificate.
    Certificate,
    /// The authorities.
    Ca,
    /// Its private key.
    Key,
    /// Where certificates go.
    Ssldir,
    /// Claims of a server token; not built.
    ServerClaims,
    /// Action policies.
    ActionPolicies,
    /// Open Policy Agent policies.
    OpaPolicies,
    /// A version to become; not built.
    Upgrade,
}

impl Field {
    /// Every field that an answer may have.
    pub const ALL: [Self; 13] = [
        Self::Defer,
        Self::RetryAfter,
        Self::Shutdown,
        Self::Msg,
        Self::Configuration,
        Self::Certificate,
        Self::Ca,
        Self::Key,
        Self::Ssldir,
        Self::ServerClaims,
        Self::ActionPolicies,
        Self::OpaPolicies,
        Self::Upgrade,
    ];

    /// Its name in the object.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Defer => "defer",
            Self::RetryAfter => "retry_after",
            Self::Shutdown => "shutdown",
            Self::Msg => "msg",
            Self::Configuration => "configuration",
            Self::Certificate => "certificate",
            Self::Ca => "ca",
            Self::Key => "key",
            Self::Ssldir => "ssldir",
            Self::ServerClaims => "server_claims",
            Self::ActionPolicies => "action_policies",
            Self::OpaPolicies => "opa_policies",
            Self::Upgrade => "upgrade",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|field| field.name().eq_ignore_ascii_case(name))
    }

    const fn holds_an_object(self) -> bool {
        match self {
            Self::Configuration | Self::ServerClaims | Self::ActionPolicies | Self::OpaPolicies => {
                true
            }
            Self::Defer
            | Self::RetryAfter
            | Self::Shutdown
            | Self::Msg
            | Self::Certificate
            | Self::Ca
            | Self::Key
            | Self::Ssldir
            | Self::Upgrade => false,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an answer says, by field; what it does not say is not there.
#[derive(Debug, Default)]
pub(super) struct Fields(BTreeMap<Field, Value>);

impl Fields {
    /// Takes what the answer says about a field.
    pub(super) fn take(&mut self, field: Field) -> Option<Value> {
        self.0.remove(&field)
    }

    /// As Go decodes the second of two equal fields: a null empties an object and leaves everything else as it was, two
    /// objects become one, and otherwise the later one is it.
    fn set(&mut self, field: Field, value: Value) {
        match (value, self.0.get_mut(&field)) {
            (Value::Null, _) => {
                if field.holds_an_object() {
                    self.0.remove(&field);
                }
            }
            (Value::Object(more), Some(Value::Object(there))) => there.extend(more),
            (value, _) => {
                self.0.insert(field, value);
            }
        }
    }
}

/// Reads the fields of an answer.
///
/// # Errors
///
/// [`ContractError`] when it is no object.
pub(super) fn read(output: &[u8]) -> Result<(Fields, Vec<Note>), ContractError> {
    let text = String::from_utf8_lossy(output);
    let mut found = Found::default();
    if matches!(text, std::borrow::Cow::Owned(_)) {
        found.notes.push(Note::NotUtf8);
    }
    let mut deserializer = serde_json::Deserializer::from_str(&text);
    let mut found = (&mut deserializer)
        .deserialize_any(found)
        .map_err(|err| complaint(&err))?;
    deserializer.end().map_err(|err| complaint(&err))?;
    found.notes.truncate(MOST_NOTES);
    Ok((found.fields, found.notes))
}

/// A complaint about the grammar shows no value; the other kind would, and there is only one of it.
fn complaint(err: &serde_json::Error) -> ContractError {
    if err.is_data() {
        return ContractError::NotAnObject;
    }
    ContractError::NotJson {
        complaint: err.to_string(),
    }
}

#[derive(Default)]
struct Found {
    fields: Fields,
    notes: Vec<Note>,
}

impl<'de> Visitor<'de> for Found {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    /// A null is an answer that says nothing.
    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<Self, A::Error> {
        while let Some(name) = object.next_key::<String>()? {
            if let Some(field) = Field::named(&name) {
                self.fields.set(field, object.next_value()?);
                continue;
            }
            let _ignored: IgnoredAny = object.next_value()?;
            if self.notes.len() < MOST_NOTES {
                self.notes
                    .push(Note::Unknown(one_line(&name, LONGEST_NAME)));
            }
        }
        Ok(self)
    }
}

/// The entries of an object of texts. A null is an empty text, as it is in Go.
///
/// # Errors
///
/// [`ContractError::NotAText`] names the first entry that is something else.
pub(super) fn texts(
    field: Field,
    object: Map<String, Value>,
) -> Result<BTreeMap<String, String>, ContractError> {
    object
        .into_iter()
        .map(|(key, value)| match value {
            Value::String(text) => Ok((key, text)),
            Value::Null => Ok((key, String::new())),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Err(ContractError::NotAText {
                    field,
                    key: one_line(&key, LONGEST_NAME),
                })
            }
        })
        .collect()
}

/// Notes about one answer: enough for the fields that somebody misspells.
const MOST_NOTES: usize = 8;

/// Characters of a name in a complaint.
pub(super) const LONGEST_NAME: usize = 100;
