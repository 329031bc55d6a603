//! What every action passes before it does anything: mode, token, lock; in this order (design D5).

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::time::Instant;

use super::Lock;
use super::Provisioner;
use super::Site;
use super::TokenCheck;
use super::inputs::Token;
use crate::rpc::Call;
use crate::rpc::Failure;
use crate::rpc::Node;

/// The gate.
#[derive(Debug)]
pub(super) struct Gate {
    node: Arc<Node>,
    started: Instant,
    tokens: Arc<TokenCheck>,
    lock: Mutex<Lock>,
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
            started: Instant::now(),
            tokens: Arc::clone(&site.tokens),
            lock: Mutex::default(),
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
        self.tokens.pass(token, call).await?;
        let who = provisioner(call);
        let now = self.started.elapsed();
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let free = match takes {
            Takes::Lock => lock.acquire(&who, now),
            Takes::NoLock => lock.allows(&who, now),
        };
        free.map_err(|_| Failure::aborted("Could not obtain provisioning lock"))
    }

    /// Ends the lock: its holder is done.
    pub(super) fn release_lock(&self) {
        self.lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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
}

fn provisioner(call: &Call) -> Provisioner {
    Provisioner {
        sender: call.request.sender.clone(),
        caller: call.request.caller.clone(),
    }
}
