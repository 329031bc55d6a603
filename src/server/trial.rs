//! A configuration that a provisioner wrote is on trial until the node has reached a broker with it.
//!
//! What the trial is for, the return to the configuration before it, comes with an issue of its own; the state is
//! recorded from the first version on.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::task::TaskTracker;

use crate::os::files::Files;
use crate::os::transaction;
use crate::report::Chain;

/// The trial of the configuration in place.
#[derive(Debug)]
pub struct Trial {
    files: Arc<dyn Files>,
    state_dir: PathBuf,
}

impl Trial {
    /// The trial whose record is in `state_dir`.
    #[must_use]
    pub const fn new(files: Arc<dyn Files>, state_dir: PathBuf) -> Self {
        Self { files, state_dir }
    }

    /// Records, off the loop, that the configuration works.
    pub fn passed(self, tasks: &TaskTracker) {
        let recording = tasks.spawn_blocking(move || {
            match transaction::confirm(self.files.as_ref(), &self.state_dir) {
                Ok(()) => tracing::debug!("the configuration in place has proved itself"),
                Err(err) => {
                    tracing::warn!(reason = %Chain(&err), "that the configuration works was not recorded");
                }
            }
        });
        drop(recording);
    }
}
