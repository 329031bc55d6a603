//! Performs what [`session`](crate::session) decides: calls nodes, asks the helper, writes the journal, waits.
//!
//! Every wait has a deadline. A call waits for a connection first; one that was lost while the answer was waited for is no
//! silence of the node.

mod decider;
mod meter;
mod onboarding;
mod plan;
mod probe;

use std::time::Duration;

use muster::client;
use muster::client::Client;
use muster::client::ClientError;
use muster::client::Surroundings;
use muster::client::Wire;
use muster::operator::Link;
use muster::operator::Machine;
use muster::protocol::filter::Filter;
use muster::protocol::names::AgentName;
use muster::protocol::names::Collective;
use muster::protocol::names::Identity;
use muster::report::Chain;
use muster::transport::State;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::journal::Journal;
use crate::metrics::Metrics;
use crate::metrics::Rpc;
use crate::session::Action;
use crate::session::Call;
use crate::session::Event;
use crate::session::Reply;

pub use decider::Decider;
pub use decider::DeciderError;
pub use onboarding::Gate;
pub use onboarding::Job;
pub use onboarding::Outcome;
pub use onboarding::Progress;

/// What the work on every node needs.
#[derive(Debug)]
pub struct Context<W = Link, S = Machine> {
    /// Calls nodes.
    pub client: Client<W, S>,
    /// Where the connection stands.
    pub link: watch::Receiver<State>,
    /// Remembers.
    pub journal: Journal,
    /// Counts.
    pub metrics: Metrics,
    /// Where nodes wait.
    pub collective: Collective,
}

impl From<Action> for Rpc {
    fn from(action: Action) -> Self {
        match action {
            Action::Inventory => Self::Inventory,
            Action::Gencsr => Self::Gencsr,
            Action::Configure => Self::Configure,
            Action::Restart => Self::Restart,
            Action::Shutdown => Self::Shutdown,
        }
    }
}

/// Waits until there is no connection.
async fn gone(mut link: watch::Receiver<State>) {
    // a channel that is closed tells nothing more: the deadline of the call ends the wait
    if link.wait_for(|state| !state.is_connected()).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// What came of calling a node once.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Its answer.
    Answered(Reply),
    /// Nothing in time.
    Silent,
    /// The connection was lost meanwhile.
    Lost,
    /// The call cannot be made.
    Impossible(String),
}

impl From<Asked> for Event {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Answered(reply) => Self::Answered(reply),
            Asked::Silent => Self::Silent,
            Asked::Lost => Self::Lost,
            Asked::Impossible(error) => Self::Impossible { error },
        }
    }
}

impl<W: Wire, S: Surroundings> Context<W, S> {
    /// Calls a node once.
    pub(crate) async fn ask(&self, node: &Identity, call: &Call, patience: Duration) -> Asked {
        let mut link = self.link.clone();
        // a closed channel is a connection that will not come back: the deadline of the caller ends the wait
        if link.wait_for(State::is_connected).await.is_err() {
            return std::future::pending().await;
        }
        link.mark_unchanged();
        let agent = match AgentName::new(call.action.agent()) {
            Ok(agent) => agent,
            Err(err) => return Asked::Impossible(err.to_string()),
        };
        let rpc = client::Call {
            agent,
            action: call.action.name().to_owned(),
            data: call.data.clone(),
            collective: self.collective.clone(),
            filter: Filter::default(),
            timeout: patience,
            batch: None,
        };
        let begun = Instant::now();
        let mut answer = None;
        let called = self.client.call(&rpc, std::slice::from_ref(node), |got| {
            answer = Some(got.reply);
        });
        let called = tokio::select! {
            called = called => Some(called),
            // what is sent to a connection that is gone is lost: nothing is left to wait for
            () = gone(self.link.clone()) => None,
        };
        self.metrics.rpc(call.action.into(), begun.elapsed());
        let Some(called) = called else {
            return Asked::Lost;
        };
        match (called, answer) {
            (_, Some(reply)) => Asked::Answered(reply.into()),
            (Ok(_) | Err(ClientError::Publish { .. }), None) => {
                let lost = link.has_changed().unwrap_or(true) || !link.borrow().is_connected();
                if lost { Asked::Lost } else { Asked::Silent }
            }
            (Err(err), None) => Asked::Impossible(Chain(&err).to_string()),
        }
    }

    /// Asks a configured node for its restart, with each token until one is accepted.
    ///
    /// # Errors
    ///
    /// Why it was not acknowledged.
    pub async fn restart(
        &self,
        node: &Identity,
        config: &crate::config::Config,
    ) -> Result<(), String> {
        let result = self.restarted(node, config).await;
        if let Err(Unheard::Failed(_)) = &result {
            self.metrics.rpc_failed(Rpc::Restart);
        }
        result.map_err(|unheard| match unheard {
            Unheard::Failed(why) => why,
            Unheard::Lost => "the connection was lost".to_owned(),
        })
    }

    async fn restarted(
        &self,
        node: &Identity,
        config: &crate::config::Config,
    ) -> Result<(), Unheard> {
        let mut last = String::new();
        for token in &config.tokens {
            let call = crate::session::restart(Some(token));
            match self.ask(node, &call, config.deadlines.step).await {
                Asked::Answered(reply) => match reply.refusal(Action::Restart) {
                    None => return Ok(()),
                    Some(refusal) => last = refusal,
                },
                Asked::Silent => {
                    let why = format!("{} was not answered", Action::Restart);
                    return Err(Unheard::Failed(why));
                }
                Asked::Lost => return Err(Unheard::Lost),
                Asked::Impossible(error) => return Err(Unheard::Failed(error)),
            }
        }
        Err(Unheard::Failed(last))
    }
}

/// Why a restart was not acknowledged.
enum Unheard {
    /// The node is to blame, or nobody.
    Failed(String),
    /// The connection was lost meanwhile.
    Lost,
}
