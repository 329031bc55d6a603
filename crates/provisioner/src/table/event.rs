//! What is told to the table, and what it answers.

use std::collections::BTreeMap;
use std::time::Duration;

use muster::protocol::names::Identity;
use serde::Deserialize;
use serde::Serialize;

use crate::table::Moment;
use crate::table::Standing;

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
    /// The helper failed, and for others too: nothing is known about the node.
    Unhelped {
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

/// What a sighting of a node means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Nobody knew it; it is in the queue.
    New,
    /// It is known and waits or is worked on; nothing changes.
    Known,
    /// It had been dealt with and waits again.
    Returned(Consequence),
    /// It is in its restart splay or in a wait that a sighting does not end; remembered.
    Early,
    /// There is no room for it.
    Full,
}

/// A node that was provisioned is in production.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// Under which name it was provisioned.
    pub identity: Identity,
    /// Where it stood until then.
    pub from: Standing,
    /// Time since it acknowledged its restart, or since that was first asked for in vain; where it was said meanwhile to
    /// have come back, since then.
    pub since_provisioned: Duration,
    /// Time since it was first seen waiting.
    pub since_seen: Duration,
}

/// A node for a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The node.
    pub identity: Identity,
    /// How long it was in the queue this time.
    pub waited: Duration,
    /// Which try this is; the first is 1.
    pub attempt: u32,
    /// Whether a person approved this onboarding.
    pub approved: bool,
}

/// What an outcome led to, beside the standing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Consequence {
    /// The node failed too often in a row.
    pub quarantined: Option<Quarantine>,
    /// It counts as a failure of the node.
    pub failed: bool,
    /// It had been seen in production before the end of the work on it was known.
    pub confirmed: Option<Confirmation>,
}

/// A node that is left alone for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantine {
    /// The node.
    pub identity: Identity,
    /// What went wrong last: one line without control characters.
    pub error: String,
    /// Failures in a row.
    pub failures: u32,
    /// For how long.
    pub for_: Duration,
}

/// A record that time ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// The node.
    pub identity: Identity,
    /// Where it stood.
    pub standing: Standing,
}

/// There is no such node in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such node is known")]
pub struct UnknownNode;

/// The node does not wait for an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the node does not wait for an approval")]
pub struct NotAsked;

/// How many nodes stand where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Nodes per standing; a standing without nodes may be missing.
    pub standings: BTreeMap<Standing, usize>,
    /// Workers that have a node.
    pub busy: usize,
    /// Nodes known.
    pub known: usize,
    /// When the node came into the queue that has waited longest and is queued, probed, ready or worked on.
    pub oldest_waiting: Option<Moment>,
}

impl Counts {
    /// How many nodes stand there.
    #[must_use]
    pub fn of(&self, standing: Standing) -> usize {
        self.standings.get(&standing).copied().unwrap_or(0)
    }

    /// How long the oldest of the waiting has waited; nothing when nobody waits.
    #[must_use]
    pub fn oldest_wait(&self, now: Moment) -> Duration {
        self.oldest_waiting
            .map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }
}
