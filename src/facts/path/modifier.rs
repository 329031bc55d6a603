//! `@name` and `@name:argument`: what a value is turned into before the path goes on.

use std::borrow::Cow;

use serde_json::Value;

use crate::facts::effort::Effort;
use crate::facts::effort::Exhausted;
use crate::facts::path::weigh;

/// A change to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Modifier {
    /// The value as it is; also for modifiers that only change the layout of text.
    This,
    /// A list from its end; a map as it is, since the order of its members means nothing.
    Reverse,
    /// The names of a map.
    Keys,
    /// The values of a map.
    Values,
    /// Lists inside a list opened by one level.
    Flatten,
    /// Lists inside a list opened at every level.
    FlattenDeep,
    /// The JSON text of a value.
    ToText,
    /// The value of a JSON text.
    FromText,
}

/// The modifier at the front of a path, and the path behind it.
pub(super) fn split(path: &str) -> Option<(Modifier, Option<&str>)> {
    let body = path.strip_prefix('@')?;
    let end = body.find([':', '.', '|']).unwrap_or(body.len());
    let modifier = named(body.get(..end)?)?;
    let after = body.get(end..)?;
    let (argument, after) = match after.strip_prefix(':') {
        Some(rest) => rest.split_at_checked(argument_length(rest))?,
        None => ("", after),
    };
    let modifier = match modifier {
        Modifier::Flatten if wants_deep(argument) => Modifier::FlattenDeep,
        other => other,
    };
    let rest = after.strip_prefix(['.', '|']);
    Some((modifier, rest))
}

/// Applies the modifier.
pub(super) fn apply<'a>(
    modifier: Modifier,
    value: &'a Value,
    effort: &mut Effort,
) -> Result<Option<Cow<'a, Value>>, Exhausted> {
    effort.spend(1)?;
    let changed = match (modifier, value) {
        (Modifier::Reverse, Value::Array(elements)) => {
            weigh(value, effort)?;
            Value::Array(elements.iter().rev().cloned().collect())
        }
        (Modifier::Keys, Value::Object(members)) => {
            weigh(value, effort)?;
            members.keys().cloned().map(Value::String).collect()
        }
        (Modifier::Keys, Value::Array(elements)) => {
            effort.spend(elements.len())?;
            elements.iter().map(|_| Value::Null).collect()
        }
        (Modifier::Values, Value::Object(members)) => {
            weigh(value, effort)?;
            members.values().cloned().collect()
        }
        (Modifier::Values, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            weigh(value, effort)?;
            Value::Array(vec![value.clone()])
        }
        (Modifier::Flatten, Value::Array(elements)) => {
            weigh(value, effort)?;
            flattened(elements)
        }
        (Modifier::FlattenDeep, Value::Array(elements)) => {
            weigh(value, effort)?;
            let mut out = Vec::new();
            flatten_into(elements, &mut out);
            Value::Array(out)
        }
        (Modifier::ToText, value) => {
            weigh(value, effort)?;
            Value::String(value.to_string())
        }
        (Modifier::FromText, Value::String(text)) => {
            effort.spend(text.len())?;
            return Ok(serde_json::from_str(text).ok().map(Cow::Owned));
        }
        (Modifier::Keys, _) => return Ok(None),
        (
            Modifier::This
            | Modifier::Reverse
            | Modifier::Values
            | Modifier::Flatten
            | Modifier::FlattenDeep
            | Modifier::FromText,
            value,
        ) => return Ok(Some(Cow::Borrowed(value))),
    };
    Ok(Some(Cow::Owned(changed)))
}

fn named(name: &str) -> Option<Modifier> {
    match name {
        "this" | "pretty" | "ugly" | "valid" => Some(Modifier::This),
        "reverse" => Some(Modifier::Reverse),
        "keys" => Some(Modifier::Keys),
        "values" => Some(Modifier::Values),
        "flatten" => Some(Modifier::Flatten),
        "tostr" => Some(Modifier::ToText),
        "fromstr" => Some(Modifier::FromText),
        _ => None,
    }
}

/// How long the argument is: a balanced JSON value, else everything up to a pipe.
fn argument_length(text: &str) -> usize {
    let json = text.starts_with(['{', '[', '"']);
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'|' if depth == 0 => return at,
            _ => {}
        }
        if json && depth == 0 && !quoted && !escaped {
            return at + 1;
        }
    }
    text.len()
}

fn wants_deep(argument: &str) -> bool {
    serde_json::from_str::<Value>(argument)
        .is_ok_and(|options| options.get("deep") == Some(&Value::Bool(true)))
}

fn flattened(elements: &[Value]) -> Value {
    let mut out = Vec::with_capacity(elements.len());
    for element in elements {
        match element {
            Value::Array(inner) => out.extend(inner.iter().cloned()),
            other => out.push(other.clone()),
        }
    }
    Value::Array(out)
}

fn flatten_into(elements: &[Value], out: &mut Vec<Value>) {
    for element in elements {
        match element {
            Value::Array(inner) => flatten_into(inner, out),
            other => out.push(other.clone()),
        }
    }
}
