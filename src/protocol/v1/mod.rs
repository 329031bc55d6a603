//! Protocol version 1 (spec 01 §1.4): JSON in JSON, signed with x509 or not at all.
//!
//! Reading, from the outside in: [`Transport::decode`], then [`SecureRequest::decode`] or [`SecureReply::decode`] on its
//! data, then [`decode_request`] or [`decode_reply`] on the exact text they carry. Writing is the same way back:
//! [`encode_request`], [`SecureRequest::unsigned`], [`Transport::encode`].

mod reply;
mod request;
mod secure;
mod transport;

pub use reply::decode_reply;
pub use reply::encode_reply;
pub use request::decode_request;
pub use request::encode_request;
pub use secure::SecureReply;
pub use secure::SecureRequest;
pub use secure::Signature;
pub use transport::Transport;

#[cfg(test)]
mod tests;
