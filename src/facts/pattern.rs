//! Regular expressions of filters.
//!
//! Peers write the RE2 flavour of Go. The engine used here belongs to the same family but differs in details that a
//! filter can show, so a pattern is translated first:
//!
//! | RE2 | here |
//! |---|---|
//! | `\d \w \s \b` mean ASCII only | written out as ASCII classes |
//! | `\Q…\E` quotes | each character is escaped |
//! | `[` `&&` `~~` `--` inside a class are characters | escaped |
//! | `{` that starts no repetition is a character | escaped |
//! | `\<` `\>` are characters | written without the backslash |
//!
//! Matching is linear in the text, and the size of a compiled pattern is limited.

use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;
use regex::RegexBuilder;

use crate::facts::effort::Exhausted;

/// Whether upper and lower case are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    /// `a` is not `A`.
    Exact,
    /// `a` is `A`.
    Ignored,
}

/// Why a pattern gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// The pattern is longer than any that is needed.
    #[error("the pattern is longer than {MAX_PATTERN} bytes")]
    TooLong,
    /// The pattern is no regular expression, or compiles to too much.
    #[error("the pattern is no regular expression of a reasonable size")]
    Invalid,
    /// The request is used up.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
}

/// The pattern between two slashes; nothing when the text is not wrapped in them or when nothing is between them.
pub(super) fn slashed(text: &str) -> Option<&str> {
    text.strip_prefix('/')?
        .strip_suffix('/')
        .filter(|inner| !inner.is_empty())
}

/// Compiles a pattern, without slashes around it.
///
/// # Errors
///
/// [`PatternError::TooLong`] and [`PatternError::Invalid`] for what is no pattern of a reasonable size.
pub fn compile(pattern: &str, case: Case) -> Result<Regex, PatternError> {
    if pattern.len() > MAX_PATTERN {
        return Err(PatternError::TooLong);
    }
    RegexBuilder::new(&translated(pattern))
        .case_insensitive(case == Case::Ignored)
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_COMPILED)
        .nest_limit(MAX_NESTING)
        .build()
        .map_err(|_| PatternError::Invalid)
}

/// The pattern in the words of the engine used here.
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() * 2);
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => escape_outside(&mut chars, &mut out),
            '[' => class(&mut chars, &mut out),
            '{' if !starts_repetition(chars.clone()) => out.push_str("\\{"),
            _ => out.push(c),
        }
    }
    out
}

fn escape_outside(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    match chars.next() {
        Some('d') => out.push_str("[0-9]"),
        Some('D') => out.push_str("[^0-9]"),
        Some('w') => out.push_str("[0-9A-Za-z_]"),
        Some('W') => out.push_str("[^0-9A-Za-z_]"),
        Some('s') => out.push_str(r"[\t\n\f\r ]"),
        Some('S') => out.push_str(r"[^\t\n\f\r ]"),
        Some('b') => out.push_str(r"(?-u:\b)"),
        Some('B') => out.push_str(r"(?-u:\B)"),
        Some('Q') => quoted(chars, out),
        Some(c @ ('<' | '>')) => out.push(c),
        Some(c @ ('p' | 'P' | 'x')) => {
            out.extend(['\\', c]);
            braced(chars, out);
        }
        Some(c) => out.extend(['\\', c]),
        None => out.push('\\'),
    }
}

/// `\Q…\E`, or to the end where `\E` is missing.
fn quoted(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    while let Some(c) = chars.next() {
        if c == '\\' && chars.peek() == Some(&'E') {
            chars.next();
            return;
        }
        out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
    }
}

/// The `{Greek}` of `\p{Greek}`, untouched.
fn braced(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    if chars.peek() != Some(&'{') {
        return;
    }
    for c in chars.by_ref() {
        out.push(c);
        if c == '}' {
            return;
        }
    }
}

/// The inside of `[…]`; the opening bracket is already taken.
fn class(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push('[');
    if chars.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    if chars.next_if_eq(&']').is_some() {
        out.push_str("\\]");
    }
    while let Some(c) = chars.next() {
        match c {
            ']' => {
                out.push(']');
                return;
            }
            '[' if chars.peek() == Some(&':') => posix(chars, out),
            '[' => out.push_str("\\["),
            '&' | '~' => out.extend(['\\', c]),
            '-' if chars.next_if_eq(&'-').is_some() => out.push_str("-\\-"),
            '\\' => escape_inside(chars, out),
            _ => out.push(c),
        }
    }
}

fn escape_inside(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    match chars.next() {
        Some('d') => out.push_str("0-9"),
        Some('w') => out.push_str("0-9A-Za-z_"),
        Some('s') => out.push_str(r"\t\n\f\r "),
        Some('D') => out.push_str("[^0-9]"),
        Some('W') => out.push_str("[^0-9A-Za-z_]"),
        Some('S') => out.push_str(r"[^\t\n\f\r ]"),
        Some(c @ ('<' | '>')) => out.push(c),
        Some(c) => out.extend(['\\', c]),
        None => out.push('\\'),
    }
}

/// `[:alpha:]`, whose opening bracket is already taken.
fn posix(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    let rest: String = chars.clone().take(LONGEST_POSIX).collect();
    let known = rest
        .find(":]")
        .and_then(|end| rest.get(..end + 2))
        .filter(|name| {
            name.chars()
                .all(|c| c.is_ascii_lowercase() || ":^]".contains(c))
        });
    let Some(name) = known else {
        out.push_str("\\[");
        return;
    };
    out.push('[');
    out.push_str(name);
    for _ in name.chars() {
        chars.next();
    }
}

/// Whether what follows a `{` makes it a repetition: `2}`, `2,}` or `2,5}`.
fn starts_repetition(chars: Peekable<Chars<'_>>) -> bool {
    let inner: String = chars.take_while(|c| *c != '}').take(16).collect();
    let (least, most) = inner.split_once(',').unwrap_or((&inner, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

/// `:^xdigit:]` and the longest of the others.
const LONGEST_POSIX: usize = 12;
/// Longest pattern that is looked at, in bytes.
pub(super) const MAX_PATTERN: usize = 4096;
const MAX_COMPILED: usize = 256 * 1024;
const MAX_NESTING: u32 = 64;

#[cfg(test)]
mod tests;
