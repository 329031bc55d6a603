//! Metrics for Prometheus, on a port of the loopback, on a Unix socket, on both or nowhere.
//!
//! [`start`] spawns a task for each endpoint. An endpoint that cannot be used is a problem of the node, not its end: it is
//! raised as a concern and tried again every half minute. A page is made anew for each request from what the node counts
//! anyway; nothing is collected in between. [`reference_markdown`] writes the documentation from the same table.
//!
//! The responder is ours and small: it reads the first line of a request and answers one of two pages. It takes 8
//! connections at a time, 8 KiB of head and 5 seconds for each, and closes every connection. A library for HTTP would be
//! several times the size of this whole module in an agent whose resident memory is mostly its code (design §8), and
//! would bring keep-alive, chunks and upgrades, none of which a page needs and all of which would have to be bounded.
//!
//! Whoever reaches an endpoint may read; so the port is on the loopback only, and the socket is open to its owner and
//! group. The pages hold no secret: names, counts and times.

pub mod head;

mod listener;
mod metric;
mod page;
mod table;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use listener::Endpoint;
pub use listener::Patience;
pub use metric::Figures;
pub use page::Source;

use listener::Task;

/// Serves the metrics of `source` at all of `endpoints` until the returned token is cancelled.
#[must_use]
pub fn start(
    source: Source,
    endpoints: Vec<Endpoint>,
    patience: Patience,
    tasks: &TaskTracker,
) -> CancellationToken {
    let stop = CancellationToken::new();
    let source = Arc::new(source);
    let room = Arc::new(Semaphore::new(READERS));
    for endpoint in endpoints {
        let task = Task {
            endpoint,
            source: Arc::clone(&source),
            patience,
            room: Arc::clone(&room),
            tasks: tasks.clone(),
            stop: stop.clone(),
        };
        tasks.spawn(task.run());
    }
    stop
}

/// docs/metrics.md. `tests/it/documents.rs` compares it with the file and can write it anew.
#[must_use]
pub fn reference_markdown() -> String {
    metric::reference(INTRODUCTION, table::CHAPTERS)
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            retry: Duration::from_secs(30),
            connection: Duration::from_secs(5),
        }
    }
}

/// Connections at the same time.
const READERS: usize = 8;

const INTRODUCTION: &str = include_str!("introduction.md");

#[cfg(test)]
mod tests;
