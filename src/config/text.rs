//! Stage one: the lines of a file (spec 03 §2.1).
//!
//! The reference matches each trimmed line against the unanchored expression `(.+?)\s*=\s*(.+)`. Written by hand that
//! is: the first `=` that has a character before it and something after it splits; so `a = b = c` sets `a`, `==x` sets
//! `=`, `=a=b` sets `=a`. What the reference passes over in silence is a warning here, what would make it misread the
//! file (a line over 64 KiB ends its reading, a BOM becomes part of the first key) is refused or put right.

use crate::config::problem::Problem;
use crate::config::problem::Warning;
use crate::config::source::Place;
use crate::config::source::Source;

/// `key = value` and where it stood.
pub(crate) struct Line {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) at: Place,
}

/// What one file holds.
#[derive(Default)]
pub(crate) struct Lines {
    pub(crate) settings: Vec<Line>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Warning>,
}

/// Reads a whole file; one bad line does not hide the next.
pub(crate) fn read(source: &Source) -> Lines {
    let text = source.text();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Lines::default();
    for (index, line) in text.split('\n').enumerate() {
        lines.take(line, || source.place(index.saturating_add(1)));
    }
    lines
}

impl Lines {
    fn take(&mut self, line: &str, at: impl Fn() -> Place) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.len() > MAX_LINE {
            self.problems.push(Problem::LineTooLong {
                at: at(),
                max: MAX_LINE,
            });
            return;
        }
        if let Some(bad) = line.chars().find(|c| c.is_control() && *c != '\t') {
            self.problems.push(Problem::ControlCharacter {
                at: at(),
                code: u32::from(bad),
            });
            return;
        }
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return;
        }
        match split(line) {
            Some((key, "")) => self.warnings.push(Warning::NoValue {
                at: at(),
                key: key.to_owned(),
            }),
            Some((key, value)) => self.settings.push(Line {
                key: key.to_owned(),
                value: value.to_owned(),
                at: at(),
            }),
            None => self.warnings.push(Warning::NotASetting { at: at() }),
        }
    }
}

/// Key and value of a trimmed line; an empty value stands for `key =`.
fn split(line: &str) -> Option<(&str, &str)> {
    let (at, _) = line.char_indices().skip(1).find(|(_, c)| *c == '=')?;
    let (key, rest) = line.split_at_checked(at)?;
    let value = rest.strip_prefix('=')?;
    // `\s` of the expression is ASCII white space, unlike the trimming of the whole line.
    Some((
        key.trim_end_matches(ascii_space),
        value.trim_start_matches(ascii_space),
    ))
}

const fn ascii_space(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// The reference's scanner stops reading the file at a longer line.
pub(crate) const MAX_LINE: usize = 64 * 1024;
