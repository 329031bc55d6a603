//! Agents of a company: other people's crates that are compiled into the node's program. **Not yet stable**: this
//! module may change with every version of muster, and nothing outside of it is meant for such crates.
//!
//! A crate implements [`CompanyAgent`] and exports one constant, `COMPANY`, of type [`Company`]. `muster-packager`
//! generates a program that names the crates of `packaging/agents.yaml` one by one ([`Compiled`]); there is no
//! registration behind anybody's back. `examples/agents` walks through all of it.
//!
//! ```no_run
//! use muster::company::Acting;
//! use muster::company::Call;
//! use muster::company::Company;
//! use muster::company::CompanyAgent;
//! use muster::company::Done;
//! use muster::company::Host;
//! use muster::company::MakeError;
//!
//! /// What the packager's program names.
//! pub const COMPANY: Company = Company {
//!     ddl: DDL,
//!     krate: "acme-greeter",      // env!("CARGO_PKG_NAME") in a crate of your own
//!     version: "1.0.0",           // env!("CARGO_PKG_VERSION")
//!     make,
//! };
//!
//! /// The description; include_str!("../acme_greeter.json") in a crate of your own.
//! const DDL: &str = r#"{
//!     "metadata": {"name": "acme_greeter", "description": "Greets", "timeout": 5},
//!     "actions": [{
//!         "action": "greet",
//!         "description": "Greets somebody",
//!         "input": {"who": {"type": "string", "optional": false, "validation": "^[A-Z][a-z]*$", "maxlength": 20}},
//!         "output": {"greeting": {"description": "The greeting", "display_as": "Greeting", "type": "string"}}
//!     }]
//! }"#;
//!
//! struct Greeter {
//!     host: Host,
//!     word: String,
//! }
//!
//! /// Called once at the start of a node; an error ends the start.
//! fn make(host: Host) -> Result<Box<dyn CompanyAgent>, MakeError> {
//!     // plugin.acme_greeter.word in the configuration
//!     let word = host.setting("word").unwrap_or("Hello").to_owned();
//!     if word.is_empty() {
//!         return Err("plugin.acme_greeter.word must not be empty".into());
//!     }
//!     Ok(Box::new(Greeter { host, word }))
//! }
//!
//! impl CompanyAgent for Greeter {
//!     fn run(&self, call: Call) -> Option<Acting<'_>> {
//!         match call.action.as_str() {
//!             "greet" => Some(Box::pin(async move {
//!                 // checked against the description by now
//!                 let who = call.data["who"].as_str().unwrap_or_default();
//!                 let greeting = format!("{} {who}, I am {}", self.word, self.host.identity());
//!                 Ok(Done::with([("greeting", greeting.into())]))
//!             })),
//!             _ => None,
//!         }
//!     }
//! }
//! # fn main() { assert_eq!(COMPANY.version, "1.0.0"); }
//! ```
//!
//! What the node does for such an agent: requests reach it only after signature, replay and filter were judged, the
//! caller was authorized and the request recorded; inputs are checked against the description and lack nothing that it
//! demands; an action ends with the time of the description; a panic costs its caller the answer and nobody else
//! anything. What it does not do: an agent is compiled in, so it can do whatever the node can. And it must not block:
//! a node is one thread, so what waits for a disk, a program or a lock belongs into [`blocking`].
//!
//! Some names are taken: `discovery`, `rpcutil` and `choria_util` can never be replaced; `choria_provision` only in a
//! build with `ProvisionAgent: "false"`.

mod agent;
mod error;
mod host;
mod roster;
mod standing;

pub use agent::Company;
pub use agent::CompanyAgent;
pub use agent::Compiled;
pub use agent::MakeError;
pub use agent::blocking;
pub use error::RosterError;
pub use host::Host;
pub use host::Provisioning;
pub use roster::Member;
pub use roster::PROVISIONS;
pub use roster::Roster;

pub use crate::protocol::body::StatusCode;
pub use crate::rpc::Acting;
pub use crate::rpc::Call;
pub use crate::rpc::Done;
pub use crate::rpc::Failure;
pub use crate::rpc::Outcome;
pub use crate::rpc::Then;
pub use crate::rpc::ddl::PROVISION as PROVISION_DDL;

pub(crate) use host::Lent;
pub(crate) use standing::Standing;

#[cfg(test)]
mod tests;
