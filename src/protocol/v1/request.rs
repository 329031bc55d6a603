//! The request layer: envelope, filter, body.

use serde::Deserialize;
use serde::Serialize;

use crate::protocol::Layer;
use crate::protocol::Malformed;
use crate::protocol::Object;
use crate::protocol::Request;
use crate::protocol::filter::Filter;
use crate::protocol::names::AgentName;
use crate::protocol::names::CallerId;
use crate::protocol::names::Collective;
use crate::protocol::names::InvalidName;
use crate::protocol::names::RequestId;
use crate::protocol::names::SenderId;
use crate::protocol::strict;

/// Reads the message of a secure request.
///
/// # Errors
///
/// [`Malformed`] for anything that the schema of the layer refuses (spec 01 §1.4.3).
pub fn decode_request(message: &str) -> Result<Request, Malformed> {
    let Object(document): Object<Document> =
        serde_json::from_str(message).map_err(|err| Malformed::Json {
            layer: Layer::Request,
            err,
        })?;
    if document.protocol != PROTOCOL {
        return Err(Malformed::Protocol {
            layer: Layer::Request,
        });
    }
    let envelope = document.envelope;
    let field = |field| {
        move |_: InvalidName| Malformed::Field {
            layer: Layer::Request,
            field,
        }
    };
    if document.message.is_empty() {
        return Err(Malformed::Field {
            layer: Layer::Request,
            field: "message",
        });
    }
    if envelope.ttl < MIN_TTL {
        return Err(Malformed::Field {
            layer: Layer::Request,
            field: "ttl",
        });
    }
    if envelope
        .filter
        .fact
        .iter()
        .any(|fact| fact.fact.is_empty() || fact.value.is_empty())
    {
        return Err(Malformed::Field {
            layer: Layer::Request,
            field: "filter",
        });
    }
    Ok(Request {
        id: RequestId::new(envelope.requestid).map_err(field("requestid"))?,
        sender: SenderId::new(envelope.senderid).map_err(field("senderid"))?,
        caller: CallerId::new(envelope.callerid).map_err(field("callerid"))?,
        collective: Collective::new(envelope.collective).map_err(field("collective"))?,
        agent: AgentName::new(envelope.agent).map_err(field("agent"))?,
        ttl: envelope.ttl,
        time: envelope.time,
        filter: envelope.filter,
        body: document.message.into_bytes(),
    })
}

/// Writes the request layer; this text is what is signed.
#[must_use]
pub fn encode_request(request: &Request) -> String {
    let document = Document {
        protocol: PROTOCOL.to_owned(),
        message: String::from_utf8_lossy(&request.body).into_owned(),
        envelope: Envelope {
            requestid: request.id.to_string(),
            senderid: request.sender.to_string(),
            callerid: request.caller.to_string(),
            collective: request.collective.to_string(),
            agent: request.agent.to_string(),
            ttl: request.ttl,
            time: request.time,
            filter: request.filter.clone(),
        },
    };
    serde_json::to_string(&document).unwrap_or_default()
}

#[derive(Serialize, Deserialize)]
struct Document {
    protocol: String,
    message: String,
    #[serde(deserialize_with = "strict::object")]
    envelope: Envelope,
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    requestid: String,
    senderid: String,
    callerid: String,
    collective: String,
    agent: String,
    ttl: u64,
    time: i64,
    #[serde(deserialize_with = "strict::object")]
    filter: Filter,
}

const PROTOCOL: &str = "choria:request:1";
/// The schema refuses less (spec 01 §1.4.3).
const MIN_TTL: u64 = 30;
