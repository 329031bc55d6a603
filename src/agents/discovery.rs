//! The agent `discovery`: says `pong` when somebody says `ping`. The work is done by the filter before it.

use std::sync::Arc;

use super::metadata;
use crate::protocol::Request;
use crate::protocol::body::is_ping;
use crate::rpc::Agent;
use crate::rpc::Answer;
use crate::rpc::Answering;
use crate::rpc::Metadata;

/// The agent.
#[derive(Debug)]
pub struct Discovery {
    metadata: Metadata,
}

impl Discovery {
    /// The agent of a node that runs `version`.
    #[must_use]
    pub fn new(version: &str) -> Self {
        Self {
            metadata: metadata("discovery", version),
        }
    }
}

impl Agent for Discovery {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn answer(&self, request: Arc<Request>) -> Answering<'_> {
        let body = is_ping(&request.body).then(|| b"pong".to_vec());
        Box::pin(std::future::ready(Answer {
            body,
            ..Answer::default()
        }))
    }
}
