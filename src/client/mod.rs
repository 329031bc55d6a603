//! The caller's side of the network: discovery and RPC calls over one long-lived connection.
//!
//! ```text
//!   command ──▶ Client::discover / call ──▶ Wire::publish ──▶ broker ──▶ nodes
//!                   ▲                                                     │
//!                   └── Collector ◀── Routes ◀── Client::deliver ◀── replies
//! ```
//!
//! A process subscribes once to `<collective>.reply.<hash of caller>.<process>.*` ([`Mailbox`]); the last token of the
//! subject is the request id, by which [`Client::deliver`] finds the call that a reply belongs to. Any number of calls
//! can run at the same time. What to make of a reply is decided by the [`Collector`] and how long to wait by
//! [`Patience`]; both are pure.
//!
//! Whoever owns the connection implements [`Wire`] and hands every incoming message to [`Client::deliver`]; the clock and
//! the dice come from [`Surroundings`].

mod call;
mod collector;
mod core;
mod discover;
mod error;
mod limit;
mod mailbox;
mod patience;
mod routes;
mod wire;

pub use call::Answer;
pub use call::Batch;
pub use call::Call;
pub use call::Stats;
pub use collector::Collector;
pub use collector::Outcome;
pub use core::Client;
pub use core::ClientConfig;
pub use discover::Discovered;
pub use discover::Found;
pub use discover::Search;
pub use error::ClientError;
pub use limit::InvalidLimit;
pub use limit::Limit;
pub use limit::LimitMethod;
pub use mailbox::Mailbox;
pub use mailbox::Who;
pub use mailbox::caller_id;
pub use mailbox::certname;
pub use patience::Patience;
pub use wire::Surroundings;
pub use wire::Wire;
pub use wire::WireError;

#[cfg(test)]
pub(crate) mod fleet;
#[cfg(test)]
mod tests;
