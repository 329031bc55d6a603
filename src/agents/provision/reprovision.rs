//! `reprovision`: from the fleet back to a provisioner (spec 04 §6.5), once [`way_back`](super::way_back) has shown that
//! there is a way.
//!
//! A repeated request, whose reply was lost perhaps, finds the way taken: it writes nothing and is answered with the
//! restart that is due. So the configuration that the first one replaced remains the kept one.

use std::sync::Arc;

use super::Site;
use super::configure::LONGEST_REASON;
use super::gate::Gate;
use super::gate::Takes;
use super::gate::WorksIn;
use super::inputs::Splay;
use super::plan;
use super::restart::go_duration;
use super::way_back;
use super::way_back::Asked;
use super::way_back::Way;
use super::way_back::WayBack;
use super::way_back::WayBackError;
use crate::os::random;
use crate::os::transaction::Follows;
use crate::os::transaction::InPlace;
use crate::os::transaction::TransactionError;
use crate::protocol::Request;
use crate::report::Chain;
use crate::rpc::Call;
use crate::rpc::Done;
use crate::rpc::Failure;
use crate::rpc::Outcome;
use crate::rpc::Then;

pub(super) async fn run(site: &Arc<Site>, gate: &Gate, call: Call) -> Outcome {
    let otherwise = "Server is already in provisioning mode, cannot enable provisioning mode again";
    gate.pass(&call, WorksIn::Normal { otherwise }, Takes::NoLock)
        .await?;
    // proved and written in one turn, so that what was proved is what is there when it is written
    let turn = site.turns.next().await;
    let request = &call.request;
    let way = way_back::prove(
        &site.ground,
        Asked::OverNetwork,
        &plan::header(site, request),
    )
    .await
    .map_err(|err| refused(&err, request))?;
    match way {
        Way::Taken => drop(turn),
        Way::Open(way) => {
            let work = Arc::clone(site);
            let number = turn
                .run(move || commit(&work, &way))
                .await
                .map_err(|_| WayBackError::Ending)
                .flatten()
                .map_err(|err| refused(&err, request))?;
            // the restart below is the one that follows
            site.generations.knows(InPlace::Number(number));
        }
    }
    let delay = Splay::delay(random::below(Splay::default().seconds()));
    tracing::warn!(
        delay = delay.as_secs(),
        request = request.id.as_str(),
        caller = request.caller.as_str(),
        sender = request.sender.as_str(),
        "leaving the fleet on request, to wait for a provisioner"
    );
    let message = format!("Restarting after {}", go_duration(delay.as_secs()));
    Ok(Done {
        then: Some(Then::Restart { delay }),
        ..Done::with([("message", message.into())])
    })
}

/// The process follows by itself until told otherwise: if the caller's time is up while this runs, nobody is left to tell
/// it when.
fn commit(site: &Site, way: &WayBack) -> Result<u64, WayBackError> {
    let committed = site
        .generations
        .commit(way.transaction(site.clock.now()), Follows::ByItself)
        .map_err(WayBackError::Write)?;
    if let Some(err) = &committed.unfinished {
        tracing::warn!(reason = %Chain(err), "the new configuration is in place, tidying up is left to the next start");
    }
    Ok(committed.generation)
}

fn refused(err: &WayBackError, request: &Request) -> Failure {
    let failure = Failure::from(err);
    let reason: String = failure.message.chars().take(LONGEST_REASON).collect();
    let (request, caller) = (request.id.as_str(), request.caller.as_str());
    if let WayBackError::Write(TransactionError::Undecided { .. }) = err {
        tracing::error!(
            reason,
            request,
            caller,
            "the way back was not completed, files may be of two generations until the next start"
        );
    } else {
        tracing::warn!(
            reason,
            request,
            caller,
            "the way back to a provisioner is not open, nothing has changed"
        );
    }
    failure
}
