//! What a line of the record says. The first eight members, their names and their order are those of the reference;
//! `allowed` and `reason` are ours and come after them.
//!
//! Inputs that hold secrets are masked wherever they are nested. Masked are members whose name, in lower case, is
//! `token`, `key`, `server_jwt`, `jwt`, `config`, `pass`, `pin`, `seed`, ends in `_token`, `_key`, `_jwt` or `_seed`, or
//! holds `password`, `passwd`, `passphrase`, `secret` or `credential`.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::protocol::Request;

/// A request and what became of it.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The request.
    pub request: &'a Request,
    /// The action it asks for.
    pub action: &'a str,
    /// Inputs of the action.
    pub data: &'a Value,
    /// When it was judged, microseconds since 1970.
    pub micros: i64,
    /// Why it was denied, if it was.
    pub denied: Option<&'a str>,
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    request_id: &'a str,
    request_time: i64,
    caller: &'a str,
    sender: &'a str,
    agent: &'a str,
    action: &'a str,
    data: Value,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl Record<'_> {
    /// The record as JSON, without an end of line.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        let line = Line {
            timestamp: timestamp(self.micros),
            request_id: self.request.id.as_str(),
            request_time: self.request.time,
            caller: self.request.caller.as_str(),
            sender: self.request.sender.as_str(),
            agent: self.request.agent.as_str(),
            action: self.action,
            data: masked(self.data),
            allowed: self.denied.is_none(),
            reason: self.denied,
        };
        // a map with text keys and without foreign types is always written
        serde_json::to_vec(&line).unwrap_or_default()
    }
}

/// `2023-11-14T22:13:20.123456+0000`
fn timestamp(micros: i64) -> String {
    let form = format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]+0000"
    );
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000)
        .ok()
        .and_then(|time| time.format(form).ok())
        .unwrap_or_default()
}

/// The inputs without their secrets. As deep as the document, whose parser limited it.
fn masked(data: &Value) -> Value {
    match data {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| {
                    let value = if is_secret(name) {
                        MASK.into()
                    } else {
                        masked(value)
                    };
                    (name.clone(), value)
                })
                .collect::<Map<_, _>>(),
        ),
        Value::Array(elements) => elements.iter().map(masked).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => data.clone(),
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    NAMES.contains(&name.as_str())
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        || PARTS.iter().any(|part| name.contains(part))
}

const MASK: &str = "*****";
const NAMES: [&str; 8] = [
    "token",
    "key",
    "server_jwt",
    "jwt",
    "config",
    "pass",
    "pin",
    "seed",
];
const ENDINGS: [&str; 4] = ["_token", "_key", "_jwt", "_seed"];
const PARTS: [&str; 5] = ["password", "passwd", "passphrase", "secret", "credential"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::filter::Filter;

    fn line(data: &Value, denied: Option<&str>) -> String {
        let request = Request {
            id: "e5f0".repeat(8).parse().unwrap(),
            sender: "ops.example.net".parse().unwrap(),
            caller: "choria=rip.mcollective".parse().unwrap(),
            collective: "mcollective".parse().unwrap(),
            agent: "rpcutil".parse().unwrap(),
            ttl: 60,
            time: 1_699_999_999,
            filter: Filter::default(),
            body: Vec::new(),
        };
        let record = Record {
            request: &request,
            action: "ping",
            data,
            micros: 1_700_000_000_123_456,
            denied,
        };
        String::from_utf8(record.line()).unwrap()
    }

    #[test]
    fn the_members_are_those_of_the_reference_in_its_order_and_ours_after_them() {
        assert_eq!(
            line(&json!({}), None),
            concat!(
                r#"{"timestamp":"2023-11-14T22:13:20.123456+0000","request_id":"e5f0e5f0e5f0e5f0e5f0e5f0e5f0e5f0","#,
                r#""request_time":1699999999,"caller":"choria=rip.mcollective","sender":"ops.example.net","#,
                r#""agent":"rpcutil","action":"ping","data":{},"allowed":true}"#
            )
        );
        let denied = line(&json!({}), Some("policies/rpcutil.policy:3 denies it"));
        assert!(
            denied.ends_with(
                r#""data":{},"allowed":false,"reason":"policies/rpcutil.policy:3 denies it"}"#
            ),
            "{denied}"
        );
    }

    #[test]
    fn secrets_are_masked_wherever_they_are_and_other_inputs_are_not() {
        for secret in [
            json!({"token": "hunter2"}),
            json!({"Token": "hunter2"}),
            json!({"key": ["hunter2"], "config": {"a": "hunter2"}}),
            json!({"server_jwt": "hunter2", "seed": "hunter2"}),
            json!({"list": [{"db_password": "hunter2"}]}),
            json!({"clientSecret": "hunter2", "api_key": "hunter2", "pass": "hunter2"}),
        ] {
            let line = line(&secret, None);
            assert!(!line.contains("hunter2"), "{line}");
            assert!(line.contains("*****"), "{line}");
        }
        let open = json!({"fact": "role", "keys": 2, "ecdh_public": "abc", "certificate": "PEM", "monkey": "x"});
        assert!(line(&open, None).contains(&open.to_string()));
    }

    #[test]
    fn a_line_has_no_second_line() {
        let line = line(&json!({"text": "a\nb\u{2028}c"}), Some("x\ny"));
        assert!(!line.contains('\n'), "{line}");
    }
}
