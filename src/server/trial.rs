//! A configuration that a provisioner wrote is on trial until the node has reached a broker with it.
//!
//! What the trial is for, the return to the configuration before it, comes with an issue of its own; the state is
//! recorded from the first version on.

use std::sync::Arc;

use tokio_util::task::TaskTracker;

use crate::os::transaction::Generations;
use crate::report::Chain;

/// The trial of the configuration in place.
#[derive(Debug)]
pub struct Trial {
    generations: Arc<Generations>,
}

impl Trial {
    /// The trial of the generation that this process started with.
    #[must_use]
    pub const fn new(generations: Arc<Generations>) -> Self {
        Self { generations }
    }

    /// Records, off the loop, that the configuration works.
    pub fn passed(self, tasks: &TaskTracker) {
        let recording = tasks.spawn_blocking(move || {
            match self.generations.confirm() {
                Ok(()) => tracing::debug!("the configuration in place has proved itself"),
                Err(err) => {
                    tracing::warn!(reason = %Chain(&err), "that the configuration works was not recorded");
                }
            }
        });
        drop(recording);
    }
}
