//! Hands what comes in to whoever waits for it: replies to the client, sightings to the loop.

use std::sync::Arc;

use muster::transport::Incoming;
use muster::transport::State;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::connection::Production;
use crate::drive::Context;
use crate::find::Ear;
use crate::find::Sieve;
use crate::find::Sighting;

/// Listens until the connection is closed.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) incoming: mpsc::Receiver<Incoming>,
    /// Subjects of replies begin like this.
    pub(super) mailbox: String,
    pub(super) watch: Watch,
}

/// Listens on the production network, where nothing is asked.
#[derive(Debug)]
pub(super) struct Lookout {
    pub(super) production: Production,
    pub(super) watch: Watch,
}

/// Tells what is a sighting, and hands it on.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) context: Arc<Context>,
    pub(super) ear: Ear,
    pub(super) sieve: Sieve,
    pub(super) sightings: mpsc::Sender<Sighting>,
    pub(super) started: Instant,
}

impl Listener {
    pub(super) async fn run(mut self) {
        while let Some(message) = self.incoming.recv().await {
            if message.subject.starts_with(&self.mailbox) {
                // a reply that nobody waits for any more came too late
                let client = &self.watch.context.client;
                client.deliver(&message.subject, message.payload);
            } else {
                self.watch.hear(&message);
            }
        }
    }
}

impl Lookout {
    pub(super) async fn run(mut self) {
        let mut state = self.production.handle.state();
        loop {
            tokio::select! {
                message = self.production.incoming.recv() => match message {
                    Some(message) => self.watch.hear(&message),
                    None => return,
                },
                changed = state.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    tell(&state.borrow_and_update());
                }
            }
        }
    }
}

/// Without this connection nodes are provisioned all the same, and nobody learns whether they arrive.
fn tell(state: &State) {
    match state {
        State::Connected { server, .. } => {
            tracing::info!(broker = %server, "connected to the production network");
        }
        State::Connecting {
            attempt: 1,
            last_error,
            ..
        } => {
            tracing::warn!(
                reason = last_error.as_deref(),
                "the production network is out of reach: nodes that arrive are not noticed"
            );
        }
        State::Connecting { .. } | State::Closed => {}
    }
}

impl Watch {
    fn hear(&mut self, message: &Incoming) {
        match self.ear.hear(&message.subject, &message.payload) {
            Ok(sighting) => self.pass(sighting),
            Err(refused) => self.context.metrics.message_refused(refused.as_str()),
        }
    }

    /// What the sieve drops or the loop has no room for is found by the next discovery.
    fn pass(&mut self, sighting: Sighting) {
        if !self.sieve.passes(&sighting, self.started.elapsed()) {
            self.context.metrics.message_refused("repeated");
        } else if self.sightings.try_send(sighting).is_err() {
            self.context.metrics.message_refused("busy");
        }
    }
}
