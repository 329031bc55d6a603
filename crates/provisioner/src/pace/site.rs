//! A fault of the site: nobody begins but one node now and then, to see whether it is over.

use std::time::Duration;

use muster::protocol::names::Identity;

use crate::pace::Hold;
use crate::table::LONGEST;
use crate::table::Moment;
use crate::table::one_line;

/// The first wait for a trial; doubles with every trial that shows the fault again.
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
    /// A node tries.
    trial: bool,
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
        let may_try = !fault.trial && fault.next <= now;
        (!may_try).then(|| Hold::Site {
            fault: fault.text.clone(),
            next_trial: (!fault.trial).then_some(fault.next),
        })
    }

    pub(super) const fn began(&mut self) {
        if let Some(fault) = self.fault.as_mut() {
            fault.trial = true;
        }
    }

    /// A node ended well. If it began after the fault was known, the fault is over.
    pub(super) fn ended_well(&mut self) {
        if self.fault.as_ref().is_some_and(|fault| fault.trial) {
            self.fault = None;
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
            Some(fault) => {
                fault.text = text;
                fault.cause = cause;
                fault.tried(now);
            }
            None => {
                self.fault = Some(Fault {
                    text,
                    cause,
                    wait: FIRST,
                    next: now + FIRST,
                    trial: false,
                });
            }
        }
    }
}

impl Fault {
    /// The trial, if there is one, showed that nothing changed. Others may have met the same fault, before they knew.
    fn tried(&mut self, now: Moment) {
        if self.trial {
            self.trial = false;
            self.wait = self.wait.saturating_mul(2).min(LAST);
            self.next = now + self.wait;
        }
    }
}
