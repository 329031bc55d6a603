//! Why a message could not be understood.

use std::fmt;

/// The protocol version that a transport announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `choria:*:1`
    V1,
    /// `io.choria.protocol.v2.*`
    V2,
}

/// A layer of a message, from the outside in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Routing headers and the base64 of the secure layer.
    Transport,
    /// Signature or hash and the exact bytes it covers.
    Secure,
    /// Envelope, filter and body of a request.
    Request,
    /// Envelope and body of a reply.
    Reply,
    /// The RPC document of an agent.
    Body,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transport => "transport",
            Self::Secure => "secure layer",
            Self::Request => "request",
            Self::Reply => "reply",
            Self::Body => "body",
        })
    }
}

/// Why a message could not be understood. The texts carry no bytes of the peer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// More than [`super::MAX_MESSAGE`] bytes.
    #[error("{size} bytes are more than the {max} that a message may have", max = super::MAX_MESSAGE)]
    TooLarge {
        /// Size of the message in bytes.
        size: usize,
    },
    /// Not the JSON that the layer must be.
    #[error("the {layer} is not the JSON document it must be")]
    Json {
        /// Where it happened.
        layer: Layer,
        /// What the parser met.
        #[source]
        err: serde_json::Error,
    },
    /// The payload of the transport is not base64.
    #[error("the {layer} is not valid base64")]
    Base64 {
        /// Where it happened.
        layer: Layer,
        /// What the decoder met.
        #[source]
        err: base64::DecodeError,
    },
    /// The layer announces another protocol than the one it must have.
    #[error("the {layer} announces a protocol that is not known here")]
    Protocol {
        /// Where it happened.
        layer: Layer,
    },
    /// A version that this process does not speak.
    #[error("protocol {version:?} is not spoken here")]
    Unsupported {
        /// What was announced.
        version: Version,
    },
    /// A field has a value that the layer's rules refuse.
    #[error("the {layer} has an invalid {field}")]
    Field {
        /// Where it happened.
        layer: Layer,
        /// Name of the field on the wire.
        field: &'static str,
    },
    /// The hash of a reply does not fit its bytes.
    #[error("the hash of the reply does not fit its bytes")]
    Hash,
}
