//! Publishes what the node has to tell whoever collects it (spec 03 §4): a file, or its inventory.
//!
//! A [`Plan`] says what, where and how often; there is one for each plugin that is on, and each has a [`Schedule`] of its
//! own, so that they do not starve each other as those of the reference do. [`Registration`] performs them: the daemon
//! tells it when a connection stands and when it was lost, asks [`Registration::next`] and calls [`Registration::turn`].
//!
//! What was not published does not count as published. Nothing is looked at without a connection; what was due meanwhile
//! comes soon after the next one, at a random moment, for the rest of the fleet was disconnected too. What was handed
//! over shortly before a connection broke may be lost and comes again: who collects registrations keeps the last of each
//! node. What keeps a message back on this machine (a file that cannot be read, a message larger than the broker takes)
//! is raised as a concern and looked at again every minute or so.

mod content;
mod plan;
mod publisher;
mod schedule;
mod sign;

pub use plan::Plan;
pub use plan::Sender;
pub use plan::Source;
pub use publisher::Registration;
pub use publisher::RegistrationError;
pub use schedule::Schedule;
pub use schedule::Timing;
pub use sign::SignError;
pub use sign::Signs;
pub use sign::signer;
