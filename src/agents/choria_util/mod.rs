//! The agent `choria_util` (spec 03 §8.3): how the node is connected, and the autonomous agents it does not have.

mod info;
mod machines;

use std::sync::Arc;

use super::metadata;
use crate::rpc::Acting;
use crate::rpc::Actions;
use crate::rpc::Call;
use crate::rpc::Metadata;
use crate::rpc::Node;
use crate::rpc::Outcome;

/// The agent.
#[derive(Debug)]
pub struct ChoriaUtil {
    metadata: Metadata,
    node: Arc<Node>,
}

impl ChoriaUtil {
    /// The agent of this node.
    #[must_use]
    pub fn new(node: Arc<Node>) -> Self {
        let metadata = metadata("choria_util", node.version);
        Self { metadata, node }
    }
}

impl Actions for ChoriaUtil {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn run(&self, call: Call) -> Option<Acting<'_>> {
        let act: fn(&Self, &Call) -> Outcome = match call.action.as_str() {
            "info" => |agent, _| Ok(info::info(&agent.node)),
            "machine_states" => |_, _| Ok(machines::states()),
            "machine_state" => |_, call| machines::state(call),
            "machine_transition" => |_, call| machines::transition(call),
            _ => return None,
        };
        // nothing runs before the caller was authorized: the future starts when it is first asked
        Some(Box::pin(async move { act(self, &call) }))
    }
}
