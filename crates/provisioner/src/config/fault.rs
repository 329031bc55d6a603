//! What is wrong, and what somebody should know, in words.

use std::fmt;
use std::path::PathBuf;

use crate::config::surroundings::NotAProgram;

/// What is wrong. No text holds the value of a secret key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The file cannot be read.
    #[error("cannot be read: {text}")]
    Unreadable {
        /// What the system says.
        text: String,
    },
    /// The file is not in its format.
    #[error("not valid {format}: {text}")]
    Syntax {
        /// The format.
        format: &'static str,
        /// What the parser says.
        text: String,
    },
    /// A value of another shape stands here.
    #[error("expected {wanted}")]
    Shape {
        /// What should stand here.
        wanted: &'static str,
    },
    /// A key that means nothing here.
    #[error("unknown key{hint}")]
    UnknownKey {
        /// What may have been meant.
        hint: Hint,
    },
    /// A key that stands twice in the file.
    #[error("stands here a second time, the first is in line {earlier}")]
    Repeated {
        /// Line of the first.
        earlier: u64,
    },
    /// A key that must be there is not.
    #[error("is missing: {why}")]
    Missing {
        /// What needs it.
        why: &'static str,
    },
    /// A value that its key does not take.
    #[error("expected {wanted}, found {}", Shown(.found.as_deref()))]
    Value {
        /// What the key takes.
        wanted: String,
        /// What was there; nothing when it may be secret.
        found: Option<String>,
    },
    /// An interval that would ask the fleet all the time. The text is the reference's.
    #[error("interval is too small, minmum is 1 minute.  Valid example values are 10m or 10h")]
    IntervalTooSmall,
    /// A component that is not one part of a subject. The text is the reference's.
    #[error("invalid lifecycle component: {}", .found.escape_debug())]
    LifecycleComponent {
        /// What was there.
        found: String,
    },
    /// A feature of the reference that is not built.
    #[error("{advice}")]
    NotBuilt {
        /// What to do instead.
        advice: &'static str,
    },
    /// A pattern that is no regular expression.
    #[error("{}: {text}", Shown(Some(.pattern)))]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        text: String,
    },
    /// A command line that the shell could not split either.
    #[error("a quote in the command line is not closed")]
    OpenQuote,
    /// A program that cannot be run.
    #[error("{} {reason}", Shown(Some(.program)))]
    Program {
        /// The program.
        program: String,
        /// Why not.
        reason: NotAProgram,
    },
    /// A bare name that no directory of `PATH` has.
    #[error("no directory of PATH has a program {}", Shown(Some(.program)))]
    NotInPath {
        /// The name.
        program: String,
    },
    /// A secret that names several sources, or none.
    #[error("expected exactly one of file, credential and environment")]
    SecretSources,
    /// A source that does not yield a secret.
    #[error("{source_name} yields no secret: {text}")]
    SecretUnreadable {
        /// The source, in words.
        source_name: String,
        /// Why not.
        text: String,
    },
    /// A secret of no characters.
    #[error("is empty")]
    SecretEmpty,
    /// A secret that is too long.
    #[error("is longer than {max} characters")]
    SecretTooLong {
        /// The longest.
        max: usize,
    },
    /// A secret with a line break or another control character.
    #[error("has a control character in it, perhaps a second line")]
    SecretControl,
    /// Too many values.
    #[error("holds more than {max} values")]
    TooMany {
        /// The most.
        max: usize,
    },
    /// A value that another one forbids.
    #[error("{reason}")]
    Conflict {
        /// What forbids it.
        reason: &'static str,
    },
}

/// What somebody should know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Caution {
    /// A key of the reference that does nothing here.
    #[error("has no effect: {why}")]
    NoEffect {
        /// Why, and what takes its place.
        why: &'static str,
    },
    /// No token.
    #[error(
        "no token is configured: only nodes that ask for none can be provisioned, and those obey anyone"
    )]
    NoToken,
    /// A file with a secret that others may read.
    #[error("{} is readable by other users: chmod 0600 keeps the secret in it", .file.display())]
    SecretShared {
        /// The file.
        file: PathBuf,
    },
    /// A secret in a configuration that others may read.
    #[error(
        "the secret stands in a file that other users may read: chmod 0600, or move it to a file of its own"
    )]
    SecretInSharedFile,
    /// The metrics listener answers everybody.
    #[error(
        "listens on every interface, without TLS: monitor_listen: 127.0.0.1:{port} keeps it to this machine"
    )]
    EveryInterface {
        /// The port.
        port: u16,
    },
    /// A rule about certificates where there are none.
    #[error("has no effect without features.pki: nodes get no certificates")]
    WithoutPki,
    /// The list replaces the defaults and lacks what they had.
    #[error("lets certificates for {name} pass, a name that Choria reserves for clients")]
    ClientNamesPass {
        /// A name that should be denied.
        name: &'static str,
    },
}

/// What may have been meant, as the end of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// This one.
    DidYouMean(&'static str),
    /// None is near.
    Nothing,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DidYouMean(name) => write!(f, ", did you mean {name}?"),
            Self::Nothing => Ok(()),
        }
    }
}

/// Prints what was found so that a terminal and a log survive it.
struct Shown<'a>(Option<&'a str>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("something else (not shown, it may be secret)"),
            Some(text) => {
                let short: String = text.chars().take(LONGEST_SHOWN).collect();
                let more = if short.len() < text.len() { "…" } else { "" };
                write!(f, "{short:?}{more}")
            }
        }
    }
}

/// Characters of a bad value that a message shows.
const LONGEST_SHOWN: usize = 60;
