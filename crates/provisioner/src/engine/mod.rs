//! The daemon: one loop that owns the [`Table`] and the [`Pace`], and everything that happens comes to it as an event.
//!
//! ```text
//!   broker ──▶ listen ──sightings──▶ ┌────────┐ ──probe, onboard, restart──▶ tasks (drive)
//!   broker ──▶ discovery ─────────▶  │ engine │ ◀───────────── reports ──────────┘
//!   socket ──▶ control ──questions─▶ └────────┘ ──▶ metrics, health, journal of quarantines
//! ```
//!
//! The loop never waits for anything but its next event. Work on nodes runs in tasks of its own, their number is bounded by
//! the table: workers, probes, restarts. A task that panics is reported like one that failed, so no node is lost with it.

mod answers;
mod begin;
mod build;
mod check;
mod discovery;
mod listen;
mod reload;
mod reports;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use muster::client::Surroundings as _;
use muster::operator::Machine;
use muster::os::notify::Notice;
use muster::os::notify::Notifier;
use muster::os::random;
use muster::os::signals::Signal;
use muster::os::signals::Signals;
use muster::protocol::lifecycle;
use muster::protocol::names::Identity;
use muster::report::Chain;
use muster::telemetry::Logging;
use muster::transport::Handle;
use muster::transport::State;
use tokio::sync::mpsc;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::sleep_until;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::control::Question;
use crate::drive::Context;
use crate::drive::Decider;
use crate::drive::Gate;
use crate::find::Sighting;
use crate::inventory::Inventory;
use crate::metrics::Health;
use crate::pace::Pace;
use crate::table::Moment;
use crate::table::Standing;
use crate::table::Table;

pub use build::BuildError;
pub use build::Options;
pub use build::build;

use discovery::Rounds;
use reports::Report;

/// The running provisioner.
#[derive(Debug)]
pub struct Engine {
    config: Arc<Config>,
    table: Table,
    pace: Pace,
    context: Arc<Context>,
    decider: Arc<Decider>,
    /// What nodes told that wait for a worker.
    ready: HashMap<Identity, Inventory>,
    /// The work on nodes; as many as workers, and those that take their time.
    at_work: HashMap<Identity, Work>,
    gate: watch::Sender<Gate>,
    rounds: watch::Sender<Rounds>,
    link: Handle,
    link_state: watch::Receiver<State>,
    connected: bool,
    reports: mpsc::Sender<Report>,
    inbox: Inbox,
    health: watch::Sender<Health>,
    notifier: Notifier,
    signals: Signals,
    logging: Logging,
    tasks: TaskTracker,
    work: TaskTracker,
    stop: CancellationToken,
    started: Instant,
    facts: Facts,
}

/// The work on a node, as far as it can be reached from outside.
#[derive(Debug)]
struct Work {
    /// Breaks it off, while that does no harm.
    doubt: CancellationToken,
    /// Tells it that the node started.
    starter: watch::Sender<()>,
    /// Whether the node takes its time to answer.
    waits: bool,
}

/// Where events come from.
#[derive(Debug)]
struct Inbox {
    reports: mpsc::Receiver<Report>,
    sightings: mpsc::Receiver<Sighting>,
    questions: mpsc::Receiver<Question>,
}

/// What the status tells and nothing else needs.
#[derive(Debug)]
struct Facts {
    identity: Identity,
    started: i64,
    loaded: i64,
    broker: Option<String>,
    /// What was last said of brokers that let nobody in.
    trouble: Option<String>,
    found: Option<(i64, u64)>,
    provisioned: u64,
    confirmed: u64,
    failed: u64,
    journal_error: Option<String>,
    monitor: Option<String>,
    /// Why the helper failed last, until it works again.
    helper_error: Option<String>,
    /// What is wrong with the site shows without a node.
    checkable: bool,
    /// When it was looked at last.
    checked: Instant,
    version: &'static str,
}

/// What can happen.
#[derive(Debug)]
enum Event {
    Report(Report),
    Sighting(Sighting),
    Question(Question),
    Signal(Signal),
    Link,
    LinkClosed,
    Due,
}

impl Engine {
    /// Runs until a signal ends it, then lets begun work end.
    pub async fn run(mut self) {
        self.notify(&[Notice::Ready]);
        let mut tick = Instant::now();
        loop {
            let now = Instant::now();
            if now >= tick {
                self.look_after();
                tick = now + TICK;
            }
            self.begin();
            let event = self.next_event(tick).await;
            if self.act(event) == Flow::End || self.drained() {
                break;
            }
        }
        self.finish().await;
    }

    async fn next_event(&mut self, tick: Instant) -> Event {
        let now = self.now();
        let due = [self.table.due(now), self.pace.due(now)]
            .into_iter()
            .flatten()
            .min()
            .map_or(tick, |due| tick.min(self.started + due));
        let inbox = &mut self.inbox;
        tokio::select! {
            Some(report) = inbox.reports.recv() => Event::Report(report),
            Some(question) = inbox.questions.recv() => Event::Question(question),
            signal = self.signals.next() => Event::Signal(signal),
            changed = self.link_state.changed() => if changed.is_ok() { Event::Link } else { Event::LinkClosed },
            Some(sighting) = inbox.sightings.recv() => Event::Sighting(sighting),
            () = sleep_until(due) => Event::Due,
        }
    }

    fn act(&mut self, event: Event) -> Flow {
        match event {
            Event::Report(report) => self.report(report),
            Event::Sighting(sighting) => self.sighted(&sighting),
            Event::Question(question) => self.answer(question),
            Event::Link => self.link_changed(),
            Event::LinkClosed => {
                tracing::error!("the connection task ended, the provisioner ends with it");
                return Flow::End;
            }
            Event::Signal(Signal::Hangup) => {
                if let Err(err) = self.logging.reopen() {
                    tracing::warn!(reason = %Chain(&err), "the log file was not reopened");
                }
                self.reload();
            }
            Event::Signal(Signal::Quit) => {
                tracing::info!(counts = ?self.table.counts(), link = %*self.link_state.borrow(), "this is how it is");
            }
            Event::Signal(signal @ (Signal::Terminate | Signal::Interrupt)) => {
                tracing::info!(?signal, "stopping on a signal");
                return Flow::End;
            }
            Event::Due => {}
        }
        Flow::On
    }

    fn now(&self) -> Moment {
        self.started.elapsed()
    }

    fn link_changed(&mut self) {
        let state = self.link_state.borrow_and_update().clone();
        match &state {
            State::Connected { server, .. } => {
                tracing::info!(broker = %server, "connected to a broker");
                if self.facts.broker.is_none() {
                    self.announce();
                }
                self.facts.broker = Some(server.clone());
                self.facts.trouble = None;
                self.connected = true;
            }
            State::Connecting { last_error, .. } => {
                if self.connected {
                    tracing::warn!("the connection to the broker was lost");
                } else if let Some(reason) = last_error
                    && self.facts.trouble.as_ref() != Some(reason)
                {
                    // each round of an outage ends the same way
                    tracing::warn!(reason, "no broker lets this provisioner in");
                    self.facts.trouble = Some(reason.clone());
                }
                self.connected = false;
            }
            State::Closed => self.connected = false,
        }
    }

    /// Tells others that a provisioner is there, in the format of the reference's.
    fn announce(&self) {
        let event = lifecycle::Event {
            kind: lifecycle::Kind::Startup,
            id: random::uuid(),
            identity: self.facts.identity.clone(),
            component: lifecycle::Component::Provisioner,
            timestamp: self.wall(),
            version: self.facts.version.to_owned(),
        };
        let payload = event.encode(lifecycle::Format::Legacy);
        if let Err(err) = self.link.publish(event.subject(), payload.into()) {
            tracing::debug!(reason = %Chain(&err), "the startup event was not sent");
        }
    }

    /// Once a second: what is over is forgotten, and whoever looks after this process learns how it is.
    fn look_after(&mut self) {
        let now = self.now();
        for forgotten in self.table.expire(now) {
            tracing::debug!(identity = %forgotten.identity, standing = %forgotten.standing, "a node is forgotten");
            if forgotten.standing == Standing::Unrestarted {
                self.forget_restart(&forgotten.identity);
            }
        }
        self.check();
        let unready = self.unready();
        let gauges = self.gauges(&unready);
        self.context.metrics.set(&gauges);
        self.health.send_replace(Health {
            alive_at: Instant::now(),
            ready: if unready.is_empty() {
                Ok(())
            } else {
                Err(unready)
            },
        });
        self.notify(&[Notice::Watchdog]);
    }

    /// How many are worked on and take their time to answer.
    fn waited_for(&self) -> usize {
        self.at_work.values().filter(|work| work.waits).count()
    }

    /// Whether everything that was begun before a drain has ended.
    fn drained(&self) -> bool {
        self.pace.is_draining() && self.work.is_empty()
    }

    fn notify(&self, notices: &[Notice<'_>]) {
        if let Err(err) = self.notifier.send(notices) {
            tracing::debug!(reason = %Chain(&err), "the supervisor was not told");
        }
    }

    /// Work that has not sent its node anything lasting ends; the rest gets its time.
    async fn finish(mut self) {
        self.notify(&[Notice::Stopping]);
        self.gate.send_replace(Gate::Closed);
        self.stop.cancel();
        self.work.close();
        if timeout(DRAIN, self.last_reports()).await.is_err() {
            tracing::warn!(
                "the work on some nodes did not end in time, it is taken up at the next start"
            );
        }
        let journal = self.context.journal.clone();
        self.tasks.close();
        if let Err(err) = self.link.close(LEAVE).await {
            tracing::debug!(reason = %Chain(&err), "the connection was not closed in order");
        }
        if timeout(LEAVE, self.tasks.wait()).await.is_err() {
            tracing::debug!("some tasks did not end in time");
        }
        if let Err(err) = journal.close().await {
            tracing::warn!(reason = %Chain(&err), "the journal was not closed in order");
        }
        tracing::info!(
            provisioned = self.facts.provisioned,
            confirmed = self.facts.confirmed,
            "the provisioner ended"
        );
    }

    /// What ends now is still recorded: the next process must not ask for a restart that was acknowledged.
    async fn last_reports(&mut self) {
        let inbox = &mut self.inbox;
        inbox.sightings.close();
        inbox.questions.close();
        // whoever asked is told that nobody answers any more
        while inbox.questions.try_recv().is_ok() {}
        let work = self.work.clone();
        let ended = work.wait();
        tokio::pin!(ended);
        loop {
            tokio::select! {
                () = &mut ended => break,
                Some(report) = self.inbox.reports.recv() => self.report(report),
            }
        }
        while let Ok(report) = self.inbox.reports.try_recv() {
            self.report(report);
        }
    }

    fn wall(&self) -> i64 {
        Machine.now()
    }
}

/// Whether the loop goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    End,
}

/// How often the loop looks after itself when nothing happens.
const TICK: Duration = Duration::from_secs(1);
/// Time for begun work to end: a `configure` that was sent should not be left without its restart.
const DRAIN: Duration = Duration::from_secs(25);
/// Time to leave the broker.
const LEAVE: Duration = Duration::from_secs(2);
