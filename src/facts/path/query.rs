//! `#(path operator value)`: which elements of a list are meant.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use crate::facts::effort::Effort;
use crate::facts::path::PathError;
use crate::facts::path::glob::Glob;

/// A question to each element of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query<'p> {
    /// What is looked at in the element; empty is the element itself.
    pub(super) path: &'p str,
    test: Test<'p>,
}

#[derive(Debug, PartialEq, Eq)]
enum Test<'p> {
    Exists,
    Compare(Comparison, Cow<'p, str>),
    Like(Glob),
    NotLike(Glob),
    /// `~true` and its kin: whether the value is that kind of value, and whether that is wanted.
    Kind(Kind, Wanted),
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Truthy,
    Falsy,
    Nullish,
    Existing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Yes,
    No,
}

/// Reads the query at the front of a path; gives it and what follows its closing bracket.
pub(super) fn parse(path: &str) -> Option<(Query<'_>, &str)> {
    let inside = path.get(2..)?;
    let (operator, end) = bounds(inside)?;
    let rest = inside.get(end + 1..)?;
    let (path, test) = match operator {
        Some(at) => (inside.get(..at)?, test(trim(inside.get(at..end)?))),
        None => (inside.get(..end)?, Test::Exists),
    };
    let path = trim(path);
    Some((Query { path, test }, rest))
}

impl Query<'_> {
    /// Whether the value that the query's path found is one that is asked for.
    pub(super) fn accepts(
        &self,
        value: Option<&Value>,
        effort: &mut Effort,
    ) -> Result<bool, PathError> {
        let accepted = match (&self.test, value) {
            (Test::Kind(kind, wanted), value) => kind.holds(value) == (*wanted == Wanted::Yes),
            (_, None) | (Test::Never, _) => false,
            (Test::Exists, Some(_)) => true,
            (Test::Compare(comparison, with), Some(value)) => comparison.holds(value, with),
            (Test::Like(glob), Some(Value::String(text))) => glob.matches(text, effort)?,
            (Test::NotLike(glob), Some(Value::String(text))) => !glob.matches(text, effort)?,
            (Test::Like(_) | Test::NotLike(_), Some(_)) => false,
        };
        Ok(accepted)
    }
}

impl Comparison {
    fn holds(self, value: &Value, with: &str) -> bool {
        match value {
            Value::String(text) => self.of(text.as_str().partial_cmp(with)),
            Value::Number(number) => self.of(ordered(number.as_f64(), with.parse().ok())),
            Value::Bool(fact) => match with {
                "true" => self.of(fact.partial_cmp(&true)),
                "false" => self.of(fact.partial_cmp(&false)),
                _ => self == Self::NotEqual,
            },
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        }
    }

    fn of(self, ordering: Option<Ordering>) -> bool {
        match self {
            Self::Equal => ordering.is_some_and(Ordering::is_eq),
            Self::NotEqual => ordering.is_none_or(Ordering::is_ne),
            Self::Less => ordering.is_some_and(Ordering::is_lt),
            Self::LessOrEqual => ordering.is_some_and(Ordering::is_le),
            Self::Greater => ordering.is_some_and(Ordering::is_gt),
            Self::GreaterOrEqual => ordering.is_some_and(Ordering::is_ge),
        }
    }
}

impl Kind {
    fn holds(self, value: Option<&Value>) -> bool {
        match self {
            Self::Existing => value.is_some(),
            Self::Nullish => value.is_none_or(Value::is_null),
            Self::Truthy => value.and_then(truth) == Some(true),
            Self::Falsy => value.is_none_or(Value::is_null) || value.and_then(truth) == Some(false),
        }
    }
}

fn ordered(fact: Option<f64>, with: Option<f64>) -> Option<Ordering> {
    fact?.partial_cmp(&with?)
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(fact) => Some(*fact),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "t" | "true" => Some(true),
            "0" | "f" | "false" => Some(false),
            _ => None,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Where the operator starts, if there is one, and where the query ends.
fn bounds(inside: &str) -> Option<(Option<usize>, usize)> {
    let mut operator = None;
    let mut depth = 1_usize;
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'!' | b'=' | b'<' | b'>' | b'%' if depth == 1 && operator.is_none() => {
                operator = Some(at);
            }
            b'(' | b'[' => depth += 1,
            b')' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some((operator, at));
                }
            }
            _ => {}
        }
    }
    None
}

fn test(text: &str) -> Test<'_> {
    for (sign, comparison) in COMPARISONS {
        if let Some(value) = text.strip_prefix(sign) {
            return compared(comparison, trim(value));
        }
    }
    if let Some(pattern) = text.strip_prefix("!%") {
        return Test::NotLike(Glob::new(&unquoted(trim(pattern))));
    }
    match text.strip_prefix('%') {
        Some(pattern) => Test::Like(Glob::new(&unquoted(trim(pattern)))),
        None => Test::Never,
    }
}

fn compared(comparison: Comparison, value: &str) -> Test<'_> {
    let kind = match value {
        "~true" => Kind::Truthy,
        "~false" => Kind::Falsy,
        "~null" => Kind::Nullish,
        "~*" => Kind::Existing,
        _ => return Test::Compare(comparison, unquoted(value)),
    };
    match comparison {
        Comparison::Equal => Test::Kind(kind, Wanted::Yes),
        Comparison::NotEqual => Test::Kind(kind, Wanted::No),
        Comparison::Less
        | Comparison::LessOrEqual
        | Comparison::Greater
        | Comparison::GreaterOrEqual => Test::Never,
    }
}

fn unquoted(value: &str) -> Cow<'_, str> {
    let inner = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    match inner {
        None => Cow::Borrowed(value),
        Some(inner) if !inner.contains('\\') => Cow::Borrowed(inner),
        Some(inner) => serde_json::from_str(value).map_or(Cow::Borrowed(inner), Cow::Owned),
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c <= ' ')
}

/// Longer signs first.
const COMPARISONS: [(&str, Comparison); 7] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("=", Comparison::Equal),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];
