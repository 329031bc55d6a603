//! The reply layer: envelope and body. Old clients refuse any further member of the envelope.

use serde::Deserialize;
use serde::Serialize;

use crate::protocol::Layer;
use crate::protocol::Malformed;
use crate::protocol::Object;
use crate::protocol::Reply;
use crate::protocol::names::AgentName;
use crate::protocol::names::Identity;
use crate::protocol::names::InvalidName;
use crate::protocol::names::RequestId;
use crate::protocol::strict;

/// Reads the message of a secure reply.
///
/// # Errors
///
/// [`Malformed`] for anything but a version 1 reply of a node with a valid identity.
pub fn decode_reply(message: &str) -> Result<Reply, Malformed> {
    let Object(document): Object<Document> =
        serde_json::from_str(message).map_err(|err| Malformed::Json {
            layer: Layer::Reply,
            err,
        })?;
    if document.protocol != PROTOCOL {
        return Err(Malformed::Protocol {
            layer: Layer::Reply,
        });
    }
    let field = |field| {
        move |_: InvalidName| Malformed::Field {
            layer: Layer::Reply,
            field,
        }
    };
    Ok(Reply {
        request: RequestId::new(document.envelope.requestid).map_err(field("requestid"))?,
        sender: Identity::new(document.envelope.senderid).map_err(field("senderid"))?,
        agent: AgentName::new(document.envelope.agent).map_err(field("agent"))?,
        time: document.envelope.time,
        body: document.message.into_bytes(),
    })
}

/// Writes the reply layer; this text is what is hashed. A version 1 body is UTF-8 by definition.
#[must_use]
pub fn encode_reply(reply: &Reply) -> String {
    let document = Document {
        protocol: PROTOCOL.to_owned(),
        message: String::from_utf8_lossy(&reply.body).into_owned(),
        envelope: Envelope {
            requestid: reply.request.to_string(),
            senderid: reply.sender.to_string(),
            agent: reply.agent.to_string(),
            time: reply.time,
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
    agent: String,
    time: i64,
}

const PROTOCOL: &str = "choria:reply:1";
