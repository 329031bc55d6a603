//! Paths into a facts document.
//!
//! The language is that of GJSON (spec 03 §7.4), walked over values instead of text:
//!
//! | written | means |
//! |---|---|
//! | `a.b` | member `b` of member `a`; `\` takes the next character as it is |
//! | `a.0` | element of a list |
//! | `a.#` | length of a list |
//! | `a.#.b` | `b` of each element |
//! | `a.#(b=="x").c` | `c` of the first element whose `b` is `x`; `#(…)#` all of them |
//! | `a*`, `a?` | first member whose name fits |
//! | `a\|b` | `b` of the result as a whole |
//! | `@this @reverse @keys @values @flatten @tostr @fromstr @valid @ugly @pretty` | modifiers |
//!
//! Multipaths (`{a,b}`, `[a,b]`), literals (`!1`), lines (`..`) and the modifiers `@join @group @dig` build new documents and
//! have no place in a question about a fact: they find nothing. The `gjson` crate was considered: it works on text with
//! unchecked slices, and a path makes it recurse without bound, so this is our own. Any path is safe: its length, the
//! nesting and the number of steps are bounded, and what a list or a modifier copies is paid for.

mod glob;
mod modifier;
mod part;
mod query;

use std::borrow::Cow;

use serde_json::Map;
use serde_json::Value;

use crate::facts::effort::Effort;
use crate::facts::effort::Exhausted;
use crate::facts::path::part::ArrayPart;
use crate::facts::path::part::Key;
use crate::facts::path::part::Rest;
use crate::facts::path::query::Query;

/// Why a path gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// The path is longer than any that is needed.
    #[error("the path is longer than {MAX_PATH} bytes")]
    TooLong,
    /// The path is nested more deeply than any that is needed.
    #[error("the path is nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// The request is used up.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
}

/// What the path finds in `document`, and nothing where it finds nothing.
///
/// # Errors
///
/// When the path is too long, too deep, or costs more than is left.
pub fn lookup<'a>(
    document: &'a Value,
    path: &str,
    effort: &mut Effort,
) -> Result<Option<Cow<'a, Value>>, PathError> {
    if path.len() > MAX_PATH {
        return Err(PathError::TooLong);
    }
    Walk { effort, depth: 0 }.get(document, path)
}

/// A value that was found, and the path that its whole goes through next.
type Hit<'a, 'p> = Option<(Cow<'a, Value>, Option<&'p str>)>;

struct Walk<'e> {
    effort: &'e mut Effort,
    depth: usize,
}

impl Walk<'_> {
    fn get<'a>(
        &mut self,
        value: &'a Value,
        path: &str,
    ) -> Result<Option<Cow<'a, Value>>, PathError> {
        self.enter(path)?;
        let found = if let Some((modifier, rest)) = modifier::split(path) {
            let changed = modifier::apply(modifier, value, self.effort)?;
            (changed, rest)
        } else {
            match self.search(value, path)? {
                Some((hit, rest)) => (Some(hit), rest),
                None => (None, None),
            }
        };
        let answer = match found {
            (Some(hit), Some(rest)) => self.get_from(hit, rest)?,
            (hit, _) => hit,
        };
        self.depth -= 1;
        Ok(answer)
    }

    fn get_from<'a>(
        &mut self,
        value: Cow<'a, Value>,
        path: &str,
    ) -> Result<Option<Cow<'a, Value>>, PathError> {
        match value {
            Cow::Borrowed(value) => self.get(value, path),
            Cow::Owned(value) => match self.get(&value, path)? {
                Some(found) => Ok(Some(Cow::Owned(self.copy(found)?))),
                None => Ok(None),
            },
        }
    }

    fn search<'a, 'p>(
        &mut self,
        value: &'a Value,
        path: &'p str,
    ) -> Result<Hit<'a, 'p>, PathError> {
        self.enter(path)?;
        let hit = match value {
            Value::Object(members) => self.in_object(members, path)?,
            Value::Array(elements) => self.in_array(elements, path)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        self.depth -= 1;
        Ok(hit)
    }

    fn in_object<'a, 'p>(
        &mut self,
        members: &'a Map<String, Value>,
        path: &'p str,
    ) -> Result<Hit<'a, 'p>, PathError> {
        let (key, rest) = part::of_object(path);
        match key {
            Key::Plain(name) => match members.get(name.as_ref()) {
                Some(member) => self.descend(member, rest),
                None => Ok(None),
            },
            Key::Wild(glob) => {
                for (name, member) in members {
                    if glob.matches(name, self.effort)?
                        && let Some(hit) = self.descend(member, rest)?
                    {
                        return Ok(Some(hit));
                    }
                }
                Ok(None)
            }
        }
    }

    fn in_array<'a, 'p>(
        &mut self,
        elements: &'a [Value],
        path: &'p str,
    ) -> Result<Hit<'a, 'p>, PathError> {
        match part::of_array(path) {
            ArrayPart::Index(index, rest) => match elements.get(index) {
                Some(element) => self.descend(element, rest),
                None => Ok(None),
            },
            ArrayPart::Count(pipe) => Ok(Some((Cow::Owned(Value::from(elements.len())), pipe))),
            ArrayPart::Each(path) => self.each(elements, path),
            ArrayPart::First(query, rest) => self.first(elements, &query, rest),
            ArrayPart::All(query, rest) => self.all(elements, &query, rest),
            ArrayPart::Nothing => Ok(None),
        }
    }

    fn descend<'a, 'p>(
        &mut self,
        value: &'a Value,
        rest: Rest<'p>,
    ) -> Result<Hit<'a, 'p>, PathError> {
        match rest {
            Rest::End => Ok(Some((Cow::Borrowed(value), None))),
            Rest::Pipe(path) => Ok(Some((Cow::Borrowed(value), Some(path)))),
            Rest::More(path) => self.search(value, path),
        }
    }

    fn each<'a, 'p>(
        &mut self,
        elements: &'a [Value],
        path: &'p str,
    ) -> Result<Hit<'a, 'p>, PathError> {
        let (path, pipe) = part::split_pipe(path);
        let mut found = Vec::new();
        for element in elements {
            if let Some(value) = self.get(element, path)? {
                found.push(self.copy(value)?);
            }
        }
        Ok(Some((Cow::Owned(Value::Array(found)), pipe)))
    }

    fn first<'a, 'p>(
        &mut self,
        elements: &'a [Value],
        query: &Query<'_>,
        rest: Rest<'p>,
    ) -> Result<Hit<'a, 'p>, PathError> {
        let (path, pipe) = rest.of_query();
        for element in elements {
            if self.fits(element, query)? {
                let value = match path {
                    Some(path) => self.get(element, path)?,
                    None => Some(Cow::Borrowed(element)),
                };
                return Ok(value.map(|value| (value, pipe)));
            }
        }
        Ok(None)
    }

    fn all<'a, 'p>(
        &mut self,
        elements: &'a [Value],
        query: &Query<'_>,
        rest: Rest<'p>,
    ) -> Result<Hit<'a, 'p>, PathError> {
        let (path, pipe) = rest.of_query();
        let mut found = Vec::new();
        for element in elements {
            if self.fits(element, query)? {
                let value = match path {
                    Some(path) => self.get(element, path)?,
                    None => Some(Cow::Borrowed(element)),
                };
                if let Some(value) = value {
                    found.push(self.copy(value)?);
                }
            }
        }
        Ok(Some((Cow::Owned(Value::Array(found)), pipe)))
    }

    /// Whether the element is one that the query asks for.
    fn fits(&mut self, element: &Value, query: &Query<'_>) -> Result<bool, PathError> {
        self.effort.spend(1)?;
        let container = element.is_object() || element.is_array();
        if container {
            let found = self.get(element, query.path)?;
            return query.accepts(found.as_deref(), self.effort);
        }
        Ok(query.path.is_empty() && query.accepts(Some(element), self.effort)?)
    }

    fn copy(&mut self, value: Cow<'_, Value>) -> Result<Value, Exhausted> {
        if let Cow::Borrowed(value) = value {
            weigh(value, self.effort)?;
        }
        Ok(value.into_owned())
    }

    /// One level deeper; what comes back with an error does not come back at all, so only success leaves again.
    fn enter(&mut self, path: &str) -> Result<(), PathError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(PathError::TooDeep);
        }
        Ok(self.effort.spend_text(path)?)
    }
}

/// Pays for a copy of the value. As deep as the value itself, whose parser limited it.
fn weigh(value: &Value, effort: &mut Effort) -> Result<(), Exhausted> {
    effort.spend(1)?;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::String(text) => effort.spend_text(text),
        Value::Array(elements) => elements.iter().try_for_each(|value| weigh(value, effort)),
        Value::Object(members) => members.iter().try_for_each(|(name, value)| {
            effort.spend_text(name)?;
            weigh(value, effort)
        }),
    }
}

const MAX_PATH: usize = 1024;
/// Deeper than any document that the JSON parser accepts.
const MAX_DEPTH: usize = 144;

#[cfg(test)]
mod tests;
