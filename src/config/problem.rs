//! What can be wrong with a configuration, and what is merely suspicious.

use std::fmt;

use crate::config::source::Origin;
use crate::config::source::Place;
use crate::report::Excerpt;

/// One thing that is wrong. Its text never holds the value of a secret key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file is not text.
    #[error("{at}: not UTF-8")]
    NotUtf8 {
        /// Line of the first bad byte.
        at: Place,
    },
    /// A NUL or another control character, which no setting needs.
    #[error("{at}: control character U+{code:04X}")]
    ControlCharacter {
        /// The line.
        at: Place,
        /// Its code point.
        code: u32,
    },
    /// A line that the reference could not read past.
    #[error("{at}: line longer than {max} bytes")]
    LineTooLong {
        /// The line.
        at: Place,
        /// The longest line allowed.
        max: usize,
    },
    /// A value that its key does not take.
    #[error("{origin}: {key}: expected {expected}, found {}", Found(.found.as_deref()))]
    Value {
        /// Where the value comes from.
        origin: Origin,
        /// The key.
        key: String,
        /// What the key takes.
        expected: String,
        /// What was there; nothing when it may be secret.
        found: Option<String>,
    },
    /// A path that starts with `~` while nobody has a home.
    #[error("{origin}: {key}: path starts with '~' but HOME is not set")]
    NoHome {
        /// Where the value comes from.
        origin: Origin,
        /// The key.
        key: String,
    },
    /// A setting that another setting forbids.
    #[error("{origin}: {key} {reason}")]
    Conflict {
        /// Where the value comes from.
        origin: Origin,
        /// The key.
        key: String,
        /// What forbids it.
        reason: &'static str,
    },
    /// A setting that another setting needs.
    #[error("{key} is not set: {reason}")]
    Missing {
        /// The missing key.
        key: String,
        /// What needs it.
        reason: &'static str,
    },
}

/// Prints what was found so that a terminal and a log survive it.
struct Found<'a>(Option<&'a str>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("something else (not shown, it may be secret)"),
            Some(text) => Excerpt(text, FOUND_SHOWN).fmt(f),
        }
    }
}

/// A configuration that cannot be used. Prints its first problem; the rest is in [`Self::problems`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    first: Box<Problem>,
    others: Vec<Problem>,
}

impl ConfigError {
    /// An error, if there are problems at all.
    pub(crate) fn from_problems(problems: Vec<Problem>) -> Option<Self> {
        let mut problems = problems.into_iter();
        problems.next().map(|first| Self {
            first: Box::new(first),
            others: problems.collect(),
        })
    }

    /// All problems in the order they were met.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        std::iter::once(&*self.first).chain(&self.others)
    }
}

impl From<Problem> for ConfigError {
    fn from(first: Problem) -> Self {
        Self {
            first: Box::new(first),
            others: Vec::new(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)?;
        match self.others.len() {
            0 => Ok(()),
            more => write!(f, " (and {more} more)"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Something that works, but perhaps not as its author thinks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// `key =`: ignored by this grammar, the default stays.
    NoValue {
        /// The line.
        at: Place,
        /// The key.
        key: String,
    },
    /// A line that is neither a comment nor a setting; ignored.
    NotASetting {
        /// The line.
        at: Place,
    },
    /// A key that was set before; the later line wins.
    Repeated {
        /// The later line.
        at: Place,
        /// The key.
        key: String,
        /// Where it was set before.
        earlier: Origin,
    },
    /// A key that nobody knows.
    UnknownKey {
        /// Where it is set.
        origin: Origin,
        /// The key.
        key: String,
        /// The known key it looks like.
        suggestion: Option<String>,
    },
    /// A file in `plugin.d` that is not read because of its name.
    NotRead {
        /// The file.
        path: String,
    },
    /// One of several names of a setting means nothing here; the others count.
    UnknownName {
        /// Where it is set.
        origin: Origin,
        /// The key.
        key: String,
        /// The name.
        name: String,
    },
    /// A setting that has no effect, or an odd one, beside others.
    Doubtful {
        /// Where it is set.
        origin: Origin,
        /// The key.
        key: String,
        /// What is odd about it.
        reason: &'static str,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoValue { at, key } => {
                write!(
                    f,
                    "{at}: {key:?} has no value and is ignored, its default stays"
                )
            }
            Self::NotASetting { at } => {
                write!(f, "{at}: neither a comment nor 'key = value', ignored")
            }
            Self::Repeated { at, key, earlier } => {
                write!(f, "{at}: {key} was set before ({earlier}), this line wins")
            }
            Self::UnknownKey {
                origin,
                key,
                suggestion,
            } => {
                write!(f, "{origin}: unknown key {key:?}")?;
                suggestion
                    .as_ref()
                    .map_or(Ok(()), |known| write!(f, ", did you mean {known}?"))
            }
            Self::NotRead { path } => {
                write!(f, "{path}: not read, only files named <plugin>.cfg are")
            }
            Self::UnknownName { origin, key, name } => write!(
                f,
                "{origin}: {key}: this build has no {}, it is left out",
                Found(Some(name))
            ),
            Self::Doubtful {
                origin,
                key,
                reason,
            } => write!(f, "{origin}: {key} {reason}"),
        }
    }
}

/// Characters of a bad value that a message shows.
const FOUND_SHOWN: usize = 60;
