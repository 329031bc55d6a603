//! An agent of a company at work in a node: its description stands between requests and its code.

use serde_json::Value;

use super::Acting;
use super::Call;
use super::CompanyAgent;
use super::Failure;
use super::Member;
use super::PROVISIONS;
use super::StatusCode;
use crate::report::Chain;
use crate::rpc::Actions;
use crate::rpc::Metadata;
use crate::rpc::ddl::Ddl;
use crate::rpc::ddl::Undeclared;

/// An agent of a company at work.
pub(crate) struct Standing {
    metadata: Metadata,
    ddl: Ddl,
    peers: Peers,
    agent: Box<dyn CompanyAgent>,
}

/// Who an agent speaks with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peers {
    /// People with its description at hand: a misspelled input is refused.
    Operators,
    /// Programs that are older and newer than the nodes that they meet: an input that is not known is ignored, and an
    /// empty text is one that was not given (spec 04 §13.3).
    Provisioners,
}

impl Standing {
    /// The agent behind its description.
    pub(crate) fn new(member: &Member, agent: Box<dyn CompanyAgent>) -> Self {
        Self {
            metadata: member.metadata(),
            ddl: member.ddl.clone(),
            peers: if member.name() == PROVISIONS {
                Peers::Provisioners
            } else {
                Peers::Operators
            },
            agent,
        }
    }

    /// Nothing of the agent runs before this future is asked, which is after the caller was judged.
    async fn act(&self, mut call: Call) -> super::Outcome {
        let name = call.action.clone();
        let Some(action) = self.ddl.action(&name) else {
            return Err(self.unknown(&name));
        };
        let undeclared = match self.peers {
            Peers::Operators => Undeclared::Refused,
            Peers::Provisioners => {
                drop_empty(&mut call.data);
                Undeclared::Dropped
            }
        };
        let inputs = action
            .check(&call.data, undeclared)
            .map_err(|err| Failure::invalid(Chain(&err).to_string()))?;
        call.data = inputs.into();
        match self.agent.run(call) {
            Some(acting) => acting.await,
            None => Err(self.unknown(&name)),
        }
    }

    fn unknown(&self, action: &str) -> Failure {
        Failure {
            status: StatusCode::UnknownAction,
            message: format!("Unknown action {action} for agent {}", self.metadata.name),
            delay: std::time::Duration::ZERO,
        }
    }
}

fn drop_empty(data: &mut Value) {
    if let Value::Object(inputs) = data {
        inputs.retain(|_, value| value.as_str() != Some(""));
    }
}

impl Actions for Standing {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn run(&self, call: Call) -> Option<Acting<'_>> {
        self.ddl.action(&call.action)?;
        Some(Box::pin(self.act(call)))
    }
}
