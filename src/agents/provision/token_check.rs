//! Whether a caller knows a token of the build. One measure for every agent of the node that asks for it, so that
//! guessing is as slow over all of them as over one.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::local_policy;
use crate::build_info::TokenVerifier;
use crate::os::random;
use crate::rpc::Call;
use crate::rpc::Failure;
use crate::rpc::Node;
use crate::secret::Secret;
use crate::security::token::Known;
use crate::security::token::Penalty;
use crate::security::token::Tokens;
use crate::telemetry::Throttle;

/// Recognises the tokens of the build, and makes guessing slow.
#[derive(Debug)]
pub struct TokenCheck {
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
    penalty: Penalty,
    known: Vec<Known>,
}

impl TokenCheck {
    /// The check of a node whose build has these verifiers.
    #[must_use]
    pub fn new(node: Arc<Node>, verifiers: &'static [TokenVerifier]) -> Self {
        let config_dir = node.config_file.parent().unwrap_or_else(|| Path::new("."));
        Self {
            config_dir: config_dir.to_owned(),
            node,
            started: Instant::now(),
            tokens: Arc::new(Tokens::new(verifiers, &random::bytes())),
            slow: Semaphore::new(1),
            state: Mutex::new(State::default()),
            wrong_tokens: Throttle::new(Duration::from_secs(10)),
        }
    }

    /// Whether the build has no token at all, so that anyone may act.
    #[must_use]
    pub fn anyone(&self) -> bool {
        self.tokens.anyone()
    }

    /// Lets a call through whose token is one of the build's; every call where the build has none.
    ///
    /// # Errors
    ///
    /// [`Failure`] with the text that peers know; the more wrong tokens there were, the longer its answer waits.
    pub async fn pass(&self, token: Secret<String>, call: &Call) -> Result<(), Failure> {
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
        Err(refused.after(self.wrong(call)))
    }

    /// Counts and tells a wrong token; how long its answer waits.
    fn wrong(&self, call: &Call) -> Duration {
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
        delay
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
