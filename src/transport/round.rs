//! One round of attempts: every server once, until one of them lets us in. Tells nobody; that is the dialer's business.

use std::sync::Arc;

use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use tokio_util::task::TaskTracker;

use super::attempt::AttemptError;
use super::attempt::plain;
use super::backoff::Setback;
use super::config::Config;
use super::policy::Channel;
use super::policy::Offer;
use super::policy::Protection;
use super::policy::TlsPolicy;
use super::probe::probe;
use super::session::Session;
use super::srv::resolve;
use super::state::Counters;
use super::state::add;
use super::targets::Server;
use crate::report::Chain;

/// What rounds are made of. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Rounds {
    pub(super) config: Arc<Config>,
    pub(super) tracker: TaskTracker,
    pub(super) counters: Arc<Counters>,
}

/// A connection that was made, and how.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) session: Session,
    pub(super) server: Server,
    pub(super) broker: String,
    pub(super) tls: Protection,
    /// How many brokers the fleet chooses among evenly.
    pub(super) brokers: f64,
}

/// A round without a connection: what was wrong with each server, and what it means for the next wait.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) reason: String,
    pub(super) setback: Setback,
    /// How many brokers the fleet chooses among evenly, where they could be found.
    pub(super) brokers: Option<f64>,
}

impl Failure {
    fn unreached(reason: String) -> Self {
        Self {
            reason,
            setback: Setback::Unreached,
            brokers: None,
        }
    }
}

impl Rounds {
    /// Every server once; the text says what was wrong with each.
    pub(super) async fn round(&self, failures: u32) -> Result<Made, Failure> {
        let offer = self.offer(failures).await.map_err(Failure::unreached)?;
        let found = self.contained(resolve(self.config.targets.clone())).await;
        let found = found.map_err(|err| {
            let reason = plain(&Chain(&err).to_string(), MAX_REASON);
            tracing::warn!(%reason, round = failures + 1, "cannot find brokers");
            Failure::unreached(reason)
        })?;
        let policy = offer.as_ref().map_or(&self.config.tls, |offer| &offer.tls);
        let mut reasons = Vec::new();
        let mut setback = Setback::Unreached;
        for server in found.servers {
            self.counters.attempted();
            match self.attempt(&server, policy, found.brokers).await {
                Ok(made) => {
                    if let (Some(source), Some(offer)) = (&self.config.renewable, offer) {
                        source.accepted(offer.number);
                    }
                    return Ok(made);
                }
                Err(err) => {
                    add(&self.counters.failed_attempts, 1);
                    if err.reached_somebody() {
                        setback = Setback::Rejected;
                    }
                    let reason = plain(&Chain(&err).to_string(), MAX_REASON);
                    tracing::warn!(%server, %reason, round = failures + 1, "cannot connect to the broker");
                    if reasons.len() < MAX_REASONS {
                        reasons.push(format!("{server}: {reason}"));
                    }
                }
            }
        }
        Err(Failure {
            reason: reasons.join("; "),
            setback,
            brokers: Some(found.brokers),
        })
    }

    /// The protection of this moment, where it can change. Files are read for it, off the loop.
    async fn offer(&self, failures: u32) -> Result<Option<Offer>, String> {
        let Some(source) = self.config.renewable.clone() else {
            return Ok(None);
        };
        let asked = self.tracker.spawn_blocking(move || source.offer(failures));
        match timeout(self.config.connect_timeout, asked).await {
            Ok(Ok(offer)) => Ok(Some(offer)),
            Ok(Err(_)) | Err(_) => {
                let reason = "the files of certificate, key and CA cannot be read in time";
                tracing::warn!(round = failures + 1, reason, "cannot connect to the broker");
                Err(reason.to_owned())
            }
        }
    }

    async fn attempt(
        &self,
        server: &Server,
        policy: &TlsPolicy,
        brokers: f64,
    ) -> Result<Made, AttemptError> {
        let info = probe(server, self.config.connect_timeout).await?;
        let channel = policy.decide(server.scheme, info.tls);
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
            server: server.clone(),
            broker: format!("{} {}", info.name, info.version),
            tls,
            brokers,
        })
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

const MAX_REASON: usize = 300;
const MAX_REASONS: usize = 4;
