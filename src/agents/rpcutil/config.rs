//! `get_config_item` and `get_data`. Secrets are masked, whoever asks.

use serde::Deserialize;

use crate::rpc::Call;
use crate::rpc::Done;
use crate::rpc::Failure;
use crate::rpc::Node;
use crate::rpc::Outcome;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item {
    item: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    source: String,
}

pub(super) fn get_config_item(node: &Node, call: &Call) -> Outcome {
    let Item { item } = call.inputs()?;
    let value = node
        .config_item(&item)
        .ok_or_else(|| Failure::aborted("Unknown key"))?;
    Ok(Done::with([("item", item.into()), ("value", value)]))
}

/// This node has no data plugins; the two texts are those of a node that cannot load them and of one that lacks the one.
pub(super) fn get_data(node: &Node, call: &Call) -> Outcome {
    let Data { source } = call.inputs()?;
    if node.provisioning || source.is_empty() {
        return Err(Failure::aborted("Could not load data sources"));
    }
    Err(Failure::aborted("Unknown data plugin"))
}
