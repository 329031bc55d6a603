//! The words of a rule. Each is checked when the file is read: a word that can never match makes a `deny` an `allow`.

use regex::Regex;

use super::lines::Column;
use super::lines::LineError;
use super::lines::MAX_PATTERNS;
use super::policy::Caller;
use crate::facts::Case;
use crate::facts::compile_pattern;
use crate::facts::parse_fact_filter;
use crate::protocol::filter::FactFilter;
use crate::protocol::filter::Operator;

/// Reads words and counts the patterns among them.
#[derive(Debug, Default)]
pub(super) struct Words {
    patterns: usize,
}

impl Words {
    /// A caller id, the name of a group, or a pattern on caller ids.
    pub(super) fn caller(&mut self, word: &str) -> Result<Caller, LineError> {
        if word.starts_with('/') {
            let pattern = slashed(word).ok_or_else(|| bad(Column::Callers, word, HALF_PATTERN))?;
            return self
                .pattern(word, pattern, Case::Exact)
                .map(Caller::Pattern);
        }
        plain(Column::Callers, word)?;
        Ok(if word.contains('=') {
            Caller::Id(word.to_owned())
        } else {
            Caller::Name(word.to_owned())
        })
    }

    /// The name of an action.
    pub(super) fn action(word: &str) -> Result<String, LineError> {
        let fits = word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        if fits {
            Ok(word.to_owned())
        } else {
            Err(bad(
                Column::Actions,
                word,
                "actions are named in full, without patterns",
            ))
        }
    }

    /// A fact filter.
    pub(super) fn fact(&mut self, word: &str) -> Result<FactFilter, LineError> {
        let filter = parse_fact_filter(word).map_err(LineError::Fact)?;
        let refuse = |problem| Err(bad(Column::Facts, word, problem));
        let path = &filter.fact;
        if !queries_balance(path) {
            return refuse("there are no functions here");
        }
        if path.contains(['<', '>', '=', '!', '~']) && !path.contains("#(") {
            return refuse("it has more than one operator");
        }
        if filter.operator == Operator::Matches {
            let pattern = filter.value.trim_matches('/');
            if pattern.is_empty() {
                return refuse("its pattern is empty");
            }
            self.pattern(word, pattern, Case::Ignored)?;
        } else if filter.value == "//" {
            return refuse("its pattern is empty");
        } else if filter.value.starts_with(['"', '\'']) {
            return refuse("values stand without quotes");
        } else if filter.value.contains(['(', ')']) {
            return refuse("brackets belong into a pattern");
        }
        Ok(filter)
    }

    /// The name of a class, or a pattern on the names of classes.
    pub(super) fn class(&mut self, word: &str) -> Result<String, LineError> {
        let refuse = |problem| Err(bad(Column::Classes, word, problem));
        if word.contains(['<', '>', '=']) {
            return refuse("it is a fact where a class belongs");
        }
        if word.starts_with('/') {
            let Some(pattern) = slashed(word) else {
                return refuse(HALF_PATTERN);
            };
            self.pattern(word, pattern, Case::Ignored)?;
        } else {
            plain(Column::Classes, word)?;
        }
        Ok(word.to_owned())
    }

    fn pattern(&mut self, word: &str, pattern: &str, case: Case) -> Result<Regex, LineError> {
        self.patterns += 1;
        if self.patterns > MAX_PATTERNS {
            return Err(LineError::TooManyPatterns);
        }
        compile_pattern(pattern, case).map_err(|err| LineError::Pattern {
            word: word.to_owned(),
            err,
        })
    }
}

fn slashed(word: &str) -> Option<&str> {
    word.strip_prefix('/')?
        .strip_suffix('/')
        .filter(|inner| !inner.is_empty())
}

/// Refuses what looks like part of a statement or of another kind of list.
fn plain(column: Column, word: &str) -> Result<(), LineError> {
    let operator = ["and", "or", "not"]
        .iter()
        .any(|operator| word.eq_ignore_ascii_case(operator));
    if operator {
        return Err(bad(
            column,
            word,
            "operators are written in lower case, and only between facts and classes",
        ));
    }
    if word.contains(ODD) {
        return Err(bad(
            column,
            word,
            "it holds a character that no name has; words are separated by spaces",
        ));
    }
    Ok(())
}

/// Whether brackets stand only where a path has a query, `#(…)`, and in pairs.
fn queries_balance(path: &str) -> bool {
    let mut depth = 0usize;
    let mut before = ' ';
    for c in path.chars() {
        match c {
            '(' if before != '#' => return false,
            '(' => depth += 1,
            ')' if depth == 0 => return false,
            ')' => depth -= 1,
            _ => {}
        }
        before = c;
    }
    depth == 0
}

fn bad(column: Column, word: &str, problem: &'static str) -> LineError {
    LineError::Word {
        column,
        word: word.to_owned(),
        problem,
    }
}

const HALF_PATTERN: &str = "a pattern stands between two slashes and holds no spaces";
const ODD: [char; 12] = [',', ';', '!', '(', ')', '"', '\'', '`', '|', '&', '<', '>'];
