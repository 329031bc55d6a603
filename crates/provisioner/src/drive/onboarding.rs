//! Takes one node through its onboarding.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use muster::client::Surroundings;
use muster::client::Wire;
use muster::os::random;
use muster::report::Chain;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::timeout;
use tokio::time::timeout_at;
use tokio_util::sync::CancellationToken;

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
    /// Cancelled when somebody says that the node is in production already. Work that still waits for the node's first
    /// answer is then broken off: it may wait in vain, and a worker with it.
    pub doubt: CancellationToken,
    /// Changes when the node says that it started.
    pub starts: watch::Receiver<()>,
}

/// How far the work on a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It is at this step.
    At(&'static str),
    /// The node takes its time to answer, so that others may be worked on meanwhile.
    Waits(&'static str),
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
    /// Takes a node through; `tell` hears of each step.
    pub async fn onboard(&self, job: Job, mut tell: impl FnMut(Progress)) -> Outcome {
        let begun = Instant::now();
        let deadline = begun + job.brief.config.deadlines.node;
        let mut starts = job.starts.clone();
        let mut unwritten = None;
        let mut meter = Meter::new(&self.metrics);
        let mut session = Session::new(job.brief.clone());
        let mut event = Event::Begun;
        let mut waits = false;
        loop {
            // who did not answer once is waited for until it does
            waits = waits && matches!(event, Event::Silent | Event::Lost | Event::Waited);
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
            if !waits {
                tell(Progress::At(session.at()));
            }
            let action = called(&step);
            let at = session.at();
            let performing =
                self.until(&job, &session, step, &mut unwritten, &mut starts, deadline);
            event = prompt(performing, || {
                if action.is_some() && !waits {
                    waits = true;
                    tell(Progress::Waits(at));
                }
            })
            .await;
            if let Some(action) = action {
                meter.heard(action, &event);
            }
            if action == Some(Action::Gencsr) {
                // what the node tells of its key after a start is true after it
                starts.mark_unchanged();
            }
        }
    }

    /// Performs a step until it is done, its time is over, or it has lost its point.
    async fn until(
        &self,
        job: &Job,
        session: &Session,
        step: Step,
        unwritten: &mut Option<String>,
        starts: &mut watch::Receiver<()>,
        deadline: Instant,
    ) -> Event {
        tokio::select! {
            biased;
            performed = timeout_at(deadline, self.perform(job, step, unwritten)) => {
                performed.unwrap_or_else(|_| self.late())
            }
            () = started_anew(starts), if session.starts_over() => Event::StartedAnew,
            () = job.doubt.cancelled(), if session.awaits_first_answer() => Event::Stopped,
        }
    }

    /// The time of a node is up. While there is no broker the node is not to blame for it.
    fn late(&self) -> Event {
        if self.link.borrow().is_connected() {
            Event::TimeUp
        } else {
            Event::CutOff
        }
    }

    async fn perform(&self, job: &Job, step: Step, unwritten: &mut Option<String>) -> Event {
        let brief = &job.brief;
        match step {
            Step::Call(call) => {
                let patience = brief.config.deadlines.step;
                self.ask(&brief.identity, &call, patience).await.into()
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

/// A node that means to answer has done so by then: even one that has to make a key for it, but for the slowest.
const PROMPT: Duration = Duration::from_secs(3);

/// The result of a step; `slow` is called when it takes longer than a node that means to answer.
async fn prompt(step: impl Future<Output = Event>, slow: impl FnOnce()) -> Event {
    let mut step = pin!(step);
    match timeout(PROMPT, &mut step).await {
        Ok(event) => event,
        Err(_) => {
            slow();
            step.await
        }
    }
}

/// Waits until the node says that it started.
async fn started_anew(starts: &mut watch::Receiver<()>) {
    if starts.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
