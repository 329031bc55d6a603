//! What a node would be sent, without anything being signed or changed.

use muster::client::Surroundings;
use muster::client::Wire;
use muster::os::random;
use tokio::time::Instant;
use tokio::time::timeout_at;

use super::Context;
use super::Decider;
use crate::helper::Case;
use crate::helper::Decision;
use crate::journal::SessionId;
use crate::session::Brief;
use crate::session::Event;
use crate::session::Session;
use crate::session::Step;
use crate::table::End;

impl<W: Wire, S: Surroundings> Context<W, S> {
    /// Asks a node for its CSR and the helper for its decision. The node keeps the key that it made, which it would make
    /// anyway, and its lock for two minutes.
    ///
    /// # Errors
    ///
    /// Why there is no decision.
    pub async fn plan(&self, brief: Brief, decider: &Decider) -> Result<Decision, String> {
        let deadline = Instant::now() + brief.config.deadlines.node;
        let case = timeout_at(deadline, self.case(brief))
            .await
            .map_err(|_| "the node takes too long".to_owned())??;
        let started = Instant::now();
        let decision = decider.plan(case).await;
        self.metrics.helper(started.elapsed());
        decision.map_err(|err| err.reason)
    }

    /// What the helper would be asked.
    async fn case(&self, brief: Brief) -> Result<Case, String> {
        let now = self.client.surroundings().now();
        let (identity, patience) = (brief.identity.clone(), brief.config.deadlines.step);
        let mut session = Session::new(brief);
        let mut event = Event::Begun;
        loop {
            let (next, step) = session.on(event, now);
            session = next;
            event = match step {
                Step::Call(call) => self.ask(&identity, &call, patience).await.into(),
                Step::Wait(wait) => {
                    tokio::time::sleep(wait).await;
                    Event::Waited
                }
                // a plan is no session: nothing is remembered of it, and it takes no name from anybody
                Step::Open { .. } => match SessionId::new(&random::hex_id()) {
                    Some(session) => Event::Opened {
                        session,
                        holder: None,
                    },
                    None => return Err("no session id could be made".to_owned()),
                },
                Step::Decide(case) => return Ok(*case),
                Step::Record(_) => return Err("a plan went too far".to_owned()),
                Step::End(finish) => return Err(why(finish.end)),
            };
        }
    }
}

/// Why it ended before the helper was asked.
fn why(end: End) -> String {
    match end {
        End::Failed { error: why }
        | End::Unhelped { error: why }
        | End::Unrestarted { error: why, .. }
        | End::NeedsApproval { why }
        | End::Refused { why }
        | End::Deferred { message: why, .. }
        | End::Shutdown { message: why } => why,
        End::Locked => "another provisioner works on the node".to_owned(),
        End::Provisioned { .. } | End::Interrupted => "the plan was interrupted".to_owned(),
    }
}
