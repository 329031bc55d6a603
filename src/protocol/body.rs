//! The RPC documents inside a request or reply (spec 01 §6).

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use super::Layer;
use super::Malformed;
use super::Object;
use super::encoding::from_base64;

/// Body of an RPC request. Other members that old clients send (`caller`, `ttl`, …) are ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RpcRequest {
    /// Agent the body is for; must be the envelope's.
    #[serde(default)]
    pub agent: String,
    /// Action to run.
    #[serde(default)]
    pub action: String,
    /// Inputs of the action; missing or null means none.
    #[serde(default = "no_inputs", deserialize_with = "null_is_empty")]
    pub data: Value,
}

impl RpcRequest {
    /// Reads the payload of a request.
    ///
    /// # Errors
    ///
    /// [`Malformed::Json`] when the payload is not an RPC document.
    pub fn decode(payload: &[u8]) -> Result<Self, Malformed> {
        read(payload)
    }

    /// The document as JSON.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Status of an RPC reply (spec 01 §6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusCode {
    /// 0
    Ok,
    /// 1: the action could not run, authorization and business errors included.
    Aborted,
    /// 2
    UnknownAction,
    /// 3
    MissingData,
    /// 4: unparsable or invalid input.
    InvalidData,
    /// 5
    UnknownError,
}

impl StatusCode {
    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Aborted => 1,
            Self::UnknownAction => 2,
            Self::MissingData => 3,
            Self::InvalidData => 4,
            Self::UnknownError => 5,
        }
    }

    /// The status of a number on the wire; a number that nobody defined is an unknown error.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Ok,
            1 => Self::Aborted,
            2 => Self::UnknownAction,
            3 => Self::MissingData,
            4 => Self::InvalidData,
            _ => Self::UnknownError,
        }
    }
}

impl Serialize for StatusCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.code())
    }
}

impl<'de> Deserialize<'de> for StatusCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u8::deserialize(deserializer).map(Self::from_code)
    }
}

/// Body of an RPC reply; all four members are always present.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RpcReply {
    /// Action that ran, empty when the request could not be read.
    #[serde(default)]
    pub action: String,
    /// How it went.
    pub statuscode: StatusCode,
    /// `OK`, or why it failed.
    #[serde(default)]
    pub statusmsg: String,
    /// Outputs of the action.
    #[serde(default)]
    pub data: Value,
}

impl RpcReply {
    /// A successful reply.
    #[must_use]
    pub fn ok(action: &str, data: Map<String, Value>) -> Self {
        Self {
            action: action.to_owned(),
            statuscode: StatusCode::Ok,
            statusmsg: "OK".to_owned(),
            data: data.into(),
        }
    }

    /// A failed reply: a reason and no data.
    #[must_use]
    pub fn failed(action: &str, statuscode: StatusCode, statusmsg: impl Into<String>) -> Self {
        Self {
            action: action.to_owned(),
            statuscode,
            statusmsg: statusmsg.into(),
            data: Map::new().into(),
        }
    }

    /// Reads the body of a reply.
    ///
    /// # Errors
    ///
    /// [`Malformed::Json`] when the body is not an RPC document.
    pub fn decode(body: &[u8]) -> Result<Self, Malformed> {
        read(body)
    }

    /// The document as JSON, members in the order that the reference writes them.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Undoes the optional base64 of a request body: decoded when the whole of it decodes, as it is otherwise.
#[must_use]
pub fn decode_body(body: &[u8]) -> Vec<u8> {
    if body.is_empty() {
        return Vec::new();
    }
    from_base64(body).unwrap_or_else(|_| body.to_vec())
}

/// Whether the payload of a request to agent `discovery` asks for a `pong`.
///
/// Three forms occur (spec 01 §6.3): base64 of `ping`, the JSON string `"ping"` and bare `ping`. The last is by
/// accident valid base64 itself, so the body as it came is looked at too.
#[must_use]
pub fn is_ping(body: &[u8]) -> bool {
    let contains = |bytes: &[u8]| bytes.windows(4).any(|window| window == b"ping");
    contains(body) || contains(&decode_body(body))
}

fn read<'de, T: Deserialize<'de>>(document: &'de [u8]) -> Result<T, Malformed> {
    let Object(value) = serde_json::from_slice(document).map_err(|err| Malformed::Json {
        layer: Layer::Body,
        err,
    })?;
    Ok(value)
}

fn no_inputs() -> Value {
    Map::new().into()
}

fn null_is_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(if value.is_null() {
        Map::new().into()
    } else {
        value
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recorded_form_of_a_ping_is_a_ping() {
        for body in ["cGluZw==", "ping", "\"ping\""] {
            assert!(is_ping(body.as_bytes()), "{body}");
        }
        assert!(!is_ping(b"cG9uZw=="));
    }

    #[test]
    fn a_body_that_is_not_base64_is_taken_as_it_is() {
        assert_eq!(
            decode_body(br#"{"agent":"rpcutil"}"#),
            br#"{"agent":"rpcutil"}"#
        );
        assert_eq!(decode_body(b"eyJhIjoxfQ=="), br#"{"a":1}"#);
        assert_eq!(decode_body(b"eyJh\nIjoxfQ==\n"), br#"{"a":1}"#);
    }

    #[test]
    fn missing_and_null_data_mean_no_inputs() {
        for text in [
            r#"{"agent":"a","action":"b"}"#,
            r#"{"agent":"a","action":"b","data":null}"#,
        ] {
            assert_eq!(
                RpcRequest::decode(text.as_bytes()).unwrap().data,
                Value::Object(Map::new()),
                "{text}"
            );
        }
    }
}
