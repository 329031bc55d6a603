//! A connection to a broker that several nodes share: what comes is handed to the node that it is for.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use muster::protocol::names::Subject;
use muster::report::Chain;
use muster::transport;
use muster::transport::Handle;
use muster::transport::Incoming;
use muster::transport::State;
use muster::transport::TransportError;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio::time::timeout_at;
use tokio_util::task::TaskTracker;

/// A connection.
#[derive(Debug)]
pub struct Line {
    handle: Handle,
}

/// Which network a message came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// That of nodes that wait for a provisioner.
    Provisioning,
    /// That of provisioned nodes.
    Production,
}

/// A message for one node.
#[derive(Debug)]
pub struct Delivery {
    /// Where it came from.
    pub side: Side,
    /// The message.
    pub message: Incoming,
}

/// Where messages for one node are handed in. Bounded; what does not fit is dropped, as a node's own queue would.
pub type Door = mpsc::Sender<Delivery>;

/// Which door is whose. Several nodes may have one name.
#[derive(Debug, Default)]
pub struct Doors {
    named: HashMap<String, Vec<Door>>,
}

/// There is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no connection to {broker} within {} s: {state}", limit.as_secs())]
pub struct NotConnected {
    /// Where to.
    pub broker: String,
    /// How long it was waited for.
    pub limit: Duration,
    /// How far it got.
    pub state: String,
}

/// A door and what is handed in.
#[must_use]
pub fn door() -> (Door, mpsc::Receiver<Delivery>) {
    mpsc::channel(DEPTH)
}

impl Line {
    /// Begins to connect.
    #[must_use]
    pub fn open(config: transport::Config, side: Side, doors: Doors, tasks: &TaskTracker) -> Self {
        let (handle, incoming) = transport::start(config, tasks);
        drop(tasks.spawn(hand_out(incoming, side, doors)));
        Self { handle }
    }

    /// Waits for the connection; what is published then is published after its subscriptions.
    ///
    /// # Errors
    ///
    /// [`NotConnected`] when that takes too long.
    pub async fn connected(&self, broker: &str, limit: Duration) -> Result<(), NotConnected> {
        let mut state = self.handle.state();
        let deadline = Instant::now() + limit;
        let connected = timeout_at(deadline, state.wait_for(State::is_connected)).await;
        if matches!(connected, Ok(Ok(_))) {
            return Ok(());
        }
        drop(connected);
        Err(NotConnected {
            broker: broker.to_owned(),
            limit,
            state: self.handle.state().borrow().to_string(),
        })
    }

    /// Publishes a message; a line on which everybody speaks at once is waited for.
    pub async fn say(&self, subject: Subject, payload: Bytes) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.handle.publish(subject.clone(), payload.clone()) {
                Ok(()) => return,
                Err(TransportError::Busy) if Instant::now() < deadline => {
                    // there is room once what waits has left
                    self.handle.flush(PATIENCE).await.ok();
                }
                Err(err) => {
                    return tracing::warn!(reason = %Chain(&err), "a message of a node was lost");
                }
            }
        }
    }

    /// The connection.
    #[must_use]
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Ends the connection once everything has left.
    pub async fn close(&self) {
        if let Err(err) = self.handle.close(PATIENCE).await {
            tracing::debug!(reason = %Chain(&err), "a connection was not closed in order");
        }
    }
}

impl Doors {
    /// Adds a node.
    pub fn add(&mut self, identity: &str, door: Door) {
        self.named
            .entry(identity.to_owned())
            .or_default()
            .push(door);
    }

    /// The names behind the doors, each once.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }

    /// Hands a message to whom it is for: the nodes of a name, or all.
    fn hand(&self, side: Side, message: &Incoming) {
        let give = |door: &Door| {
            let message = message.clone();
            // full, or of a node that is gone
            door.try_send(Delivery { side, message }).ok();
        };
        match directed(&message.subject) {
            Some(name) => self.named.get(name).into_iter().flatten().for_each(give),
            None => self.named.values().flatten().for_each(give),
        }
    }
}

/// The node that a subject names; none in a broadcast.
#[must_use]
pub fn directed(subject: &str) -> Option<&str> {
    if subject.contains(".broadcast.agent.") {
        return None;
    }
    subject.split_once(".node.").map(|(_, name)| name)
}

/// The subjects of nodes in a collective: broadcasts to their agents, and each node's own.
pub fn subjects<'a>(
    collective: &'a str,
    agents: &'a [&'a str],
    names: impl Iterator<Item = &'a str>,
) -> impl Iterator<Item = String> {
    let broadcasts = agents
        .iter()
        .map(move |agent| format!("{collective}.broadcast.agent.{agent}"));
    broadcasts.chain(names.map(move |name| format!("{collective}.node.{name}")))
}

async fn hand_out(mut incoming: mpsc::Receiver<Incoming>, side: Side, doors: Doors) {
    while let Some(message) = incoming.recv().await {
        doors.hand(side, &message);
    }
}

/// Messages that wait for one node: a provisioner asks one thing at a time, and a few others may look.
const DEPTH: usize = 32;
/// For everything that waits on a line to leave.
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn message(subject: &str) -> Incoming {
        Incoming {
            subject: subject.to_owned(),
            payload: Bytes::new(),
        }
    }

    #[test]
    fn a_message_for_a_name_reaches_all_nodes_of_that_name_and_no_other() {
        let (first, mut one) = door();
        let (second, mut two) = door();
        let (third, mut three) = door();
        let mut doors = Doors::default();
        doors.add("n1.example.net", first);
        doors.add("n1.example.net", second);
        doors.add("n2.example.net", third);
        doors.hand(
            Side::Provisioning,
            &message("provisioning.node.n1.example.net"),
        );
        assert!(one.try_recv().is_ok() && two.try_recv().is_ok() && three.try_recv().is_err());
        doors.hand(
            Side::Provisioning,
            &message("provisioning.broadcast.agent.discovery"),
        );
        assert!(one.try_recv().is_ok() && two.try_recv().is_ok() && three.try_recv().is_ok());
    }

    #[test]
    fn a_door_that_is_not_read_takes_no_more_than_it_has_room_for() {
        let (first, mut one) = door();
        let mut doors = Doors::default();
        doors.add("n1", first);
        for _ in 0..DEPTH + 5 {
            doors.hand(Side::Production, &message("mcollective.node.n1"));
        }
        assert_eq!(std::iter::from_fn(|| one.try_recv().ok()).count(), DEPTH);
    }

    #[test]
    fn subjects_are_those_that_a_node_hears() {
        let all: Vec<_> = subjects("prod", &["discovery"], ["n1"].into_iter()).collect();
        assert_eq!(all, ["prod.broadcast.agent.discovery", "prod.node.n1"]);
    }
}
