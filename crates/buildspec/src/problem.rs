//! What can be wrong with a buildspec, and where.
//!
//! Errors are collected: a file with five mistakes is reported with five lines, not in five attempts. No text quotes the
//! value of a flag that holds a secret.

use std::collections::BTreeSet;
use std::fmt;

use crate::caution::Caution;
use crate::fault::Fault;

/// A place in a buildspec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as the caller named it.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Keys from the top of the file, `acme.compile_targets.defaults.flags.ProvisionFacts`.
    pub path: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if self.path.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.path)
    }
}

/// One mistake and its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What.
    pub fault: Fault,
}

/// Every mistake that was found, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl Problems {
    /// All of several looks at one file: in its order, each once. None is no error.
    pub(crate) fn once(mut problems: Vec<Problem>) -> Result<(), Self> {
        let mut seen = BTreeSet::new();
        problems.retain(|problem| seen.insert(problem.to_string()));
        problems.sort_by_key(|problem| problem.place.line);
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self(problems))
        }
    }
}

/// One thing that builds, but that somebody should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub place: Place,
    /// What.
    pub caution: Caution,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.caution)
    }
}

/// One list of what somebody should know: in the order of the file, each once. Targets and packages inherit from blocks
/// that they share, so that the same line is noticed several times.
#[must_use]
pub fn one_list(mut warnings: Vec<Warning>) -> Vec<Warning> {
    let mut seen = BTreeSet::new();
    warnings.retain(|warning| seen.insert(warning.to_string()));
    warnings.sort_by_key(|warning| warning.place.line);
    warnings
}
