//! Finding the nodes that a command is for.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Duration;

use super::context::Context;
use super::error::OperatorError;
use super::filter::FilterArgs;
use super::names;
use super::names::Form;
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

/// The nodes that the flags ask for, of those that have the agent. Standard input, a file or a filter that names them all
/// is believed without asking.
pub(super) async fn find<W: Wire, S: Surroundings>(
    args: &FilterArgs,
    agent: &AgentName,
    context: &Context<'_, W, S>,
) -> Result<Targets, OperatorError> {
    let named = match (&context.named, args.flat_file(context.settings)?) {
        (Some(nodes), _) => Some(nodes.clone()),
        (None, Some(path)) => Some(read_list(&path)?),
        (None, None) => None,
    };
    if let Some(nodes) = named {
        return Ok(Targets {
            nodes,
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

/// Refuses nodes that were named where only a filter can choose.
pub(super) fn chosen_by_filter<W, S>(
    args: &FilterArgs,
    command: &'static str,
    context: &Context<'_, W, S>,
) -> Result<(), OperatorError> {
    match args.flat_file(context.settings)? {
        None if context.named.is_none() => Ok(()),
        Some(_) | None => Err(OperatorError::OnlyFilters { command }),
    }
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

/// What a file means depends on the end of its name.
fn read_list(path: &Path) -> Result<Vec<Identity>, OperatorError> {
    let form = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json" | "jsonl") => Form::Json,
        Some("yaml" | "yml") => Form::Yaml,
        Some(_) | None => Form::Lines,
    };
    let file = File::open(path).map_err(|err| OperatorError::Read {
        path: path.to_owned(),
        err,
    })?;
    names::read(BufReader::new(file), form).map_err(|err| OperatorError::NotAList {
        what: path.display().to_string(),
        err,
    })
}

/// The name of one of our own agents.
pub(super) fn agent(name: &str) -> Result<AgentName, OperatorError> {
    AgentName::new(name).map_err(|err| OperatorError::Name {
        text: name.to_owned(),
        err,
    })
}
