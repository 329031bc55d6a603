//! Pauses by itself when so many of the last nodes failed.

use std::collections::VecDeque;

use crate::config::BreakerRule;
use crate::pace::Hold;

/// The last nodes, and whether they were too bad.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// Whether each failed; the oldest first, never more than the rule looks at.
    last: VecDeque<bool>,
    tripped: Option<(usize, usize)>,
}

impl Breaker {
    pub(super) fn failed(&mut self, rule: Option<BreakerRule>) {
        self.count(true, rule);
    }

    pub(super) fn went_well(&mut self, rule: Option<BreakerRule>) {
        self.count(false, rule);
    }

    pub(super) fn hold(&self) -> Option<Hold> {
        self.tripped
            .map(|(failed, of)| Hold::Breaker { failed, of })
    }

    /// Starts over with nothing known.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    fn count(&mut self, failed: bool, rule: Option<BreakerRule>) {
        let Some(rule) = rule else {
            return self.reset();
        };
        self.last.push_back(failed);
        while self.last.len() > rule.of.get() {
            self.last.pop_front();
        }
        let failures = self.last.iter().filter(|failed| **failed).count();
        // what was begun before may still end well; that opens nothing
        if self.tripped.is_none() && failures >= rule.failed.get() {
            self.tripped = Some((failures, self.last.len()));
        }
    }
}
