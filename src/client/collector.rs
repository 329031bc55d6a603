//! What to make of replies: who answered, who has not, what is ignored. Pure.
//!
//! Only the request id, which nobody else can guess, ties a version 1 reply to a call. A reply for another request or
//! agent is foreign, a node's second reply is not handed on, and neither keeps a call from ending: it is complete as
//! soon as every addressed node has answered, and [`Patience`](super::Patience) ends the rest.

use std::collections::BTreeSet;

use crate::protocol::Malformed;
use crate::protocol::Reply;
use crate::protocol::names::AgentName;
use crate::protocol::names::Identity;
use crate::protocol::names::RequestId;
use crate::protocol::v1::SecureReply;
use crate::protocol::v1::Transport;
use crate::protocol::v1::decode_reply;

/// Bookkeeping of one call.
#[derive(Debug, Clone)]
pub struct Collector {
    request: RequestId,
    agent: AgentName,
    audience: Audience,
    answered: BTreeSet<Identity>,
    unexpected: BTreeSet<Identity>,
    ignored: u64,
}

#[derive(Debug, Clone)]
enum Audience {
    Anyone,
    /// Those that have not answered, and among them those of the batch that is under way.
    Nodes {
        outstanding: BTreeSet<Identity>,
        batch: BTreeSet<Identity>,
    },
}

/// What a message turned out to be.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The one reply of a node that was asked.
    Answer(Reply),
    /// A node that was not asked, or that answered already.
    Unexpected(Identity),
    /// A reply to something else.
    Foreign,
    /// Not a reply.
    Malformed(Malformed),
}

impl Collector {
    /// For a broadcast: any node may answer, and nobody knows how many will.
    #[must_use]
    pub const fn broadcast(request: RequestId, agent: AgentName) -> Self {
        Self::new(request, agent, Audience::Anyone)
    }

    /// For requests to certain nodes, which [`Collector::address`] names.
    #[must_use]
    pub const fn directed(request: RequestId, agent: AgentName) -> Self {
        Self::new(
            request,
            agent,
            Audience::Nodes {
                outstanding: BTreeSet::new(),
                batch: BTreeSet::new(),
            },
        )
    }

    const fn new(request: RequestId, agent: AgentName, audience: Audience) -> Self {
        Self {
            request,
            agent,
            audience,
            answered: BTreeSet::new(),
            unexpected: BTreeSet::new(),
            ignored: 0,
        }
    }

    /// Begins a batch: these nodes are about to be asked. Those of earlier batches may still answer, but the batch does
    /// not wait for them. Without effect on a broadcast.
    pub fn address(&mut self, nodes: &[Identity]) {
        match &mut self.audience {
            Audience::Anyone => {}
            Audience::Nodes { outstanding, batch } => {
                let new = nodes.iter().filter(|node| !self.answered.contains(*node));
                *batch = new.cloned().collect();
                outstanding.extend(batch.iter().cloned());
            }
        }
    }

    /// Looks at one message.
    pub fn on(&mut self, payload: &[u8]) -> Outcome {
        let reply = match decode(payload) {
            Ok(reply) => reply,
            Err(err) => {
                self.ignored = self.ignored.saturating_add(1);
                return Outcome::Malformed(err);
            }
        };
        if reply.request != self.request || reply.agent != self.agent {
            self.ignored = self.ignored.saturating_add(1);
            return Outcome::Foreign;
        }
        let expected = match &mut self.audience {
            Audience::Anyone => !self.answered.contains(&reply.sender),
            Audience::Nodes { outstanding, batch } => {
                batch.remove(&reply.sender);
                outstanding.remove(&reply.sender)
            }
        };
        if !expected {
            self.unexpected.insert(reply.sender.clone());
            return Outcome::Unexpected(reply.sender);
        }
        self.answered.insert(reply.sender.clone());
        Outcome::Answer(reply)
    }

    /// Whether every node of the batch has answered. A broadcast is never complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match &self.audience {
            Audience::Anyone => false,
            Audience::Nodes { batch, .. } => batch.is_empty(),
        }
    }

    /// Nodes that were asked and have not answered.
    #[must_use]
    pub fn outstanding(&self) -> Vec<Identity> {
        match &self.audience {
            Audience::Anyone => Vec::new(),
            Audience::Nodes { outstanding, .. } => outstanding.iter().cloned().collect(),
        }
    }

    /// How many nodes have answered.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.answered.len()
    }

    /// Nodes that answered without being asked, or more than once.
    #[must_use]
    pub fn unexpected(&self) -> Vec<Identity> {
        self.unexpected.iter().cloned().collect()
    }

    /// Messages that were not replies to this call.
    #[must_use]
    pub const fn ignored(&self) -> u64 {
        self.ignored
    }
}

fn decode(payload: &[u8]) -> Result<Reply, Malformed> {
    let transport = Transport::decode(payload)?;
    decode_reply(&SecureReply::decode(&transport.data)?.message)
}
