//! Takes one node through its onboarding.

use std::sync::Arc;
use std::time::Duration;

use muster::client::Surroundings;
use muster::client::Wire;
use muster::os::random;
use muster::report::Chain;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::timeout_at;

use super::Asked;
use super::Context;
use super::Decider;
use super::meter::Meter;
use super::meter::called;
use crate::journal;
use crate::session::Action;
use crate::session::Brief;
use crate::session::Configured;
use crate::session::Event;
use crate::session::Finish;
use crate::session::Session;
use crate::session::Step;

/// Whether work goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// It does.
    Open,
    /// Nothing that can wait is sent.
    Closed,
}

/// One node to take through.
#[derive(Debug)]
pub struct Job {
    /// What is known of it.
    pub brief: Brief,
    /// Who decides.
    pub decider: Arc<Decider>,
    /// Whether work goes on.
    pub gate: watch::Receiver<Gate>,
    /// Changes when the node says that it started.
    pub starts: watch::Receiver<()>,
}

/// How it went.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub finish: Finish,
    /// How long it took.
    pub took: Duration,
}

impl<W: Wire, S: Surroundings> Context<W, S> {
    /// Takes a node through; `at` hears the name of each step.
    pub async fn onboard(&self, job: Job, mut at: impl FnMut(&'static str)) -> Outcome {
        let begun = Instant::now();
        let deadline = begun + job.brief.config.deadlines.node;
        let mut starts = job.starts.clone();
        let mut unwritten = None;
        let mut meter = Meter::new(&self.metrics);
        let mut session = Session::new(job.brief.clone());
        let mut event = Event::Begun;
        loop {
            let (next, step) = session.on(event, self.client.surroundings().now());
            session = next;
            meter.begins(&step);
            if let Step::End(mut finish) = step {
                finish.site_fault = finish.site_fault.or(unwritten);
                let took = begun.elapsed();
                return Outcome { finish, took };
            }
            if *job.gate.borrow() == Gate::Closed && session.may_stop() {
                event = Event::Stopped;
                continue;
            }
            at(session.at());
            let action = called(&step);
            event = tokio::select! {
                biased;
                performed = timeout_at(deadline, self.perform(&job, step, &mut unwritten)) => {
                    performed.unwrap_or(Event::TimeUp)
                }
                () = started_anew(&mut starts), if session.starts_over() => Event::StartedAnew,
            };
            if let Some(action) = action {
                meter.heard(action, &event);
            }
            if action == Some(Action::Gencsr) {
                // what the node tells of its key after a start is true after it
                starts.mark_unchanged();
            }
        }
    }

    async fn perform(&self, job: &Job, step: Step, unwritten: &mut Option<String>) -> Event {
        let brief = &job.brief;
        match step {
            Step::Call(call) => {
                let patience = brief.config.deadlines.step;
                match self.ask(&brief.identity, &call, patience).await {
                    Asked::Answered(reply) => Event::Answered(reply),
                    Asked::Silent => Event::Silent,
                    Asked::Lost => Event::Lost,
                    Asked::Impossible(error) => Event::Impossible { error },
                }
            }
            Step::Wait(about) => {
                tokio::time::sleep(random::between(about / 2, about.saturating_mul(3) / 2)).await;
                Event::Waited
            }
            Step::Open { key } => self.open(job, key).await,
            Step::Decide(case) => {
                let started = Instant::now();
                let decision = job
                    .decider
                    .decide(&case, self.client.surroundings().now())
                    .await;
                self.metrics.helper(started.elapsed());
                if decision.is_err() {
                    self.metrics.helper_failed();
                }
                Event::Decided(decision)
            }
            Step::Record(configured) => {
                *unwritten = self.record(job, &configured).await.err();
                Event::Recorded
            }
            // handled by the caller, which has the result
            Step::End(_) => Event::TimeUp,
        }
    }

    async fn open(&self, job: &Job, key: [u8; 32]) -> Event {
        let identity = &job.brief.identity;
        let now = self.client.surroundings().now();
        let holder = match job.decider.holder(identity, &self.journal).await {
            Ok(holder) => holder,
            Err(err) => return Event::NotOpened { error: err.reason },
        };
        match self.journal.session(identity, key, now).await {
            Ok(session) => Event::Opened { session, holder },
            Err(err) => Event::NotOpened {
                error: Chain(&err).to_string(),
            },
        }
    }

    async fn record(&self, job: &Job, configured: &Configured) -> Result<(), String> {
        let certificate = configured.not_after.map(|not_after| journal::Holder {
            key_digest: configured.key,
            not_after,
        });
        let record = journal::Configured {
            session: configured.session.clone(),
            identity: job.brief.identity.clone(),
            becomes: configured.becomes.clone(),
            certificate,
            at: self.client.surroundings().now(),
        };
        self.journal
            .configured(record)
            .await
            .map_err(|err| Chain(&err).to_string())
    }
}

/// Waits until the node says that it started.
async fn started_anew(starts: &mut watch::Receiver<()>) {
    if starts.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
