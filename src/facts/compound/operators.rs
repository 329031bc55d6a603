//! Operators on values, with the meaning they have in expr-lang: division is decimal, remainder is for whole numbers, the
//! operators of text give false on `nil`, a missing member of a map is `nil` and a missing place of a list is an error.

use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

use crate::facts::compound::CompoundError;
use crate::facts::compound::ast::Binary;
use crate::facts::compound::ast::Order;
use crate::facts::compound::value::Value;
use crate::facts::effort::Effort;
use crate::facts::pattern::Case;

/// A number of things.
pub(super) fn count<'n>(things: usize) -> Value<'n> {
    Value::Int(i64::try_from(things).unwrap_or(i64::MAX))
}

/// The value, if it is a number.
pub(super) fn number<'n>(
    value: Value<'n>,
    operation: &'static str,
) -> Result<Value<'n>, CompoundError> {
    match value {
        Value::Int(_) | Value::Float(_) => Ok(value),
        other => Err(other.unfit(operation)),
    }
}

/// The number with the other sign.
pub(super) fn negated<'n>(value: &Value<'n>) -> Result<Value<'n>, CompoundError> {
    match value {
        Value::Int(whole) => whole
            .checked_neg()
            .map(Value::Int)
            .ok_or(CompoundError::Arithmetic { operation: "-" }),
        Value::Float(decimal) => Ok(Value::Float(-decimal)),
        other => Err(other.unfit("-")),
    }
}

/// Any operator between two values.
pub(super) fn binary<'n>(
    operator: Binary,
    left: &Value<'n>,
    right: &Value<'n>,
    effort: &mut Effort,
) -> Result<Value<'n>, CompoundError> {
    match operator {
        Binary::Equal => Ok(Value::Bool(left.equals(right, effort)?)),
        Binary::NotEqual => Ok(Value::Bool(!left.equals(right, effort)?)),
        Binary::In => contains(right, left, effort).map(Value::Bool),
        Binary::Matches | Binary::Contains | Binary::StartsWith | Binary::EndsWith => {
            of_text(operator, left, right, effort).map(Value::Bool)
        }
        Binary::Range => range(left, right, effort),
        Binary::Add => match (left, right) {
            (Value::Text(left), Value::Text(right)) => {
                effort.spend_text(left)?;
                effort.spend_text(right)?;
                Ok(Value::Text(Arc::from(
                    [left.as_ref(), right.as_ref()].concat(),
                )))
            }
            _ => arithmetic(operator, left, right),
        },
        Binary::Subtract
        | Binary::Multiply
        | Binary::Divide
        | Binary::Remainder
        | Binary::Power => arithmetic(operator, left, right),
    }
}

/// Whether the left value stands in this order to the right one.
pub(super) fn ordered(
    order: Order,
    left: &Value<'_>,
    right: &Value<'_>,
    effort: &mut Effort,
) -> Result<bool, CompoundError> {
    let ordering = match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => {
            effort.spend_text(left)?;
            Some(left.cmp(right))
        }
        _ => match (left.decimal(), right.decimal()) {
            (Some(left), Some(right)) => left.partial_cmp(&right),
            (Some(_), None) => return Err(right.unfit("a comparison")),
            (None, _) => return Err(left.unfit("a comparison")),
        },
    };
    Ok(match order {
        Order::Less => ordering.is_some_and(Ordering::is_lt),
        Order::LessOrEqual => ordering.is_some_and(Ordering::is_le),
        Order::Greater => ordering.is_some_and(Ordering::is_gt),
        Order::GreaterOrEqual => ordering.is_some_and(Ordering::is_ge),
    })
}

/// `of[key]`
pub(super) fn member<'n>(
    of: &Value<'n>,
    key: &Value<'n>,
    effort: &mut Effort,
) -> Result<Value<'n>, CompoundError> {
    match (of.kind(), key) {
        ("map", Value::Text(name)) => Ok(of.member(name, effort)?.unwrap_or(Value::Nil)),
        ("map", _) => Err(key.unfit("a name of a map")),
        ("array", _) => {
            let index = index(key)?;
            let place = place(index, of.len().unwrap_or(0));
            let found = match place {
                Some(place) => of.at(place, effort)?,
                None => None,
            };
            found.ok_or(CompoundError::OutOfRange { index })
        }
        _ => Err(of.unfit("a member")),
    }
}

/// `of[from:to]`
pub(super) fn slice<'n>(
    of: &Value<'n>,
    from: Option<&Value<'n>>,
    to: Option<&Value<'n>>,
    effort: &mut Effort,
) -> Result<Value<'n>, CompoundError> {
    let elements = of.elements("a slice", effort)?;
    let length = elements.len();
    let bound = |end: Option<&Value<'n>>, otherwise: usize| match end {
        Some(end) => index(end).map(|index| place(index, length).unwrap_or(0).min(length)),
        None => Ok(otherwise),
    };
    let to = bound(to, length)?;
    let from = bound(from, 0)?.min(to);
    let part = elements.get(from..to).unwrap_or_default().to_vec();
    Ok(Value::list(part, effort)?)
}

/// Whether the list has the value, or the map the name. Nothing is in `nil`.
pub(super) fn contains<'n>(
    of: &Value<'n>,
    wanted: &Value<'n>,
    effort: &mut Effort,
) -> Result<bool, CompoundError> {
    match of.kind() {
        "nil" => Ok(false),
        "map" => match wanted {
            Value::Text(name) => Ok(of.member(name, effort)?.is_some()),
            Value::Nil => Ok(false),
            other => Err(other.unfit("a name of a map")),
        },
        _ => {
            for element in of.elements("in", effort)?.iter() {
                if element.equals(wanted, effort)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

fn of_text(
    operator: Binary,
    left: &Value<'_>,
    right: &Value<'_>,
    effort: &mut Effort,
) -> Result<bool, CompoundError> {
    let operation = match operator {
        Binary::Matches => "matches",
        Binary::StartsWith => "startsWith",
        Binary::EndsWith => "endsWith",
        _ => "contains",
    };
    let (text, part) = match (left, right) {
        (Value::Nil, _) | (_, Value::Nil) => return Ok(false),
        (Value::Text(text), Value::Text(part)) => (text, part),
        (Value::Text(_), other) | (other, _) => return Err(other.unfit(operation)),
    };
    effort.spend_text(text)?;
    Ok(match operator {
        Binary::Matches => effort.is_match(part, Case::Exact, text)?,
        Binary::StartsWith => text.starts_with(part.as_ref()),
        Binary::EndsWith => text.ends_with(part.as_ref()),
        _ => text.contains(part.as_ref()),
    })
}

fn range<'n>(
    left: &Value<'n>,
    right: &Value<'n>,
    effort: &mut Effort,
) -> Result<Value<'n>, CompoundError> {
    let (first, last) = (index(left)?, index(right)?);
    let length = i128::from(last) - i128::from(first) + 1;
    // paid for before it is made
    effort.spend(usize::try_from(length.max(0)).unwrap_or(usize::MAX))?;
    Ok(Value::List(Rc::new(
        (first..=last).map(Value::Int).collect(),
    )))
}

fn arithmetic<'n>(
    operator: Binary,
    left: &Value<'n>,
    right: &Value<'n>,
) -> Result<Value<'n>, CompoundError> {
    let operation = match operator {
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::Remainder => "%",
        Binary::Power => "**",
        _ => "+",
    };
    if let (Value::Int(left), Value::Int(right)) = (left, right) {
        let whole = match operator {
            Binary::Add => Some(left.checked_add(*right)),
            Binary::Subtract => Some(left.checked_sub(*right)),
            Binary::Multiply => Some(left.checked_mul(*right)),
            Binary::Remainder => Some(left.checked_rem(*right)),
            _ => None,
        };
        if let Some(whole) = whole {
            return whole
                .map(Value::Int)
                .ok_or(CompoundError::Arithmetic { operation });
        }
    }
    let decimal = |value: &Value<'_>| value.decimal().ok_or_else(|| value.unfit(operation));
    let (a, b) = (decimal(left)?, decimal(right)?);
    match operator {
        Binary::Subtract => Ok(Value::Float(a - b)),
        Binary::Multiply => Ok(Value::Float(a * b)),
        Binary::Divide => Ok(Value::Float(a / b)),
        Binary::Power => Ok(Value::Float(a.powf(b))),
        Binary::Remainder => Err(left.unfit(operation)),
        _ => Ok(Value::Float(a + b)),
    }
}

/// A whole number, or a decimal one without its fraction.
fn index(value: &Value<'_>) -> Result<i64, CompoundError> {
    match value {
        Value::Int(whole) => Ok(*whole),
        Value::Float(decimal) => whole(*decimal).ok_or(CompoundError::Arithmetic {
            operation: "a place",
        }),
        other => Err(other.unfit("a place")),
    }
}

/// A decimal number without its fraction, where that is a whole number of the language.
pub(super) fn whole(decimal: f64) -> Option<i64> {
    let text = format!("{:.0}", decimal.trunc());
    text.parse().ok()
}

/// A place in a list of this length; negative ones count from its end.
fn place(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let place = if index < 0 { length + index } else { index };
    usize::try_from(place).ok()
}
