//! Says when the broker does not let the node use subjects: it is connected then, and may be deaf or mute all the same
//! (concern `broker permissions`). Which subjects these are is in the log, throttled.

use std::sync::Arc;

use crate::rpc::Node;
use crate::transport::Handle;

/// Watches what the broker refuses.
#[derive(Debug)]
pub struct Permissions {
    node: Arc<Node>,
    link: Handle,
    /// How often it refused before this connection: another one may be let do more.
    before: u64,
}

impl Permissions {
    /// For a node before its first connection.
    #[must_use]
    pub fn new(node: &Arc<Node>, link: &Handle) -> Self {
        Self {
            node: Arc::clone(node),
            link: link.clone(),
            before: 0,
        }
    }

    /// The connection is gone, and what was refused on it.
    pub fn lost(&mut self) {
        self.before = self.refused();
        self.look();
    }

    /// Looks whether something was refused on this connection.
    pub fn look(&self) {
        if self.refused() > self.before {
            self.node.concerns.raise(AREA, TEXT);
        } else {
            self.node.concerns.clear(AREA);
        }
    }

    fn refused(&self) -> u64 {
        self.link.stats().permission_violations
    }
}

const AREA: &str = "broker permissions";
/// The same however often it happens, so that it is one line in the log.
const TEXT: &str = "the broker does not let this node use subjects that it needs, the log names them: requests may not arrive, or answers not leave";
