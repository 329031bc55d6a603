//! The calls of an onboarding, with the reference's exact arguments (spec 05 §6.1).

use std::fmt;

use muster::secret::Secret;
use serde_json::Map;
use serde_json::Value;

use crate::config::SubjectFields;
use crate::helper::Outfit;

/// An action that takes part in an onboarding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// `rpcutil#inventory`.
    Inventory,
    /// `choria_provision#gencsr`.
    Gencsr,
    /// `choria_provision#configure`.
    Configure,
    /// `choria_provision#restart`.
    Restart,
    /// `choria_provision#shutdown`.
    Shutdown,
}

/// One call.
#[derive(Clone)]
pub struct Call {
    /// What is called.
    pub action: Action,
    /// Its inputs; they may hold a token and passwords.
    pub data: Map<String, Value>,
}

/// A configuration that cannot be written as JSON text.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the configuration as JSON")]
pub(super) struct Unwritable(#[source] serde_json::Error);

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}

impl Action {
    /// The agent.
    #[must_use]
    pub const fn agent(self) -> &'static str {
        match self {
            Self::Inventory => "rpcutil",
            Self::Gencsr | Self::Configure | Self::Restart | Self::Shutdown => "choria_provision",
        }
    }

    /// The action's own name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Gencsr => "gencsr",
            Self::Configure => "configure",
            Self::Restart => "restart",
            Self::Shutdown => "shutdown",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.agent(), self.name())
    }
}

/// The request for the inventory, which needs no token.
#[must_use]
pub fn inventory() -> Call {
    Call {
        action: Action::Inventory,
        data: Map::new(),
    }
}

pub(super) fn gencsr(
    token: Option<&Secret<String>>,
    cn: &muster::protocol::names::Identity,
    subject: &SubjectFields,
) -> Call {
    let mut call = authorized(Action::Gencsr, token);
    call.set("cn", cn.as_str());
    let fields = [
        ("C", &subject.country),
        ("L", &subject.locality),
        ("O", &subject.organization),
        ("OU", &subject.unit),
        ("ST", &subject.state),
    ];
    for (name, value) in fields {
        if !value.is_empty() {
            call.set(name, value.as_str());
        }
    }
    call
}

/// Every key is always there, as peers expect it (spec 04 §13).
pub(super) fn configure(
    token: Option<&Secret<String>>,
    outfit: &Outfit,
    ssldir: &str,
) -> Result<Call, Unwritable> {
    let config = serde_json::to_string(&outfit.configuration).map_err(Unwritable)?;
    let mut call = authorized(Action::Configure, token);
    call.set("config", config);
    call.set("ca", outfit.ca.as_str());
    call.set("certificate", outfit.certificate.as_str());
    call.set("ssldir", ssldir);
    for unused in ["key", "ecdh_public", "server_jwt"] {
        call.set(unused, "");
    }
    let texts = |files: &std::collections::BTreeMap<String, String>| {
        let texts = files
            .iter()
            .map(|(name, text)| (name.clone(), Value::from(text.as_str())));
        Value::Object(texts.collect())
    };
    call.set("action_policies", texts(&outfit.action_policies));
    call.set("opa_policies", texts(&outfit.opa_policies));
    Ok(call)
}

/// `splay: 1` leaves the node two seconds to answer.
pub(crate) fn restart(token: Option<&Secret<String>>) -> Call {
    let mut call = authorized(Action::Restart, token);
    call.set("splay", 1);
    call
}

pub(super) fn shutdown(token: Option<&Secret<String>>) -> Call {
    authorized(Action::Shutdown, token)
}

fn authorized(action: Action, token: Option<&Secret<String>>) -> Call {
    let mut call = Call {
        action,
        data: Map::new(),
    };
    call.set("token", token.map_or("", |token| token.expose().as_str()));
    call
}

impl Call {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.data.insert(name.to_owned(), value.into());
    }
}
