//! How a provisioner is, for people and programs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::table::Standing;

/// How a provisioner is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusDocument {
    /// Version of the software.
    pub version: String,
    /// Which process this is, for whoever runs several.
    pub instance: String,
    /// The site of its configuration.
    pub site: String,
    /// When it started, seconds since 1970.
    pub started: i64,
    /// Seconds since then.
    pub uptime_seconds: u64,
    /// Whether a broker is connected.
    pub connected: bool,
    /// Which one, without user and password.
    pub broker: Option<String>,
    /// What went wrong last with the connection or with the work.
    pub last_error: Option<String>,
    /// Why somebody, or the breaker, paused it; nothing when it is not paused.
    pub paused: Option<String>,
    /// Why no further node is begun now: the pause, the rate, the canaries, a fault of the site.
    pub holds: Option<String>,
    /// What keeps every node from being provisioned until a person repairs it.
    pub site_fault: Option<String>,
    /// Why it is not ready; empty when it is.
    pub ready: Vec<String>,
    /// Whether it finishes what is begun and ends.
    pub draining: bool,
    /// Where metrics and health are served.
    #[serde(default)]
    pub monitor: Option<String>,
    /// The configuration file.
    pub config_file: String,
    /// When it was read, seconds since 1970.
    pub config_loaded_at: i64,
    /// Nodes that may be worked on at the same time.
    pub workers: u64,
    /// Nodes that are.
    pub busy: u64,
    /// How many nodes stand where.
    pub counts: BTreeMap<Standing, u64>,
    /// How long the oldest node that waits has been known.
    pub oldest_waiting_seconds: Option<u64>,
    /// Nodes that acknowledged their restart since the start.
    pub provisioned_total: u64,
    /// Nodes that were then seen in production.
    pub confirmed_total: u64,
    /// Times that the work on a node failed.
    pub failed_total: u64,
    /// The last discovery.
    pub last_discovery: Option<LastDiscovery>,
    /// What is wrong with the journal; nothing when it is well.
    pub journal_error: Option<String>,
}

/// A discovery that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastDiscovery {
    /// When, seconds since 1970.
    pub at: i64,
    /// Nodes that answered.
    pub found: u64,
}
