//! Commands of a fleet's operator: they call nodes and print what those answer (spec 03 §1.7).
//!
//! Each command is an async function of its arguments, a [`context::Context`] and a place to write to; how the context
//! comes about (files, environment, broker) is in [`wiring`] alone, so every command runs against a fleet in memory in
//! the tests.

mod chain;
mod command;
mod context;
mod discover;
mod error;
mod facts;
mod filter;
mod inventory;
mod names;
mod nodes;
mod ping;
mod progress;
mod render;
mod req;
mod settings;
mod wiring;

pub(super) use command::ClientCommand;
pub(super) use command::run;
pub(super) use error::OperatorError;

#[cfg(test)]
mod tests;
