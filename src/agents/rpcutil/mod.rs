//! The agent `rpcutil`: what a node is and what it knows (spec 03 §8.2). One file per group of actions.

mod config;
mod facts;
mod inventory;
mod stats;

use std::sync::Arc;

use serde_json::json;

use super::metadata;
use crate::os::clock::Clock;
use crate::rpc::Acting;
use crate::rpc::Actions;
use crate::rpc::Call;
use crate::rpc::Done;
use crate::rpc::Metadata;
use crate::rpc::Node;
use crate::rpc::Outcome;

/// The agent.
#[derive(Debug)]
pub struct RpcUtil {
    metadata: Metadata,
    node: Arc<Node>,
    clock: Arc<dyn Clock>,
}

impl RpcUtil {
    /// The agent of this node.
    #[must_use]
    pub fn new(node: Arc<Node>, clock: Arc<dyn Clock>) -> Self {
        let metadata = metadata("rpcutil", node.version);
        Self {
            metadata,
            node,
            clock,
        }
    }
}

impl Actions for RpcUtil {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn run(&self, call: Call) -> Option<Acting<'_>> {
        let act: fn(&Self, &Call) -> Outcome = match call.action.as_str() {
            "ping" => |agent, _| Ok(Done::with([("pong", json!(agent.clock.now()))])),
            "get_fact" => |agent, call| facts::get_fact(&agent.node, call),
            "get_facts" => |agent, call| facts::get_facts(&agent.node, call),
            "agent_inventory" => |agent, _| Ok(inventory::agent_inventory(&agent.node)),
            "inventory" => |agent, _| Ok(inventory::inventory(&agent.node)),
            "daemon_stats" => |agent, _| Ok(stats::daemon_stats(&agent.node)),
            "collective_info" => |agent, _| Ok(inventory::collective_info(&agent.node)),
            "get_config_item" => |agent, call| config::get_config_item(&agent.node, call),
            "get_data" => |agent, call| config::get_data(&agent.node, call),
            _ => return None,
        };
        // nothing runs before the caller was authorized: the future starts when it is first asked
        Some(Box::pin(async move { act(self, &call) }))
    }
}
