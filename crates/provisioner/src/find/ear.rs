//! Reads what is heard: which node, and whether it waits.
//!
//! | subject | what it must be | what it means |
//! |---|---|---|
//! | `choria.lifecycle.event.startup.<component>` | an event of that kind and component | the node waits |
//! | `choria.lifecycle.event.startup.server` | an event of that kind and component | the node is in production |
//! | `provisioning.registration.data` | a request for the agent `registration` | its sender waits |
//! | `choria.provisioning_data` | the same, from older nodes | its sender waits |
//!
//! Another lifecycle subject, should somebody subscribe to it, is read as well and means nothing to the provisioner. An
//! event that is not what its subject says is refused: brokers give permissions by subject, so the subject is what the
//! sender was allowed to say. Where the configured component is `server` itself, its startup means that the node waits,
//! and nobody is ever seen in production.

use muster::protocol::Malformed;
use muster::protocol::Request;
use muster::protocol::lifecycle;
use muster::protocol::names::Identity;
use muster::protocol::v1;

use crate::table::Source;

/// Reads what is heard.
#[derive(Debug, Clone)]
pub struct Ear {
    waiting: String,
}

/// A node that was heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Which one.
    pub identity: Identity,
    /// Where it is.
    pub kind: SightingKind,
}

/// Where a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SightingKind {
    /// It waits to be provisioned.
    Waiting(Source),
    /// It started in production.
    InProduction,
    /// It said something that the provisioner does not act on.
    Other,
}

/// Why something that was heard is no sighting. The texts carry no bytes of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refused {
    /// It is not what the subject carries.
    #[error("the message is not one that its subject carries")]
    Malformed,
    /// The name of the node is none.
    #[error("the message names no valid identity")]
    Identity,
    /// It is well-formed, and something else than its subject says, or the subject is not one of ours.
    #[error("the message is of another kind than its subject says")]
    Kind,
    /// It is larger than any message of its kind.
    #[error("the message is too large")]
    Size,
}

impl Refused {
    /// Every reason, for whoever counts them.
    pub const ALL: [Self; 4] = [Self::Malformed, Self::Identity, Self::Kind, Self::Size];

    /// The reason as a label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Identity => "identity",
            Self::Kind => "kind",
            Self::Size => "size",
        }
    }
}

/// The subjects to subscribe to; `component` as in [`Ear::new`].
#[must_use]
pub fn subscriptions(component: &str) -> Vec<String> {
    let mut subjects = vec![startup_of(component), startup_of(PRODUCTION)];
    subjects.dedup();
    subjects.extend(REGISTRATION.map(str::to_owned));
    subjects
}

impl Ear {
    /// An ear for nodes that wait as this component: the configured one, which is a single token of a subject.
    #[must_use]
    pub fn new(component: &str) -> Self {
        Self {
            waiting: startup_of(component),
        }
    }

    /// What a message on this subject says.
    ///
    /// # Errors
    ///
    /// [`Refused`] for anything that is not what the subject carries, and for subjects that carry nothing of interest.
    pub fn hear(&self, subject: &str, payload: &[u8]) -> Result<Sighting, Refused> {
        if REGISTRATION.contains(&subject) {
            return registered(payload);
        }
        if !subject.starts_with(EVENTS) {
            return Err(Refused::Kind);
        }
        let heard = lifecycle::decode(payload).map_err(|err| of_event(&err))?;
        let said = format!("{EVENTS}{}.{}", heard.kind.as_str(), heard.component);
        if said != subject {
            return Err(Refused::Kind);
        }
        let kind = if said == self.waiting {
            SightingKind::Waiting(Source::Startup)
        } else if said == startup_of(PRODUCTION) {
            SightingKind::InProduction
        } else {
            SightingKind::Other
        };
        Ok(Sighting {
            identity: heard.identity,
            kind,
        })
    }
}

/// Who registered. The data itself is not used; the sender of the request counts and not the transport's header, which
/// nothing ties to the request.
fn registered(payload: &[u8]) -> Result<Sighting, Refused> {
    let request = request(payload).map_err(|err| of_message(&err))?;
    let identity = Identity::new(request.sender.as_str()).map_err(|_| Refused::Identity)?;
    if request.agent.as_str() != AGENT {
        return Err(Refused::Kind);
    }
    Ok(Sighting {
        identity,
        kind: SightingKind::Waiting(Source::Registration),
    })
}

fn request(payload: &[u8]) -> Result<Request, Malformed> {
    let transport = v1::Transport::decode(payload)?;
    // whether it is signed does not matter: a node that waits has no certificate that means anything here
    let secure = v1::SecureRequest::decode(&transport.data)?;
    v1::decode_request(&secure.message)
}

const fn of_event(err: &lifecycle::Malformed) -> Refused {
    match err {
        lifecycle::Malformed::TooLarge { .. } => Refused::Size,
        lifecycle::Malformed::Identity(_) => Refused::Identity,
        // every other reason, those that the library may add included
        _ => Refused::Malformed,
    }
}

fn of_message(err: &Malformed) -> Refused {
    match err {
        Malformed::TooLarge { .. } => Refused::Size,
        Malformed::Field { field, .. } if *field == SENDER => Refused::Identity,
        // every other reason, those that the library may add included
        _ => Refused::Malformed,
    }
}

fn startup_of(component: &str) -> String {
    format!("{EVENTS}startup.{component}")
}

const EVENTS: &str = "choria.lifecycle.event.";
/// The component of nodes in production.
const PRODUCTION: &str = "server";
/// Where nodes announce that they started in production.
pub const PRODUCTION_STARTUP: &str = "choria.lifecycle.event.startup.server";
/// Where nodes that wait register: the current subject and the one of older nodes.
const REGISTRATION: [&str; 2] = ["provisioning.registration.data", "choria.provisioning_data"];
const AGENT: &str = "registration";
/// The field of a request that names its sender.
const SENDER: &str = "senderid";

#[cfg(test)]
mod tests;
