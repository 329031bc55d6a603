//! What can be wrong with a configuration or should be known about it, and where.
//!
//! Findings are collected: a file with five mistakes is reported with five lines, not in five attempts.

use std::fmt;
use std::path::PathBuf;

use crate::config::fault::Caution;
use crate::config::fault::Fault;

/// A place in the configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1; nothing for what is missing from the file, or about it as a whole.
    pub line: Option<u64>,
    /// The key, `deadlines.probe`; empty for what is about the file.
    pub key: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if self.key.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.key)
    }
}

/// One thing that was found, and its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {found}")]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// What.
    pub found: Found,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Found {
    /// It is wrong: there is no configuration.
    #[error("{0}")]
    Fault(Fault),
    /// It works, but somebody should know.
    #[error("{0}")]
    Caution(Caution),
}

/// A configuration that cannot be used, with everything that was found, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    faults: Vec<Finding>,
    warnings: Vec<Finding>,
}

impl ConfigError {
    /// One fault that leaves no way on.
    pub(super) fn single(place: Place, fault: Fault) -> Self {
        Self {
            faults: vec![Finding {
                place,
                found: Found::Fault(fault),
            }],
            warnings: Vec::new(),
        }
    }

    /// What is wrong; at least one.
    #[must_use]
    pub fn faults(&self) -> &[Finding] {
        &self.faults
    }

    /// What should be known besides.
    #[must_use]
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }
}

impl fmt::Display for ConfigError {
    /// One line for each fault.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Where findings are collected.
#[derive(Debug, Default)]
pub(super) struct Findings {
    faults: Vec<Finding>,
    warnings: Vec<Finding>,
}

impl Findings {
    pub(super) fn fault(&mut self, place: Place, fault: Fault) {
        self.faults.push(Finding {
            place,
            found: Found::Fault(fault),
        });
    }

    pub(super) fn warn(&mut self, place: Place, caution: Caution) {
        self.warnings.push(Finding {
            place,
            found: Found::Caution(caution),
        });
    }

    /// The warnings where nothing is wrong.
    pub(super) fn finish(mut self) -> Result<Vec<Finding>, ConfigError> {
        self.warnings.sort_by_key(|finding| finding.place.line);
        if self.faults.is_empty() {
            return Ok(self.warnings);
        }
        self.faults.sort_by_key(|finding| finding.place.line);
        Err(ConfigError {
            faults: self.faults,
            warnings: self.warnings,
        })
    }
}
