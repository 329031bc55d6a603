//! Descriptions of our own agents.

use std::sync::LazyLock;

use super::load::load;
use super::model::Ddl;

/// The description of one of our own agents. `discovery` has none: it is not an RPC agent.
#[must_use]
pub fn builtin(name: &str) -> Option<&'static Ddl> {
    BUILTIN.iter().find(|ddl| ddl.metadata.name == name)
}

/// Names of the agents that [`builtin`] knows, sorted.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    BUILTIN.iter().map(|ddl| ddl.metadata.name.as_str())
}

// A test loads each of them, so that none is missing here.
static BUILTIN: LazyLock<Vec<Ddl>> = LazyLock::new(|| {
    FILES
        .iter()
        .filter_map(|text| load(text.as_bytes()).ok())
        .collect()
});

pub(super) const FILES: [&str; 3] = [
    PROVISION,
    include_str!("data/choria_util.json"),
    include_str!("data/rpcutil.json"),
];

/// The description of our provisioning agent, as the file has it: for agents that take its place.
pub const PROVISION: &str = include_str!("data/choria_provision.json");
