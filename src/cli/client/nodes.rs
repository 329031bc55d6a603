//! Finding the nodes that a command is for.

use std::path::Path;
use std::time::Duration;

use super::context::Context;
use super::error::OperatorError;
use super::filter::FilterArgs;
use crate::client::Patience;
use crate::client::Search;
use crate::client::Surroundings;
use crate::client::Wire;
use crate::protocol::names::AgentName;
use crate::protocol::names::Identity;

/// Nodes, and how they were found.
#[derive(Debug)]
pub(super) struct Targets {
    pub(super) nodes: Vec<Identity>,
    /// Word for people.
    pub(super) method: &'static str,
    pub(super) took: Duration,
}

/// The nodes that the flags ask for, of those that have the agent. A file or a filter that names them all is believed
/// without asking.
pub(super) async fn find<W: Wire, S: Surroundings>(
    args: &FilterArgs,
    agent: &AgentName,
    context: &Context<'_, W, S>,
) -> Result<Targets, OperatorError> {
    if let Some(path) = args.flat_file()? {
        return Ok(Targets {
            nodes: read_list(&path)?,
            method: "flatfile",
            took: Duration::ZERO,
        });
    }
    let search = search(args, context)?;
    let targets = |nodes, took| Targets {
        nodes,
        method: "broadcast",
        took,
    };
    if let Some(nodes) = search.known() {
        return Ok(targets(nodes, Duration::ZERO));
    }
    let found = context
        .client
        .discover(&search.with_agent(agent), |_| {})
        .await?;
    Ok(targets(found.nodes, found.took))
}

/// The search that the flags ask for.
pub(super) fn search<W, S>(
    args: &FilterArgs,
    context: &Context<'_, W, S>,
) -> Result<Search, OperatorError> {
    let settings = context.settings;
    let timeout = args
        .discovery_timeout
        .map_or(settings.discovery_timeout, Duration::from_secs);
    let filter = args.filter()?;
    if settings.require_filter && filter.is_empty() {
        return Err(OperatorError::FilterRequired);
    }
    Ok(Search {
        collective: args.collective(&settings.main_collective)?,
        filter,
        patience: if args.discovery_window || settings.discovery_window {
            Patience::sliding(timeout)
        } else {
            Patience::fixed(timeout)
        },
        expect: None,
    })
}

fn read_list(path: &Path) -> Result<Vec<Identity>, OperatorError> {
    let text = std::fs::read_to_string(path).map_err(|err| OperatorError::Read {
        path: path.to_owned(),
        err,
    })?;
    let not_a_list = || OperatorError::NotAList {
        path: path.to_owned(),
    };
    let names: Vec<String> = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => serde_json::from_str(&text).map_err(|_| not_a_list())?,
        Some("yaml" | "yml") => serde_saphyr::from_str(&text).map_err(|_| not_a_list())?,
        Some(_) | None => text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect(),
    };
    let mut nodes: Vec<_> = names
        .into_iter()
        .map(Identity::new)
        .collect::<Result<_, _>>()
        .map_err(|_| not_a_list())?;
    nodes.sort_unstable();
    nodes.dedup();
    Ok(nodes)
}

/// The name of one of our own agents.
pub(super) fn agent(name: &str) -> Result<AgentName, OperatorError> {
    AgentName::new(name).map_err(|err| OperatorError::Name {
        text: name.to_owned(),
        err,
    })
}
