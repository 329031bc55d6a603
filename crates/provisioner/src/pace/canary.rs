//! The first nodes go ahead of the others.

use std::num::NonZeroUsize;

use crate::pace::Hold;
use crate::pace::Outcome;

/// How the first nodes fare.
#[derive(Debug, Default)]
pub(super) struct Canary {
    /// Begun, and neither failed nor put off.
    begun: usize,
    /// Begun under these rules and not ended.
    under_way: usize,
    /// Begun under earlier rules and not ended.
    strangers: usize,
    confirmed: usize,
}

impl Canary {
    pub(super) fn hold(&self, wanted: Option<NonZeroUsize>) -> Option<Hold> {
        let wanted = wanted?.get();
        let held = self.confirmed < wanted && self.begun >= wanted;
        held.then_some(Hold::Canary {
            confirmed: self.confirmed,
            wanted,
            begun: self.begun,
        })
    }

    pub(super) const fn began(&mut self) {
        self.begun = self.begun.saturating_add(1);
        self.under_way = self.under_way.saturating_add(1);
    }

    pub(super) const fn ended(&mut self, outcome: Outcome) {
        // who began earlier ends earlier: close enough, and a mistake errs by one canary
        if self.strangers > 0 {
            self.strangers -= 1;
            return;
        }
        self.under_way = self.under_way.saturating_sub(1);
        match outcome {
            Outcome::Good => {}
            Outcome::Failed | Outcome::Neutral => self.begun = self.begun.saturating_sub(1),
        }
    }

    pub(super) const fn confirmed(&mut self) {
        self.confirmed = self.confirmed.saturating_add(1);
    }

    /// Those that never came to production are given up: others may go ahead.
    pub(super) const fn give_up(&mut self) {
        self.begun = self.under_way + self.confirmed;
    }

    /// Other rules: nothing that began before says anything about them.
    pub(super) fn reset(&mut self) {
        *self = Self {
            strangers: self.strangers + self.under_way,
            ..Self::default()
        };
    }
}
