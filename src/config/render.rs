//! What `configure` writes: one header comment, then sorted `key=value` lines.
//!
//! The text is read back with the parser that will read it at the next start, and every pair must come back as it was
//! meant. That is what keeps a value from smuggling in a second setting (spec 04 §6.3).

use std::collections::BTreeMap;

use crate::config::source::Source;
use crate::config::text;

/// Settings that a file cannot hold. Keys are shown escaped, values never.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// Nothing to write.
    #[error("no settings")]
    Empty,
    /// The header has a control character.
    #[error("the header has a control character")]
    Header,
    /// A key that is empty, starts with `#`, or has white space, `=` or a control character.
    #[error(
        "key {key:?} is empty, starts with '#', or has white space, '=' or a control character"
    )]
    Key {
        /// The key.
        key: String,
    },
    /// A value that is empty; the grammar has no way to write it.
    #[error("key {key:?} has an empty value")]
    EmptyValue {
        /// The key.
        key: String,
    },
    /// A value with a control character.
    #[error("the value of key {key:?} has a control character")]
    ControlCharacter {
        /// The key.
        key: String,
    },
    /// A pair that would not be read back as it was written: too long, or with white space at an end.
    #[error("key {key:?} and its value would not be read back as they were given")]
    NotPreserved {
        /// The key.
        key: String,
    },
}

/// The text of a configuration file.
///
/// # Errors
///
/// [`RenderError`] names the first key, in alphabetical order, that the file cannot hold.
pub fn render(settings: &BTreeMap<String, String>, header: &str) -> Result<String, RenderError> {
    if settings.is_empty() {
        return Err(RenderError::Empty);
    }
    if header.chars().any(char::is_control) {
        return Err(RenderError::Header);
    }
    for (key, value) in settings {
        judge(key, value)?;
    }
    let mut written = format!("# {header}\n");
    for (key, value) in settings {
        written.extend([key.as_str(), "=", value.as_str(), "\n"]);
    }
    read_back(settings, &written)?;
    Ok(written)
}

fn judge(key: &str, value: &str) -> Result<(), RenderError> {
    let forbidden = |c: char| c == '=' || c.is_whitespace() || c.is_control();
    if key.is_empty() || key.starts_with('#') || key.contains(forbidden) {
        return Err(RenderError::Key {
            key: key.to_owned(),
        });
    }
    if value.is_empty() {
        return Err(RenderError::EmptyValue {
            key: key.to_owned(),
        });
    }
    if value.chars().any(char::is_control) {
        return Err(RenderError::ControlCharacter {
            key: key.to_owned(),
        });
    }
    Ok(())
}

fn read_back(settings: &BTreeMap<String, String>, written: &str) -> Result<(), RenderError> {
    let lines = text::read(&Source::new("", written));
    let read: BTreeMap<&str, &str> = lines
        .settings
        .iter()
        .map(|line| (line.key.as_str(), line.value.as_str()))
        .collect();
    match settings
        .iter()
        .find(|(key, value)| read.get(key.as_str()) != Some(&value.as_str()))
    {
        Some((key, _)) => Err(RenderError::NotPreserved { key: key.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(key: &str, value: &str) -> Result<String, RenderError> {
        render(
            &BTreeMap::from([(key.to_owned(), value.to_owned())]),
            "by a test",
        )
    }

    #[test]
    fn lines_are_sorted_and_follow_the_header() {
        let settings =
            [("b", "2"), ("a", "1 = 1 # one")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(
            render(&settings.into(), "by a test"),
            Ok("# by a test\na=1 = 1 # one\nb=2\n".to_owned())
        );
    }

    #[test]
    fn what_the_grammar_cannot_hold_is_refused() {
        assert_eq!(render(&BTreeMap::new(), ""), Err(RenderError::Empty));
        for key in [
            "",
            "#a",
            "a=b",
            "a b",
            " a",
            "a\n",
            "a\u{a0}",
            "\u{feff}\u{0}",
        ] {
            assert_eq!(
                one(key, "x"),
                Err(RenderError::Key { key: key.into() }),
                "{key:?}"
            );
        }
        assert_eq!(
            one("a", ""),
            Err(RenderError::EmptyValue { key: "a".into() })
        );
        for value in ["x\nplugin.y=z", "\r", "a\0b", "\u{85}", "a\tb"] {
            assert_eq!(
                one("a", value),
                Err(RenderError::ControlCharacter { key: "a".into() }),
                "{value:?}"
            );
        }
        for value in [" x", "x ", "\u{a0}x\u{2003}", &"x".repeat(70_000)] {
            assert_eq!(
                one("a", value),
                Err(RenderError::NotPreserved { key: "a".into() })
            );
        }
        let settings = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        assert_eq!(render(&settings, "from\nx=y"), Err(RenderError::Header));
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_back(
            settings in proptest::collection::btree_map("\\PC{0,12}", "\\PC{0,20}", 0..8),
            header in ".{0,20}",
        ) {
            if let Ok(written) = render(&settings, &header) {
                let lines = text::read(&Source::new("", written));
                let read: BTreeMap<String, String> =
                    lines.settings.into_iter().map(|line| (line.key, line.value)).collect();
                proptest::prop_assert_eq!(read, settings);
                proptest::prop_assert!(lines.problems.is_empty() && lines.warnings.is_empty());
            }
        }
    }
}
