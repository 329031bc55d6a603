//! RPC calls to known nodes (spec 01 §8.2–8.5).

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::time::Duration;

use serde_json::Map;
use serde_json::Value;
use tokio::time::Instant;
use tokio::time::sleep;
use tokio::time::timeout_at;

use super::collector::Collector;
use super::collector::Outcome;
use super::core::Client;
use super::core::Draft;
use super::error::ClientError;
use super::patience::Patience;
use super::routes::Inlet;
use super::wire::Surroundings;
use super::wire::Wire;
use crate::protocol::Malformed;
use crate::protocol::Reply;
use crate::protocol::body::RpcReply;
use crate::protocol::body::RpcRequest;
use crate::protocol::body::StatusCode;
use crate::protocol::filter::Filter;
use crate::protocol::names::AgentName;
use crate::protocol::names::Collective;
use crate::protocol::names::Identity;
use crate::protocol::names::RequestId;
use crate::protocol::names::Subject;

/// What to ask.
#[derive(Debug, Clone)]
pub struct Call {
    /// Agent to ask.
    pub agent: AgentName,
    /// Action to run.
    pub action: String,
    /// Inputs of the action.
    pub data: Map<String, Value>,
    /// Collective to ask in.
    pub collective: Collective,
    /// Nodes check it on directed requests too; the agent is added to it.
    pub filter: Filter,
    /// How long the action may take on a node, in seconds; 0 counts as 10.
    pub timeout: Duration,
    /// Ask a few nodes at a time.
    pub batch: Option<Batch>,
}

/// Asking a few nodes at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// How many.
    pub size: NonZeroUsize,
    /// Pause between two batches.
    pub pause: Duration,
}

/// The answer of one node.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The node.
    pub sender: Identity,
    /// When it answered by its own clock, in seconds since 1970.
    pub time: i64,
    /// What it answered. A body that is no RPC document becomes a failure that says so.
    pub reply: RpcReply,
}

/// How a call went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// Id of the request.
    pub request: RequestId,
    /// When the call began, in seconds since 1970.
    pub started: i64,
    /// Nodes that were asked.
    pub discovered: usize,
    /// Nodes that answered.
    pub responses: usize,
    /// Answers with status 0.
    pub ok: usize,
    /// Other answers.
    pub failed: usize,
    /// Nodes that did not answer.
    pub no_responses: Vec<Identity>,
    /// Nodes that answered without being asked, or twice.
    pub unexpected: Vec<Identity>,
    /// Messages that were no answers.
    pub ignored: u64,
    /// Time spent on publishing.
    pub publish_time: Duration,
    /// Time from the first request to the end.
    pub request_time: Duration,
}

impl<W: Wire, S: Surroundings> Client<W, S> {
    /// Asks each node and waits for the answers; `on_answer` sees each as it comes, one for a node.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the request cannot be made. Missing answers are a result, not an error.
    pub async fn call(
        &self,
        call: &Call,
        nodes: &[Identity],
        mut on_answer: impl FnMut(Answer),
    ) -> Result<Stats, ClientError> {
        let nodes: Vec<_> = BTreeSet::from_iter(nodes.iter().cloned())
            .into_iter()
            .collect();
        if nodes.is_empty() {
            return Err(ClientError::NoTargets);
        }
        let id = self.request_id()?;
        let mut inlet = self.open(&id);
        let begun = Instant::now();
        let mut stats = Stats::new(id.clone(), self.surroundings.now(), nodes.len());
        let mut collector = Collector::directed(id.clone(), call.agent.clone());
        let reply_to = self.inbox(&call.collective, &id)?;
        let size = call.batch.map_or(nodes.len(), |batch| batch.size.get());
        for (index, group) in nodes.chunks(size).enumerate() {
            if let Some(batch) = call.batch.filter(|_| index > 0) {
                sleep(batch.pause).await;
            }
            collector.address(group);
            let published = Instant::now();
            self.ask(call, &id, &reply_to, group).await?;
            stats.publish_time = stats.publish_time.saturating_add(published.elapsed());
            self.collect(call, &mut inlet, &mut collector, |reply| {
                on_answer(stats.count(call, reply));
            })
            .await;
        }
        stats.responses = collector.answered();
        stats.no_responses = collector.outstanding();
        stats.unexpected = collector.unexpected();
        stats.ignored = collector.ignored();
        stats.request_time = begun.elapsed();
        Ok(stats)
    }

    /// Publishes one broadcast whose answers go to a subject of somebody else's, and does not wait.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the request cannot be made.
    pub async fn send(&self, call: &Call, reply_to: &Subject) -> Result<RequestId, ClientError> {
        let id = self.request_id()?;
        let payload = self.encode_call(call, &id, reply_to)?;
        self.publish(Subject::broadcast(&call.collective, &call.agent), payload)
            .await?;
        self.flush().await?;
        Ok(id)
    }

    /// The same bytes go to every node of a batch; a later batch has a later time.
    async fn ask(
        &self,
        call: &Call,
        id: &RequestId,
        reply_to: &Subject,
        nodes: &[Identity],
    ) -> Result<(), ClientError> {
        let payload = self.encode_call(call, id, reply_to)?;
        for node in nodes {
            self.publish(Subject::node(&call.collective, node), payload.clone())
                .await?;
        }
        self.flush().await
    }

    fn encode_call(
        &self,
        call: &Call,
        id: &RequestId,
        reply_to: &Subject,
    ) -> Result<bytes::Bytes, ClientError> {
        let mut filter = call.filter.clone();
        if !filter.agent.iter().any(|name| name == call.agent.as_str()) {
            filter.agent.push(call.agent.as_str().to_owned());
        }
        let body = RpcRequest {
            agent: call.agent.as_str().to_owned(),
            action: call.action.clone(),
            data: call.data.clone().into(),
        };
        self.encode(&Draft {
            id,
            collective: &call.collective,
            agent: &call.agent,
            filter: &filter,
            body: &body.encode(),
            reply_to,
        })
    }

    async fn collect(
        &self,
        call: &Call,
        inlet: &mut Inlet<'_>,
        collector: &mut Collector,
        mut on_reply: impl FnMut(Reply),
    ) {
        let timeout = if call.timeout.is_zero() {
            DEFAULT_TIMEOUT
        } else {
            call.timeout
        };
        let patience = Patience::fixed(self.config.discovery_timeout.saturating_add(timeout));
        let deadline = Instant::now() + patience.deadline(None);
        while !collector.is_complete() {
            let Ok(Some(payload)) = timeout_at(deadline, inlet.recv()).await else {
                break;
            };
            if let Outcome::Answer(reply) = collector.on(&payload) {
                on_reply(reply);
            }
        }
    }
}

impl Stats {
    const fn new(request: RequestId, started: i64, discovered: usize) -> Self {
        Self {
            request,
            started,
            discovered,
            responses: 0,
            ok: 0,
            failed: 0,
            no_responses: Vec::new(),
            unexpected: Vec::new(),
            ignored: 0,
            publish_time: Duration::ZERO,
            request_time: Duration::ZERO,
        }
    }

    /// A node that answers nonsense has answered: it is a failure, and nobody waits for it any longer.
    fn count(&mut self, call: &Call, reply: Reply) -> Answer {
        let body = RpcReply::decode(&reply.body).unwrap_or_else(|_: Malformed| {
            RpcReply::failed(
                &call.action,
                StatusCode::UnknownError,
                "the node's reply could not be understood",
            )
        });
        let counter = match body.statuscode {
            StatusCode::Ok => &mut self.ok,
            StatusCode::Aborted
            | StatusCode::UnknownAction
            | StatusCode::MissingData
            | StatusCode::InvalidData
            | StatusCode::UnknownError => &mut self.failed,
        };
        *counter = counter.saturating_add(1);
        Answer {
            sender: reply.sender,
            time: reply.time,
            reply: body,
        }
    }
}

/// For descriptions without a time-out.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
