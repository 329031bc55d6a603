//! Work on files, one piece at a time and off the runtime.
//!
//! `configure` waits for the disk some forty times, and a runtime with one thread must answer others meanwhile. Two of
//! them at once would share journal and staged key, so each piece of work takes a turn. The turn ends with the work, not
//! with the wait for it: a caller whose time is up leaves the work running, and the next one waits for its end.

use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::sync::OwnedMutexGuard;
use tokio_util::task::TaskTracker;

/// Hands out turns.
#[derive(Debug, Clone)]
pub struct Turns {
    tasks: TaskTracker,
    free: Arc<Mutex<()>>,
}

/// The right to work on files.
#[derive(Debug)]
pub(super) struct Turn {
    tasks: TaskTracker,
    held: OwnedMutexGuard<()>,
}

/// The process ended before the work began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the process is ending")]
pub(super) struct Ended;

impl Turns {
    /// Turns whose work the drain of the process waits for.
    #[must_use]
    pub fn new(tasks: TaskTracker) -> Self {
        Self {
            tasks,
            free: Arc::default(),
        }
    }

    /// Waits for a turn.
    pub(super) async fn next(&self) -> Turn {
        Turn {
            tasks: self.tasks.clone(),
            held: Arc::clone(&self.free).lock_owned().await,
        }
    }
}

impl Turn {
    /// Does the work and ends the turn. A panic of the work is the caller's, as if it had done the work itself.
    ///
    /// # Errors
    ///
    /// [`Ended`] when the runtime takes no more work.
    pub(super) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Ended> {
        let Self { tasks, held } = self;
        let done = tasks.spawn_blocking(move || {
            let result = work();
            drop(held);
            result
        });
        done.await.map_err(|err| match err.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_cancelled) => Ended,
        })
    }
}
