//! The middle layer: a signature over the exact request, or a hash over the exact reply.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::Serialize;

use crate::protocol::Layer;
use crate::protocol::Malformed;
use crate::protocol::Object;
use crate::protocol::encoding::from_base64;
use crate::protocol::replay::RequestHash;

/// A request together with what vouches for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecureRequest {
    /// The request layer, exactly as it was signed.
    pub message: String,
    /// What vouches for it.
    pub signature: Signature,
}

/// What vouches for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// Nothing: the literal `insecure`, as an unsigned network sends it.
    Unsigned,
    /// Nothing: the literal of a registration over anonymous TLS.
    UnsignedRegistration,
    /// RSASSA-PKCS1-v1_5 with SHA-256 over the bytes of the message.
    X509 {
        /// The raw signature.
        signature: Vec<u8>,
        /// PEM of the signer's certificate, intermediates may follow.
        certificate: String,
    },
}

impl SecureRequest {
    /// Wraps a request without a signature.
    #[must_use]
    pub const fn unsigned(message: String) -> Self {
        Self {
            message,
            signature: Signature::Unsigned,
        }
    }

    /// Reads the data of a transport.
    ///
    /// # Errors
    ///
    /// [`Malformed`] for anything but a version 1 secure request.
    pub fn decode(data: &[u8]) -> Result<Self, Malformed> {
        let Object(document): Object<RequestDocument> =
            serde_json::from_slice(data).map_err(|err| Malformed::Json {
                layer: Layer::Secure,
                err,
            })?;
        if document.protocol != REQUEST {
            return Err(Malformed::Protocol {
                layer: Layer::Secure,
            });
        }
        for (field, value) in [
            ("message", &document.message),
            ("signature", &document.signature),
            ("pubcert", &document.pubcert),
        ] {
            if value.is_empty() {
                return Err(Malformed::Field {
                    layer: Layer::Secure,
                    field,
                });
            }
        }
        let signature = if document.signature == INSECURE {
            Signature::Unsigned
        } else if document.pubcert == INSECURE_REGISTRATION {
            Signature::UnsignedRegistration
        } else {
            let signature =
                from_base64(document.signature.as_bytes()).map_err(|err| Malformed::Base64 {
                    layer: Layer::Secure,
                    err,
                })?;
            Signature::X509 {
                signature,
                certificate: document.pubcert,
            }
        };
        Ok(Self {
            message: document.message,
            signature,
        })
    }

    /// The secure request as bytes for a transport.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (signature, pubcert) = match &self.signature {
            Signature::Unsigned => (INSECURE.to_owned(), INSECURE),
            Signature::UnsignedRegistration => (
                STANDARD.encode(INSECURE_REGISTRATION),
                INSECURE_REGISTRATION,
            ),
            Signature::X509 {
                signature,
                certificate,
            } => (STANDARD.encode(signature), certificate.as_str()),
        };
        let document = RequestDocument {
            protocol: REQUEST.to_owned(),
            message: self.message.clone(),
            signature,
            pubcert: pubcert.to_owned(),
        };
        serde_json::to_vec(&document).unwrap_or_default()
    }

    /// Hash of the exact request, the key of the replay cache.
    #[must_use]
    pub fn hash(&self) -> RequestHash {
        sha256(self.message.as_bytes())
    }
}

/// A reply whose hash was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecureReply {
    /// The reply layer, exactly as it was hashed.
    pub message: String,
}

impl SecureReply {
    /// Reads the data of a transport and checks the hash.
    ///
    /// # Errors
    ///
    /// [`Malformed`] for anything but a version 1 secure reply, [`Malformed::Hash`] when the hash does not fit.
    pub fn decode(data: &[u8]) -> Result<Self, Malformed> {
        let Object(document): Object<ReplyDocument> =
            serde_json::from_slice(data).map_err(|err| Malformed::Json {
                layer: Layer::Secure,
                err,
            })?;
        if document.protocol != REPLY {
            return Err(Malformed::Protocol {
                layer: Layer::Secure,
            });
        }
        if document.hash != STANDARD.encode(sha256(document.message.as_bytes())) {
            return Err(Malformed::Hash);
        }
        Ok(Self {
            message: document.message,
        })
    }

    /// The secure reply as bytes for a transport.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let document = ReplyDocument {
            protocol: REPLY.to_owned(),
            message: self.message.clone(),
            hash: STANDARD.encode(sha256(self.message.as_bytes())),
        };
        serde_json::to_vec(&document).unwrap_or_default()
    }
}

#[derive(Serialize, Deserialize)]
struct RequestDocument {
    protocol: String,
    message: String,
    signature: String,
    pubcert: String,
}

#[derive(Serialize, Deserialize)]
struct ReplyDocument {
    protocol: String,
    message: String,
    hash: String,
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

const REQUEST: &str = "choria:secure:request:1";
const REPLY: &str = "choria:secure:reply:1";
const INSECURE: &str = "insecure";
const INSECURE_REGISTRATION: &str = "insecure registration";
