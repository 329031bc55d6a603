//! Where a node can stand, and how that is shown.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;

use crate::table::Source;

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

impl Standing {
    /// All of them, in the order of a node's way.
    pub const ALL: [Self; 16] = [
        Self::Queued,
        Self::Probing,
        Self::Ready,
        Self::Working,
        Self::Unrestarted,
        Self::Silent,
        Self::Failed,
        Self::Quarantined,
        Self::Deferred,
        Self::Locked,
        Self::Approval,
        Self::Refused,
        Self::NotOurs,
        Self::Provisioned,
        Self::Confirmed,
        Self::Shutdown,
    ];

    /// The word for it, as in JSON and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Probing => "probing",
            Self::Ready => "ready",
            Self::Working => "working",
            Self::Unrestarted => "unrestarted",
            Self::Silent => "silent",
            Self::Failed => "failed",
            Self::Quarantined => "quarantined",
            Self::Deferred => "deferred",
            Self::Locked => "locked",
            Self::Approval => "approval",
            Self::Refused => "refused",
            Self::NotOurs => "not_ours",
            Self::Provisioned => "provisioned",
            Self::Confirmed => "confirmed",
            Self::Shutdown => "shutdown",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
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
