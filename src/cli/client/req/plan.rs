//! What is asked: arguments checked against the description of the agent.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Map;
use serde_json::Value;

use super::args::ReqArgs;
use crate::cli::client::error::OperatorError;
use crate::cli::client::nodes;
use crate::cli::tool::find_ddl;
use crate::company::Roster;
use crate::protocol::names::AgentName;
use crate::rpc::ddl::Action;

/// What is asked, with the description it was checked against.
pub(super) struct Plan {
    pub(super) agent: AgentName,
    pub(super) action: Option<Action>,
    pub(super) data: Map<String, Value>,
    pub(super) timeout: Duration,
}

/// Everything that can be wrong about the arguments is found before anything is sent.
pub(super) fn plan(
    args: &ReqArgs,
    company: &Roster,
    libdirs: &[PathBuf],
) -> Result<Plan, OperatorError> {
    let mut texts = BTreeMap::new();
    for text in &args.inputs {
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| OperatorError::NotAPair { text: text.clone() })?;
        texts.insert(key.to_owned(), value.to_owned());
    }
    let agent = nodes::agent(&args.agent)?;
    let given = args.timeout.map(Duration::from_secs);
    if args.no_ddl {
        return Ok(Plan {
            agent,
            action: None,
            data: texts
                .into_iter()
                .map(|(key, text)| (key, text.into()))
                .collect(),
            timeout: given.unwrap_or_default(),
        });
    }
    let ddl = find_ddl(&args.agent, company, libdirs)?;
    let action = ddl
        .action(&args.action)
        .ok_or_else(|| OperatorError::UnknownAction {
            agent: args.agent.clone(),
            action: args.action.clone(),
            known: ddl
                .actions
                .iter()
                .map(|action| action.action.clone())
                .collect(),
        })?;
    let data = action.convert(&texts).map_err(|err| OperatorError::Input {
        agent: args.agent.clone(),
        action: args.action.clone(),
        err,
    })?;
    Ok(Plan {
        agent,
        action: Some(action.clone()),
        data,
        timeout: given.unwrap_or_else(|| Duration::from_secs(ddl.metadata.timeout)),
    })
}
