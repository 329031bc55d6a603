//! What all nodes of a fleet have in common.

use std::path::PathBuf;
use std::sync::Arc;

use muster::build_info::BuildInfo;
use muster::os::clock::Clock;
use muster::os::files::Files;
use muster::transport::TlsPolicy;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::keys::KeyPool;
use crate::ledger::Ledger;
use crate::options::Options;

/// What all nodes have in common.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) build: BuildInfo,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) keys: KeyPool,
    /// How waiting nodes, and those in production that share a connection, protect it.
    pub(crate) policy: TlsPolicy,
    pub(crate) root: PathBuf,
    pub(crate) ledger: Ledger,
    pub(crate) gate: watch::Receiver<Gate>,
    pub(crate) tasks: TaskTracker,
    pub(crate) ending: CancellationToken,
}

/// Who may announce itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Nobody yet.
    Closed,
    /// The dead.
    ForTheDead,
    /// Everybody, each at its time.
    Open(tokio::time::Instant),
}
