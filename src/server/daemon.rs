//! The running node: one loop that turns everything that happens into an event and acts on it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::sleep_until;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::lifecycle::Lifecycle;
use super::permissions::Permissions;
use super::registration::Registration;
use super::saying::saying;
use super::serve::Server;
use super::status::Moment;
use super::status::StatusFile;
use super::timekeeper::Timekeeper;
use super::trial::Trial;
use crate::os::notify::Notice;
use crate::os::notify::Notifier;
use crate::os::signals::Signal;
use crate::os::signals::Signals;
use crate::os::transaction::Generations;
use crate::protocol::lifecycle::Kind;
use crate::report::Chain;
use crate::rpc::Guard;
use crate::rpc::Node;
use crate::rpc::Then;
use crate::telemetry::Logging;
use crate::transport::Handle;
use crate::transport::Incoming;
use crate::transport::State;

/// How the daemon ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// On a signal or the `shutdown` action.
    Stopped,
    /// To start anew with the configuration on disk.
    Restart,
}

/// The parts of a running node.
#[derive(Debug)]
pub struct Daemon {
    pub(super) node: Arc<Node>,
    pub(super) server: Arc<Server>,
    pub(super) incoming: mpsc::Receiver<Incoming>,
    pub(super) link: Handle,
    pub(super) state: watch::Receiver<State>,
    pub(super) followups: mpsc::Receiver<Then>,
    pub(super) lifecycle: Arc<Lifecycle>,
    pub(super) registration: Registration,
    pub(super) permissions: Permissions,
    pub(super) timekeeper: Timekeeper,
    pub(super) status: Option<StatusFile>,
    pub(super) signals: Signals,
    pub(super) notifier: Notifier,
    pub(super) logging: Logging,
    pub(super) guard: Arc<Guard>,
    pub(super) tasks: TaskTracker,
    pub(super) drain: Duration,
    pub(super) provisioning: bool,
    pub(super) watchdog: Option<Duration>,
    pub(super) trial: Option<Trial>,
    /// Ends whoever serves the metrics.
    pub(super) metrics: CancellationToken,
    /// What the supervisor was told last.
    pub(super) said: String,
    pub(super) generations: Arc<Generations>,
}

/// What can happen.
#[derive(Debug)]
enum Event {
    Message(Incoming),
    LinkClosed,
    Link,
    Signal(Signal),
    Then(Then),
    Due(Timer),
}

/// What is done at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    Alive,
    Startup,
    Register,
    Status,
    Follow,
    Watchdog,
    End,
}

/// When the next of each timer is due.
#[derive(Debug)]
struct Timers {
    alive: Instant,
    startup: Option<Instant>,
    register: Option<Instant>,
    status: Instant,
    follow: Instant,
    watchdog: Option<Instant>,
    end: Option<(Instant, Ended)>,
}

impl Timers {
    fn next(&self) -> (Instant, Timer) {
        let mut next = (self.alive, Timer::Alive);
        let others = [
            (self.startup, Timer::Startup),
            (self.register, Timer::Register),
            (Some(self.status), Timer::Status),
            (Some(self.follow), Timer::Follow),
            (self.watchdog, Timer::Watchdog),
            (self.end.map(|(at, _)| at), Timer::End),
        ];
        for (at, timer) in others {
            if let Some(at) = at
                && at < next.0
            {
                next = (at, timer);
            }
        }
        next
    }
}

impl Daemon {
    /// Runs until a signal or an action ends it, then drains.
    pub async fn run(mut self) -> Ended {
        let mut timers = self.timers();
        self.notify(&[Notice::Ready]);
        self.timekeeper.look();
        self.tell(Moment::Running);
        let ended = loop {
            let event = self.next_event(&timers).await;
            self.timekeeper.look();
            if let Some(ended) = self.act(event, &mut timers) {
                break ended;
            }
        };
        self.finish(ended).await;
        ended
    }

    async fn next_event(&mut self, timers: &Timers) -> Event {
        let (at, timer) = timers.next();
        tokio::select! {
            message = self.incoming.recv() => message.map_or(Event::LinkClosed, Event::Message),
            changed = self.state.changed() => if changed.is_ok() { Event::Link } else { Event::LinkClosed },
            signal = self.signals.next() => Event::Signal(signal),
            Some(then) = self.followups.recv() => Event::Then(then),
            () = sleep_until(at) => Event::Due(timer),
        }
    }

    fn act(&mut self, event: Event, timers: &mut Timers) -> Option<Ended> {
        match event {
            Event::Message(message) => self.server.receive(&message),
            Event::Link => self.link_changed(timers),
            Event::LinkClosed => {
                tracing::error!("the connection task ended, the node starts anew");
                return Some(Ended::Restart);
            }
            Event::Signal(Signal::Hangup) => {
                if let Err(err) = self.logging.reopen() {
                    tracing::warn!(reason = %Chain(&err), "the log file was not reopened");
                }
                self.guard.look();
                self.tell(Moment::Running);
            }
            Event::Signal(Signal::Quit) => {
                let stats = self.node.stats.snapshot();
                tracing::info!(state = %*self.state.borrow(), ?stats, problems = ?self.node.problems(), "this is how the node is");
                self.tell(Moment::Running);
            }
            Event::Signal(signal @ (Signal::Terminate | Signal::Interrupt)) => {
                tracing::info!(?signal, "stopping on a signal");
                return Some(Ended::Stopped);
            }
            Event::Then(then) => self.follow_up(then, timers),
            Event::Due(Timer::End) => return timers.end.map(|(_, ended)| ended),
            Event::Due(timer) => self.due(timer, timers),
        }
        None
    }

    fn due(&mut self, timer: Timer, timers: &mut Timers) {
        let now = Instant::now();
        match timer {
            Timer::Alive => {
                if self.state.borrow().is_connected() {
                    self.lifecycle.publish(Kind::Alive);
                }
                timers.alive = now + Lifecycle::ALIVE;
            }
            Timer::Startup => {
                timers.startup = None;
                self.lifecycle.publish(Kind::Startup);
            }
            Timer::Register => {
                self.registration.turn(now);
                timers.register = self.registration.next();
            }
            Timer::Status => {
                timers.status = now + self.tell_every();
                self.tell(Moment::Running);
            }
            Timer::Follow => {
                timers.follow = now + FOLLOW;
                self.follow(timers);
            }
            Timer::Watchdog => {
                timers.watchdog = self.watchdog.map(|interval| now + interval);
                self.notify(&[Notice::Watchdog]);
            }
            Timer::End => {}
        }
    }

    fn timers(&self) -> Timers {
        let now = Instant::now();
        Timers {
            alive: now + Lifecycle::first_alive(),
            startup: None,
            register: None,
            status: now + self.tell_every(),
            follow: now + FOLLOW,
            watchdog: self.watchdog.map(|interval| now + interval),
            end: None,
        }
    }

    /// A new connection is announced, at once the first time, after a short random wait when a whole fleet may have lost
    /// its broker at the same moment.
    fn link_changed(&mut self, timers: &mut Timers) {
        let now = Instant::now();
        let state = self.state.borrow_and_update().clone();
        match &state {
            State::Connected { .. } => {
                if let Some(trial) = self.trial.take() {
                    trial.passed(&self.tasks);
                }
                let first = self.link.stats().reconnects == 0;
                if first {
                    self.lifecycle.publish(Kind::Startup);
                } else if self.provisioning {
                    timers.startup = Some(now + crate::os::random::between(Duration::ZERO, AGAIN));
                }
                self.registration.connected(now);
            }
            State::Connecting { .. } => {
                self.permissions.lost();
                self.registration.lost(now);
            }
            State::Closed => {}
        }
        timers.register = self.registration.next();
        self.tell(Moment::Running);
    }

    fn follow_up(&mut self, then: Then, timers: &mut Timers) {
        let (delay, ended) = match then {
            Then::Restart { delay } => (delay, Ended::Restart),
            Then::Shutdown { delay } => (delay, Ended::Stopped),
        };
        // the first one counts: a second restart does not postpone it
        timers
            .end
            .get_or_insert_with(|| (Instant::now() + delay, ended));
    }

    /// Starts anew when a command of the local administrator has put another configuration in place.
    fn follow(&self, timers: &mut Timers) {
        if timers.end.is_none()
            && let Some(generation) = self.generations.unknown()
        {
            tracing::warn!(
                generation,
                "another process has put a configuration in place, starting anew with it"
            );
            timers.end = Some((Instant::now(), Ended::Restart));
        }
    }

    fn tell_every(&self) -> Duration {
        self.status.as_ref().map_or(TELL, StatusFile::interval)
    }

    /// Tells whoever looks after the machine how the node is: in the status file, and the supervisor if that is news.
    fn tell(&mut self, moment: Moment) {
        if moment == Moment::Running {
            self.permissions.look();
        }
        if let Some(status) = &mut self.status {
            status.write(moment);
        }
        let problems = self.node.problems().len();
        let saying = saying(self.provisioning, &self.state.borrow(), problems);
        if moment == Moment::Running && saying != self.said {
            self.notify(&[Notice::Status(&saying)]);
            self.said = saying;
        }
    }

    /// Says goodbye, answers what was accepted, leaves the broker, and waits for what still runs; each within a limit.
    async fn finish(&mut self, ended: Ended) {
        self.notify(&[match ended {
            Ended::Stopped => Notice::Stopping,
            Ended::Restart => Notice::Reloading,
        }]);
        self.metrics.cancel();
        self.lifecycle.publish(Kind::Shutdown);
        if timeout(self.drain, self.server.stop()).await.is_err() {
            tracing::warn!("some requests were not answered in time and are left behind");
        }
        self.tasks.close();
        let flushed = self.link.flush(self.drain).await;
        if let Err(err) = flushed {
            tracing::debug!(reason = %Chain(&err), "the last messages may not have left");
        }
        let closed = self.link.close(self.drain).await;
        if let Err(err) = closed {
            tracing::debug!(reason = %Chain(&err), "the connection was not closed in order");
        }
        if timeout(self.drain, self.tasks.wait()).await.is_err() {
            tracing::warn!("some work did not end in its time and is left behind");
        }
        self.tell(Moment::Ended);
    }

    fn notify(&self, notices: &[Notice<'_>]) {
        if let Err(err) = self.notifier.send(notices) {
            tracing::debug!(reason = %Chain(&err), "the supervisor was not told");
        }
    }
}

/// How often it is told how the node is, where no status file says so.
const TELL: Duration = Duration::from_secs(30);
/// Between two looks at the generation in place; one look is the reading of one small file.
const FOLLOW: Duration = Duration::from_secs(5);
/// Over this time a fleet announces itself again after its broker came back.
const AGAIN: Duration = Duration::from_secs(5);
