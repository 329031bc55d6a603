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
//! without counting. A node that starts anew before it is configured is asked for its request again. What the node says itself is final, but for two texts: a wrong token leads to the next token, a lock
//! that somebody else holds ends the work without blame. Once `configure` was acknowledged the node is never given up:
//! whatever goes wrong then ends as [`End::Unrestarted`], and the table asks for the restart again.

mod reply;
mod request;

use std::sync::Arc;
use std::time::Duration;

use muster::protocol::names::Identity;
use muster::report::Chain;

use crate::config::Config;
use crate::config::Reissue;
use crate::helper::Blame;
use crate::helper::Case;
use crate::helper::CsrReply;
use crate::helper::Decision;
use crate::helper::HelperError;
use crate::helper::Outfit;
use crate::inventory::Inventory;
use crate::journal::Holder;
use crate::journal::SessionId;
use crate::table::End;
use crate::vetting;
use crate::vetting::certificate::VettedCertificate;
use crate::vetting::csr::VettedCsr;

pub use reply::Reply;
pub use request::Action;
pub use request::Call;
pub use request::inventory;
pub(crate) use request::restart;

/// What came of a step.
#[derive(Debug)]
pub enum Event {
    /// The work begins.
    Begun,
    /// The node answered the call.
    Answered(Reply),
    /// The node did not answer in time.
    Silent,
    /// The connection was lost while the answer was waited for; it stands again.
    Lost,
    /// The call cannot be made at all.
    Impossible {
        /// Why.
        error: String,
    },
    /// The journal has a session for this node and key.
    Opened {
        /// Its id.
        session: SessionId,
        /// The certificate that the identity holds already.
        holder: Option<Holder>,
    },
    /// The journal has not.
    NotOpened {
        /// Why.
        error: String,
    },
    /// The helper decided, or not.
    Decided(Result<Decision, HelperError>),
    /// The journal knows that the node is configured, or it could not be written.
    Recorded,
    /// The wait is over.
    Waited,
    /// The node took longer than any node may.
    TimeUp,
    /// The provisioner is paused or ends.
    Stopped,
    /// The node's process began anew and waits: a key that it told about earlier may be gone with the machine it was on.
    StartedAnew,
}

/// What is to be done.
#[derive(Debug)]
pub enum Step {
    /// Call the node once.
    Call(Call),
    /// Wait about so long.
    Wait(Duration),
    /// Open a session in the journal for this key.
    Open {
        /// Digest of the public key; zeros where there is none.
        key: [u8; 32],
    },
    /// Ask the helper.
    Decide(Box<Case>),
    /// Write down that the node is configured.
    Record(Configured),
    /// Nothing more.
    End(Finish),
}

/// What the journal keeps of a configured node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// The session that ends.
    pub session: SessionId,
    /// The node's name in production.
    pub becomes: Identity,
    /// Digest of its public key; zeros where there is none.
    pub key: [u8; 32],
    /// Until when its certificate is good, in seconds since 1970.
    pub not_after: Option<i64>,
}

/// How the work ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    /// For the table.
    pub end: End,
    /// A fault of the site, which no other node would escape.
    pub site_fault: Option<String>,
    /// The helper failed for this node.
    pub helper_failed: bool,
}

/// What does not change while a node is worked on.
#[derive(Debug, Clone)]
pub struct Brief {
    /// The configuration in force when the work began.
    pub config: Arc<Config>,
    /// The node.
    pub identity: Identity,
    /// What it told about itself.
    pub inventory: Inventory,
    /// A person approved that it gets another certificate.
    pub approval: Approval,
}

/// Whether a person approved another certificate for an identity that holds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// Yes.
    Given,
    /// Nobody was asked, or nobody answered.
    None,
}

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

#[derive(Debug)]
enum State {
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
struct Signing {
    reply: CsrReply,
    vetted: VettedCsr,
}

/// What the node is about to become.
#[derive(Debug)]
struct Dressing {
    session: SessionId,
    key: [u8; 32],
    not_after: Option<i64>,
    becomes: Identity,
    outfit: Outfit,
    ssldir: String,
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

    /// Everything about the outfit is judged before anything of it is sent.
    fn dress(
        &self,
        session: SessionId,
        signing: Option<&Signing>,
        outfit: Outfit,
        now: i64,
    ) -> (State, Step) {
        let becomes = match outfit.configuration.get("identity") {
            None => self.brief.identity.clone(),
            Some(name) => match Identity::new(name.as_str()) {
                Ok(name) => name,
                Err(err) => return spoiled(format!("the helper's identity is {err}")),
            },
        };
        if outfit.key.is_some() {
            return spoiled(NO_EXCHANGE.to_owned());
        }
        let certificate = match self.certified(signing, &outfit, &becomes, now) {
            Ok(certificate) => certificate,
            Err(error) => return spoiled(error),
        };
        let said = signing.map_or("", |signing| signing.reply.ssldir.as_str());
        let ssldir = if said.is_empty() {
            &outfit.ssldir
        } else {
            said
        };
        self.call(fresh(Box::new(Dressing {
            session,
            key: signing.map_or(NO_KEY, |signing| signing.vetted.key_digest),
            not_after: certificate.map(|certificate| certificate.not_after),
            becomes,
            ssldir: ssldir.to_owned(),
            outfit,
        })))
    }

    fn certified(
        &self,
        signing: Option<&Signing>,
        outfit: &Outfit,
        becomes: &Identity,
        now: i64,
    ) -> Result<Option<VettedCertificate>, String> {
        match (signing, outfit.certificate.is_empty()) {
            (_, true) if outfit.ca.is_empty() => Ok(None),
            (_, true) => Err("the helper gave a CA and no certificate".to_owned()),
            (None, false) => Err("the helper gave a certificate that nobody asked for".to_owned()),
            (Some(signing), false) => {
                let certificate = vetting::certificate::check(
                    &outfit.certificate,
                    &outfit.ca,
                    &signing.vetted,
                    becomes,
                    now,
                )
                .map_err(|err| Chain(&err).to_string())?;
                // a node that is renamed may keep a certificate under its old name (design §5)
                if !certificate.names_fit && *becomes == self.brief.identity {
                    let names = certificate.names.join(", ");
                    return Err(format!("the certificate is for {names}, not for {becomes}"));
                }
                Ok(Some(certificate))
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
            Lateness::Stopped => "the provisioner was paused",
        };
        match (state, why) {
            (State::Ended(finish), _) => finished(finish),
            (State::Recording { becomes } | State::Restarting { becomes }, _) => {
                unrestarted(becomes, error.to_owned())
            }
            (_, Lateness::TimeUp) => failed(error.to_owned()),
            (_, Lateness::Stopped) => ended(End::Interrupted),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Lateness {
    TimeUp,
    Stopped,
}

const fn fresh(dressing: Box<Dressing>) -> State {
    State::Configuring {
        dressing,
        in_doubt: false,
    }
}

/// The request may have arrived and only the answer been lost.
fn in_doubt(state: State) -> State {
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

fn configured(dressing: Dressing) -> (State, Step) {
    let record = Configured {
        session: dressing.session,
        becomes: dressing.becomes.clone(),
        key: dressing.key,
        not_after: dressing.not_after,
    };
    let becomes = dressing.becomes;
    (State::Recording { becomes }, Step::Record(record))
}

fn finished(finish: Finish) -> (State, Step) {
    (State::Ended(finish.clone()), Step::End(finish))
}

fn ended(end: End) -> (State, Step) {
    finished(Finish {
        end,
        site_fault: None,
        helper_failed: false,
    })
}

fn failed(error: String) -> (State, Step) {
    ended(End::Failed { error })
}

/// What the helper gave cannot be sent.
fn spoiled(error: String) -> (State, Step) {
    finished(Finish {
        end: End::Failed { error },
        site_fault: None,
        helper_failed: true,
    })
}

fn unrestarted(becomes: Identity, error: String) -> (State, Step) {
    ended(End::Unrestarted { becomes, error })
}

/// An event that does not belong to the state: a defect of ours. The node does not pay for it with its configuration.
fn unexpected(state: State, what: &str) -> (State, Step) {
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
const NO_EXCHANGE: &str =
    "private key received from helper but server did not start Diffie-Hellman exchange";

#[cfg(test)]
mod tests;
