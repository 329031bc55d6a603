//! A fault of the site: nobody begins but a few nodes now and then, to see whether it is over.
//!
//! What was reported (a key that cannot be read, a full disk) is tried with one node, ever less often: no node can do
//! anything about it. A helper that failed for some nodes in a row may also have met those that it cannot help; then
//! several others try each time, and the time between does not grow, so that such nodes do not keep the others out.

use std::time::Duration;

use muster::protocol::names::Identity;

use crate::pace::Hold;
use crate::table::LONGEST;
use crate::table::Moment;
use crate::table::one_line;

/// The first wait for a trial; doubles with every trial that shows a reported fault again.
const FIRST: Duration = Duration::from_secs(5);
/// The longest one.
const LAST: Duration = Duration::from_secs(60);
/// Nodes in a row for which the helper failed, before the helper is at fault and not they.
const NODES: usize = 3;
/// What is then wrong.
const HELPER: &str = "the helper fails for every node";

/// What is wrong with the site, if anything.
#[derive(Debug, Default)]
pub(super) struct Site {
    fault: Option<Fault>,
    /// Different nodes for which the helper failed since it last worked; three at most.
    unhelped: Vec<Identity>,
}

#[derive(Debug)]
struct Fault {
    text: String,
    cause: Cause,
    wait: Duration,
    next: Moment,
    /// Nodes that try in this round.
    trying: usize,
    /// Those of them that have failed.
    failed: usize,
    /// One of them met the fault again, however it ended.
    met: bool,
}

/// Who noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Reported,
    Helper,
}

impl Site {
    pub(super) fn hold(&self, now: Moment) -> Option<Hold> {
        let fault = self.fault.as_ref()?;
        let may_try = fault.trying < fault.cause.round() && fault.next <= now;
        (!may_try).then(|| Hold::Site {
            fault: fault.text.clone(),
            next_trial: (fault.trying == 0).then_some(fault.next),
        })
    }

    pub(super) const fn began(&mut self) {
        if let Some(fault) = self.fault.as_mut() {
            fault.trying = fault.trying.saturating_add(1);
        }
    }

    /// A node ended well. If it began after the fault was known and did not meet it, the fault is over: a node is
    /// restarted also when the disk under the journal is full.
    pub(super) fn ended_well(&mut self, now: Moment) {
        match self.fault.as_mut() {
            Some(fault) if fault.met => fault.tried(now),
            Some(fault) if fault.trying > 0 => self.fault = None,
            Some(_) | None => {}
        }
    }

    /// A node ended otherwise.
    pub(super) fn ended(&mut self, now: Moment) {
        if let Some(fault) = self.fault.as_mut() {
            fault.tried(now);
        }
    }

    pub(super) fn faulty(&mut self, text: &str, now: Moment) {
        self.found(one_line(text, LONGEST), Cause::Reported, now);
    }

    pub(super) const fn is_at_fault(&self) -> bool {
        self.fault.is_some()
    }

    pub(super) fn well(&mut self) {
        self.fault = None;
    }

    pub(super) fn helper_failed(&mut self, id: &Identity, now: Moment) {
        if self.unhelped.len() < NODES && !self.unhelped.contains(id) {
            self.unhelped.push(id.clone());
        }
        if self.unhelped.len() >= NODES {
            self.found(HELPER.to_owned(), Cause::Helper, now);
        }
    }

    pub(super) fn helper_worked(&mut self) {
        self.unhelped.clear();
        if self
            .fault
            .as_ref()
            .is_some_and(|fault| fault.cause == Cause::Helper)
        {
            self.fault = None;
        }
    }

    fn found(&mut self, text: String, cause: Cause, now: Moment) {
        match self.fault.as_mut() {
            // how a trial ended is told apart from what it met
            Some(fault) => {
                fault.text = text;
                fault.cause = cause;
                fault.met = fault.trying > 0;
            }
            None => {
                self.fault = Some(Fault {
                    text,
                    cause,
                    wait: FIRST,
                    next: now + FIRST,
                    trying: 0,
                    failed: 0,
                    met: false,
                });
            }
        }
    }
}

impl Fault {
    /// A trial, if there is one, showed that nothing changed. Others may have met the same fault, before they knew.
    fn tried(&mut self, now: Moment) {
        self.failed = self.failed.saturating_add(1);
        if self.trying == 0 || self.failed < self.trying {
            self.failed = self.failed.min(self.trying);
            return;
        }
        (self.trying, self.failed, self.met) = (0, 0, false);
        self.wait = match self.cause {
            Cause::Reported => self.wait.saturating_mul(2).min(LAST),
            Cause::Helper => FIRST,
        };
        self.next = now + self.wait;
    }
}

impl Cause {
    /// Nodes that try at the same time.
    const fn round(self) -> usize {
        match self {
            Self::Reported => 1,
            Self::Helper => 8,
        }
    }
}
