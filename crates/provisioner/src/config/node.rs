//! A configuration file as a tree of texts with line numbers, whatever its format.
//!
//! Every scalar keeps the text that stands in the file: `10` in `interval: 10` is a text like `10m`, and a token may
//! consist of digits. Giving values a type is the work of the table of keys. Duplicate keys, several documents, alias
//! bombs and deep nesting are refused by the parsers.

mod toml;
mod yaml;

use std::path::Path;

pub(super) use buildspec::yaml::Entry;
pub(super) use buildspec::yaml::Node;
pub(super) use buildspec::yaml::Value;

use crate::config::fault::Fault;

/// The keys of a document; one of nothing has none.
pub(super) fn into_entries(document: Node) -> Result<Vec<Entry>, (Option<u64>, Fault)> {
    match document.value {
        Value::Map(entries) => Ok(entries),
        Value::Null => Ok(Vec::new()),
        Value::Text(_) | Value::List(_) => {
            let wanted = "keys and their values";
            Err((Some(document.line), Fault::Shape { wanted }))
        }
    }
}

/// Reads a document: TOML where the name of the file ends in `.toml`, else YAML, of which JSON is a part.
///
/// The error has the line, where the parser knows one.
pub(super) fn parse(text: &str, path: &Path) -> Result<Node, (Option<u64>, Fault)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_toml = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    if is_toml {
        toml::parse(text)
    } else {
        yaml::parse(text)
    }
}
