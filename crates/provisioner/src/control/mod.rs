//! What the operator of this machine asks of a running provisioner, and what it answers.
//!
//! A Unix socket, mode 0600: whoever may connect may do everything, and the system decides who that is. A connection
//! carries one command and one answer, each one line of JSON:
//!
//! ```text
//!   {"command":"retry","identity":"web1.example.net"}
//!   {"done":{"message":"web1.example.net is asked again"}}
//! ```
//!
//! [`serve()`] reads commands and hands each to the engine as a [`Question`]; it decides nothing itself. It takes 8
//! connections at a time, 4 KiB of command, and has a deadline for everything, so that a client that hangs keeps nobody
//! out for long. [`ask()`] is the other side. Documents never hold a secret: [`PlanDocument`] masks what it shows.
//!
//! Refused alternative: commands over the broker, as the reference once had. Whoever may connect to a broker is not
//! whoever may decide about this fleet.

mod ask;
mod command;
mod plan;
mod serve;
mod standing;
mod status;

pub use ask::AskError;
pub use ask::ask;
pub use command::Answer;
pub use command::Command;
pub use command::InvalidReason;
pub use command::Reason;
pub use plan::CertificateSummary;
pub use plan::Change;
pub use plan::Course;
pub use plan::PlanDocument;
pub use plan::changes;
pub use serve::Question;
pub use serve::serve;
pub use standing::STANDINGS;
pub use standing::word;
pub use status::LastDiscovery;
pub use status::StatusDocument;

#[cfg(test)]
mod tests;
