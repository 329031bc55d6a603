//! Publishes lifecycle events (spec 03 §5): each with an id and a time of its own.

use std::sync::Arc;
use std::time::Duration;

use crate::os::clock::Clock;
use crate::os::random;
use crate::protocol::lifecycle::Component;
use crate::protocol::lifecycle::Event;
use crate::protocol::lifecycle::Format;
use crate::protocol::lifecycle::Kind;
use crate::report::Chain;
use crate::rpc::Node;
use crate::transport::Handle;

/// Publishes events of this node.
#[derive(Debug)]
pub struct Lifecycle {
    node: Arc<Node>,
    link: Handle,
    clock: Arc<dyn Clock>,
    format: Format,
}

impl Lifecycle {
    /// Time between two signs of life.
    pub const ALIVE: Duration = Duration::from_secs(30 * 60);

    /// A publisher of this node's events.
    #[must_use]
    pub const fn new(node: Arc<Node>, link: Handle, clock: Arc<dyn Clock>, format: Format) -> Self {
        Self {
            node,
            link,
            clock,
            format,
        }
    }

    /// Publishes one event. A failure is logged, nothing else depends on it.
    pub fn publish(&self, kind: Kind) {
        let event = event(&self.node, kind, random::uuid(), self.clock.now());
        let payload = event.encode(self.format);
        match self.link.publish(event.subject(), payload.into()) {
            Ok(()) => {
                self.node.stats.events.count();
                tracing::debug!(event = kind.as_str(), "published a lifecycle event");
            }
            Err(err) => {
                tracing::warn!(event = kind.as_str(), reason = %Chain(&err), "a lifecycle event was not published");
            }
        }
    }

    /// Wait before the first sign of life: a random number of whole minutes, so that a fleet does not speak at once.
    #[must_use]
    pub fn first_alive() -> Duration {
        Duration::from_secs(random::below(30).saturating_mul(60))
    }
}

/// One event of this node.
#[must_use]
pub fn event(node: &Node, kind: Kind, id: String, now: i64) -> Event {
    Event {
        kind,
        id,
        identity: node.identity.clone(),
        component: if node.provisioning {
            Component::ProvisionModeServer
        } else {
            Component::Server
        },
        timestamp: now,
        version: node.version.to_owned(),
    }
}
