//! What the work on one node costs, step by step.

use tokio::time::Instant;

use crate::metrics;
use crate::metrics::Metrics;
use crate::session::Action;
use crate::session::Event;
use crate::session::Step;

/// Times the steps, all tries of each together, and counts requests that failed after all of them.
#[derive(Debug)]
pub(super) struct Meter<'a> {
    metrics: &'a Metrics,
    running: Option<(metrics::Step, Instant)>,
    failing: Option<Action>,
}

impl<'a> Meter<'a> {
    pub(super) const fn new(metrics: &'a Metrics) -> Self {
        Self {
            metrics,
            running: None,
            failing: None,
        }
    }

    /// A step begins, or another try of the one that runs.
    pub(super) fn begins(&mut self, step: &Step) {
        if let Step::Wait(_) = step {
            return;
        }
        if let Some(action) = self.failing.take()
            && called(step) != Some(action)
        {
            self.metrics.rpc_failed(action.into());
        }
        let next = measured(step);
        match self.running {
            Some((kind, _)) if next == Some(kind) => return,
            Some((kind, begun)) => self.metrics.step(kind, begun.elapsed()),
            None => {}
        }
        self.running = next.map(|kind| (kind, Instant::now()));
    }

    /// What came of calling for an action.
    pub(super) fn heard(&mut self, action: Action, event: &Event) {
        self.failing = failed(action, event).then_some(action);
    }
}

/// Whether a try failed for which node or request are to blame.
fn failed(action: Action, event: &Event) -> bool {
    match event {
        Event::Answered(reply) => reply.refusal(action).is_some(),
        Event::Silent | Event::Impossible { .. } | Event::TimeUp => true,
        Event::Begun
        | Event::Lost
        | Event::Opened { .. }
        | Event::NotOpened { .. }
        | Event::Decided(_)
        | Event::Recorded
        | Event::Waited
        | Event::CutOff
        | Event::Stopped
        | Event::StartedAnew => false,
    }
}

/// What a step asks the node for.
pub(super) const fn called(step: &Step) -> Option<Action> {
    match step {
        Step::Call(call) => Some(call.action),
        Step::Wait(_) | Step::Open { .. } | Step::Decide(_) | Step::Record(_) | Step::End(_) => {
            None
        }
    }
}

/// The steps whose times tell an operator something.
const fn measured(step: &Step) -> Option<metrics::Step> {
    match step {
        Step::Call(call) => Some(match call.action {
            Action::Inventory => metrics::Step::Inventory,
            Action::Gencsr => metrics::Step::Csr,
            Action::Configure => metrics::Step::Configure,
            Action::Restart => metrics::Step::Restart,
            Action::Shutdown => metrics::Step::Shutdown,
        }),
        Step::Decide(_) => Some(metrics::Step::Helper),
        Step::Wait(_) | Step::Open { .. } | Step::Record(_) | Step::End(_) => None,
    }
}

#[cfg(test)]
mod tests;
