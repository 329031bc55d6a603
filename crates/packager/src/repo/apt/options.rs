//! What a repository is called.

use super::AptError;

/// Names and date of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Who it is from, for people and for pinning: `Acme`.
    pub origin: String,
    /// What it has, for people and for pinning: `Acme agents`.
    pub label: String,
    /// Its suite, such as `stable`.
    pub suite: String,
    /// Its codename: the folder below `dists`, and what a line of `sources.list` names.
    pub codename: String,
    /// Its component, such as `main`.
    pub component: String,
    /// Seconds since 1970: when it is of.
    pub source_date: u64,
}

impl Options {
    /// Refuses what would be another line, another folder or another word of `sources.list`.
    pub(super) fn check(&self) -> Result<(), AptError> {
        for (what, value) in [
            ("suite", &self.suite),
            ("codename", &self.codename),
            ("component", &self.component),
        ] {
            if !is_word(value) {
                return Err(refused(what, value));
            }
        }
        for (what, value) in [("origin", &self.origin), ("label", &self.label)] {
            if value.trim().is_empty() || value.chars().any(char::is_control) {
                return Err(refused(what, value));
            }
        }
        Ok(())
    }
}

/// A word that can be the name of a folder.
pub(super) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-._~".contains(&b))
}

fn refused(what: &'static str, value: &str) -> AptError {
    AptError::Option {
        what,
        value: value.to_owned(),
    }
}
