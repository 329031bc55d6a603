//! What to do next with one node: a pure state machine (spec 05 §6). `drive` performs each [`Step`] and tells what came
//! of it as an [`Event`].
//!
//! ```text
//!            ┌───────────────────────── without certificates ─────────────────────────┐
//!   Begun ───┴─▶ Requesting ──CSR, vetted──▶ Opening ──session id──▶ Deciding ◀────────┘
//!                 │ ▲  another token                │ reissue           │ outfit, certificate vetted
//!                 └─┘                               ▼                   ▼
//!                                      approval, refused    Configuring ──acknowledged──▶ Recording ──▶ Restarting
//!                                                            │ ▲ another token                          │   │
//!                                                            └─┘                          acknowledged ◀┘   ▼
//!                                                                                          Provisioned   Unrestarted
//! ```
//!
//! Each call is tried again when nobody answers, with a wait before; a call that was lost with the connection is made again
//! without counting. A node that starts anew before it is configured is asked for its request again. What the node says
//! itself is final, but for two texts: a wrong token leads to the next token, a lock
//! that somebody else holds ends the work without blame. Once `configure` was acknowledged the node is never given up:
//! whatever goes wrong then ends as [`End::Unrestarted`], and the table asks for the restart again.

mod dress;
mod reply;
mod request;
mod state;
mod step;

use std::time::Duration;

use muster::report::Chain;

use crate::config::Reissue;
use crate::helper::Blame;
use crate::helper::Case;
use crate::helper::Decision;
use crate::helper::HelperError;
use crate::journal::Holder;
use crate::journal::SessionId;
use crate::table::End;
use crate::vetting;

pub use reply::Reply;
pub use request::Action;
pub use request::Call;
pub use request::inventory;
pub(crate) use request::restart;
use state::Signing;
use state::State;
use state::configured;
use state::ended;
use state::failed;
use state::finished;
use state::fresh;
use state::in_doubt;
use state::unexpected;
use state::unrestarted;
pub use step::Approval;
pub use step::Brief;
pub use step::Configured;
pub use step::Event;
pub use step::Finish;
pub use step::Step;

/// The work on one node.
#[derive(Debug)]
pub struct Session {
    brief: Brief,
    token: usize,
    tries: u32,
    /// How often the node started anew meanwhile.
    anew: u32,
    state: State,
}

impl Session {
    /// Work that has not begun.
    #[must_use]
    pub const fn new(brief: Brief) -> Self {
        Self {
            brief,
            token: 0,
            tries: 0,
            anew: 0,
            state: State::Fresh,
        }
    }

    /// The name of the step that is being waited for, for people.
    #[must_use]
    pub const fn at(&self) -> &'static str {
        match self.state {
            State::Fresh => "begin",
            State::Requesting => "gencsr",
            State::Opening { .. } => "session",
            State::Deciding { .. } => "helper",
            State::Stopping { .. } => "shutdown",
            State::Configuring { .. } => "configure",
            State::Recording { .. } => "record",
            State::Restarting { .. } => "restart",
            State::Ended(_) => "end",
        }
    }

    /// Whether the work may be broken off here: nothing was sent that the node keeps.
    #[must_use]
    pub const fn may_stop(&self) -> bool {
        match self.state {
            State::Fresh
            | State::Requesting
            | State::Opening { .. }
            | State::Deciding { .. }
            | State::Stopping { .. } => true,
            State::Configuring { in_doubt, .. } => !in_doubt,
            State::Recording { .. } | State::Restarting { .. } | State::Ended(_) => false,
        }
    }

    /// Whether the node has said nothing yet that shows that it is still there.
    #[must_use]
    pub fn awaits_first_answer(&self) -> bool {
        match self.state {
            State::Requesting => true,
            // without certificates this is the first call; whoever is asked again gets the same once more
            State::Configuring { .. } => !self.brief.config.pki,
            State::Fresh
            | State::Opening { .. }
            | State::Deciding { .. }
            | State::Stopping { .. }
            | State::Recording { .. }
            | State::Restarting { .. }
            | State::Ended(_) => false,
        }
    }

    /// Whether a node that starts anew is asked for its request again: what is being made for it belongs to a key that it
    /// may have lost. A node that is configured and restarted with another key is never seen again.
    ///
    /// Events of a start can be forged, so only the first few count: they delay a node and do not keep it out.
    #[must_use]
    pub const fn starts_over(&self) -> bool {
        let key_in_use = match self.state {
            State::Deciding { .. } | State::Configuring { .. } => true,
            State::Fresh
            | State::Requesting
            | State::Opening { .. }
            | State::Stopping { .. }
            | State::Recording { .. }
            | State::Restarting { .. }
            | State::Ended(_) => false,
        };
        key_in_use && self.anew < STARTS
    }

    /// What to do after an event; `now` in seconds since 1970.
    #[must_use]
    pub fn on(mut self, event: Event, now: i64) -> (Self, Step) {
        let state = std::mem::replace(&mut self.state, State::Fresh);
        let (state, step) = match event {
            Event::TimeUp => Self::given_up(state, Lateness::TimeUp),
            Event::CutOff => Self::given_up(state, Lateness::CutOff),
            Event::Stopped => Self::given_up(state, Lateness::Stopped),
            Event::Silent => self.again(in_doubt(state)),
            Event::Lost => self.call(in_doubt(state)),
            Event::Waited => self.call(state),
            Event::Impossible { error } => Self::uncallable(state, error),
            Event::Begun => self.begin(state),
            Event::Answered(reply) => self.answered(state, &reply),
            Event::Opened { session, holder } => self.opened(state, session, holder.as_ref(), now),
            Event::NotOpened { error } => Self::unopened(state, error),
            Event::Decided(decision) => self.decided(state, decision, now),
            Event::Recorded => self.recorded(state),
            Event::StartedAnew => self.over(state),
        };
        self.state = state;
        (self, step)
    }

    fn begin(&self, state: State) -> (State, Step) {
        match state {
            State::Fresh if self.brief.config.pki => self.call(State::Requesting),
            State::Fresh => (State::Opening { signing: None }, Step::Open { key: NO_KEY }),
            state => unexpected(state, "begun twice"),
        }
    }

    /// What was learned of the node belonged to an earlier start of it.
    fn over(&mut self, state: State) -> (State, Step) {
        match state {
            State::Deciding { .. } | State::Configuring { .. } => {
                self.anew = self.anew.saturating_add(1);
                self.tries = 0;
                self.begin(State::Fresh)
            }
            State::Fresh
            | State::Requesting
            | State::Opening { .. }
            | State::Stopping { .. }
            | State::Recording { .. }
            | State::Restarting { .. }
            | State::Ended(_) => unexpected(state, "nothing was lost with that start"),
        }
    }

    /// Makes the call that belongs to the state.
    fn call(&self, state: State) -> (State, Step) {
        let token = self.brief.config.tokens.get(self.token);
        let call = match &state {
            State::Requesting => {
                request::gencsr(token, &self.brief.identity, &self.brief.config.csr)
            }
            State::Stopping { .. } => request::shutdown(token),
            State::Configuring { dressing, .. } => {
                match request::configure(token, &dressing.outfit, &dressing.ssldir) {
                    Ok(call) => call,
                    Err(err) => return failed(err.to_string()),
                }
            }
            State::Restarting { .. } => restart(token),
            State::Fresh
            | State::Opening { .. }
            | State::Deciding { .. }
            | State::Recording { .. }
            | State::Ended(_) => return unexpected(state, "no call belongs here"),
        };
        (state, Step::Call(call))
    }

    /// Nobody answered: the same call again after a wait, as long as tries are left.
    fn again(&mut self, state: State) -> (State, Step) {
        let (action, tries) = match &state {
            State::Requesting => (Action::Gencsr, GENCSR_TRIES),
            State::Stopping { .. } => (Action::Shutdown, SHUTDOWN_TRIES),
            State::Configuring { .. } => (Action::Configure, CONFIGURE_TRIES),
            State::Restarting { .. } => (Action::Restart, RESTART_TRIES),
            State::Fresh
            | State::Opening { .. }
            | State::Deciding { .. }
            | State::Recording { .. }
            | State::Ended(_) => return unexpected(state, "nobody was called"),
        };
        self.tries = self.tries.saturating_add(1);
        if self.tries < tries {
            return (state, Step::Wait(pause(self.tries)));
        }
        let error = format!("{action} was not answered, {tries} tries");
        match state {
            State::Restarting { becomes } => unrestarted(becomes, error),
            State::Fresh
            | State::Requesting
            | State::Opening { .. }
            | State::Deciding { .. }
            | State::Stopping { .. }
            | State::Configuring { .. }
            | State::Recording { .. }
            | State::Ended(_) => failed(error),
        }
    }

    fn uncallable(state: State, error: String) -> (State, Step) {
        match state {
            State::Recording { becomes } | State::Restarting { becomes } => {
                unrestarted(becomes, error)
            }
            State::Ended(finish) => finished(finish),
            State::Fresh
            | State::Requesting
            | State::Opening { .. }
            | State::Deciding { .. }
            | State::Stopping { .. }
            | State::Configuring { .. } => failed(error),
        }
    }

    fn answered(&mut self, state: State, reply: &Reply) -> (State, Step) {
        self.tries = 0;
        match state {
            State::Requesting => match reply.accepted(Action::Gencsr) {
                Ok(()) => self.requested(reply),
                Err(refusal) => self.refused(State::Requesting, &refusal),
            },
            State::Configuring { dressing, .. } => match reply.accepted(Action::Configure) {
                Ok(()) => configured(*dressing),
                Err(refusal) => self.refused(fresh(dressing), &refusal),
            },
            State::Restarting { becomes } => match reply.accepted(Action::Restart) {
                Ok(()) => ended(End::Provisioned { becomes }),
                Err(reply::Refusal::WrongToken) if self.next_token() => {
                    self.call(State::Restarting { becomes })
                }
                Err(refusal) => unrestarted(becomes, refusal.to_string()),
            },
            State::Stopping { message } => match reply.accepted(Action::Shutdown) {
                Ok(()) => ended(End::Shutdown { message }),
                Err(refusal) => self.refused(State::Stopping { message }, &refusal),
            },
            state @ (State::Fresh
            | State::Opening { .. }
            | State::Deciding { .. }
            | State::Recording { .. }
            | State::Ended(_)) => unexpected(state, "nobody was called"),
        }
    }

    fn refused(&mut self, state: State, refusal: &reply::Refusal) -> (State, Step) {
        match refusal {
            reply::Refusal::WrongToken if self.next_token() => self.call(state),
            reply::Refusal::WrongToken => failed(match self.brief.config.tokens.len() {
                1 => "the node does not accept the token".to_owned(),
                several => format!("the node accepts none of {several} tokens"),
            }),
            reply::Refusal::Locked => ended(End::Locked),
            reply::Refusal::Said { .. } => failed(refusal.to_string()),
        }
    }

    fn next_token(&mut self) -> bool {
        let more = self.token.saturating_add(1) < self.brief.config.tokens.len();
        if more {
            self.token = self.token.saturating_add(1);
        }
        more
    }

    fn requested(&self, reply: &Reply) -> (State, Step) {
        let reply = match reply.csr() {
            Ok(reply) => reply,
            Err(err) => return failed(err.to_string()),
        };
        let rules = &self.brief.config.names;
        let vetted =
            vetting::csr::check(&reply.csr, &self.brief.identity, rules).and_then(|vetted| {
                vetting::csr::check_public_key(&vetted, &reply.public_key).map(|()| vetted)
            });
        match vetted {
            Ok(vetted) => {
                let key = vetted.key_digest;
                let signing = Some(Box::new(Signing { reply, vetted }));
                (State::Opening { signing }, Step::Open { key })
            }
            Err(err) => failed(Chain(&err).to_string()),
        }
    }

    fn opened(
        &self,
        state: State,
        session: SessionId,
        holder: Option<&Holder>,
        now: i64,
    ) -> (State, Step) {
        let State::Opening { signing } = state else {
            return unexpected(state, "no session was asked for");
        };
        let key = signing
            .as_ref()
            .map_or(NO_KEY, |signing| signing.vetted.key_digest);
        let stranger = holder.filter(|holder| holder.key_digest != key && holder.not_after > now);
        if let Some(holder) = stranger.filter(|_| self.brief.approval == Approval::None) {
            let why = format!(
                "this identity holds a certificate with another key until {}",
                date(holder.not_after)
            );
            match self.brief.config.admission.reissue {
                Reissue::Allow => {}
                Reissue::Ask => return ended(End::NeedsApproval { why }),
                Reissue::Refuse => return ended(End::Refused { why }),
            }
        }
        let case = Case {
            session: session.clone(),
            identity: self.brief.identity.clone(),
            csr: signing.as_ref().map(|signing| signing.reply.clone()),
            inventory: self.brief.inventory.clone(),
        };
        (
            State::Deciding { session, signing },
            Step::Decide(Box::new(case)),
        )
    }

    fn unopened(state: State, error: String) -> (State, Step) {
        match state {
            State::Opening { .. } => finished(Finish {
                end: End::Interrupted,
                site_fault: Some(error),
                helper_failed: false,
            }),
            state => unexpected(state, "no session was asked for"),
        }
    }

    fn decided(
        &self,
        state: State,
        decision: Result<Decision, HelperError>,
        now: i64,
    ) -> (State, Step) {
        let State::Deciding { session, signing } = state else {
            return unexpected(state, "the helper was not asked");
        };
        match decision {
            Err(err) => finished(match err.blame {
                Blame::Site => Finish {
                    end: End::Interrupted,
                    site_fault: Some(err.reason),
                    helper_failed: true,
                },
                Blame::Case => Finish {
                    end: End::Failed { error: err.reason },
                    site_fault: None,
                    helper_failed: true,
                },
            }),
            Ok(Decision::Defer {
                message,
                retry_after,
            }) => ended(End::Deferred {
                message,
                retry_after,
            }),
            Ok(Decision::Shutdown { message }) => self.call(State::Stopping { message }),
            Ok(Decision::Configure(outfit)) => {
                self.dress(session, signing.as_deref(), *outfit, now)
            }
        }
    }

    /// Whether the journal could be written or not: a configured node is restarted.
    fn recorded(&self, state: State) -> (State, Step) {
        match state {
            State::Recording { becomes } => self.call(State::Restarting { becomes }),
            state => unexpected(state, "nothing was to be recorded"),
        }
    }

    /// A configured node is left to the table, which asks for its restart again; all other work ends.
    fn given_up(state: State, why: Lateness) -> (State, Step) {
        let error = match why {
            Lateness::TimeUp => "took longer than a node may",
            Lateness::CutOff => "the broker was away for too long",
            Lateness::Stopped => "the provisioner was paused",
        };
        match (state, why) {
            (State::Ended(finish), _) => finished(finish),
            (State::Recording { becomes } | State::Restarting { becomes }, _) => {
                unrestarted(becomes, error.to_owned())
            }
            (_, Lateness::TimeUp) => failed(error.to_owned()),
            (_, Lateness::CutOff | Lateness::Stopped) => ended(End::Interrupted),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Lateness {
    TimeUp,
    CutOff,
    Stopped,
}

/// Before the second try 750 ms, then half a second more each time, 5 s at most (spec 05 §6.8).
fn pause(tries: u32) -> Duration {
    Duration::from_millis(500)
        .saturating_mul(tries.saturating_add(1))
        .saturating_sub(Duration::from_millis(250))
        .min(Duration::from_secs(5))
}

fn date(seconds: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(seconds)
        .map_or_else(|_| "the end of time".to_owned(), |at| at.date().to_string())
}

/// Stands for the key where nodes get no certificates.
const NO_KEY: [u8; 32] = [0; 32];
/// The reference tries once; a CSR that got lost costs it the node until the next discovery.
const GENCSR_TRIES: u32 = 3;
const CONFIGURE_TRIES: u32 = 5;
/// A machine that is installed anew starts a time or two.
const STARTS: u32 = 3;
const RESTART_TRIES: u32 = 3;
const SHUTDOWN_TRIES: u32 = 3;

#[cfg(test)]
mod tests;
