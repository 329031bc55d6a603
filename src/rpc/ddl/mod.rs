//! Descriptions of agents (DDL, spec 03 §8.5): which actions there are, what they take, what they answer.
//!
//! Our own agents are described by the JSON files in `data/` ([`builtin()`]); [`load()`] reads those of others. With a
//! description in hand [`Action::convert`] turns the `key=value` texts of a command line into typed inputs,
//! [`Action::check`] judges typed inputs (for the agents of companies; our own read theirs themselves), [`Summary`] condenses the replies of
//! a fleet and [`ruby()`] writes the form that Ruby clients read. Pure: finding files is left to the callers.
//!
//! `version` in our files is that of the interface, not that of the program: it changes when an action does.

mod aggregate;
mod builtin;
mod chart;
mod convert;
mod error;
mod load;
mod model;
mod printf;
mod ruby;
mod validate;

pub use aggregate::Summary;
pub use builtin::PROVISION;
pub use builtin::builtin;
pub use builtin::builtin_names;
pub use error::InputError;
pub use error::LoadError;
pub use error::ValueError;
pub use load::load;
pub use model::Action;
pub use model::Aggregate;
pub use model::Ddl;
pub use model::Display;
pub use model::Input;
pub use model::InputType;
pub use model::Metadata;
pub use model::Output;
pub use ruby::ruby;
pub use validate::Undeclared;

#[cfg(test)]
mod tests;
