//! What an operator's configuration decides, and where its file is.

use std::path::Path;
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
    /// Which nodes a limited request uses.
    pub(super) limit_method: LimitMethod,
    /// Refuse requests to the whole fleet.
    pub(super) require_filter: bool,
    /// Where descriptions of agents are.
    pub(super) libdirs: Vec<PathBuf>,
}

/// Files that may hold an operator's configuration, in the order of preference: ours, then the reference's.
pub(super) fn candidates(home: Option<&Path>) -> Vec<PathBuf> {
    let in_home = |files: &[&str]| -> Vec<PathBuf> {
        home.map(|home| files.iter().map(|file| home.join(file)).collect())
            .unwrap_or_default()
    };
    let mut paths = in_home(&[".config/muster/client.conf"]);
    paths.push(PathBuf::from("/etc/muster/client.conf"));
    paths.extend(in_home(&[".choriarc", ".mcollective"]));
    paths.extend(SYSTEM.map(PathBuf::from));
    paths
}

const SYSTEM: [&str; 3] = [
    "/etc/choria/client.conf",
    "/usr/local/etc/choria/client.conf",
    "/etc/puppetlabs/mcollective/client.cfg",
];
