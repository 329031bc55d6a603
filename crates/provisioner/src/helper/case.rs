//! What is asked, and what is answered: the words that whoever decides and whoever is told share.

use std::collections::BTreeMap;
use std::time::Duration;

use muster::protocol::names::Identity;
use muster::secret::Secret;

use crate::inventory::Inventory;
use crate::journal::SessionId;

/// What is to be decided.
#[derive(Debug, Clone)]
pub struct Case {
    /// The session; the same id asks the same question again.
    pub session: SessionId,
    /// The node.
    pub identity: Identity,
    /// Its certificate request, where nodes get certificates.
    pub csr: Option<CsrReply>,
    /// What it told about itself.
    pub inventory: Inventory,
}

/// The reply of `choria_provision#gencsr`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CsrReply {
    /// The request, PEM.
    pub csr: String,
    /// Its public key, PEM.
    pub public_key: String,
    /// Where the node keeps its certificates.
    pub ssldir: String,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Later.
    Defer {
        /// Why.
        message: String,
        /// When to ask again; otherwise in the next cycle.
        retry_after: Option<Duration>,
    },
    /// The node is to end.
    Shutdown {
        /// Why.
        message: String,
    },
    /// The node becomes this.
    Configure(Box<Outfit>),
}

/// What a node becomes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outfit {
    /// Why, for the log.
    pub message: String,
    /// Its configuration.
    pub configuration: BTreeMap<String, String>,
    /// Its certificate and intermediates, PEM; empty for none.
    pub certificate: String,
    /// The authorities, PEM; empty for none.
    pub ca: String,
    /// Where certificates go when the node did not say; may be empty.
    pub ssldir: String,
    /// A private key to send; empty for none.
    pub key: Option<SecretText>,
    /// Action policies: file name to text.
    pub action_policies: BTreeMap<String, String>,
    /// Open Policy Agent policies: file name to text.
    pub opa_policies: BTreeMap<String, String>,
}

/// A text that is never shown; equality is not constant-time and only for tests.
#[derive(Debug, Clone)]
pub struct SecretText(pub Secret<String>);

impl PartialEq for SecretText {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose() == other.0.expose()
    }
}

/// Why nothing was decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct HelperError {
    /// What went wrong, in one clause; what the helper printed is cut and without control characters.
    pub reason: String,
    /// Who has to do something about it.
    pub blame: Blame,
}

/// Who has to do something about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// This case: another node may well fare better.
    Case,
    /// The site: no node will fare better until somebody repairs it.
    Site,
}
