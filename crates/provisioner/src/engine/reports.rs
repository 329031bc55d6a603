//! What tasks report, and what follows from it.

use std::sync::Arc;
use std::time::Duration;

use muster::protocol::names::Identity;
use muster::report::Chain;

use super::Engine;
use crate::admission;
use crate::drive::Outcome;
use crate::drive::Progress;
use crate::find::Sighting;
use crate::find::SightingKind;
use crate::inventory::Inventory;
use crate::journal::JournalError;
use crate::journal::Quarantined;
use crate::metrics;
use crate::pace;
use crate::session::Finish;
use crate::table::Confirmation;
use crate::table::Consequence;
use crate::table::End;
use crate::table::Probed;
use crate::table::Quarantine;
use crate::table::Seen;
use crate::table::Source;
use crate::table::Standing;

/// What a task has to say.
#[derive(Debug)]
pub(super) enum Report {
    /// A probe ended.
    Probed {
        identity: Identity,
        result: Result<Box<Inventory>, Probed>,
    },
    /// The work on a node is at this step.
    Step {
        identity: Identity,
        progress: Progress,
    },
    /// The work on a node ended.
    Ended {
        identity: Identity,
        outcome: Box<Outcome>,
    },
    /// The work on a node broke off.
    Broken { identity: Identity, error: String },
    /// A configured node was asked for its restart.
    Restarted {
        identity: Identity,
        becomes: Identity,
        result: Result<(), String>,
    },
    /// A discovery began, or could not.
    Discovery { failed: Option<String> },
    /// The journal was written, or not.
    Journal { error: Option<String> },
    /// The site was looked at, or something is still wrong with it.
    Checked { error: Option<String> },
    /// A node answered a discovery.
    Found { identity: Identity },
}

impl Engine {
    pub(super) fn report(&mut self, report: Report) {
        match report {
            Report::Probed { identity, result } => self.probed(&identity, result),
            Report::Step { identity, progress } => self.progressed(&identity, progress),
            Report::Ended { identity, outcome } => self.ended(&identity, *outcome),
            Report::Broken { identity, error } => self.ended(
                &identity,
                Outcome {
                    finish: Finish {
                        end: End::Failed { error },
                        site_fault: None,
                        helper_failed: false,
                    },
                    took: Duration::ZERO,
                },
            ),
            Report::Restarted {
                identity,
                becomes,
                result,
            } => self.restarted(&identity, &becomes, result),
            Report::Discovery { failed: None } => {
                self.facts.found = Some((self.wall(), 0));
                self.context.metrics.discover_cycle();
            }
            Report::Discovery {
                failed: Some(reason),
            } => {
                self.context.metrics.discovery_error();
                tracing::warn!(reason, "could not discover nodes");
            }
            Report::Journal { error } => self.facts.journal_error = error,
            Report::Checked { error } => self.checked(error),
            Report::Found { identity } => {
                if let Some((_, found)) = &mut self.facts.found {
                    *found = found.saturating_add(1);
                }
                self.seen(&identity, Source::Discovery);
            }
        }
    }

    /// A node that takes its time leaves its worker to another: who answers the first question and no other must not keep
    /// honest nodes waiting.
    fn progressed(&mut self, identity: &Identity, progress: Progress) {
        let now = self.now();
        match progress {
            Progress::At(step) => {
                self.table.step(identity, step, now);
                if let Some(work) = self.at_work.get_mut(identity) {
                    work.waits = false;
                }
            }
            Progress::Waits(step) => {
                self.table.step(identity, step, now);
                let room = self.waited_for() < WAITED_FOR;
                if let Some(work) = self.at_work.get_mut(identity) {
                    work.waits |= room;
                }
            }
        }
    }

    pub(super) fn sighted(&mut self, sighting: &Sighting) {
        match sighting.kind {
            SightingKind::Waiting(source) => self.seen(&sighting.identity, source),
            SightingKind::InProduction => self.in_production(&sighting.identity),
            SightingKind::Other => {}
        }
    }

    fn seen(&mut self, identity: &Identity, source: Source) {
        if !admission::named(&self.config.admission, identity) {
            self.context.metrics.message_refused("not_ours");
            return;
        }
        if source == Source::Startup
            && let Some(work) = self.at_work.get(identity)
        {
            tracing::debug!(%identity, "a node started while it is worked on");
            work.starter.send_replace(());
        }
        let metrics = &self.context.metrics;
        match self.table.seen(identity, source, self.started.elapsed()) {
            Seen::New => match source {
                Source::Startup => metrics.event_discovered(),
                Source::Registration => metrics.registration_discovered(),
                Source::Discovery => metrics.discovered(),
                Source::Journal => {}
            },
            Seen::Returned(consequence) => {
                if consequence.failed {
                    tracing::warn!(%identity, "a node came back unprovisioned after its restart");
                    self.pace.came_back();
                } else {
                    tracing::info!(%identity, "a node came back and waits again");
                }
                self.forget_restart(identity);
                self.follow(consequence);
            }
            Seen::Known | Seen::Early => {}
            Seen::Full => metrics.message_refused("table_full"),
        }
    }

    /// A node that waits again needs no restart of an earlier onboarding.
    pub(super) fn forget_restart(&self, identity: &Identity) {
        let (context, identity) = (Arc::clone(&self.context), identity.clone());
        self.record(async move { context.journal.restarted(&identity).await });
    }

    fn in_production(&mut self, identity: &Identity) {
        let now = self.now();
        if let Some(confirmation) = self.table.in_production(identity, now) {
            self.confirmed(&confirmation);
        }
        if self.table.place_of(identity) != Some(Standing::Ready) {
            // it is asked for its inventory again, or somebody else has taken it
            self.ready.remove(identity);
        }
        if self.table.is_doubted(identity)
            && let Some(work) = self.at_work.get(identity)
        {
            work.doubt.cancel();
        }
    }

    fn confirmed(&mut self, confirmation: &Confirmation) {
        self.facts.confirmed = self.facts.confirmed.saturating_add(1);
        self.pace.confirmed();
        if confirmation.from == Standing::Unrestarted {
            self.forget_restart(&confirmation.identity);
        }
        let metrics = &self.context.metrics;
        metrics.confirmed(confirmation.since_seen);
        metrics.step(metrics::Step::Confirm, confirmation.since_provisioned);
        tracing::info!(
            identity = %confirmation.identity,
            after = ?confirmation.since_provisioned,
            "a node was seen in production"
        );
    }

    fn probed(&mut self, identity: &Identity, result: Result<Box<Inventory>, Probed>) {
        let now = self.now();
        let probed = match result {
            Ok(inventory) => {
                self.ready.insert(identity.clone(), *inventory);
                Probed::Answered
            }
            Err(Probed::Junk { error }) => {
                tracing::warn!(%identity, reason = error, "a node answered something that is no inventory");
                Probed::Junk { error }
            }
            Err(other) => other,
        };
        let consequence = self.table.probed(identity, probed, now);
        self.follow(consequence);
    }

    fn ended(&mut self, identity: &Identity, outcome: Outcome) {
        let now = self.now();
        let Outcome { mut finish, took } = outcome;
        self.at_work.remove(identity);
        self.judge_site(identity, &finish);
        if finish.helper_failed && self.pace.site_is_at_fault() {
            finish.end = unhelped(finish.end);
        }
        self.count(identity, &finish.end, took);
        let counts_as = match &finish.end {
            End::Provisioned { .. } | End::Unrestarted { .. } => pace::Outcome::Good,
            End::Failed { .. } => pace::Outcome::Failed,
            End::Deferred { .. }
            | End::Shutdown { .. }
            | End::Locked
            | End::NeedsApproval { .. }
            | End::Refused { .. }
            | End::Unhelped { .. }
            | End::Interrupted => pace::Outcome::Neutral,
        };
        self.pace.ended(counts_as, now);
        if let End::Provisioned { .. } = &finish.end {
            self.forget_restart(identity);
        }
        let consequence = self.table.ended(identity, finish.end, took, now);
        self.follow(consequence);
    }

    /// A fault of the site stops all work but a trial now and then; work that got past the helper shows that there is none.
    fn judge_site(&mut self, identity: &Identity, finish: &Finish) {
        let now = self.now();
        if let Some(fault) = &finish.site_fault {
            tracing::error!(
                reason = fault,
                "nobody can be provisioned until this is repaired"
            );
            self.facts.checkable = !finish.helper_failed;
            self.pace.site_fault(fault, now);
        } else if finish.helper_failed {
            if let End::Failed { error } = &finish.end {
                self.facts.helper_error = Some(error.clone());
            }
            self.facts.checkable = false;
            self.pace.helper_failed(identity, now);
        } else {
            match &finish.end {
                End::Provisioned { .. }
                | End::Unrestarted { .. }
                | End::Deferred { .. }
                | End::Shutdown { .. } => {
                    self.facts.helper_error = None;
                    self.pace.helper_worked();
                }
                End::Failed { .. }
                | End::Unhelped { .. }
                | End::Locked
                | End::NeedsApproval { .. }
                | End::Refused { .. }
                | End::Interrupted => {}
            }
        }
    }

    fn count(&mut self, identity: &Identity, end: &End, took: Duration) {
        let metrics = &self.context.metrics;
        match end {
            End::Provisioned { becomes } => {
                self.facts.provisioned = self.facts.provisioned.saturating_add(1);
                metrics.provisioned(took);
                tracing::info!(%identity, %becomes, ?took, "provisioned a node");
            }
            End::Unrestarted { error, .. } => {
                tracing::warn!(%identity, reason = error, "a node is configured and did not acknowledge its restart");
            }
            End::Deferred { message, .. } => {
                metrics.deferred();
                metrics.provision_error();
                tracing::info!(%identity, message, "the helper deferred a node");
            }
            End::Shutdown { message } => {
                metrics.helper_shutdown();
                metrics.shut_down();
                tracing::info!(%identity, message, "shut a node down because the helper said so");
            }
            End::Failed { error } => {
                self.facts.failed = self.facts.failed.saturating_add(1);
                metrics.failed();
                metrics.provision_error();
                tracing::warn!(%identity, reason = error, "could not provision a node");
            }
            End::Unhelped { error } => {
                metrics.provision_error();
                tracing::warn!(%identity, reason = error, "the helper fails for this node and all others");
            }
            End::Locked => {
                metrics.locked();
                metrics.provision_error();
                tracing::debug!(%identity, "another provisioner works on a node");
            }
            End::NeedsApproval { why } => {
                tracing::warn!(%identity, reason = why, "a node needs approval");
            }
            End::Refused { why } => {
                metrics.refused();
                metrics.provision_error();
                tracing::warn!(%identity, reason = why, "a node may not be provisioned");
            }
            End::Interrupted => {}
        }
    }

    fn restarted(&mut self, identity: &Identity, becomes: &Identity, result: Result<(), String>) {
        if result.is_ok() {
            self.facts.provisioned = self.facts.provisioned.saturating_add(1);
            self.context.metrics.provisioned(Duration::ZERO);
            tracing::info!(%identity, %becomes, "a configured node acknowledged its restart");
            self.forget_restart(identity);
        }
        let now = self.now();
        let consequence = self.table.restarted(identity, result, now);
        self.follow(consequence);
    }

    /// What follows from an outcome beside where the node stands.
    fn follow(&mut self, consequence: Consequence) {
        if let Some(confirmation) = &consequence.confirmed {
            self.confirmed(confirmation);
        }
        if let Some(quarantine) = consequence.quarantined {
            self.quarantine(quarantine);
        }
    }

    fn quarantine(&self, quarantine: Quarantine) {
        tracing::warn!(
            identity = %quarantine.identity,
            failures = quarantine.failures,
            reason = quarantine.error,
            "a node failed too often and is left alone"
        );
        self.context.metrics.quarantined();
        let context = Arc::clone(&self.context);
        let seconds = i64::try_from(quarantine.for_.as_secs()).unwrap_or(i64::MAX);
        let record = Quarantined {
            identity: quarantine.identity,
            error: quarantine.error,
            failures: quarantine.failures,
            until: self.wall().saturating_add(seconds),
        };
        self.record(async move { context.journal.quarantined(record).await });
    }

    /// Writes to the journal without waiting for it. What is written here a restart can do without: it costs a node one
    /// more question.
    pub(super) fn record(
        &self,
        write: impl Future<Output = Result<(), JournalError>> + Send + 'static,
    ) {
        let reports = self.reports.clone();
        self.tasks.spawn(async move {
            let error = write.await.err().map(|err| Chain(&err).to_string());
            if let Some(reason) = &error {
                tracing::warn!(reason, "the journal was not written");
            }
            drop(reports.send(Report::Journal { error }).await);
        });
    }
}

/// A helper that fails for everybody says nothing about a node: none of them is to be found in quarantine when it works.
fn unhelped(end: End) -> End {
    match end {
        End::Failed { error } => End::Unhelped { error },
        end @ (End::Provisioned { .. }
        | End::Unrestarted { .. }
        | End::Deferred { .. }
        | End::Shutdown { .. }
        | End::Unhelped { .. }
        | End::Locked
        | End::NeedsApproval { .. }
        | End::Refused { .. }
        | End::Interrupted) => end,
    }
}

/// Nodes that take their time and need no worker meanwhile. Each is a task that waits for a message.
const WAITED_FOR: usize = 256;
