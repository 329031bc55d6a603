//! Who may run which action: the action policies of the node (spec 02 §12.2).
//!
//! - `lines`, `words`, `compound`, `groups` and `parse` read the files; a file is good as a whole or not at all.
//! - [`policy`] answers for one request, within an [`Effort`](crate::facts::Effort).
//! - `files` keeps what was read until it changes; [`check`] looks at all of it, for the command line.
//! - [`policies`] finds the file of an agent and raises a concern while it cannot be used.
//! - [`closed`] and [`open`] answer without looking.
//!
//! What reads and judges is pure. The rule behind every choice here: what cannot be understood never lets anybody in. The
//! reference skips such a line, and a `deny` that is skipped is an `allow`.

pub mod check;
pub mod closed;
pub mod open;
pub mod policies;
pub mod policy;

mod compound;
mod files;
mod groups;
mod lines;
mod parse;
mod words;

use crate::protocol::Request;

pub use groups::Groups;
pub use lines::Column;
pub use lines::LineError;
pub use lines::PolicyError;
pub use policies::ActionPolicies;
pub use policy::Policy;
pub use policy::Question;
pub use policy::Ruling;
pub use policy::Verdict;

/// Decides whether a caller may run an action.
pub trait Authorizer: Send + Sync + std::fmt::Debug {
    /// Whether the request may run the action, which its agent has.
    fn judge(&self, request: &Request, action: &str) -> Decision;

    /// Looks at everything that decisions are made from, so that a fault is known before a request meets it.
    fn look(&self) {}
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The action may run.
    Allowed,
    /// It may not.
    Denied {
        /// Why, for the node's operator; it quotes nothing of the request and is not told to the caller.
        reason: String,
    },
}

#[cfg(test)]
mod tests;
