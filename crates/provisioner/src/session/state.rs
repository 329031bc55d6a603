//! Where the work on a node stands, and how it passes into its ends.

use muster::protocol::names::Identity;

use super::step::Configured;
use super::step::Finish;
use super::step::Step;
use crate::helper::CsrReply;
use crate::helper::Outfit;
use crate::journal::SessionId;
use crate::table::End;
use crate::vetting::csr::VettedCsr;

#[derive(Debug)]
pub(super) enum State {
    Fresh,
    Requesting,
    Opening {
        signing: Option<Box<Signing>>,
    },
    Deciding {
        session: SessionId,
        signing: Option<Box<Signing>>,
    },
    Stopping {
        message: String,
    },
    Configuring {
        dressing: Box<Dressing>,
        /// The node may have it already, nobody knows.
        in_doubt: bool,
    },
    Recording {
        becomes: Identity,
    },
    Restarting {
        becomes: Identity,
    },
    Ended(Finish),
}

/// A certificate request and what is known of it.
#[derive(Debug)]
pub(super) struct Signing {
    pub(super) reply: CsrReply,
    pub(super) vetted: VettedCsr,
}

/// What the node is about to become.
#[derive(Debug)]
pub(super) struct Dressing {
    pub(super) session: SessionId,
    pub(super) key: [u8; 32],
    pub(super) not_after: Option<i64>,
    pub(super) becomes: Identity,
    pub(super) outfit: Outfit,
    pub(super) ssldir: String,
}

pub(super) const fn fresh(dressing: Box<Dressing>) -> State {
    State::Configuring {
        dressing,
        in_doubt: false,
    }
}

/// The request may have arrived and only the answer been lost.
pub(super) fn in_doubt(state: State) -> State {
    match state {
        State::Configuring { dressing, .. } => State::Configuring {
            dressing,
            in_doubt: true,
        },
        state @ (State::Fresh
        | State::Requesting
        | State::Opening { .. }
        | State::Deciding { .. }
        | State::Stopping { .. }
        | State::Recording { .. }
        | State::Restarting { .. }
        | State::Ended(_)) => state,
    }
}

pub(super) fn configured(dressing: Dressing) -> (State, Step) {
    let record = Configured {
        session: dressing.session,
        becomes: dressing.becomes.clone(),
        key: dressing.key,
        not_after: dressing.not_after,
    };
    let becomes = dressing.becomes;
    (State::Recording { becomes }, Step::Record(record))
}

pub(super) fn finished(finish: Finish) -> (State, Step) {
    (State::Ended(finish.clone()), Step::End(finish))
}

pub(super) fn ended(end: End) -> (State, Step) {
    finished(Finish {
        end,
        site_fault: None,
        helper_failed: false,
    })
}

pub(super) fn failed(error: String) -> (State, Step) {
    ended(End::Failed { error })
}

/// What the helper gave cannot be sent.
pub(super) fn spoiled(error: String) -> (State, Step) {
    finished(Finish {
        end: End::Failed { error },
        site_fault: None,
        helper_failed: true,
    })
}

pub(super) fn unrestarted(becomes: Identity, error: String) -> (State, Step) {
    ended(End::Unrestarted { becomes, error })
}

/// An event that does not belong to the state: a defect of ours. The node does not pay for it with its configuration.
pub(super) fn unexpected(state: State, what: &str) -> (State, Step) {
    let error = format!("the provisioner lost its place: {what}");
    match state {
        State::Ended(finish) => finished(finish),
        State::Recording { becomes } | State::Restarting { becomes } => unrestarted(becomes, error),
        State::Fresh
        | State::Requesting
        | State::Opening { .. }
        | State::Deciding { .. }
        | State::Stopping { .. }
        | State::Configuring { .. } => failed(error),
    }
}
