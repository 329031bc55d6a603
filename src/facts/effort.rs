//! What one request may cost.
//!
//! Filters are evaluated before a request is authorised, so their cost is bounded: every step of a path, every comparison
//! and every value that an expression makes is paid for from one [`Effort`]. When it is used up, evaluation ends with
//! [`Exhausted`] and the node does not match. Compiled patterns are kept for as long as the effort lasts, so that a pattern
//! inside a loop is compiled once.

use std::collections::BTreeMap;

use regex::Regex;

use crate::facts::pattern;
use crate::facts::pattern::Case;
use crate::facts::pattern::PatternError;

/// The steps and patterns of one request.
#[derive(Debug)]
pub struct Effort {
    left: usize,
    patterns: BTreeMap<(Case, String), Result<Regex, PatternError>>,
}

/// The request asked for more work than one request may cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the filter costs more than one request may")]
pub struct Exhausted;

impl Effort {
    /// What a request from the network may cost.
    #[must_use]
    pub const fn of_request() -> Self {
        Self::of_steps(REQUEST_STEPS)
    }

    /// So many steps.
    #[must_use]
    pub const fn of_steps(steps: usize) -> Self {
        Self {
            left: steps,
            patterns: BTreeMap::new(),
        }
    }

    /// Steps that are left.
    #[cfg(test)]
    pub(super) const fn left(&self) -> usize {
        self.left
    }

    /// Pays for `steps`.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        if let Some(left) = self.left.checked_sub(steps) {
            self.left = left;
            return Ok(());
        }
        self.left = 0;
        Err(Exhausted)
    }

    /// Pays for handling `text` once.
    pub(super) fn spend_text(&mut self, text: &str) -> Result<(), Exhausted> {
        self.spend(1 + text.len() / BYTES_PER_STEP)
    }

    /// Whether the pattern, without its slashes, occurs in `text`.
    pub(super) fn is_match(
        &mut self,
        pattern: &str,
        case: Case,
        text: &str,
    ) -> Result<bool, PatternError> {
        if pattern.len() > pattern::MAX_PATTERN {
            return Err(PatternError::TooLong);
        }
        self.spend(MATCH_STEPS + text.len() / BYTES_PER_MATCH_STEP)?;
        let key = (case, pattern.to_owned());
        if let Some(known) = self.patterns.get(&key) {
            return known.clone().map(|regex| regex.is_match(text));
        }
        self.spend(COMPILE_STEPS + pattern.len() * COMPILE_STEPS_PER_BYTE)?;
        let compiled = pattern::compile(pattern, case);
        let answer = compiled.clone().map(|regex| regex.is_match(text));
        if self.patterns.len() < KEPT_PATTERNS {
            self.patterns.insert(key, compiled);
        }
        answer
    }
}

/// Enough to search some ten thousand facts; some milliseconds of one core.
const REQUEST_STEPS: usize = 1_000_000;
const BYTES_PER_STEP: usize = 16;
const MATCH_STEPS: usize = 16;
const BYTES_PER_MATCH_STEP: usize = 4;
/// Compiling is far dearer than matching: about thirty patterns fit into one request.
const COMPILE_STEPS: usize = 30_000;
const COMPILE_STEPS_PER_BYTE: usize = 50;
const KEPT_PATTERNS: usize = 64;
