//! The actions about autonomous agents, answered as a node without any answers them.

use serde::Deserialize;
use serde_json::json;

use crate::rpc::Call;
use crate::rpc::Done;
use crate::rpc::Failure;
use crate::rpc::Outcome;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Search {
    instance: String,
    name: String,
    path: String,
    transition: String,
}

pub(super) fn states() -> Done {
    Done::with([
        ("machine_ids", json!([])),
        ("machine_names", json!([])),
        ("states", json!({})),
    ])
}

pub(super) fn state(call: &Call) -> Outcome {
    let search: Search = call.inputs()?;
    let given = !(search.instance.is_empty() && search.name.is_empty() && search.path.is_empty());
    Err(Failure::aborted(if given {
        "No running machines"
    } else {
        "No search criteria given"
    }))
}

pub(super) fn transition(call: &Call) -> Outcome {
    let Search { transition, .. } = call.inputs()?;
    Err(Failure::aborted(format!(
        "Could not perform {transition} transition: autonomous agent host not initialized"
    )))
}
