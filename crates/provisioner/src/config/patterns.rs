//! The forms of values that hold patterns and conditions.
//!
//! Patterns are those of Go, as in the reference and in filters ([`compile_pattern`]). `/…/` around one is dropped.

use muster::facts::Case;
use muster::facts::PatternError;
use muster::facts::compile_pattern;
use muster::facts::parse_fact_filter;
use muster::protocol::filter::FactFilter;
use muster::protocol::filter::Operator;
use muster::report::Chain;
use regex::Regex;

use crate::config::fault::Fault;
use crate::config::forms::Form;
use crate::config::forms::Read;

/// A pattern that is searched anywhere in a name.
pub(super) struct Anywhere;

impl Form for Anywhere {
    fn words(&self) -> String {
        "a regular expression".to_owned()
    }
}

impl Read for Anywhere {
    type Value = Regex;

    fn read(&self, text: &str) -> Result<Regex, Fault> {
        let inner = inner(text);
        if inner.is_empty() {
            return Err(self.refused(text));
        }
        compile_pattern(inner, Case::Exact).map_err(|err| fault(text, &err))
    }
}

/// A pattern that a whole name must match.
pub(super) struct Entire;

impl Form for Entire {
    fn words(&self) -> String {
        "a regular expression for whole names".to_owned()
    }
}

impl Read for Entire {
    type Value = Regex;

    fn read(&self, text: &str) -> Result<Regex, Fault> {
        // by itself first: `a)|(b` becomes a pattern only between the anchors, and then an open one
        Anywhere.read(text).map_err(|err| match err {
            Fault::Value { .. } => self.refused(text),
            other => other,
        })?;
        let anchored = format!("^(?:{})$", inner(text));
        compile_pattern(&anchored, Case::Exact).map_err(|err| fault(text, &err))
    }
}

/// An entry of the allow list of names.
pub(super) struct AllowedName;

/// What it allows.
#[derive(Debug)]
pub(super) enum Allowed {
    Identity,
    Names(Regex),
}

impl Form for AllowedName {
    fn words(&self) -> String {
        "the word identity or a regular expression for whole names".to_owned()
    }
}

impl Read for AllowedName {
    type Value = Allowed;

    fn read(&self, text: &str) -> Result<Allowed, Fault> {
        if text == "identity" {
            return Ok(Allowed::Identity);
        }
        Entire.read(text).map(Allowed::Names)
    }
}

/// A condition on a fact.
pub(super) struct Condition;

impl Form for Condition {
    fn words(&self) -> String {
        "a condition on a fact, as in role=web".to_owned()
    }
}

impl Read for Condition {
    type Value = FactFilter;

    fn read(&self, text: &str) -> Result<FactFilter, Fault> {
        let filter = parse_fact_filter(text).map_err(|_| self.refused(text))?;
        if filter.operator == Operator::Matches {
            // a pattern that never compiles would keep every node out without a word
            compile_pattern(inner(&filter.value), Case::Exact)
                .map_err(|err| fault(&filter.value, &err))?;
        }
        Ok(filter)
    }
}

/// The names that Choria reserves for its clients (spec 05 §6.4). Their case is ignored: it is in DNS, and a peer that
/// ignores it too would take `admin.CHORIA` for a client.
pub(super) fn client_names() -> Vec<Regex> {
    CLIENT_NAMES
        .iter()
        .filter_map(|pattern| compile_pattern(pattern, Case::Ignored).ok())
        .collect()
}

/// The pattern without the slashes around it, all of them as in the reference.
fn inner(text: &str) -> &str {
    if text.len() > 1 && text.starts_with('/') && text.ends_with('/') {
        text.trim_matches('/')
    } else {
        text
    }
}

fn fault(pattern: &str, err: &PatternError) -> Fault {
    Fault::Pattern {
        pattern: pattern.to_owned(),
        text: Chain(err).to_string(),
    }
}

/// As the reference has them.
pub(super) const CLIENT_NAMES: [&str; 4] = [
    r"\.privileged.mcollective$",
    r"\.privileged.choria$",
    r"\.mcollective$",
    r"\.choria$",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_clients_are_denied_in_any_case() {
        let patterns = client_names();
        assert_eq!(patterns.len(), CLIENT_NAMES.len());
        for name in [
            "rip.mcollective",
            "rip.privileged.mcollective",
            "rip.choria",
            "rip.CHORIA",
            "rip.Privileged.Choria",
        ] {
            assert!(patterns.iter().any(|p| p.is_match(name)), "{name}");
        }
        for name in ["n1.example.net", "choria", "n1.choria.example.net"] {
            assert!(!patterns.iter().any(|p| p.is_match(name)), "{name}");
        }
    }

    #[test]
    fn a_pattern_for_whole_names_matches_no_part_of_one() {
        let pattern = Entire.read(r"/web\d+|db/").unwrap();
        assert!(pattern.is_match("web12") && pattern.is_match("db"));
        for name in ["web12.evil", "notdb", "web", "db\n"] {
            assert!(!pattern.is_match(name), "{name}");
        }
    }

    #[test]
    fn a_pattern_cannot_break_out_of_its_anchors() {
        for text in ["a)|(b", "(?x)a #", "a|", r"\Qa"] {
            if let Ok(pattern) = Entire.read(text) {
                assert!(!pattern.is_match("xax"), "{text}");
            }
        }
        Entire.read("a)|(b").unwrap_err();
    }

    #[test]
    fn slashes_are_dropped_as_in_the_reference() {
        assert!(
            Anywhere
                .read(r"//\.choria$//")
                .unwrap()
                .is_match("a.choria")
        );
        assert!(Anywhere.read("a/b").unwrap().is_match("xa/bx"));
        for text in ["", "//", "/", "["] {
            let read = Anywhere.read(text);
            assert!(read.is_err() || text == "/", "{text}");
        }
    }

    #[test]
    fn a_condition_is_whole_and_its_pattern_compiles() {
        Condition.read("role=web").unwrap();
        Condition.read("os.family=~/^Red/").unwrap();
        Condition.read("role").unwrap_err();
        Condition.read("os.family=~/[/").unwrap_err();
    }
}
