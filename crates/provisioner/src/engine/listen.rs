//! Hands what comes in to whoever waits for it: replies to the client, sightings to the loop.

use std::sync::Arc;

use muster::transport::Incoming;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::drive::Context;
use crate::find::Ear;
use crate::find::Sieve;
use crate::find::Sighting;

/// Listens until the connection is closed.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) context: Arc<Context>,
    pub(super) incoming: mpsc::Receiver<Incoming>,
    pub(super) ear: Ear,
    pub(super) sieve: Sieve,
    pub(super) sightings: mpsc::Sender<Sighting>,
    /// Subjects of replies begin like this.
    pub(super) mailbox: String,
}

impl Listener {
    pub(super) async fn run(mut self) {
        let started = Instant::now();
        while let Some(message) = self.incoming.recv().await {
            if message.subject.starts_with(&self.mailbox) {
                // a reply that nobody waits for any more came too late
                self.context
                    .client
                    .deliver(&message.subject, message.payload);
                continue;
            }
            match self.ear.hear(&message.subject, &message.payload) {
                Ok(sighting) => self.pass(sighting, started),
                Err(refused) => self.context.metrics.message_refused(refused.as_str()),
            }
        }
    }

    /// What the sieve drops or the loop has no room for is found by the next discovery.
    fn pass(&mut self, sighting: Sighting, started: Instant) {
        if !self.sieve.passes(&sighting, started.elapsed()) {
            self.context.metrics.message_refused("repeated");
        } else if self.sightings.try_send(sighting).is_err() {
            self.context.metrics.message_refused("busy");
        }
    }
}
