//! Asks before something changes.

use std::io;
use std::io::BufRead;
use std::io::IsTerminal as _;
use std::io::Write;

/// Somebody who may be asked.
pub(in crate::cli) struct Person<'a> {
    input: Box<dyn BufRead + 'a>,
    present: bool,
}

/// What was answered before anything was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Consent {
    /// `--yes`.
    Given,
    /// To be asked for.
    Wanted,
}

impl Person<'static> {
    /// Whoever sits at the terminal, if somebody does.
    pub(in crate::cli) fn at_the_terminal() -> Self {
        let input = io::stdin();
        Self {
            present: input.is_terminal(),
            input: Box::new(io::BufReader::new(input)),
        }
    }
}

impl<'a> Person<'a> {
    /// Whoever this is read from.
    #[cfg(test)]
    pub(in crate::cli) fn reading(input: impl BufRead + 'a) -> Self {
        Self {
            input: Box::new(input),
            present: true,
        }
    }

    /// Whether there is anybody, or nobody is needed.
    pub(in crate::cli) const fn can_answer(&self, consent: Consent) -> bool {
        self.present || matches!(consent, Consent::Given)
    }

    /// Whether the answer to the question is yes; only `y` and `yes` are.
    pub(in crate::cli) fn agrees(
        &mut self,
        question: &str,
        consent: Consent,
        out: &mut dyn Write,
    ) -> io::Result<bool> {
        if consent == Consent::Given {
            return Ok(true);
        }
        write!(out, "{question} [y/N] ")?;
        out.flush()?;
        let mut answer = String::new();
        self.input.read_line(&mut answer)?;
        let answer = answer.trim();
        Ok(["y", "yes"]
            .iter()
            .any(|yes| answer.eq_ignore_ascii_case(yes)))
    }

    /// Somebody who gives this answer.
    #[cfg(test)]
    pub(in crate::cli) fn who_says(answer: &'static str) -> Self {
        Self::reading(answer.as_bytes())
    }

    /// Nobody.
    #[cfg(test)]
    pub(in crate::cli) fn absent() -> Self {
        Self {
            input: Box::new(io::empty()),
            present: false,
        }
    }
}
