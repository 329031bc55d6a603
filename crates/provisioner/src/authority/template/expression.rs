//! Values with placeholders.
//!
//! `{{ identity }}`, `{{ ssldir }}`, `{{ facts.os.family }}`, `{{ facts.role | default "none" }}`; `{{ "{{" }}` is a text as it
//! is. Nothing else stands between the braces.

use muster::facts::Effort;
use serde_json::Value;

use super::NotYet;
use super::Subject;
use super::TemplateFault;

/// A value, in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expression(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place {
        source: Place,
        default: Option<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Identity,
    SslDir,
    Fact(String),
}

impl Expression {
    /// Reads a value.
    pub(super) fn parse(text: &str) -> Result<Self, TemplateFault> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            push(&mut pieces, before);
            let end = end_of_placeholder(after).ok_or(TemplateFault::Open)?;
            let (inner, behind) = after.split_at(end);
            pieces.push(placeholder(inner)?);
            rest = behind.get(2..).unwrap_or_default();
        }
        push(&mut pieces, rest);
        let plain = pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text),
            Piece::Place { default, .. } => default.as_ref(),
        });
        if plain.flat_map(|text| text.chars()).any(char::is_control) {
            return Err(TemplateFault::ControlCharacter);
        }
        Ok(Self(pieces))
    }

    /// The text, where it is the same for every node.
    pub(super) fn fixed(&self) -> Option<String> {
        let texts = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Place { .. } => None,
        });
        texts.collect()
    }

    /// The value for one node.
    pub(super) fn fill(
        &self,
        key: &str,
        subject: &Subject<'_>,
        effort: &mut Effort,
    ) -> Result<String, NotYet> {
        let mut value = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => value.push_str(text),
                Piece::Place { source, default } => {
                    match (source.look_up(key, subject, effort), default) {
                        (Ok(found), _) => value.push_str(&found),
                        (Err(NotYet::NoFact { .. } | NotYet::NoSslDir { .. }), Some(default)) => {
                            value.push_str(default);
                        }
                        (Err(why), _) => return Err(why),
                    }
                }
            }
        }
        Ok(value)
    }
}

impl Place {
    fn look_up(
        &self,
        key: &str,
        subject: &Subject<'_>,
        effort: &mut Effort,
    ) -> Result<String, NotYet> {
        let key = || key.to_owned();
        match self {
            Self::Identity => Ok(subject.identity.to_string()),
            Self::SslDir => subject
                .ssldir
                .filter(|directory| !directory.is_empty())
                .map(str::to_owned)
                .ok_or_else(|| NotYet::NoSslDir { key: key() }),
            Self::Fact(path) => {
                let fact = || path.clone();
                let found = subject.facts.lookup(path, effort).ok().flatten();
                match found.as_deref() {
                    None => Err(NotYet::NoFact {
                        fact: fact(),
                        key: key(),
                    }),
                    Some(Value::String(text)) => Ok(text.clone()),
                    Some(Value::Number(number)) => Ok(number.to_string()),
                    Some(Value::Bool(truth)) => Ok(truth.to_string()),
                    Some(Value::Null | Value::Array(_) | Value::Object(_)) => {
                        Err(NotYet::NoValue {
                            fact: fact(),
                            key: key(),
                        })
                    }
                }
            }
        }
    }
}

fn push(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

/// Where the two braces are that end a placeholder; those in a quoted text do not.
fn end_of_placeholder(text: &str) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '}' if !quoted && text.get(at..).is_some_and(|rest| rest.starts_with("}}")) => {
                return Some(at);
            }
            _ => {}
        }
    }
    None
}

fn placeholder(inner: &str) -> Result<Piece, TemplateFault> {
    let fault = |rule| TemplateFault::Placeholder {
        text: inner.to_owned(),
        rule,
    };
    let text = inner.trim();
    if text.starts_with('"') {
        return quoted(text)
            .map(Piece::Text)
            .ok_or_else(|| fault("a text stands in quotes of its own"));
    }
    let (name, filter) = match text.split_once('|') {
        Some((name, filter)) => (name.trim(), Some(filter.trim())),
        None => (text, None),
    };
    let source = match name {
        "identity" => Place::Identity,
        "ssldir" => Place::SslDir,
        _ => match name.strip_prefix("facts.") {
            Some(path) if is_path(path) => Place::Fact(path.to_owned()),
            Some(_) => {
                return Err(fault(
                    "the path of a fact has letters, digits, '_', '-', ':' and single dots",
                ));
            }
            None => return Err(fault("there are identity, ssldir and facts.<path>")),
        },
    };
    let default = match filter {
        None => None,
        Some(filter) => Some(
            filter
                .strip_prefix("default")
                .and_then(|text| quoted(text.trim()))
                .ok_or_else(|| fault("behind the bar stands: default \"text\""))?,
        ),
    };
    Ok(Piece::Place { source, default })
}

/// Plain members only: a template that needs more of the language of paths needs a helper.
fn is_path(path: &str) -> bool {
    path.split('.').all(|part| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':'))
    })
}

/// What is between the quotes, with `\"` and `\\` resolved.
fn quoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut plain = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return None,
            '\\' => plain.push(chars.next().filter(|c| matches!(c, '"' | '\\'))?),
            c => plain.push(c),
        }
    }
    Some(plain)
}
