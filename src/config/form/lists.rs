//! Forms of lists. Empty items are dropped.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use regex::Regex;
use regex::RegexBuilder;
use serde_json::json;

use crate::config::choices::Choice;
use crate::config::form::Expected;
use crate::config::form::Form;
use crate::config::form::Input;
use crate::config::form::Refusal;
use crate::config::form::words;

/// Paths joined by colons; a further line adds to them.
pub(crate) const fn paths() -> Form<Vec<PathBuf>> {
    Form::new("path list", "paths joined by ':'", path_list, |paths| {
        paths
            .iter()
            .map(|path| json!(path.display().to_string()))
            .collect()
    })
    .appending(':')
}

/// Paths joined by colons, which peers see as one text.
pub(crate) const fn joined_paths() -> Form<Vec<PathBuf>> {
    Form::new(
        "paths joined by `:`",
        "paths joined by ':'",
        path_list,
        |paths| {
            let paths: Vec<String> = paths
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            json!(paths.join(":"))
        },
    )
}

/// Texts joined by commas; empty ones are dropped.
pub(crate) const fn texts() -> Form<Vec<String>> {
    Form::new("comma list", "texts joined by ','", strings, |list| {
        json!(list)
    })
}

/// Texts, one a line.
pub(crate) const fn lines() -> Form<Vec<String>> {
    let parse = |i: &Input<'_>| Ok(i.items('\n').map(str::to_owned).collect());
    Form::new("list, one item a line", "text", parse, |list| json!(list)).appending('\n')
}

/// Regular expressions joined by commas; slashes around one are no part of it (spec 02 §3.4).
pub(crate) const fn patterns() -> Form<Vec<Regex>> {
    let parse = |i: &Input<'_>| {
        let compile = |item: &str| {
            RegexBuilder::new(bare(item))
                .size_limit(PATTERN_SIZE)
                .build()
        };
        i.items(',')
            .map(|item| compile(item).map_err(|_| Refusal::Form))
            .collect()
    };
    Form::new(
        "comma list",
        "regular expressions joined by ','",
        parse,
        |list: &Vec<Regex>| list.iter().map(|pattern| json!(pattern.as_str())).collect(),
    )
}

fn bare(pattern: &str) -> &str {
    let wrapped = pattern.len() > 2 && pattern.starts_with('/') && pattern.ends_with('/');
    match pattern.trim_matches('/') {
        inner if wrapped && !inner.is_empty() => inner,
        _ => pattern,
    }
}

/// Values that check themselves, joined by commas.
pub(crate) const fn names<T: FromStr + Display>(expected: &'static str) -> Form<Vec<T>> {
    let parse = |i: &Input<'_>| {
        i.items(',')
            .map(|item| item.parse().map_err(|_| Refusal::Form))
            .collect()
    };
    Form::new("comma list", expected, parse, |list: &Vec<T>| {
        list.iter().map(|item| json!(item.to_string())).collect()
    })
}

/// Some of a few words, joined by commas.
pub(crate) const fn choices<T: Choice>() -> Form<Vec<T>> {
    let parse = |i: &Input<'_>| {
        i.items(',')
            .map(|item| T::find(item).ok_or(Refusal::Form))
            .collect()
    };
    let mut form = Form::new("comma list", "", parse, |list: &Vec<T>| {
        list.iter().map(|value| json!(value.shown())).collect()
    });
    form.expected = Expected::Words(words::<T>);
    form
}

fn strings(input: &Input<'_>) -> Result<Vec<String>, Refusal> {
    Ok(input.items(',').map(str::to_owned).collect())
}

fn path_list(input: &Input<'_>) -> Result<Vec<PathBuf>, Refusal> {
    input.items(':').map(|item| input.path(item)).collect()
}

/// A pattern of a peer's configuration must not cost more memory than the rest of the agent.
const PATTERN_SIZE: usize = 256 * 1024;
