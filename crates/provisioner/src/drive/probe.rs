//! The cheap question to a node of which nobody knows whether it is there.

use std::time::Duration;

use muster::client::Surroundings;
use muster::client::Wire;
use muster::protocol::names::Identity;
use tokio::time::Instant;

use super::Asked;
use super::Context;
use crate::admission;
use crate::config::Config;
use crate::inventory::Inventory;
use crate::metrics;
use crate::metrics::Rpc;
use crate::session;
use crate::session::Action;
use crate::session::Reply;
use crate::table::Probed;

impl<W: Wire, S: Surroundings> Context<W, S> {
    /// Asks a node for its inventory, once; again only when the connection was lost meanwhile.
    ///
    /// # Errors
    ///
    /// What came instead.
    pub async fn probe(&self, node: &Identity, config: &Config) -> Result<Inventory, Probed> {
        let begun = Instant::now();
        let reply = match self.inventory(node, config).await {
            Ok(reply) => reply,
            Err(failed) => {
                self.metrics.rpc_failed(Rpc::Inventory);
                return Err(failed);
            }
        };
        self.metrics.step(metrics::Step::Inventory, begun.elapsed());
        let inventory = Inventory::read(&reply.data).map_err(|err| Probed::Junk {
            error: err.to_string(),
        })?;
        if inventory.to_json().len() > LARGEST {
            return Err(Probed::Junk {
                error: format!("the inventory is larger than {} KiB", LARGEST / 1024),
            });
        }
        match admission::refusal(&config.admission, node, &inventory) {
            None => Ok(inventory),
            Some(why) => Err(Probed::NotOurs { why }),
        }
    }

    async fn inventory(&self, node: &Identity, config: &Config) -> Result<Reply, Probed> {
        let call = session::inventory();
        let reply = loop {
            match self.ask(node, &call, config.deadlines.probe).await {
                Asked::Answered(reply) => break reply,
                Asked::Silent => return Err(Probed::Silent),
                Asked::Lost => tokio::time::sleep(BREATH).await,
                Asked::Impossible(error) => return Err(Probed::Junk { error }),
            }
        };
        match reply.refusal(Action::Inventory) {
            None => Ok(reply),
            Some(error) => Err(Probed::Junk { error }),
        }
    }
}

/// A connection that comes and goes is not asked in a tight loop.
const BREATH: Duration = Duration::from_millis(200);
/// Facts of a large machine are about 200 KiB; some hundred inventories are held at the same time.
const LARGEST: usize = 512 * 1024;
