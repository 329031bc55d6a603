//! How errors are printed and how the process ends.
//!
//! [`Chain`] prints an error with its causes on one line and leaves out what a cause's text already said.
//! [`Excerpt`] prints what somebody else wrote.
//! [`Exit`] is the one table of exit codes.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// Prints an error and its causes, `a: b: c`.
pub struct Chain<'a>(pub &'a (dyn Error + 'a));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = self.0.to_string();
        f.write_str(&last)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            if !last.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            last = text;
            next = cause.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Prints the beginning of a text that somebody else wrote, in quotes and so that a terminal and a log survive it: as much
/// as helps to find it, at most so many characters.
#[derive(Debug)]
pub struct Excerpt<'a>(pub &'a str, pub usize);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text, most) = self;
        let short: String = text.chars().take(*most).collect();
        let more = if short.len() < text.len() { "…" } else { "" };
        write!(f, "{short:?}{more}")
    }
}

/// How the process ended. The numbers are those of `sysexits.h`; 0, 1 and 2 have their usual meaning for commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything went as asked.
    Ok,
    /// The command ran and its answer is "no": no responses, no such node, fewer replies than expected.
    Negative,
    /// `tool status`: the node works and something about it needs attention (Nagios).
    Warning,
    /// `tool status`: the node does not work (Nagios).
    Critical,
    /// `tool status`: nobody can tell (Nagios).
    Unknown,
    /// The command line could not be understood (`EX_USAGE`).
    Usage,
    /// Input data was wrong (`EX_DATAERR`).
    Data,
    /// A file that must be read is missing or unreadable (`EX_NOINPUT`).
    NoInput,
    /// Nothing answers at the other end (`EX_UNAVAILABLE`).
    Unavailable,
    /// A defect of our own (`EX_SOFTWARE`).
    Software,
    /// The machine refused (`EX_OSERR`).
    OsError,
    /// A file could not be created or written (`EX_CANTCREAT`).
    CannotCreate,
    /// Reading or writing failed midway (`EX_IOERR`).
    Io,
    /// Ask again: the supervisor should start us anew, or not all nodes have answered (`EX_TEMPFAIL`).
    TempFail,
    /// Not allowed (`EX_NOPERM`).
    NoPermission,
    /// The configuration is wrong (`EX_CONFIG`).
    Config,
}

impl Exit {
    /// The number that the caller of the process sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Negative | Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
            Self::Usage => 64,
            Self::Data => 65,
            Self::NoInput => 66,
            Self::Unavailable => 69,
            Self::Software => 70,
            Self::OsError => 71,
            Self::CannotCreate => 73,
            Self::Io => 74,
            Self::TempFail => 75,
            Self::NoPermission => 77,
            Self::Config => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open the door")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("the key is lost")]
    struct Inner;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open the door: the key is lost")]
    struct Repeats(#[source] Inner);

    #[test]
    fn causes_follow_their_effects() {
        assert_eq!(
            Chain(&Outer(Inner)).to_string(),
            "cannot open the door: the key is lost"
        );
    }

    #[test]
    fn an_excerpt_says_that_it_is_one_and_holds_nothing_a_terminal_obeys() {
        assert_eq!(Excerpt("tür", 3).to_string(), "\"tür\"");
        assert_eq!(Excerpt("türe", 3).to_string(), "\"tür\"…");
        assert_eq!(Excerpt("\u{1b}[2J\n", 5).to_string(), r#""\u{1b}[2J\n""#);
    }

    #[test]
    fn a_cause_that_was_already_said_is_not_said_again() {
        assert_eq!(
            Chain(&Repeats(Inner)).to_string(),
            "cannot open the door: the key is lost"
        );
    }
}
