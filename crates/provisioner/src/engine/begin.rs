//! Begins whatever may begin now.

use std::sync::Arc;

use muster::protocol::names::Identity;
use tokio::sync::watch;

use super::Engine;
use super::reports::Report;
use crate::drive::Gate;
use crate::drive::Job;
use crate::inventory::Inventory;
use crate::session::Approval;
use crate::session::Brief;
use crate::table::Assignment;
use crate::table::Probed;

impl Engine {
    /// Restarts of configured nodes come first and are never held up; then probes, then work on nodes that answered one.
    pub(super) fn begin(&mut self) {
        if !self.connected {
            return;
        }
        let now = self.now();
        while let Some((asked, becomes)) = self.table.restart(now) {
            self.spawn_restart(asked, becomes);
        }
        if *self.gate.borrow() == Gate::Closed {
            return;
        }
        while let Some(identity) = self.table.probe(now) {
            self.spawn_probe(identity);
        }
        while self.pace.may_begin(now).is_ok() {
            let Some(assignment) = self.table.work(now) else {
                break;
            };
            self.pace.began(now);
            self.spawn_work(assignment);
        }
    }

    fn spawn_probe(&self, identity: Identity) {
        let (context, config) = (Arc::clone(&self.context), Arc::clone(&self.config));
        self.watched(identity.clone(), Lost::Probe, async move {
            let result = context.probe(&identity, &config).await;
            Report::Probed {
                identity,
                result: result.map(Box::new),
            }
        });
    }

    fn spawn_restart(&self, asked: Identity, becomes: Identity) {
        let (context, config) = (Arc::clone(&self.context), Arc::clone(&self.config));
        self.watched(asked.clone(), Lost::Restart(becomes.clone()), async move {
            let result = context.restart(&asked, &config).await;
            Report::Restarted {
                identity: asked,
                becomes,
                result,
            }
        });
    }

    fn spawn_work(&mut self, assignment: Assignment) {
        let Assignment {
            identity,
            approved,
            attempt,
            waited,
        } = assignment;
        tracing::debug!(%identity, attempt, ?waited, "the work on a node begins");
        let inventory = self.ready.remove(&identity).unwrap_or_default();
        let job = self.job(&identity, inventory, approved);
        let context = Arc::clone(&self.context);
        let reports = self.reports.clone();
        self.watched(identity.clone(), Lost::Work, async move {
            let outcome = context
                .onboard(job, |step| {
                    // a full queue costs a line in `hosts` its step
                    drop(reports.try_send(Report::Step {
                        identity: identity.clone(),
                        step,
                    }));
                })
                .await;
            Report::Ended {
                identity,
                outcome: Box::new(outcome),
            }
        });
    }

    fn job(&mut self, identity: &Identity, inventory: Inventory, approved: bool) -> Job {
        let (starter, starts) = watch::channel(());
        self.starts.insert(identity.clone(), starter);
        Job {
            brief: Brief {
                config: Arc::clone(&self.config),
                identity: identity.clone(),
                inventory,
                approval: if approved {
                    Approval::Given
                } else {
                    Approval::None
                },
            },
            decider: Arc::clone(&self.decider),
            gate: self.gate.subscribe(),
            starts,
        }
    }

    /// Runs work in a task and hands its report to the loop; when the task panics, a report that says so.
    fn watched(
        &self,
        identity: Identity,
        lost: Lost,
        work: impl Future<Output = Report> + Send + 'static,
    ) {
        let reports = self.reports.clone();
        let task = self.work.spawn(work);
        self.work.spawn(async move {
            let report = match task.await {
                Ok(report) => report,
                Err(err) => {
                    tracing::error!(%identity, reason = %err, "the work on a node broke off, this is a defect");
                    lost.report(identity)
                }
            };
            // nobody listens any more once the provisioner ends
            drop(reports.send(report).await);
        });
    }
}

/// What a task was for.
#[derive(Debug)]
enum Lost {
    Probe,
    Restart(Identity),
    Work,
}

impl Lost {
    fn report(self, identity: Identity) -> Report {
        let error = "the provisioner's work broke off, this is a defect of it".to_owned();
        match self {
            Self::Probe => Report::Probed {
                identity,
                result: Err(Probed::Junk { error }),
            },
            Self::Restart(becomes) => Report::Restarted {
                identity,
                becomes,
                result: Err(error),
            },
            Self::Work => Report::Broken { identity, error },
        }
    }
}
