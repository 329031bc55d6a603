//! One component of a path. What a component means depends on the value it is applied to: `#` is a name in a map and a
//! length in a list, so a path is taken apart while it is walked.

use std::borrow::Cow;

use crate::facts::path::glob::Glob;
use crate::facts::path::modifier;
use crate::facts::path::query;
use crate::facts::path::query::Query;

/// What follows a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest<'p> {
    /// Nothing.
    End,
    /// A path that the result as a whole goes through.
    Pipe(&'p str),
    /// The next component.
    More(&'p str),
}

impl<'p> Rest<'p> {
    /// What each element that a query found goes through, and what the whole goes through afterwards.
    pub(super) fn of_query(self) -> (Option<&'p str>, Option<&'p str>) {
        match self {
            Self::End => (None, None),
            Self::Pipe(path) => (None, Some(path)),
            Self::More(path) => {
                let (path, pipe) = split_pipe(path);
                (Some(path), pipe)
            }
        }
    }
}

/// The component as a name in a map.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Key<'p> {
    /// Exactly this name.
    Plain(Cow<'p, str>),
    /// The first name that fits.
    Wild(Glob),
}

/// The component as a place in a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ArrayPart<'p> {
    /// The element at this place.
    Index(usize, Rest<'p>),
    /// The number of elements, and what it goes through.
    Count(Option<&'p str>),
    /// What this path finds in each element.
    Each(&'p str),
    /// The first element that fits.
    First(Query<'p>, Rest<'p>),
    /// All elements that fit.
    All(Query<'p>, Rest<'p>),
    /// No place in a list.
    Nothing,
}

/// Takes a path in a map apart.
pub(super) fn of_object(path: &str) -> (Key<'_>, Rest<'_>) {
    let end = end_of(path);
    let name = path.get(..end).unwrap_or_default();
    let key = if has_wildcard(name) {
        Key::Wild(Glob::new(name))
    } else if name.contains('\\') {
        Key::Plain(Cow::Owned(unescaped(name)))
    } else {
        Key::Plain(Cow::Borrowed(name))
    };
    (key, rest_at(path, end))
}

/// Takes a path in a list apart.
pub(super) fn of_array(path: &str) -> ArrayPart<'_> {
    if let Some(each) = path.strip_prefix("#.") {
        return ArrayPart::Each(each);
    }
    if path.starts_with("#(") || path.starts_with("#[") {
        return of_query(path);
    }
    let end = path.find(['.', '|']).unwrap_or(path.len());
    match path.get(..end).unwrap_or_default() {
        "#" => ArrayPart::Count(path.get(end + 1..)),
        digits if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            match digits.parse() {
                Ok(index) => ArrayPart::Index(index, rest_at(path, end)),
                Err(_) => ArrayPart::Nothing,
            }
        }
        _ => ArrayPart::Nothing,
    }
}

fn of_query(path: &str) -> ArrayPart<'_> {
    let Some((query, after)) = query::parse(path) else {
        return ArrayPart::Nothing;
    };
    let (all, after) = match after.strip_prefix('#') {
        Some(after) => (true, after),
        None => (false, after),
    };
    // behind a query, modifiers too belong to each element
    let rest = match after.find(['.', '|']) {
        Some(at) if after.get(at..=at) == Some(".") => {
            Rest::More(after.get(at + 1..).unwrap_or_default())
        }
        Some(at) => Rest::Pipe(after.get(at + 1..).unwrap_or_default()),
        None => Rest::End,
    };
    if all {
        ArrayPart::All(query, rest)
    } else {
        ArrayPart::First(query, rest)
    }
}

/// Splits a path at the first pipe that is outside brackets and quotes.
pub(super) fn split_pipe(path: &str) -> (&str, Option<&str>) {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' if depth > 0 => quoted = !quoted,
            _ if quoted => {}
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'|' if depth == 0 => {
                return (path.get(..at).unwrap_or_default(), path.get(at + 1..));
            }
            _ => {}
        }
    }
    (path, None)
}

/// Where the name at the front of the path ends.
fn end_of(path: &str) -> usize {
    let mut escaped = false;
    path.bytes()
        .position(|byte| match byte {
            _ if escaped => {
                escaped = false;
                false
            }
            b'\\' => {
                escaped = true;
                false
            }
            _ => byte == b'.' || byte == b'|',
        })
        .unwrap_or(path.len())
}

fn rest_at(path: &str, end: usize) -> Rest<'_> {
    match (path.as_bytes().get(end), path.get(end + 1..)) {
        (Some(b'.'), Some(rest)) if modifier::split(rest).is_some() => Rest::Pipe(rest),
        (Some(b'.'), Some(rest)) => Rest::More(rest),
        (Some(_), Some(rest)) => Rest::Pipe(rest),
        _ => Rest::End,
    }
}

fn has_wildcard(name: &str) -> bool {
    let mut escaped = false;
    name.bytes().any(|byte| {
        let wild = !escaped && (byte == b'*' || byte == b'?');
        escaped = !escaped && byte == b'\\';
        wild
    })
}

fn unescaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}
