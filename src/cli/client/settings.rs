//! What an operator's configuration decides.

use std::path::PathBuf;
use std::time::Duration;

use crate::client::LimitMethod;
use crate::protocol::names::Collective;

/// What an operator's configuration decides about commands; who asks and at which broker is the connection's affair.
#[derive(Debug, Clone)]
pub(super) struct ClientSettings {
    /// Used where no other collective is asked for.
    pub(super) main_collective: Collective,
    /// How long to wait for discovery.
    pub(super) discovery_timeout: Duration,
    /// Whether discovery ends when the fleet falls silent.
    pub(super) discovery_window: bool,
    /// The file that names the nodes where no argument says how to find them.
    pub(super) nodes_file: Option<PathBuf>,
    /// Which nodes a limited request uses.
    pub(super) limit_method: LimitMethod,
    /// Refuse requests to the whole fleet.
    pub(super) require_filter: bool,
    /// Where descriptions of agents are.
    pub(super) libdirs: Vec<PathBuf>,
}
