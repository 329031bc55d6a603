//! What every action passes before it does anything: mode, token, lock; in this order (design D5).

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::Lock;
use super::Provisioner;
use super::Site;
use super::inputs::Token;
use super::local_policy;
use crate::os::random;
use crate::rpc::Call;
use crate::rpc::Failure;
use crate::rpc::Node;
use crate::secret::Secret;
use crate::security::token::Known;
use crate::security::token::Penalty;
use crate::security::token::Tokens;
use crate::telemetry::Throttle;

/// The gate.
#[derive(Debug)]
pub(super) struct Gate {
    node: Arc<Node>,
    config_dir: PathBuf,
    started: Instant,
    tokens: Arc<Tokens>,
    /// One slow verification at a time: it is meant to cost, and must not cost everybody everything.
    slow: Semaphore,
    state: Mutex<State>,
    wrong_tokens: Throttle,
}

#[derive(Debug, Default)]
struct State {
    lock: Lock,
    penalty: Penalty,
    known: Vec<Known>,
}

/// Which mode an action works in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WorksIn {
    /// Only while the node waits for a provisioner.
    Provisioning {
        /// The text of the refusal otherwise.
        otherwise: &'static str,
    },
    /// While it waits, and afterwards where a token is known.
    ProvisioningOrToken {
        /// The text of the refusal otherwise.
        otherwise: &'static str,
    },
    /// Only once it is provisioned.
    Normal {
        /// The text of the refusal otherwise.
        otherwise: &'static str,
    },
}

/// Whether an action takes the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// It takes or extends the lock.
    Lock,
    /// It works only while nobody else holds the lock.
    NoLock,
}

impl Gate {
    pub(super) fn new(site: &Site) -> Self {
        Self {
            node: Arc::clone(&site.node),
            config_dir: site.config_dir(),
            started: Instant::now(),
            tokens: Arc::new(Tokens::new(
                site.build.provisioning.tokens,
                &random::bytes(),
            )),
            slow: Semaphore::new(1),
            state: Mutex::new(State::default()),
            wrong_tokens: Throttle::new(Duration::from_secs(10)),
        }
    }

    /// Lets a call through, or tells why not.
    ///
    /// # Errors
    ///
    /// [`Failure`] with the text that peers know.
    pub(super) async fn pass(
        &self,
        call: &Call,
        works: WorksIn,
        takes: Takes,
    ) -> Result<(), Failure> {
        self.mode(works)?;
        let Token { token } = call.inputs()?;
        self.token(token, call).await?;
        let who = provisioner(call);
        let now = self.started.elapsed();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let free = match takes {
            Takes::Lock => state.lock.acquire(&who, now),
            Takes::NoLock => state.lock.allows(&who, now),
        };
        free.map_err(|_| Failure::aborted("Could not obtain provisioning lock"))
    }

    /// Ends the lock: its holder is done.
    pub(super) fn release_lock(&self) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .lock
            .release();
    }

    fn mode(&self, works: WorksIn) -> Result<(), Failure> {
        let (fits, otherwise) = match works {
            WorksIn::Provisioning { otherwise } => (self.node.provisioning, otherwise),
            WorksIn::ProvisioningOrToken { otherwise } => {
                (self.node.provisioning || !self.tokens.anyone(), otherwise)
            }
            WorksIn::Normal { otherwise } => (!self.node.provisioning, otherwise),
        };
        if fits {
            Ok(())
        } else {
            Err(Failure::aborted(otherwise))
        }
    }

    async fn token(&self, token: Secret<String>, call: &Call) -> Result<(), Failure> {
        if self.tokens.anyone() {
            return Ok(());
        }
        let refused = Failure::aborted("Incorrect provision token supplied");
        if self.knows(&token) {
            return Ok(());
        }
        // longer than any token that a build accepts: not worth a slow look
        if token.expose().chars().count() <= self.longest_token() {
            // the semaphore is never closed; without a permit nothing is verified and the token is refused
            let Ok(_one) = self.slow.acquire().await else {
                return Err(refused);
            };
            // somebody before us may have shown the same one
            if self.knows(&token) {
                return Ok(());
            }
            let tokens = Arc::clone(&self.tokens);
            let verified = spawn_blocking(move || {
                tokens
                    .check(token.expose())
                    .then(|| tokens.known(token.expose()))
            })
            .await;
            if let Ok(Some(known)) = verified {
                self.state
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .known
                    .push(known);
                return Ok(());
            }
        }
        let now = self.started.elapsed();
        let delay = self
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .penalty
            .wrong(now);
        self.node.stats.wrong_tokens.count();
        if let Some(suppressed) = self.wrong_tokens.pass(now) {
            tracing::warn!(
                caller = call.request.caller.as_str(),
                sender = call.request.sender.as_str(),
                action = call.action,
                suppressed,
                "a wrong provisioning token was given"
            );
        }
        Err(refused.after(delay))
    }

    fn knows(&self, token: &Secret<String>) -> bool {
        let known = &self
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .known;
        self.tokens.knows(token.expose(), known)
    }

    /// In characters. The administrator's limit, where there is one that can be read.
    fn longest_token(&self) -> usize {
        local_policy::read(&self.config_dir)
            .map(|policy| policy.limits)
            .unwrap_or_default()
            .token
            .get()
    }
}

fn provisioner(call: &Call) -> Provisioner {
    Provisioner {
        sender: call.request.sender.clone(),
        caller: call.request.caller.clone(),
    }
}
