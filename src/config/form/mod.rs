//! How the text of a value is read, refused and shown: the types of spec 03 §2.3.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde_json::Value as Json;
use serde_json::json;

use crate::config::choices::Choice;
use crate::config::choices::LogTarget;
use crate::config::duration;
use crate::config::key::Repeat;
use crate::secret::Secret;

mod lists;

pub(crate) use lists::choices;
pub(crate) use lists::joined_paths;
pub(crate) use lists::lines;
pub(crate) use lists::names;
pub(crate) use lists::paths;
pub(crate) use lists::patterns;
pub(crate) use lists::texts;

/// The reading of one kind of value.
pub(crate) struct Form<T: 'static> {
    kind: &'static str,
    pub(crate) secret: bool,
    pub(crate) repeat: Repeat,
    expected: Expected,
    parse: fn(&Input<'_>) -> Result<T, Refusal>,
    show: fn(&T) -> Json,
}

/// A value as text, with what its reading may need.
pub(crate) struct Input<'a> {
    text: &'a str,
    home: Option<&'a str>,
    bounds: (u64, u64),
}

/// Why a text is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It does not have the form.
    Form,
    /// It starts with `~` and there is no home.
    NoHome,
}

/// What a message says about the values a key takes.
#[derive(Clone, Copy)]
enum Expected {
    Text(&'static str),
    Range(&'static str, u64, u64),
    Span(u64),
    Words(fn() -> String),
}

impl<T> Form<T> {
    const fn new(
        kind: &'static str,
        expected: &'static str,
        parse: fn(&Input<'_>) -> Result<T, Refusal>,
        show: fn(&T) -> Json,
    ) -> Self {
        Self {
            kind,
            secret: false,
            repeat: Repeat::LastWins,
            expected: Expected::Text(expected),
            parse,
            show,
        }
    }

    const fn within(mut self, what: &'static str, min: u64, max: u64) -> Self {
        self.expected = Expected::Range(what, min, max);
        self
    }

    const fn appending(mut self, separator: char) -> Self {
        self.repeat = Repeat::Appends(separator);
        self
    }

    pub(crate) fn parse(&self, input: &Input<'_>) -> Result<T, Refusal> {
        let bounds = match self.expected {
            Expected::Range(_, min, max) => (min, max),
            Expected::Span(max) => (0, max),
            Expected::Text(_) | Expected::Words(_) => (0, u64::MAX),
        };
        (self.parse)(&Input { bounds, ..*input })
    }

    pub(crate) fn show(&self, value: &T) -> Json {
        (self.show)(value)
    }

    /// The values in a few words, for the documentation.
    pub(crate) fn values(&self) -> String {
        match self.expected {
            Expected::Text(_) => self.kind.to_owned(),
            Expected::Range(_, min, max) => format!("{}, {min} to {max}", self.kind),
            Expected::Span(max) => format!("{}, up to {max}s", self.kind),
            Expected::Words(words) => format!("{}: {}", self.kind, words()),
        }
    }

    pub(crate) fn expected(&self) -> String {
        match self.expected {
            Expected::Text(text) => text.to_owned(),
            Expected::Range(what, min, max) => format!("{what} from {min} to {max}"),
            Expected::Span(max) => {
                format!("a duration such as 30, 10s or 1h30m, above zero and up to {max}s")
            }
            Expected::Words(words) => format!("one of {}", words()),
        }
    }
}

impl<'a> Input<'a> {
    pub(crate) const fn new(text: &'a str, home: Option<&'a str>) -> Self {
        Self {
            text,
            home,
            bounds: (0, u64::MAX),
        }
    }

    fn bounded(&self, number: u64) -> Result<u64, Refusal> {
        let (min, max) = self.bounds;
        if (min..=max).contains(&number) {
            Ok(number)
        } else {
            Err(Refusal::Form)
        }
    }

    fn items(&self, separator: char) -> impl Iterator<Item = &'a str> {
        self.text
            .split(separator)
            .map(str::trim)
            .filter(|item| !item.is_empty())
    }

    fn path(&self, text: &str) -> Result<PathBuf, Refusal> {
        match (text.strip_prefix('~'), self.home) {
            (None, _) if text.is_empty() => Err(Refusal::Form),
            (None, _) => Ok(PathBuf::from(text)),
            (Some(rest), Some(home)) if !home.is_empty() => {
                Ok(PathBuf::from(format!("{home}{rest}")))
            }
            (Some(_), _) => Err(Refusal::NoHome),
        }
    }
}

/// Whole seconds as the file has them; settings carry a [`Duration`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seconds(u64);

impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        Self::from_secs(seconds.0)
    }
}

/// Any text.
pub(crate) const fn text() -> Form<Option<String>> {
    Form::new("text", "text", |i| Ok(Some(i.text.to_owned())), show_option)
}

/// Any text that must not be seen.
pub(crate) const fn secret() -> Form<Option<Secret<String>>> {
    let mut form = Form::new(
        "text",
        "text",
        |i: &Input<'_>| Ok(Some(Secret::new(i.text.to_owned()))),
        |value: &Option<Secret<String>>| json!(value.as_ref().map_or("", |_| MASK)),
    );
    form.secret = true;
    form
}

/// The reference's words for yes and no. Other words are refused; the reference takes them for "no".
pub(crate) const fn flag() -> Form<bool> {
    Form::new("bool", FLAG_WORDS, |i| truth(i.text), |value| json!(value))
}

/// A flag whose presence means something; shown as "no" when it is missing.
pub(crate) const fn presence() -> Form<Option<bool>> {
    Form::new(
        "bool",
        FLAG_WORDS,
        |i| truth(i.text).map(Some),
        |value| json!(value.unwrap_or(false)),
    )
}

/// A whole number.
pub(crate) const fn number(min: u64, max: u64) -> Form<u64> {
    Form::new("int", "", integer, |value| json!(value)).within("a whole number", min, max)
}

/// Whole seconds.
pub(crate) const fn seconds(min: u64, max: u64) -> Form<Seconds> {
    Form::new(
        "seconds",
        "",
        |i| integer(i).map(Seconds),
        |value| json!(value.0),
    )
    .within("whole seconds", min, max)
}

/// A duration with units, above zero and up to `max` seconds.
pub(crate) const fn span(max: u64) -> Form<Duration> {
    let parse = |i: &Input<'_>| {
        duration::parse(i.text)
            .filter(|span| !span.is_zero() && *span <= Duration::from_secs(i.bounds.1))
            .ok_or(Refusal::Form)
    };
    let show = |span: &Duration| json!(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX));
    let mut form = Form::new("duration", "", parse, show);
    form.expected = Expected::Span(max);
    form
}

/// One path.
pub(crate) const fn path() -> Form<Option<PathBuf>> {
    Form::new(
        "path",
        "a path",
        |i| i.path(i.text).map(Some),
        |path| {
            json!(
                path.as_ref()
                    .map_or_else(String::new, |path| path.display().to_string())
            )
        },
    )
}

/// `stdout`, `stderr`, `discard` or a path.
pub(crate) const fn log_target() -> Form<LogTarget> {
    let parse = |i: &Input<'_>| match i.text {
        "stdout" => Ok(LogTarget::Stdout),
        "stderr" => Ok(LogTarget::Stderr),
        "discard" => Ok(LogTarget::Discard),
        path => i.path(path).map(LogTarget::File),
    };
    Form::new(
        "path",
        "a path, stdout, stderr or discard",
        parse,
        |target| json!(target.to_string()),
    )
}

/// A file mode, always octal. The reference takes `640` for a decimal number (spec 02 §13).
pub(crate) const fn mode() -> Form<Option<u32>> {
    let parse = |i: &Input<'_>| {
        let digits = i.text.strip_prefix("0o").unwrap_or(i.text);
        let octal = digits.bytes().all(|b| b.is_ascii_digit());
        let mode = u32::from_str_radix(digits, 8)
            .ok()
            .filter(|mode| octal && *mode <= 0o777);
        mode.map(Some).ok_or(Refusal::Form)
    };
    Form::new(
        "octal mode",
        "an octal file mode from 0 to 0777",
        parse,
        |mode| json!(mode.map_or_else(String::new, |mode| format!("{mode:04o}"))),
    )
}

/// A value that checks itself.
pub(crate) const fn name<T>(kind: &'static str, expected: &'static str) -> Form<Option<T>>
where
    T: FromStr + Display,
{
    Form::new(
        kind,
        expected,
        |i| i.text.parse().map(Some).map_err(|_| Refusal::Form),
        show_option,
    )
}

/// One of a few words, in any case.
pub(crate) const fn choice<T: Choice>() -> Form<T> {
    let parse = |i: &Input<'_>| T::find(i.text).ok_or(Refusal::Form);
    let mut form = Form::new("choice", "", parse, |value: &T| json!(value.shown()));
    form.expected = Expected::Words(words::<T>);
    form
}

fn words<T: Choice>() -> String {
    let words: Vec<&str> = T::ALL.iter().map(|(word, _)| *word).collect();
    words.join(", ")
}

fn truth(text: &str) -> Result<bool, Refusal> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "yes" | "true" | "y" | "t" => Ok(true),
        "0" | "no" | "false" | "n" | "f" => Ok(false),
        _ => Err(Refusal::Form),
    }
}

fn integer(input: &Input<'_>) -> Result<u64, Refusal> {
    let number = input.text.parse().map_err(|_| Refusal::Form)?;
    input.bounded(number)
}

fn show_option<T: Display>(value: &Option<T>) -> Json {
    json!(value.as_ref().map_or_else(String::new, T::to_string))
}

const FLAG_WORDS: &str = "1, yes, true, y or t, or 0, no, false, n or f";

/// Stands for a secret wherever settings are shown.
pub(crate) const MASK: &str = "***";
