//! Whether what was wrong with the site still is. Nodes that wait try that out; where nobody waits, it has to be looked at,
//! or a fault that was repaired would be told until the next node comes.

use std::sync::Arc;
use std::time::Duration;

use muster::report::Chain;
use tokio::time::Instant;

use super::Engine;
use super::reports::Report;
use crate::table::Standing;

impl Engine {
    /// Looks now and then, while something is wrong that shows without a node.
    pub(super) fn check(&mut self) {
        let fault = self.facts.checkable && self.pace.site_is_at_fault();
        let wrong = self.facts.journal_error.is_some() || fault;
        if !wrong || self.facts.checked.elapsed() < EVERY {
            return;
        }
        self.facts.checked = Instant::now();
        let (context, decider) = (Arc::clone(&self.context), Arc::clone(&self.decider));
        let reports = self.reports.clone();
        self.tasks.spawn(async move {
            let error = match context.journal.check().await {
                Ok(()) => decider.check().await.err().map(|err| err.reason),
                Err(err) => {
                    let error = Some(Chain(&err).to_string());
                    drop(reports.send(Report::Journal { error }).await);
                    return;
                }
            };
            drop(reports.send(Report::Journal { error: None }).await);
            drop(reports.send(Report::Checked { error }).await);
        });
    }

    /// What a look showed. Nodes that wait know better: one of them tries anyway.
    pub(super) fn checked(&mut self, error: Option<String>) {
        let waiting = [
            Standing::Queued,
            Standing::Probing,
            Standing::Ready,
            Standing::Working,
        ];
        let counts = self.table.counts();
        let nobody = waiting.iter().all(|standing| counts.of(*standing) == 0);
        match error {
            Some(reason) => tracing::debug!(reason, "the site is still at fault"),
            None if nobody && self.facts.checkable && self.pace.site_is_at_fault() => {
                tracing::info!("what was wrong with the site is repaired");
                self.pace.site_well();
            }
            None => {}
        }
    }
}

/// As often as a node may try at first.
const EVERY: Duration = Duration::from_secs(5);
