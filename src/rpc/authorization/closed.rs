//! Authorization by something that this program cannot evaluate: nobody may run anything.

use std::sync::Arc;

use super::Authorizer;
use super::Decision;
use crate::protocol::Request;
use crate::rpc::Node;

/// Lets nobody run anything, and says why as long as it is there.
#[derive(Debug)]
pub struct Closed {
    node: Arc<Node>,
    reason: String,
}

impl Closed {
    /// Denies because the configured provider cannot be followed.
    #[must_use]
    pub const fn new(node: Arc<Node>, reason: String) -> Self {
        Self { node, reason }
    }
}

impl Authorizer for Closed {
    fn judge(&self, _request: &Request, _action: &str) -> Decision {
        Decision::Denied {
            reason: self.reason.clone(),
        }
    }

    fn look(&self) {
        self.node.concerns.raise("authorization", &self.reason);
    }
}
