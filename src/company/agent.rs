//! What a crate of a company provides.

use std::error::Error;

use super::Acting;
use super::Call;
use super::Failure;
use super::Host;

/// An RPC agent of a company.
pub trait CompanyAgent: Send + Sync {
    /// The run of an action of the description, or `None` when there is none of that name here.
    ///
    /// By now the caller was authorized and [`Call::data`] has the inputs that the description declares, each of its type
    /// and within its limits, with the defaults of required ones that were not given. [`Call::inputs`] reads them into a
    /// struct.
    ///
    /// Success is a [`Done`](super::Done) with the outputs; [`Failure::aborted`] and [`Failure::invalid`] are what the
    /// caller is told otherwise. Everything that blocks belongs into [`blocking`].
    fn run(&self, call: Call) -> Option<Acting<'_>>;
}

/// Why an agent could not be made. `?` makes one of any error, `.into()` of any text; neither may hold a secret.
pub type MakeError = Box<dyn Error + Send + Sync>;

/// What a crate provides. It exports one constant of this type under the name `COMPANY`.
#[derive(Debug, Clone, Copy)]
pub struct Company {
    /// Description of the agent as JSON: name, time-out, actions, inputs, outputs. In the file beside the code:
    /// `include_str!("../acme_asset.json")`.
    pub ddl: &'static str,
    /// `env!("CARGO_PKG_NAME")`
    pub krate: &'static str,
    /// `env!("CARGO_PKG_VERSION")`; what peers are told as version of the agent.
    pub version: &'static str,
    /// Makes the agent of a node, once at its start and before it connects. An error ends the start.
    pub make: fn(Host) -> Result<Box<dyn CompanyAgent>, MakeError>,
}

/// An agent that is compiled in, as the generated program names it.
#[derive(Debug, Clone, Copy)]
pub struct Compiled {
    /// Name in `agents.yaml`; the description must have the same.
    pub name: &'static str,
    /// Where the crate came from, for people: `path ../acme_asset`.
    pub origin: &'static str,
    /// What the crate provides.
    pub company: Company,
}

/// Does work that blocks (files, programs, locks) beside the node's own thread.
///
/// A node has two threads for all such work, and an action that runs out of its time leaves its work behind: keep it
/// short.
///
/// # Errors
///
/// [`Failure`] when the work panicked.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|_| {
        Failure::aborted("The work failed in an unexpected way, see the log of the node")
    })
}
