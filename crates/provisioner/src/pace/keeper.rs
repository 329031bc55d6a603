//! Keeps the pace: everything that may hold, asked in one order.

use muster::protocol::names::Identity;

use crate::config::PaceRules;
use crate::pace::Hold;
use crate::pace::Outcome;
use crate::pace::breaker::Breaker;
use crate::pace::canary::Canary;
use crate::pace::rate::Rate;
use crate::pace::site::Site;
use crate::table::LONGEST;
use crate::table::Moment;
use crate::table::one_line;

/// Whether anybody may be worked on now.
#[derive(Debug)]
pub struct Pace {
    rules: PaceRules,
    paused: Option<String>,
    draining: bool,
    breaker: Breaker,
    site: Site,
    canary: Canary,
    rate: Rate,
}

impl Pace {
    /// Nobody began yet, and nothing holds.
    #[must_use]
    pub fn new(rules: PaceRules) -> Self {
        Self {
            rules,
            paused: None,
            draining: false,
            breaker: Breaker::default(),
            site: Site::default(),
            canary: Canary::default(),
            rate: Rate::default(),
        }
    }

    /// The configuration was read anew. Canaries go ahead again, and the breaker counts anew if its rule changed; a
    /// breaker that is open stays open as long as there is one.
    pub fn set_rules(&mut self, rules: PaceRules) {
        let open = self.breaker.hold().is_some();
        let kept = open && rules.breaker.is_some();
        if rules.breaker != self.rules.breaker && !kept {
            self.breaker.reset();
        }
        if rules.per_minute != self.rules.per_minute {
            self.rate.reset();
        }
        self.canary.reset();
        self.rules = rules;
    }

    /// Whether a node may begin.
    ///
    /// # Errors
    ///
    /// The [`Hold`] that keeps it.
    pub fn may_begin(&self, now: Moment) -> Result<(), Hold> {
        self.hold(now).map_or(Ok(()), Err)
    }

    /// A node began; call it only after [`Pace::may_begin`] allowed it.
    pub fn began(&mut self, now: Moment) {
        self.site.began();
        self.canary.began();
        self.rate.began(self.rules.per_minute, now);
    }

    /// A node that began has ended.
    pub fn ended(&mut self, outcome: Outcome, now: Moment) {
        self.canary.ended(outcome);
        match outcome {
            Outcome::Good => {
                self.breaker.went_well(self.rules.breaker);
                self.site.ended_well(now);
            }
            Outcome::Failed => {
                self.breaker.failed(self.rules.breaker);
                self.site.ended(now);
            }
            Outcome::Neutral => self.site.ended(now),
        }
    }

    /// A node that was provisioned came back unprovisioned: it counts for the breaker, though it had ended well.
    pub fn came_back(&mut self) {
        self.breaker.failed(self.rules.breaker);
    }

    /// A provisioned node was seen in production.
    pub const fn confirmed(&mut self) {
        self.canary.confirmed();
    }

    /// An operator pauses.
    pub fn pause(&mut self, why: &str) {
        self.paused = Some(one_line(why, LONGEST));
    }

    /// An operator lets nodes begin: the pause ends, the breaker closes and knows of no failures any more, and canaries
    /// that were not seen in production are given up for others.
    pub fn resume(&mut self) {
        self.paused = None;
        self.breaker.reset();
        self.canary.give_up();
    }

    /// Nobody begins any more.
    pub const fn drain(&mut self) {
        self.draining = true;
    }

    /// Whether nobody begins any more.
    #[must_use]
    pub const fn is_draining(&self) -> bool {
        self.draining
    }

    /// Something of the site is wrong, and nobody is to begin but a node now and then that tries.
    pub fn site_fault(&mut self, text: &str, now: Moment) {
        self.site.faulty(text, now);
    }

    /// Whether something of the site is wrong, as far as is known.
    #[must_use]
    pub const fn site_is_at_fault(&self) -> bool {
        self.site.is_at_fault()
    }

    /// Nothing of the site is wrong.
    pub fn site_well(&mut self) {
        self.site.well();
    }

    /// The helper failed for this node, which may be to blame. After three different ones in a row, it is not.
    pub fn helper_failed(&mut self, id: &Identity, now: Moment) {
        self.site.helper_failed(id, now);
    }

    /// The helper decided something.
    pub fn helper_worked(&mut self) {
        self.site.helper_worked();
    }

    /// When time alone may let a node begin that is held at `now`.
    #[must_use]
    pub fn due(&self, now: Moment) -> Option<Moment> {
        match self.hold(now)? {
            Hold::Rate { until } => Some(until),
            Hold::Site { next_trial, .. } => next_trial,
            Hold::Paused { .. } | Hold::Breaker { .. } | Hold::Canary { .. } | Hold::Draining => {
                None
            }
        }
    }

    /// What holds at `now`, if anything.
    #[must_use]
    pub fn hold(&self, now: Moment) -> Option<Hold> {
        if self.draining {
            return Some(Hold::Draining);
        }
        let paused = self.paused.clone().map(|why| Hold::Paused { why });
        paused
            .or_else(|| self.breaker.hold())
            .or_else(|| self.site.hold(now))
            .or_else(|| self.canary.hold(self.rules.canary))
            .or_else(|| {
                let until = self.rate.until(self.rules.per_minute, now)?;
                Some(Hold::Rate { until })
            })
    }
}
