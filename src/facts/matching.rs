//! How a fact is compared with the value of a filter.
//!
//! | fact | `==` `!=` | `=~` | `< <= > >=` |
//! |---|---|---|---|
//! | text | whole text, case ignored | pattern, case ignored | in order, case ignored |
//! | number | as numbers | pattern on its decimal digits | as numbers; a value that is none is an error |
//! | boolean | the words for true or false | those words, else a pattern on `true` or `false` | error |
//! | null, map, list | never | never | error |
//!
//! A missing fact matches no operator, not even `!=`. The value of `=~` loses the slashes around it; a pattern of which
//! nothing is left, or that is no regular expression, matches nothing. An error means that the node does not match.

use std::cmp::Ordering;

use serde_json::Number;
use serde_json::Value;

use crate::facts::document::Document;
use crate::facts::effort::Effort;
use crate::facts::effort::Exhausted;
use crate::facts::path::PathError;
use crate::facts::pattern::Case;
use crate::facts::pattern::PatternError;
use crate::protocol::filter::FactFilter;
use crate::protocol::filter::Operator;

/// Why a fact could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FactError {
    /// The path is unreasonable.
    #[error("cannot look for the fact {fact:?}")]
    Path {
        /// Path of the fact.
        fact: String,
        /// What is wrong with it.
        #[source]
        err: PathError,
    },
    /// Facts of this kind have no order.
    #[error("the fact {fact:?} has no order that {} could ask for", operator.as_str())]
    NotOrdered {
        /// Path of the fact.
        fact: String,
        /// What was asked.
        operator: Operator,
    },
    /// A number is compared with something else.
    #[error("the fact {fact:?} is a number but {value:?} is not")]
    NotNumber {
        /// Path of the fact.
        fact: String,
        /// What it was compared with.
        value: String,
    },
    /// The request is used up.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
}

/// Whether the facts are as the filter asks.
///
/// # Errors
///
/// When the fact cannot be compared in this way; the node then does not match.
pub fn fact_matches(
    facts: &Document,
    filter: &FactFilter,
    effort: &mut Effort,
) -> Result<bool, FactError> {
    let found = facts
        .lookup(&filter.fact, effort)
        .map_err(|err| match err {
            PathError::Exhausted(err) => FactError::Exhausted(err),
            PathError::TooLong | PathError::TooDeep => FactError::Path {
                fact: filter.fact.chars().take(SHOWN).collect(),
                err,
            },
        })?;
    let Some(fact) = found else {
        return Ok(false);
    };
    effort.spend_text(&filter.value)?;
    match fact.as_ref() {
        Value::String(text) => compare_text(text, filter, effort),
        Value::Number(number) => compare_number(number, filter, effort),
        Value::Bool(fact) => compare_bool(*fact, filter, effort),
        Value::Null | Value::Array(_) | Value::Object(_) => match filter.operator {
            Operator::Equal | Operator::NotEqual | Operator::Matches => Ok(false),
            Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => Err(not_ordered(filter)),
        },
    }
}

fn compare_text(text: &str, filter: &FactFilter, effort: &mut Effort) -> Result<bool, FactError> {
    effort.spend_text(text)?;
    if filter.operator == Operator::Matches {
        return Ok(matches_pattern(text, filter, effort)?);
    }
    let ordering = text.to_lowercase().cmp(&filter.value.to_lowercase());
    Ok(holds(filter.operator, ordering))
}

fn compare_number(
    number: &Number,
    filter: &FactFilter,
    effort: &mut Effort,
) -> Result<bool, FactError> {
    if filter.operator == Operator::Matches {
        return Ok(matches_pattern(&digits(number), filter, effort)?);
    }
    match (ordering(number, filter.value.trim()), filter.operator) {
        (Some(ordering), operator) => Ok(holds(operator, ordering)),
        (None, Operator::Equal) => Ok(false),
        (None, Operator::NotEqual) => Ok(true),
        (None, _) => Err(FactError::NotNumber {
            fact: filter.fact.chars().take(SHOWN).collect(),
            value: filter.value.chars().take(SHOWN).collect(),
        }),
    }
}

fn compare_bool(fact: bool, filter: &FactFilter, effort: &mut Effort) -> Result<bool, FactError> {
    match filter.operator {
        Operator::Equal => Ok(word(&filter.value) == Some(fact)),
        Operator::NotEqual => Ok(word(&filter.value) != Some(fact)),
        Operator::Matches => match word(filter.value.trim_matches('/')) {
            Some(wanted) => Ok(wanted == fact),
            None => Ok(matches_pattern(&fact.to_string(), filter, effort)?),
        },
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            Err(not_ordered(filter))
        }
    }
}

fn holds(operator: Operator, ordering: Ordering) -> bool {
    match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Less => ordering.is_lt(),
        Operator::LessOrEqual => ordering.is_le(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterOrEqual => ordering.is_ge(),
        Operator::Matches => false,
    }
}

/// How the fact stands to the value; nothing when the value is no number.
fn ordering(fact: &Number, value: &str) -> Option<Ordering> {
    let decimal = value
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if !decimal {
        return None;
    }
    if let (Some(fact), Ok(value)) = (whole(fact), value.parse::<i128>()) {
        return Some(fact.cmp(&value));
    }
    fact.as_f64()?.partial_cmp(&value.parse::<f64>().ok()?)
}

fn whole(number: &Number) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
}

/// The number in decimal digits; a whole number has no fraction, however it was written.
fn digits(number: &Number) -> String {
    let text = number.to_string();
    match text.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// What the words for a boolean mean.
fn word(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

fn matches_pattern(
    text: &str,
    filter: &FactFilter,
    effort: &mut Effort,
) -> Result<bool, Exhausted> {
    let pattern = filter.value.trim_matches('/');
    if pattern.is_empty() {
        return Ok(false);
    }
    match effort.is_match(pattern, Case::Ignored, text) {
        Ok(found) => Ok(found),
        Err(PatternError::TooLong | PatternError::Invalid) => Ok(false),
        Err(PatternError::Exhausted(err)) => Err(err),
    }
}

fn not_ordered(filter: &FactFilter) -> FactError {
    FactError::NotOrdered {
        fact: filter.fact.chars().take(SHOWN).collect(),
        operator: filter.operator,
    }
}

/// Characters of a peer's text that an error repeats.
const SHOWN: usize = 80;

#[cfg(test)]
mod tests;
