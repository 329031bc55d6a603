//! What a node's reply means.

use muster::protocol::body::RpcReply;
use muster::protocol::body::StatusCode;
use serde_json::Map;
use serde_json::Value;

use super::request::Action;
use crate::helper::CsrReply;
use crate::table::LONGEST;
use crate::table::one_line;

/// The reply to a call, from the node that was called.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// Whether it did what was asked.
    pub status: StatusCode,
    /// What it says about that; it may be anything.
    pub message: String,
    /// What was asked for.
    pub data: Map<String, Value>,
}

/// Why a node did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// Its token is another one.
    #[error("the node does not accept the token")]
    WrongToken,
    /// Another provisioner holds its lock.
    #[error("another provisioner works on the node")]
    Locked,
    /// It said so.
    #[error("the node refused {action}: {message} ({code})")]
    Said {
        /// What was asked.
        action: Action,
        /// Its own words, cut.
        message: String,
        /// Its status code.
        code: u8,
    },
}

/// A reply that lacks what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the reply to {action} has no text '{field}'")]
pub(super) struct Incomplete {
    action: Action,
    field: &'static str,
}

impl Incomplete {
    const fn of(field: &'static str) -> Self {
        Self {
            action: Action::Gencsr,
            field,
        }
    }
}

impl From<RpcReply> for Reply {
    fn from(reply: RpcReply) -> Self {
        Self {
            status: reply.statuscode,
            message: reply.statusmsg,
            data: match reply.data {
                Value::Object(data) => data,
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_) => Map::new(),
            },
        }
    }
}

impl Reply {
    /// Nothing when the node did what was asked. The texts are those of spec 04 §3 and §4.
    pub(super) fn accepted(&self, action: Action) -> Result<(), Refusal> {
        let code = match self.status {
            StatusCode::Ok => return Ok(()),
            StatusCode::Aborted => 1,
            StatusCode::UnknownAction => 2,
            StatusCode::MissingData => 3,
            StatusCode::InvalidData => 4,
            StatusCode::UnknownError => 5,
        };
        Err(match self.message.as_str() {
            "Incorrect provision token supplied" => Refusal::WrongToken,
            "Could not obtain provisioning lock" => Refusal::Locked,
            message => Refusal::Said {
                action,
                message: one_line(message, LONGEST),
                code,
            },
        })
    }

    /// Why the node did not do what was asked.
    pub(crate) fn refusal(&self, action: Action) -> Option<String> {
        self.accepted(action)
            .err()
            .map(|refusal| refusal.to_string())
    }

    /// The data of `gencsr`. The oldest agents say nothing but the CSR and the directory.
    pub(super) fn csr(&self) -> Result<CsrReply, Incomplete> {
        Ok(CsrReply {
            csr: self.text("csr")?.ok_or(Incomplete::of("csr"))?,
            public_key: self.text("public_key")?.unwrap_or_default(),
            ssldir: self.text("ssldir")?.unwrap_or_default(),
        })
    }

    fn text(&self, field: &'static str) -> Result<Option<String>, Incomplete> {
        match self.data.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Err(Incomplete::of(field))
            }
        }
    }
}
