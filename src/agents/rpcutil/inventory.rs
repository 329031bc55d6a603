//! `inventory`, `agent_inventory` and `collective_info`.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::rpc::Done;
use crate::rpc::Metadata;
use crate::rpc::Node;

pub(super) fn inventory(node: &Node) -> Done {
    Done::with([
        ("agents", node.agent_names().into()),
        ("classes", node.classes().into()),
        ("collectives", collectives(node)),
        ("data_plugins", json!([])),
        ("facts", node.facts()),
        ("machines", json!([])),
        ("main_collective", node.main_collective.as_str().into()),
        ("version", node.version.into()),
        ("upgradable", node.upgradable.into()),
    ])
}

pub(super) fn agent_inventory(node: &Node) -> Done {
    let agents: Vec<Value> = node.agents().iter().map(described).collect();
    Done::with([("agents", agents.into())])
}

pub(super) fn collective_info(node: &Node) -> Done {
    Done::with([
        ("main_collective", node.main_collective.as_str().into()),
        ("collectives", collectives(node)),
    ])
}

fn collectives(node: &Node) -> Value {
    node.collectives
        .iter()
        .map(|collective| Value::from(collective.as_str()))
        .collect()
}

/// Metadata with the name under `agent` too, where old clients look for it.
fn described(agent: &Metadata) -> Value {
    let mut document = match serde_json::to_value(agent) {
        Ok(Value::Object(document)) => document,
        Ok(_) | Err(_) => Map::new(),
    };
    document.insert("agent".into(), agent.name.clone().into());
    document.into()
}
