//! Asks who is there, at the start and in every interval. The inbox of a question stays open until the next one, so a
//! late answer counts as much as a quick one; unless more answered than can be remembered, who cannot all be nodes.

use std::sync::Arc;
use std::time::Duration;

use muster::client::Patience;
use muster::client::Search;
use muster::protocol::filter::Filter;
use muster::report::Chain;
use muster::transport::State;
use tokio::sync::mpsc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::reports::Report;
use crate::config::Config;
use crate::drive::Context;
use crate::drive::Gate;

/// Discovers until it is stopped.
#[derive(Debug)]
pub(super) struct Discovery {
    pub(super) context: Arc<Context>,
    pub(super) gate: watch::Receiver<Gate>,
    pub(super) rounds: watch::Receiver<Rounds>,
    pub(super) reports: mpsc::Sender<Report>,
    pub(super) stop: CancellationToken,
}

/// How it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rounds {
    /// Time between two questions.
    interval: Duration,
    /// So many answers are listened to: as many as nodes are remembered.
    most: usize,
}

impl Rounds {
    pub(super) const fn of(config: &Config) -> Self {
        Self {
            interval: config.interval,
            most: config.table.capacity.get(),
        }
    }
}

impl Discovery {
    pub(super) async fn run(self) {
        let stop = self.stop.clone();
        stop.run_until_cancelled(self.cycles()).await;
    }

    async fn cycles(mut self) {
        loop {
            let mut link = self.context.link.clone();
            let open = self.gate.wait_for(|gate| *gate == Gate::Open).await.is_ok();
            if !open || link.wait_for(State::is_connected).await.is_err() {
                return;
            }
            // a connection made anew is another occasion to ask: nobody knows what was missed
            let gone =
                async { while link.changed().await.is_ok() && link.borrow().is_connected() {} };
            let mut gate = self.gate.clone();
            let mut rounds = self.rounds.clone();
            rounds.mark_unchanged();
            tokio::select! {
                () = self.cycle() => {}
                () = gone => {}
                _ = gate.wait_for(|gate| *gate == Gate::Closed) => {}
                _ = rounds.changed() => {}
            }
            tokio::time::sleep(BREATH).await;
        }
    }

    async fn cycle(&self) {
        let Rounds { interval, most } = *self.rounds.borrow();
        let search = Search {
            collective: self.context.collective.clone(),
            filter: Filter {
                agent: vec![AGENT.to_owned()],
                ..Filter::default()
            },
            patience: Patience::fixed(interval),
            expect: Some(most),
        };
        drop(self.reports.send(Report::Discovery { failed: None }).await);
        let result = self
            .context
            .client
            .discover(&search, |found| {
                // a loop that has no room finds the node in the next cycle
                drop(self.reports.try_send(Report::Found {
                    identity: found.identity,
                }));
            })
            .await;
        match result {
            Ok(found) if found.nodes.len() >= most => {
                tracing::warn!(
                    most,
                    "as many answered a discovery as can be remembered, further answers are ignored until the next one"
                );
                tokio::time::sleep(interval.saturating_sub(found.took)).await;
            }
            Ok(_) => {}
            Err(err) => {
                let failed = Some(Chain(&err).to_string());
                drop(self.reports.send(Report::Discovery { failed }).await);
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Nodes with this agent can be provisioned.
const AGENT: &str = "choria_provision";
/// Between two questions, whatever happens.
const BREATH: Duration = Duration::from_millis(500);
/// After a question that could not be asked.
const AGAIN: Duration = Duration::from_secs(5);
