//! The outermost layer: unsigned routing headers around base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::Serialize;

use crate::protocol::Federation;
use crate::protocol::Hop;
use crate::protocol::Layer;
use crate::protocol::MAX_MESSAGE;
use crate::protocol::Malformed;
use crate::protocol::Object;
use crate::protocol::Route;
use crate::protocol::Version;
use crate::protocol::encoding::from_base64;
use crate::protocol::strict;

/// A decoded transport: the bytes of the secure layer and the route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transport {
    /// The secure layer, exactly.
    pub data: Vec<u8>,
    /// Where the message came from and where a reply goes.
    pub route: Route,
}

impl Transport {
    /// Reads a NATS payload.
    ///
    /// # Errors
    ///
    /// [`Malformed`] for anything but a version 1 transport; a version 2 one is told apart.
    pub fn decode(payload: &[u8]) -> Result<Self, Malformed> {
        if payload.len() > MAX_MESSAGE {
            return Err(Malformed::TooLarge {
                size: payload.len(),
            });
        }
        let json = |err| Malformed::Json {
            layer: Layer::Transport,
            err,
        };
        let Object(document): Object<Document> = match serde_json::from_slice(payload) {
            Ok(document) => document,
            Err(err) => {
                return Err(match serde_json::from_slice::<Object<Announced>>(payload) {
                    Ok(Object(announced)) if announced.protocol == V2 => Malformed::Unsupported {
                        version: Version::V2,
                    },
                    Ok(_) | Err(_) => json(err),
                });
            }
        };
        if document.protocol == V2 {
            return Err(Malformed::Unsupported {
                version: Version::V2,
            });
        }
        if document.protocol != V1 {
            return Err(Malformed::Protocol {
                layer: Layer::Transport,
            });
        }
        let data = from_base64(document.data.as_bytes()).map_err(|err| Malformed::Base64 {
            layer: Layer::Transport,
            err,
        })?;
        Ok(Self {
            data,
            route: document.headers.into(),
        })
    }

    /// The transport as a NATS payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let document = Document {
            protocol: V1.to_owned(),
            data: STANDARD.encode(&self.data),
            headers: self.route.clone().into(),
        };
        serde_json::to_vec(&document).unwrap_or_default()
    }
}

#[derive(Serialize, Deserialize)]
struct Document {
    protocol: String,
    data: String,
    #[serde(deserialize_with = "strict::object")]
    headers: Headers,
}

#[derive(Deserialize)]
struct Announced {
    protocol: String,
}

#[derive(Serialize, Deserialize)]
struct Headers {
    #[serde(rename = "reply-to", default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mc_sender: Option<String>,
    #[serde(rename = "seen-by", default, skip_serializing_if = "Option::is_none")]
    seen_by: Option<Vec<Hop>>,
    #[serde(
        default,
        deserialize_with = "strict::optional",
        skip_serializing_if = "Option::is_none"
    )]
    federation: Option<FederationHeader>,
}

#[derive(Serialize, Deserialize)]
struct FederationHeader {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    req: Option<String>,
    #[serde(rename = "reply-to", default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<Vec<String>>,
}

impl From<Headers> for Route {
    fn from(headers: Headers) -> Self {
        Self {
            reply_to: headers.reply_to.filter(|subject| !subject.is_empty()),
            sender: headers.mc_sender.filter(|sender| !sender.is_empty()),
            hops: headers.seen_by.unwrap_or_default(),
            federation: headers.federation.map(|header| Federation {
                request: header.req,
                reply_to: header.reply_to,
                targets: header.target.unwrap_or_default(),
            }),
        }
    }
}

impl From<Route> for Headers {
    fn from(route: Route) -> Self {
        Self {
            reply_to: route.reply_to,
            mc_sender: route.sender,
            seen_by: (!route.hops.is_empty()).then_some(route.hops),
            federation: route.federation.map(|federation| FederationHeader {
                req: federation.request,
                reply_to: federation.reply_to,
                target: (!federation.targets.is_empty()).then_some(federation.targets),
            }),
        }
    }
}

const V1: &str = "choria:transport:1";
const V2: &str = "io.choria.protocol.v2.transport";
