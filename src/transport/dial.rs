//! From no connection to a connection: rounds of attempts, waits between them, for ever.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::sleep_until;
use tokio_util::task::TaskTracker;

use super::attempt::LostReason;
use super::backoff::Backoff;
use super::backoff::Setback;
use super::config::Config;
use super::round::Made;
use super::round::Rounds;
use super::session::Session;
use super::state::Counters;
use super::state::State;
use super::state::add;

/// Makes connections and tells what it is doing.
#[derive(Debug)]
pub(super) struct Dialer {
    rounds: Rounds,
    state: watch::Sender<State>,
    /// Rounds and short-lived connections in a row.
    backoff: Backoff,
    last_error: Option<String>,
    down_since: Instant,
    connections: u64,
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
            rounds: Rounds {
                config: Arc::clone(&config),
                tracker,
                counters,
            },
            state,
            backoff: Backoff::new(config.backoff),
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
            let number = self.backoff.failures();
            match self.rounds.round(number).await {
                Ok(made) => {
                    self.backoff.shared_by(made.brokers);
                    return self.connected(made);
                }
                Err(failure) => {
                    if let Some(brokers) = failure.brokers {
                        self.backoff.shared_by(brokers);
                    }
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
        add(&self.rounds.counters.lost, 1);
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

    /// What rounds are made of, for one that is not part of a reconnect.
    pub(super) const fn rounds(&self) -> &Rounds {
        &self.rounds
    }

    /// Takes note of a connection.
    pub(super) fn connected(&mut self, made: Made) -> Session {
        let counters = &self.rounds.counters;
        if self.connections > 0 {
            add(&counters.reconnects, 1);
        } else {
            counters.first_connected_after(self.down_since.elapsed());
        }
        self.connections = self.connections.saturating_add(1);
        let limit = u64::try_from(made.session.max_payload()).unwrap_or(u64::MAX);
        counters.max_payload.store(limit, Ordering::Relaxed);
        tracing::info!(server = %made.server, broker = %made.broker, tls = %made.tls, "connected to the broker");
        self.state.send_replace(State::Connected {
            server: made.server.to_string(),
            broker: made.broker,
            tls: made.tls,
            since: Instant::now(),
        });
        made.session
    }
}

/// A connection of this age was a good one.
const LASTING: Duration = Duration::from_secs(10);
