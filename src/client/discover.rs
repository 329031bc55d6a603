//! Broadcast discovery (spec 01 §8.1): every node that a filter matches answers `pong`.

use std::time::Duration;

use tokio::time::Instant;
use tokio::time::timeout_at;

use super::collector::Collector;
use super::collector::Outcome;
use super::core::Client;
use super::core::Draft;
use super::error::ClientError;
use super::patience::Patience;
use super::wire::Surroundings;
use super::wire::Wire;
use crate::protocol::filter::Filter;
use crate::protocol::names::AgentName;
use crate::protocol::names::Collective;
use crate::protocol::names::Identity;
use crate::protocol::names::Subject;

/// Which nodes to look for.
#[derive(Debug, Clone)]
pub struct Search {
    /// Where.
    pub collective: Collective,
    /// Which nodes shall answer.
    pub filter: Filter,
    /// How long to wait for them.
    pub patience: Patience,
    /// Stop as soon as so many answered.
    pub expect: Option<usize>,
}

/// A node that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The node.
    pub identity: Identity,
    /// Time from publishing the request to its answer.
    pub after: Duration,
}

/// The end of a discovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovered {
    /// The nodes, sorted.
    pub nodes: Vec<Identity>,
    /// Messages that were no answers.
    pub ignored: u64,
    /// How long it took.
    pub took: Duration,
}

impl Search {
    /// The nodes when the filter names them all, so that nobody needs to be asked: identities without regular
    /// expressions and nothing else. A name that cannot be an identity is left to the broadcast, which finds nobody.
    #[must_use]
    pub fn known(&self) -> Option<Vec<Identity>> {
        let filter = &self.filter;
        let only_identities = Filter {
            identity: filter.identity.clone(),
            ..Filter::default()
        };
        if filter.identity.is_empty() || *filter != only_identities {
            return None;
        }
        let mut nodes: Vec<_> = filter
            .identity
            .iter()
            .map(Identity::new)
            .collect::<Result<_, _>>()
            .ok()?;
        nodes.sort_unstable();
        nodes.dedup();
        Some(nodes)
    }

    /// The same search, for nodes that have this agent.
    #[must_use]
    pub fn with_agent(mut self, agent: &AgentName) -> Self {
        if !self.filter.agent.iter().any(|name| name == agent.as_str()) {
            self.filter.agent.push(agent.as_str().to_owned());
        }
        self
    }
}

impl<W: Wire, S: Surroundings> Client<W, S> {
    /// Asks and waits; `on_found` sees each node as it answers.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the request cannot be made. No answers are a result, not an error.
    pub async fn discover(
        &self,
        search: &Search,
        mut on_found: impl FnMut(Found),
    ) -> Result<Discovered, ClientError> {
        let agent = AgentName::new(DISCOVERY).map_err(|err| ClientError::Name { err })?;
        let id = self.request_id()?;
        let mut inlet = self.open(&id);
        let payload = self.encode(&Draft {
            id: &id,
            collective: &search.collective,
            agent: &agent,
            filter: &search.filter,
            body: PING,
            reply_to: &self.inbox(&search.collective, &id)?,
        })?;
        let published = Instant::now();
        self.publish(Subject::broadcast(&search.collective, &agent), payload)
            .await?;
        self.flush().await?;
        let begun = Instant::now();
        let mut collector = Collector::broadcast(id, agent);
        let mut nodes = Vec::new();
        let mut last = None;
        while search.expect.is_none_or(|expect| nodes.len() < expect) {
            let deadline = begun + search.patience.deadline(last);
            let Ok(Some(payload)) = timeout_at(deadline, inlet.recv()).await else {
                break;
            };
            if let Outcome::Answer(reply) = collector.on(&payload) {
                last = Some(begun.elapsed());
                nodes.push(reply.sender.clone());
                on_found(Found {
                    identity: reply.sender,
                    after: published.elapsed(),
                });
            }
        }
        nodes.sort_unstable();
        Ok(Discovered {
            nodes,
            ignored: collector.ignored(),
            took: published.elapsed(),
        })
    }
}

const DISCOVERY: &str = "discovery";
/// base64 of `ping`, the form that the reference's callers send
const PING: &[u8] = b"cGluZw==";
