//! What an agent is to the node: a name, a time-out, and an answer for each request.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::protocol::Request;
use crate::protocol::body::RpcReply;
use crate::protocol::body::RpcRequest;
use crate::protocol::body::StatusCode;
use crate::protocol::lifecycle;
use crate::rpc::Guard;

/// What peers are told about an agent (`rpcutil#agent_inventory`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// Licence of the agent.
    pub license: String,
    /// Who wrote it.
    pub author: String,
    /// Seconds that an action may take; the node's own limit too.
    pub timeout: u64,
    /// Name in subjects.
    pub name: String,
    /// Version of the software it is part of.
    pub version: String,
    /// Where to read more.
    pub url: String,
    /// What it is for.
    pub description: String,
}

/// What an agent answers, and what shall follow.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// Body of the reply; `None` leaves the caller without one, which only `discovery` may do.
    pub body: Option<Vec<u8>>,
    /// Event to publish before the reply leaves.
    pub announce: Option<lifecycle::Kind>,
    /// What the process shall do once the reply has left.
    pub then: Option<Then>,
    /// How long the reply waits before it leaves.
    pub delay: Duration,
}

/// What the process shall do once a reply has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Start anew with the configuration on disk.
    Restart {
        /// How long to wait first.
        delay: Duration,
    },
    /// End with exit code 0, so that a supervisor does not start it again.
    Shutdown {
        /// How long to wait first.
        delay: Duration,
    },
}

/// A future of an agent.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// An agent as the node sees it.
pub trait Agent: Send + Sync {
    /// What peers are told about it.
    fn metadata(&self) -> &Metadata;

    /// Answers a request that passed every check of the node.
    fn answer(&self, request: Arc<Request>) -> Answering<'_>;
}

/// One call of an action. Its inputs may hold tokens and keys, so `Debug` does not show them.
#[derive(Clone)]
pub struct Call {
    /// The request as it came.
    pub request: Arc<Request>,
    /// The action to run.
    pub action: String,
    /// Inputs of the action.
    pub data: Value,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("request", &self.request.id)
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}

/// Outcome of an action: outputs, or status and reason.
pub type Outcome = Result<Done, Failure>;

/// An action that succeeded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Done {
    /// Outputs by name.
    pub data: Map<String, Value>,
    /// Event to publish before the reply leaves.
    pub announce: Option<lifecycle::Kind>,
    /// What the process shall do once the reply has left.
    pub then: Option<Then>,
}

impl Done {
    /// Success with these outputs.
    #[must_use]
    pub fn with<const N: usize>(outputs: [(&str, Value); N]) -> Self {
        let data = outputs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Self {
            data,
            ..Self::default()
        }
    }
}

/// An action that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Status of the reply.
    pub status: StatusCode,
    /// Why; peers and operators match on it.
    pub message: String,
    /// How long the answer waits, so that guessing is slow.
    pub delay: Duration,
}

impl Failure {
    /// The action could not run.
    #[must_use]
    pub fn aborted(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::Aborted,
            message: message.into(),
            delay: Duration::ZERO,
        }
    }

    /// The same failure, answered only after `delay`.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// An input is wrong.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::InvalidData,
            message: message.into(),
            delay: Duration::ZERO,
        }
    }
}

/// A future of an action.
pub type Acting<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// The actions of an RPC agent. [`Rpc`] makes an [`Agent`] of it.
pub trait Actions: Send + Sync {
    /// What peers are told about it.
    fn metadata(&self) -> &Metadata;

    /// The run of an action, or `None` when there is none of that name. Nothing may happen before the future is first asked:
    /// the caller is judged after this and before that.
    fn run(&self, call: Call) -> Option<Acting<'_>>;
}

/// An agent that speaks RPC documents: reads the request, finds the action, has it judged and
/// recorded, runs it, writes the reply.
pub struct Rpc<A> {
    actions: A,
    guard: Arc<Guard>,
}

impl<A: Actions> std::fmt::Debug for Rpc<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rpc")
            .field("metadata", self.actions.metadata())
            .finish_non_exhaustive()
    }
}

impl<A: Actions> Rpc<A> {
    /// Wraps the actions of an agent.
    pub const fn new(actions: A, guard: Arc<Guard>) -> Self {
        Self { actions, guard }
    }

    async fn respond(&self, request: Arc<Request>) -> Answer {
        let document = match RpcRequest::decode(&request.payload()) {
            Ok(document) => document,
            Err(err) => return failed("", Failure::invalid(unreadable(&err))),
        };
        let action = document.action;
        if document.agent != self.actions.metadata().name {
            let failure = self.guard.misdirected(&request, &action, &document.data);
            return failed(&action, failure);
        }
        let inputs = self.guard.records().then(|| document.data.clone());
        let call = Call {
            request: Arc::clone(&request),
            action: action.clone(),
            data: document.data,
        };
        let Some(acting) = self.actions.run(call) else {
            let message = format!(
                "Unknown action {action} for agent {}",
                self.actions.metadata().name
            );
            return failed(
                &action,
                Failure {
                    status: StatusCode::UnknownAction,
                    message,
                    delay: Duration::ZERO,
                },
            );
        };
        if let Err(failure) = self
            .guard
            .admit(&request, &action, &inputs.unwrap_or_default())
        {
            return failed(&action, failure);
        }
        match acting.await {
            Ok(done) => Answer {
                body: Some(RpcReply::ok(&action, done.data).encode()),
                announce: done.announce,
                then: done.then,
                delay: Duration::ZERO,
            },
            Err(failure) => failed(&action, failure),
        }
    }
}

fn failed(action: &str, failure: Failure) -> Answer {
    let reply = RpcReply::failed(action, failure.status, failure.message);
    Answer {
        body: Some(reply.encode()),
        delay: failure.delay,
        ..Answer::default()
    }
}

impl<A: Actions> Agent for Rpc<A> {
    fn metadata(&self) -> &Metadata {
        self.actions.metadata()
    }

    fn answer(&self, request: Arc<Request>) -> Answering<'_> {
        Box::pin(self.respond(request))
    }
}

fn unreadable(err: &crate::protocol::Malformed) -> String {
    format!(
        "Could not process request: could not parse incoming message as a MCollective SimpleRPC Request: {}",
        crate::report::Chain(err)
    )
}
