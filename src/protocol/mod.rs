//! The wire protocol: names, envelopes, bodies. Pure: bytes, values and `now` in.
//!
//! A NATS message carries four layers (spec 01 §1): transport, secure layer, request or reply, body. Nothing is
//! re-serialised on the way in: a hash or signature covers the exact bytes that the sender wrote, so every layer hands
//! the one below as it found it. Version 1 lives in [`v1`]; version 2 gets its place beside it, and [`Version`] says which
//! one a transport announced.
//!
//! What a peer sends is refused with a [`Malformed`], never with a panic. Field names are exact, duplicate fields are
//! refused, unknown fields are ignored.

pub mod body;
pub mod filter;
pub mod lifecycle;
pub mod names;
pub mod registration;
pub mod replay;
pub mod v1;

mod encoding;
mod malformed;
mod message;
mod strict;

pub use malformed::Layer;
pub use malformed::Malformed;
pub use malformed::Version;
pub use message::Federation;
pub use message::Hop;
pub use message::Reply;
pub use message::Request;
pub use message::Route;
pub(crate) use strict::Object;

/// Largest NATS message that is looked at, in bytes: the broker's own default limit.
pub const MAX_MESSAGE: usize = 1_048_576;
