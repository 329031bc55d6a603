//! A policy or groups file as the lines that say something, and what can be wrong with one.

use std::fmt;
use std::path::Path;

use crate::facts::FactFilterError;
use crate::facts::PatternError;
use crate::facts::compound::CompoundError;
use crate::report::Chain;
use crate::report::Excerpt;

/// Why a policy or groups file cannot be used. One bad line makes the whole file unusable.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The file is larger than any that is needed.
    #[error("it is larger than {MAX_FILE} bytes")]
    TooLarge,
    /// A line cannot be understood.
    #[error("line {line}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        err: LineError,
    },
}

impl PolicyError {
    pub(super) const fn line(line: usize, err: LineError) -> Self {
        Self::Line { line, err }
    }

    /// The error as `file:line: what is wrong`.
    #[must_use]
    pub fn in_file(&self, file: &Path) -> String {
        match self {
            Self::TooLarge => format!("{}: {self}", file.display()),
            Self::Line { line, err } => format!("{}:{line}: {}", file.display(), Chain(err)),
        }
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// It is not text.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// It holds a control character, or white space other than spaces and tabs.
    #[error("it holds the character U+{code:04X}, which no policy needs")]
    Character {
        /// The code point.
        code: u32,
    },
    /// It is longer than any that is needed.
    #[error("it is longer than {MAX_LINE} bytes")]
    TooLong,
    /// It is nothing that is known.
    #[error("it is no comment, no default and no rule")]
    Unknown,
    /// A rule whose columns are not separated by tabs.
    #[error("the columns of a rule are separated by tabs")]
    NoTabs,
    /// A rule with too few or too many columns.
    #[error(
        "a rule has five columns, or four with a compound statement in the last; this one has {found}"
    )]
    Columns {
        /// How many it has.
        found: usize,
    },
    /// A column with nothing but spaces.
    #[error("the column of {column} is empty")]
    Empty {
        /// Which column.
        column: Column,
    },
    /// `*` beside other words would never match.
    #[error("* stands alone, here it is one of several {column}")]
    StarInList {
        /// Which column.
        column: Column,
    },
    /// A word that can never match.
    #[error(
        "{} is none of the {column} that can be named: {problem}",
        Excerpt(word, SHOWN)
    )]
    Word {
        /// Which column.
        column: Column,
        /// The word.
        word: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A pattern that is none.
    #[error("{} is no pattern", Excerpt(word, SHOWN))]
    Pattern {
        /// The word.
        word: String,
        /// Why not.
        #[source]
        err: PatternError,
    },
    /// More patterns than any policy needs.
    #[error("the file holds more than {MAX_PATTERNS} patterns")]
    TooManyPatterns,
    /// A fact filter that is none.
    #[error("it holds no fact filter where one belongs")]
    Fact(#[source] FactFilterError),
    /// A compound statement that is none.
    #[error("the compound statement cannot be read: {problem}")]
    Compound {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A compound statement that is too much for the engine.
    #[error("the compound statement cannot be evaluated")]
    Expression(#[source] CompoundError),
    /// A `deny` for a group that nobody defined would let its members pass.
    #[error(
        "{} is denied and is neither a caller id nor a group",
        Excerpt(name, SHOWN)
    )]
    UnknownGroup {
        /// The name.
        name: String,
    },
    /// A group with a bad name or without members.
    #[error("it is no group: a name of letters, digits, '_', '.' and '-', then its members")]
    Group,
    /// A group inside a group, or a pattern, would never match.
    #[error("{} is no member of a group: {problem}", Excerpt(word, SHOWN))]
    Member {
        /// The word.
        word: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// The columns of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Who asks.
    Callers,
    /// What is asked for.
    Actions,
    /// Facts of the node.
    Facts,
    /// Classes of the node.
    Classes,
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Callers => "callers",
            Self::Actions => "actions",
            Self::Facts => "facts",
            Self::Classes => "classes",
        })
    }
}

/// The lines that say something, with their numbers from 1: comments and blank lines are left out, blanks and a carriage
/// return at the end do not belong to a line.
pub(super) fn lines(bytes: &[u8]) -> Result<Vec<(usize, &str)>, PolicyError> {
    if bytes.len() > MAX_FILE {
        return Err(PolicyError::TooLarge);
    }
    let mut found = Vec::new();
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let number = at + 1;
        let text = text(line).map_err(|err| PolicyError::line(number, err))?;
        if !(text.is_empty() || text.trim_start().starts_with('#')) {
            found.push((number, text));
        }
    }
    Ok(found)
}

fn text(line: &[u8]) -> Result<&str, LineError> {
    if line.len() > MAX_LINE {
        return Err(LineError::TooLong);
    }
    let text = std::str::from_utf8(line).map_err(|_| LineError::NotUtf8)?;
    let text = text.strip_suffix('\r').unwrap_or(text);
    let odd = text
        .chars()
        .find(|c| (c.is_control() || c.is_whitespace()) && !matches!(c, ' ' | '\t'));
    match odd {
        Some(c) => Err(LineError::Character { code: c.into() }),
        None => Ok(text.trim_end()),
    }
}

/// Largest policy or groups file that is read, in bytes; what `configure` may deliver.
pub(super) const MAX_FILE: usize = 256 * 1024;
/// Longest line, in bytes; longer ones end the reference's reading too.
const MAX_LINE: usize = 64 * 1024;
/// Patterns of one file: each is compiled when the file is read.
pub(super) const MAX_PATTERNS: usize = 256;
/// Characters of a word that an error repeats.
const SHOWN: usize = 80;
