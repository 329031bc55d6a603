//! From no connection to a connection: rounds of attempts, waits between them, for ever.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::sleep_until;
use tokio_util::task::AbortOnDropHandle;
use tokio_util::task::TaskTracker;

use super::attempt::AttemptError;
use super::attempt::LostReason;
use super::attempt::plain;
use super::backoff::Backoff;
use super::backoff::Setback;
use super::config::Config;
use super::policy::Channel;
use super::policy::Protection;
use super::probe::probe;
use super::session::Session;
use super::srv::resolve;
use super::state::Counters;
use super::state::State;
use super::state::add;
use super::targets::Server;
use crate::report::Chain;

/// Makes connections and tells what it is doing.
#[derive(Debug)]
pub(super) struct Dialer {
    config: Arc<Config>,
    tracker: TaskTracker,
    state: watch::Sender<State>,
    counters: Arc<Counters>,
    /// Rounds and short-lived connections in a row.
    backoff: Backoff,
    last_error: Option<String>,
    down_since: Instant,
    connections: u64,
}

struct Made {
    session: Session,
    broker: String,
    tls: Protection,
}

/// A round without a connection: what was wrong with each server, and what it means for the next wait.
struct Failure {
    reason: String,
    setback: Setback,
}

impl Dialer {
    pub(super) fn new(
        config: Arc<Config>,
        tracker: TaskTracker,
        counters: Arc<Counters>,
    ) -> (Self, watch::Receiver<State>) {
        let down_since = Instant::now();
        let (state, watched) = watch::channel(State::Connecting {
            attempt: 1,
            last_error: None,
            next_try: None,
            since: down_since,
        });
        let dialer = Self {
            backoff: Backoff::new(config.backoff),
            config,
            tracker,
            state,
            counters,
            last_error: None,
            down_since,
            connections: 0,
        };
        (dialer, watched)
    }

    /// Returns once there is a connection, however long that takes.
    pub(super) async fn connect(&mut self) -> Session {
        loop {
            if self.backoff.failures() > 0 {
                let next_try = Instant::now() + self.backoff.delay(rand::random());
                self.tell(Some(next_try));
                sleep_until(next_try).await;
            }
            self.tell(None);
            match self.round().await {
                Ok(session) => return session,
                Err(failure) => {
                    self.backoff.after(failure.setback);
                    self.last_error = Some(failure.reason);
                }
            }
        }
    }

    /// Takes note of a lost connection. One that did not last counts as a failed round: a broker that takes everybody
    /// and keeps nobody is not asked in a tight loop.
    pub(super) fn lost(&mut self, reason: &LostReason, lived: Duration) {
        self.backoff.after(if lived >= LASTING {
            Setback::Lost
        } else {
            Setback::Brief
        });
        let text = reason.to_string();
        tracing::warn!(reason = %text, "lost the connection to the broker");
        self.last_error = Some(text);
        self.down_since = Instant::now();
        self.tell(None);
    }

    /// Tells that nothing follows.
    pub(super) fn closed(&self) {
        self.state.send_replace(State::Closed);
    }

    fn tell(&self, next_try: Option<Instant>) {
        self.state.send_replace(State::Connecting {
            attempt: self.backoff.failures().saturating_add(1),
            last_error: self.last_error.clone(),
            next_try,
            since: self.down_since,
        });
    }

    /// Every server once.
    async fn round(&mut self) -> Result<Session, Failure> {
        let number = self.backoff.failures().saturating_add(1);
        let found = self.contained(resolve(self.config.targets.clone())).await;
        let found = found.map_err(|err| {
            let reason = plain(&Chain(&err).to_string(), MAX_REASON);
            tracing::warn!(%reason, round = number, "cannot find brokers");
            Failure {
                reason,
                setback: Setback::Unreached,
            }
        })?;
        self.backoff.shared_by(found.brokers);
        let mut reasons = Vec::new();
        let mut setback = Setback::Unreached;
        for server in found.servers {
            match self.attempt(&server).await {
                Ok(made) => return Ok(self.connected(&server, made)),
                Err(err) => {
                    add(&self.counters.failed_attempts, 1);
                    if err.reached_somebody() {
                        setback = Setback::Rejected;
                    }
                    let reason = plain(&Chain(&err).to_string(), MAX_REASON);
                    tracing::warn!(%server, %reason, round = number, "cannot connect to the broker");
                    if reasons.len() < MAX_REASONS {
                        reasons.push(format!("{server}: {reason}"));
                    }
                }
            }
        }
        Err(Failure {
            reason: reasons.join("; "),
            setback,
        })
    }

    async fn attempt(&self, server: &Server) -> Result<Made, AttemptError> {
        let info = probe(server, self.config.connect_timeout).await?;
        let channel = self.config.tls.decide(server.scheme, info.tls);
        let channel = channel.map_err(AttemptError::Tls)?;
        let tls = match channel {
            Channel::Plain => Protection::Plain,
            Channel::Tls(_, protection) => protection,
        };
        tracing::debug!(%server, %tls, auth = info.auth_required, payload = info.max_payload, "the broker greets");
        let (options, notes) = Session::options(&self.config, channel, &self.counters);
        let open = Session::open(server.clone(), Arc::clone(&self.config), options, notes);
        let session = self.contained(open).await?;
        Ok(Made {
            session,
            broker: format!("{} {}", info.name, info.version),
            tls,
        })
    }

    fn connected(&mut self, server: &Server, made: Made) -> Session {
        if self.connections > 0 {
            add(&self.counters.reconnects, 1);
        }
        self.connections = self.connections.saturating_add(1);
        let limit = u64::try_from(made.session.max_payload()).unwrap_or(u64::MAX);
        self.counters.max_payload.store(limit, Ordering::Relaxed);
        tracing::info!(%server, broker = %made.broker, tls = %made.tls, "connected to the broker");
        self.state.send_replace(State::Connected {
            server: server.to_string(),
            broker: made.broker,
            tls: made.tls,
            since: Instant::now(),
        });
        made.session
    }

    /// Runs library code on a peer's bytes in a task of its own, so that its panic is only an error here (design D17).
    async fn contained<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, AttemptError>> + Send + 'static,
    ) -> Result<T, AttemptError> {
        AbortOnDropHandle::new(self.tracker.spawn(work))
            .await
            .unwrap_or(Err(AttemptError::Panicked))
    }
}

/// A connection of this age was a good one.
const LASTING: Duration = Duration::from_secs(10);
const MAX_REASON: usize = 300;
const MAX_REASONS: usize = 4;
