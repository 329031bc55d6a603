//! The words between a session and whoever performs its steps.

use std::sync::Arc;
use std::time::Duration;

use muster::protocol::names::Identity;

use super::reply::Reply;
use super::request::Call;
use crate::config::Config;
use crate::helper::Case;
use crate::helper::Decision;
use crate::helper::HelperError;
use crate::inventory::Inventory;
use crate::journal::Holder;
use crate::journal::SessionId;
use crate::table::End;

/// What came of a step.
#[derive(Debug)]
pub enum Event {
    /// The work begins.
    Begun,
    /// The node answered the call.
    Answered(Reply),
    /// The node did not answer in time.
    Silent,
    /// The connection was lost while the answer was waited for; it stands again.
    Lost,
    /// The call cannot be made at all.
    Impossible {
        /// Why.
        error: String,
    },
    /// The journal has a session for this node and key.
    Opened {
        /// Its id.
        session: SessionId,
        /// The certificate that the identity holds already.
        holder: Option<Holder>,
    },
    /// The journal has not.
    NotOpened {
        /// Why.
        error: String,
    },
    /// The helper decided, or not.
    Decided(Result<Decision, HelperError>),
    /// The journal knows that the node is configured, or it could not be written.
    Recorded,
    /// The wait is over.
    Waited,
    /// The node took longer than any node may.
    TimeUp,
    /// The node's time is up, and there is no connection to a broker.
    CutOff,
    /// The provisioner is paused or ends.
    Stopped,
    /// The node's process began anew and waits: a key that it told about earlier may be gone with the machine it was on.
    StartedAnew,
}

/// What is to be done.
#[derive(Debug)]
pub enum Step {
    /// Call the node once.
    Call(Call),
    /// Wait about so long.
    Wait(Duration),
    /// Open a session in the journal for this key.
    Open {
        /// Digest of the public key; zeros where there is none.
        key: [u8; 32],
    },
    /// Ask the helper.
    Decide(Box<Case>),
    /// Write down that the node is configured.
    Record(Configured),
    /// Nothing more.
    End(Finish),
}

/// What the journal keeps of a configured node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// The session that ends.
    pub session: SessionId,
    /// The node's name in production.
    pub becomes: Identity,
    /// Digest of its public key; zeros where there is none.
    pub key: [u8; 32],
    /// Until when its certificate is good, in seconds since 1970.
    pub not_after: Option<i64>,
}

/// How the work ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    /// For the table.
    pub end: End,
    /// A fault of the site, which no other node would escape.
    pub site_fault: Option<String>,
    /// The helper failed for this node.
    pub helper_failed: bool,
}

/// What does not change while a node is worked on.
#[derive(Debug, Clone)]
pub struct Brief {
    /// The configuration in force when the work began.
    pub config: Arc<Config>,
    /// The node.
    pub identity: Identity,
    /// What it told about itself.
    pub inventory: Inventory,
    /// A person approved that it gets another certificate.
    pub approval: Approval,
}

/// Whether a person approved another certificate for an identity that holds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// Yes.
    Given,
    /// Nobody was asked, or nobody answered.
    None,
}
