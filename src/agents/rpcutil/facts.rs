//! `get_fact` and `get_facts`: a fact that is missing is null, never an error.

use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;

use crate::rpc::Call;
use crate::rpc::Done;
use crate::rpc::Node;
use crate::rpc::Outcome;

#[derive(Default, Deserialize)]
#[serde(default)]
struct OneFact {
    fact: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ManyFacts {
    facts: String,
}

pub(super) fn get_fact(node: &Node, call: &Call) -> Outcome {
    let OneFact { fact } = call.inputs()?;
    let value = node.fact(&fact);
    Ok(Done::with([("fact", fact.into()), ("value", value)]))
}

pub(super) fn get_facts(node: &Node, call: &Call) -> Outcome {
    let ManyFacts { facts } = call.inputs()?;
    let names = facts
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let values: Map<String, Value> = names
        .take(MOST_FACTS)
        .map(|name| (name.to_owned(), node.fact(name)))
        .collect();
    Ok(Done::with([("values", values.into())]))
}

/// Facts that one request may ask for; the published input of 200 characters holds no more.
const MOST_FACTS: usize = 100;
