//! The facts of a node: the top level of several files, put together.
//!
//! Files whose name ends in `.yaml` or `.yml` are YAML, all others JSON. Each must hold a map. The maps are merged at the top
//! level only, and a later file wins. A file that cannot be used is reported and left out; the others still count, so a node
//! is found by the facts that it has. Whole numbers keep all digits up to 64 bits.

use std::borrow::Cow;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Map;
use serde_json::Value;

use crate::facts::effort::Effort;
use crate::facts::path;
use crate::facts::path::PathError;

/// Largest file of facts that is read, in bytes.
pub const MAX_SOURCE: usize = 16 * 1024 * 1024;

/// The merged facts of a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Value);

/// Why a file of facts is left out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The file is larger than [`MAX_SOURCE`].
    #[error("facts file {} is larger than {MAX_SOURCE} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file is no JSON.
    #[error("facts file {} is not JSON", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        #[source]
        err: serde_json::Error,
    },
    /// The file is no YAML.
    #[error("facts file {} is not YAML", path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        #[source]
        err: Box<serde_saphyr::Error>,
    },
    /// The file holds something else than a map.
    #[error("facts file {} holds no map", path.display())]
    NotMap {
        /// The file.
        path: PathBuf,
    },
}

impl SourceError {
    /// The file that is left out.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::TooLarge { path }
            | Self::Json { path, .. }
            | Self::Yaml { path, .. }
            | Self::NotMap { path } => path,
        }
    }
}

impl Document {
    /// Merges files, given as name and contents, in this order.
    #[must_use]
    pub fn merge(sources: &[(&Path, &[u8])]) -> (Self, Vec<SourceError>) {
        let mut facts = Map::new();
        let mut errors = Vec::new();
        for (path, bytes) in sources {
            match read(path, bytes) {
                Ok(more) => facts.extend(more),
                Err(err) => errors.push(err),
            }
        }
        (Self(Value::Object(facts)), errors)
    }

    /// The facts as a JSON value, always a map.
    #[must_use]
    pub const fn as_value(&self) -> &Value {
        &self.0
    }

    /// The fact at a path, with the effort of one request; nothing where there is none.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Cow<'_, Value>> {
        self.lookup(path, &mut Effort::of_request()).ok().flatten()
    }

    /// The fact at a path.
    ///
    /// # Errors
    ///
    /// When the path is unreasonable or costs more than is left.
    pub fn lookup(
        &self,
        path: &str,
        effort: &mut Effort,
    ) -> Result<Option<Cow<'_, Value>>, PathError> {
        path::lookup(&self.0, path, effort)
    }
}

impl Default for Document {
    fn default() -> Self {
        Self(Value::Object(Map::new()))
    }
}

impl From<Map<String, Value>> for Document {
    fn from(facts: Map<String, Value>) -> Self {
        Self(Value::Object(facts))
    }
}

fn read(path: &Path, bytes: &[u8]) -> Result<Map<String, Value>, SourceError> {
    let path = || path.to_owned();
    if bytes.len() > MAX_SOURCE {
        return Err(SourceError::TooLarge { path: path() });
    }
    let value = if is_yaml(&path()) {
        yaml(bytes).map_err(|err| SourceError::Yaml {
            path: path(),
            err: Box::new(err),
        })?
    } else {
        serde_json::from_slice(bytes).map_err(|err| SourceError::Json { path: path(), err })?
    };
    match value {
        Value::Object(facts) => Ok(facts),
        _ => Err(SourceError::NotMap { path: path() }),
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending == "yaml" || ending == "yml")
}

/// The parser's own limits on nodes, depth and aliases hold; a file excerpt has no place in a log line.
fn yaml(bytes: &[u8]) -> Result<Value, serde_saphyr::Error> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_slice_with_options(bytes, options)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merge(sources: &[(&str, &str)]) -> (Document, Vec<SourceError>) {
        let sources: Vec<_> = sources
            .iter()
            .map(|(path, text)| (Path::new(*path), text.as_bytes()))
            .collect();
        Document::merge(&sources)
    }

    #[test]
    fn later_files_win_at_the_top_level_only() {
        let (facts, errors) = merge(&[
            ("a.json", r#"{"a":{"x":1},"b":1}"#),
            ("b.yaml", "a:\n  y: 2\nc: [1, two, true, null, 1.5]\n"),
            ("c.yml", "b: 3"),
        ]);
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(
            facts.as_value(),
            &json!({"a":{"y":2},"b":3,"c":[1,"two",true,null,1.5]})
        );
    }

    #[test]
    fn whole_numbers_keep_their_digits() {
        let (facts, _) = merge(&[
            (
                "a.json",
                r#"{"j":9007199254740993,"u":18446744073709551615}"#,
            ),
            ("a.yaml", "y: 9007199254740993"),
        ]);
        assert_eq!(
            facts.as_value().to_string(),
            r#"{"j":9007199254740993,"u":18446744073709551615,"y":9007199254740993}"#
        );
    }

    #[test]
    fn names_of_yaml_facts_may_look_like_numbers() {
        let (facts, errors) = merge(&[("a.yaml", "1: one\ntrue: yes\n")]);
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(facts.as_value().get("1"), Some(&json!("one")));
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_and_left_out() {
        let big = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_SOURCE));
        let (facts, errors) = merge(&[
            ("good.json", r#"{"a":1}"#),
            ("bad.json", "{"),
            ("bad.yaml", "a: [1"),
            ("list.json", "[]"),
            ("big.json", &big),
        ]);
        assert_eq!(facts.as_value(), &json!({"a":1}));
        let kinds: Vec<_> = errors
            .iter()
            .map(|err| match err {
                SourceError::TooLarge { path } => ("large", path.to_str()),
                SourceError::Json { path, .. } => ("json", path.to_str()),
                SourceError::Yaml { path, .. } => ("yaml", path.to_str()),
                SourceError::NotMap { path } => ("map", path.to_str()),
            })
            .collect();
        assert_eq!(
            kinds,
            [
                ("json", Some("bad.json")),
                ("yaml", Some("bad.yaml")),
                ("map", Some("list.json")),
                ("large", Some("big.json"))
            ]
        );
    }

    #[test]
    fn hostile_yaml_is_refused() {
        let deep = format!("a: {}{}", "[".repeat(500), "]".repeat(500));
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for n in 1..12 {
            let alias = format!("*a{},", n - 1).repeat(10);
            bomb += &format!("a{n}: &a{n} [{alias}]\n");
        }
        for text in [deep, bomb] {
            let (_, errors) = merge(&[("a.yaml", &text)]);
            assert!(matches!(errors[..], [SourceError::Yaml { .. }]));
        }
    }
}
