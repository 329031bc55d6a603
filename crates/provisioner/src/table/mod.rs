//! Who waits, and why: one record per identity. Pure.

use std::time::Duration;

use muster::protocol::names::Identity;
use serde::Deserialize;
use serde::Serialize;

/// Time since the provisioner started.
pub type Moment = Duration;

/// How a node became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Its startup event.
    Startup,
    /// Its registration.
    Registration,
    /// It answered a discovery.
    Discovery,
    /// The journal of an earlier process.
    Journal,
}

/// What a probe, the request for the inventory, came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probed {
    /// An inventory: the node may be worked on.
    Answered,
    /// Nothing in time.
    Silent,
    /// Something that is no inventory.
    Junk {
        /// What was wrong with it.
        error: String,
    },
    /// The facts are not those of a node that this provisioner is for.
    NotOurs {
        /// Which condition does not hold.
        why: String,
    },
}

/// How the work on a node ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It acknowledged the restart.
    Provisioned {
        /// Under which name it starts in production.
        becomes: Identity,
    },
    /// It has its configuration and did not acknowledge the restart.
    Unrestarted {
        /// Under which name it will start in production.
        becomes: Identity,
        /// What went wrong.
        error: String,
    },
    /// The helper said `defer`.
    Deferred {
        /// The helper's message.
        message: String,
        /// When the helper wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The node was shut down because the helper said so.
    Shutdown {
        /// The helper's message.
        message: String,
    },
    /// It failed, and the node is to blame or nobody knows who.
    Failed {
        /// The last error, one clause.
        error: String,
    },
    /// Another provisioner holds the node's lock.
    Locked,
    /// A person must approve it first.
    NeedsApproval {
        /// Why.
        why: String,
    },
    /// It may not be provisioned as things are.
    Refused {
        /// Why.
        why: String,
    },
    /// The site is to blame, or the work was interrupted: as if it had not begun.
    Interrupted,
}

/// What a node is waiting for, or what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// In the queue.
    Queued,
    /// Asked for its inventory.
    Probing,
    /// Answered, and waits for a worker.
    Ready,
    /// Being worked on.
    Working,
    /// Configured, its restart is to be asked for again.
    Unrestarted,
    /// Did not answer; asked again later.
    Silent,
    /// Failed; tried again later.
    Failed,
    /// Failed too often in a row; left alone for a while.
    Quarantined,
    /// The helper said `defer`.
    Deferred,
    /// Another provisioner works on it.
    Locked,
    /// Waits for `approve`.
    Approval,
    /// May not be provisioned.
    Refused,
    /// Not one that this provisioner is for.
    NotOurs,
    /// Acknowledged its restart.
    Provisioned,
    /// Seen in production.
    Confirmed,
    /// Was shut down at the helper's word.
    Shutdown,
}

/// One node, as `hosts` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The node.
    pub identity: String,
    /// Where it stands.
    pub standing: Standing,
    /// Why it is waiting, or what became of it: one line without control characters.
    pub why: String,
    /// Seconds since it came into this standing.
    pub for_seconds: u64,
    /// Seconds since it was first seen.
    pub known_seconds: u64,
    /// Seconds until the next try; nothing where no time is set.
    pub next_try_seconds: Option<u64>,
    /// Tries so far.
    pub attempts: u32,
    /// Failures in a row.
    pub failures: u32,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// What the helper said when it deferred the node.
    pub deferred: Option<String>,
    /// How it became known.
    pub source: Source,
    /// The step it is at while worked on.
    pub step: Option<String>,
    /// Its name in production, where that is another.
    pub becomes: Option<String>,
    /// Milliseconds that the last work on it took.
    pub took_ms: Option<u64>,
}
