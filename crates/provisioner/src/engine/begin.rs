//! Begins whatever may begin now.

use std::sync::Arc;
use std::time::Duration;

use muster::protocol::names::Identity;
use tokio::sync::mpsc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Engine;
use super::Work;
use super::reports::Report;
use crate::admission;
use crate::drive::Gate;
use crate::drive::Job;
use crate::drive::Outcome;
use crate::inventory::Inventory;
use crate::session::Approval;
use crate::session::Brief;
use crate::session::Finish;
use crate::table::Assignment;
use crate::table::End;
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
        // a probe that is always under way somewhere would keep a drain from ending
        if self.pace.is_draining() || *self.gate.borrow() == Gate::Closed {
            return;
        }
        while let Some(identity) = self.table.probe(now) {
            self.spawn_probe(identity);
        }
        while self.pace.may_begin(now).is_ok() {
            let Some(assignment) = self.table.work_beside(self.waited_for(), now) else {
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
        // the configuration may have been read anew since the node was asked
        if let Some(why) = admission::refusal(&self.config.admission, &identity, &inventory) {
            return self.turned_away(&identity, why);
        }
        let job = self.job(&identity, inventory, approved);
        let context = Arc::clone(&self.context);
        let reports = self.reports.clone();
        self.watched(identity.clone(), Lost::Work, async move {
            let outcome = context
                .onboard(job, |progress| {
                    // a full queue costs a line in `hosts` its step
                    drop(reports.try_send(Report::Step {
                        identity: identity.clone(),
                        progress,
                    }));
                })
                .await;
            Report::Ended {
                identity,
                outcome: Box::new(outcome),
            }
        });
    }

    fn turned_away(&mut self, identity: &Identity, why: String) {
        let finish = Finish {
            end: End::Refused { why },
            site_fault: None,
            helper_failed: false,
        };
        self.report(Report::Ended {
            identity: identity.clone(),
            outcome: Box::new(Outcome {
                finish,
                took: Duration::ZERO,
            }),
        });
    }

    fn job(&mut self, identity: &Identity, inventory: Inventory, approved: bool) -> Job {
        let (starter, starts) = watch::channel(());
        let doubt = CancellationToken::new();
        let work = Work {
            doubt: doubt.clone(),
            starter,
            waits: false,
        };
        self.at_work.insert(identity.clone(), work);
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
            doubt,
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
        watch(
            &self.work,
            self.reports.clone(),
            move || lost.report(identity),
            work,
        );
    }
}

/// Runs work in a task and sends its report; when the task panics, what was lost with it.
fn watch(
    tasks: &TaskTracker,
    reports: mpsc::Sender<Report>,
    lost: impl FnOnce() -> Report + Send + 'static,
    work: impl Future<Output = Report> + Send + 'static,
) {
    let task = tasks.spawn(work);
    tasks.spawn(async move {
        let report = match task.await {
            Ok(report) => report,
            Err(err) => {
                let lost = lost();
                tracing::error!(report = ?lost, reason = %err, "the work on a node broke off, this is a defect");
                lost
            }
        };
        // nobody listens any more once the provisioner ends
        drop(reports.send(report).await);
    });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_is_reported_like_work_that_failed() {
        let (reports, mut inbox) = mpsc::channel(4);
        let tasks = TaskTracker::new();
        let identity = Identity::new("bad.example.net").unwrap();
        for lost in [Lost::Probe, Lost::Restart(identity.clone()), Lost::Work] {
            let node = identity.clone();
            watch(&tasks, reports.clone(), move || lost.report(node), async {
                panic!("a defect")
            });
            let report = inbox.recv().await.unwrap();
            let (node, error) = match report {
                Report::Probed {
                    identity,
                    result: Err(Probed::Junk { error }),
                }
                | Report::Restarted {
                    identity,
                    result: Err(error),
                    ..
                }
                | Report::Broken { identity, error } => (identity, error),
                other => panic!("{other:?}"),
            };
            assert_eq!(node, identity);
            assert!(error.contains("broke off"), "{error}");
        }
        tasks.close();
        tasks.wait().await;
    }
}
