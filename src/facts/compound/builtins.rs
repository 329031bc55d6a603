//! Functions of values.

use std::rc::Rc;

use crate::facts::compound::CompoundError;
use crate::facts::compound::ast::Function;
use crate::facts::compound::operators;
use crate::facts::compound::operators::contains;
use crate::facts::compound::operators::count;
use crate::facts::compound::value::Value;
use crate::facts::compound::version;
use crate::facts::effort::Effort;
use crate::facts::matching::fact_matches;
use crate::facts::node::Node;
use crate::facts::node::has_agent;
use crate::facts::text::parse_fact_filter;

/// Calls a function. The parser has counted its arguments.
pub(super) fn call<'n>(
    function: Function,
    arguments: &[Value<'n>],
    node: &Node<'n>,
    effort: &mut Effort,
) -> Result<Value<'n>, CompoundError> {
    let (name, ..) = function.signature();
    let first = arguments.first().unwrap_or(&Value::Nil);
    let second = arguments.get(1);
    let other = second.unwrap_or(&Value::Nil);
    match function {
        Function::With => with(text(first, name)?, node, effort).map(Value::Bool),
        Function::Fact => fact(text(first, name)?, node, effort),
        Function::Include => contains(first, other, effort).map(Value::Bool),
        Function::Semver => {
            version::satisfies(text(first, name)?, text(other, name)?).map(Value::Bool)
        }
        Function::Len => length(first, effort),
        Function::Lower => Ok(Value::text(&text(first, name)?.to_lowercase(), effort)?),
        Function::Upper => Ok(Value::text(&text(first, name)?.to_uppercase(), effort)?),
        Function::Trim | Function::TrimPrefix | Function::TrimSuffix => {
            trimmed(function, text(first, name)?, second, effort)
        }
        Function::HasPrefix | Function::HasSuffix => {
            let (whole, part) = (text(first, name)?, text(other, name)?);
            Ok(Value::Bool(if function == Function::HasPrefix {
                whole.starts_with(part)
            } else {
                whole.ends_with(part)
            }))
        }
        Function::Split => split(text(first, name)?, text(other, name)?, effort),
        Function::Join => join(first, second, effort),
        Function::Int | Function::Float | Function::Abs => number(function, first),
        Function::Text => shown(first, effort),
        Function::Type => Ok(Value::text(first.kind(), effort)?),
        Function::Keys | Function::Values => members(function, first, effort),
        Function::First | Function::Last => end(function, first, effort),
        Function::Get => get(first, other, effort),
    }
}

/// A fact filter, else a class, else an agent.
fn with(wanted: &str, node: &Node<'_>, effort: &mut Effort) -> Result<bool, CompoundError> {
    if let Ok(filter) = parse_fact_filter(wanted) {
        return Ok(fact_matches(node.facts, &filter, effort)?);
    }
    Ok(node.classes.contains(wanted, effort)? || has_agent(wanted, node.agents, effort)?)
}

fn fact<'n>(path: &str, node: &Node<'n>, effort: &mut Effort) -> Result<Value<'n>, CompoundError> {
    use std::borrow::Cow;
    let facts: &'n _ = node.facts;
    Ok(match facts.lookup(path, effort)? {
        Some(Cow::Borrowed(fact)) => Value::of_fact(fact, effort)?,
        Some(Cow::Owned(made)) => Value::of_json(&made, effort)?,
        None => Value::Nil,
    })
}

fn length<'n>(of: &Value<'n>, effort: &mut Effort) -> Result<Value<'n>, CompoundError> {
    match (of, of.len()) {
        (Value::Text(text), _) => {
            effort.spend_text(text)?;
            Ok(count(text.chars().count()))
        }
        (_, Some(length)) => Ok(count(length)),
        (_, None) => Err(of.unfit("len")),
    }
}

fn trimmed<'n>(
    function: Function,
    whole: &str,
    what: Option<&Value<'n>>,
    effort: &mut Effort,
) -> Result<Value<'n>, CompoundError> {
    let (name, ..) = function.signature();
    let what = what.map(|what| text(what, name)).transpose()?;
    effort.spend_text(whole)?;
    let part = match (function, what) {
        (Function::TrimPrefix, Some(what)) => whole.strip_prefix(what).unwrap_or(whole),
        (Function::TrimSuffix, Some(what)) => whole.strip_suffix(what).unwrap_or(whole),
        (_, Some(what)) => {
            effort.spend(what.len().saturating_mul(whole.len()))?;
            whole.trim_matches(|c| what.contains(c))
        }
        (_, None) => whole.trim(),
    };
    Ok(Value::text(part, effort)?)
}

fn split<'n>(whole: &str, at: &str, effort: &mut Effort) -> Result<Value<'n>, CompoundError> {
    effort.spend_text(whole)?;
    let parts: Result<Vec<_>, _> = whole
        .split(at)
        // an empty separator gives the characters, without the empty ends
        .filter(|part| !at.is_empty() || !part.is_empty())
        .map(|part| Value::text(part, effort))
        .collect();
    Ok(Value::List(Rc::new(parts?)))
}

fn join<'n>(
    list: &Value<'n>,
    with: Option<&Value<'n>>,
    effort: &mut Effort,
) -> Result<Value<'n>, CompoundError> {
    let with = with.map_or(Ok(""), |with| text(with, "join"))?;
    let mut out = String::new();
    for (at, element) in list.elements("join", effort)?.iter().enumerate() {
        let element = text(element, "join")?;
        effort.spend_text(element)?;
        effort.spend_text(with)?;
        if at > 0 {
            out.push_str(with);
        }
        out.push_str(element);
    }
    Ok(Value::text(&out, effort)?)
}

fn number<'n>(function: Function, of: &Value<'n>) -> Result<Value<'n>, CompoundError> {
    let (operation, ..) = function.signature();
    let none = CompoundError::Arithmetic { operation };
    match (function, of) {
        (Function::Int, Value::Int(_)) | (Function::Float, Value::Float(_)) => Ok(of.clone()),
        (Function::Int, Value::Float(decimal)) => {
            operators::whole(*decimal).map(Value::Int).ok_or(none)
        }
        (Function::Int, Value::Text(text)) => text.parse().map(Value::Int).map_err(|_| none),
        (Function::Float, Value::Int(_)) => of.decimal().map(Value::Float).ok_or(none),
        (Function::Float, Value::Text(text)) => text.parse().map(Value::Float).map_err(|_| none),
        (Function::Abs, Value::Int(whole)) => whole.checked_abs().map(Value::Int).ok_or(none),
        (Function::Abs, Value::Float(decimal)) => Ok(Value::Float(decimal.abs())),
        _ => Err(of.unfit(operation)),
    }
}

/// A scalar as text.
fn shown<'n>(of: &Value<'n>, effort: &mut Effort) -> Result<Value<'n>, CompoundError> {
    match of {
        Value::Text(_) => Ok(of.clone()),
        Value::Nil => Ok(Value::text("<nil>", effort)?),
        Value::Bool(truth) => Ok(Value::text(&truth.to_string(), effort)?),
        Value::Int(whole) => Ok(Value::text(&whole.to_string(), effort)?),
        Value::Float(decimal) => Ok(Value::text(&decimal.to_string(), effort)?),
        Value::List(_) | Value::Map(_) | Value::Fact(_) => Err(of.unfit("string")),
    }
}

fn members<'n>(
    function: Function,
    of: &Value<'n>,
    effort: &mut Effort,
) -> Result<Value<'n>, CompoundError> {
    let (name, ..) = function.signature();
    if of.kind() != "map" {
        return Err(of.unfit(name));
    }
    let mut out = Vec::new();
    for key in of.names() {
        let value = match function {
            Function::Keys => Value::text(key, effort)?,
            _ => of.member(key, effort)?.unwrap_or(Value::Nil),
        };
        out.push(value);
    }
    Ok(Value::list(out, effort)?)
}

/// The first or last element; `nil` where there is none.
fn end<'n>(
    function: Function,
    of: &Value<'n>,
    effort: &mut Effort,
) -> Result<Value<'n>, CompoundError> {
    let (name, ..) = function.signature();
    if of.kind() != "array" {
        return Err(of.unfit(name));
    }
    let place = match function {
        Function::First => Some(0),
        _ => of.len().and_then(|length| length.checked_sub(1)),
    };
    let found = match place {
        Some(place) => of.at(place, effort)?,
        None => None,
    };
    Ok(found.unwrap_or(Value::Nil))
}

/// Like `of[key]`, but what is missing is `nil`.
fn get<'n>(
    of: &Value<'n>,
    key: &Value<'n>,
    effort: &mut Effort,
) -> Result<Value<'n>, CompoundError> {
    match operators::member(of, key, effort) {
        Ok(found) => Ok(found),
        Err(err @ CompoundError::Exhausted(_)) => Err(err),
        Err(_) => Ok(Value::Nil),
    }
}

fn text<'v>(value: &'v Value<'_>, operation: &'static str) -> Result<&'v str, CompoundError> {
    match value {
        Value::Text(text) => Ok(text),
        other => Err(other.unfit(operation)),
    }
}
