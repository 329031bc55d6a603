//! The settings in force, for people and peers: every key, its value, its origin; secrets masked.

use std::fmt;

use serde_json::Value as Json;
use serde_json::json;

use crate::config::form::MASK;
use crate::config::key::Effect;
use crate::config::keys;
use crate::config::merged::Merged;
use crate::config::problem::Problem;
use crate::config::source::Origin;

/// Every key with its value and origin. Holds no secrets: they were masked when it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective {
    rows: Vec<Row>,
}

/// One key.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The key.
    pub key: String,
    /// Its value in the type that peers see.
    pub value: Json,
    /// Who decided it.
    pub origin: Origin,
    /// Whether anybody reads it.
    pub standing: Standing,
}

impl Row {
    /// The value for people; `-` where there is none.
    #[must_use]
    pub fn text(&self) -> String {
        plain(&self.value)
    }
}

/// What a key means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has an effect.
    Used,
    /// Known, checked, without effect.
    WithoutEffect,
    /// In the file, but not in the key table: unknown, of another program, or of an older one.
    Unlisted,
}

impl Effective {
    /// Reads every key of the table and adds the problems to the list.
    pub(crate) fn new(merged: &Merged<'_>, problems: &mut Vec<Problem>) -> Self {
        let mut rows = Vec::new();
        for key in keys::all() {
            let spec = key.spec();
            let value = key.check(merged).unwrap_or_else(|problem| {
                problems.push(problem);
                Json::Null
            });
            let entry = merged.entry(spec.name);
            rows.push(Row {
                key: spec.name.to_owned(),
                value,
                origin: entry.map_or(Origin::Default, |entry| entry.origin.clone()),
                standing: match spec.effect {
                    Effect::Used => Standing::Used,
                    Effect::Without => Standing::WithoutEffect,
                },
            });
        }
        for (key, entry) in merged
            .entries()
            .filter(|(key, _)| keys::find(key).is_none())
        {
            let text = entry.text.expose().as_str();
            rows.push(Row {
                key: key.to_owned(),
                value: json!(if sounds_secret(key) { MASK } else { text }),
                origin: entry.origin.clone(),
                standing: Standing::Unlisted,
            });
        }
        Self { rows }
    }

    /// All rows: the key table in its order, then unlisted keys by name.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The answer of `rpcutil#get_config_item`: a key of the table in its native type, durations as whole nanoseconds,
    /// secrets masked. Nothing for other keys, set or not.
    #[must_use]
    pub fn lookup(&self, key: &str) -> Option<Json> {
        self.rows
            .iter()
            .find(|row| row.key == key && row.standing != Standing::Unlisted)
            .map(|row| row.value.clone())
    }

    /// For programs: a list of objects with `key`, `value`, `origin` and `standing`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let object = |row: &Row| {
            json!({
                "key": row.key,
                "value": row.value,
                "origin": row.origin.to_string(),
                "standing": row.standing.to_string(),
            })
        };
        self.rows.iter().map(object).collect()
    }
}

/// For people: aligned columns of key, value and origin.
impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<(&Row, String)> = self.rows.iter().map(|row| (row, row.text())).collect();
        let keys = shown
            .iter()
            .map(|(row, _)| row.key.chars().count())
            .max()
            .unwrap_or(0);
        let values = shown
            .iter()
            .map(|(_, value)| value.chars().count())
            .max()
            .unwrap_or(0);
        let values = values.min(WIDEST_COLUMN);
        for (row, value) in shown {
            write!(f, "{:keys$}  {value:values$}  {}", row.key, row.origin)?;
            match row.standing {
                Standing::Used => writeln!(f)?,
                other @ (Standing::WithoutEffect | Standing::Unlisted) => {
                    writeln!(f, " ({other})")?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Used => "used",
            Self::WithoutEffect => "no effect",
            Self::Unlisted => "unlisted",
        })
    }
}

fn plain(value: &Json) -> String {
    match value {
        Json::String(text) if text.is_empty() => "-".to_owned(),
        Json::String(text) => text.clone(),
        Json::Array(items) if items.is_empty() => "-".to_owned(),
        Json::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => value.to_string(),
    }
}

/// Keys outside the table may be secrets of other programs; their names are all there is to judge by.
fn sounds_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    [
        "pass",
        "secret",
        "token",
        "seed",
        "credential",
        "private",
        "signing_key",
    ]
    .iter()
    .any(|word| key.contains(word))
}

/// Longer values push the origin to the right instead of everybody's.
const WIDEST_COLUMN: usize = 60;
