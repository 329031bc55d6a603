//! What every command of an operator works with.

use tokio::time::Instant;

use super::settings::ClientSettings;
use crate::client::Client;
use crate::company::Roster;
use crate::protocol::names::Identity;

/// What every command of an operator works with.
#[derive(Debug)]
pub(super) struct Context<'a, W, S> {
    pub(super) client: &'a Client<W, S>,
    pub(super) settings: &'a ClientSettings,
    /// The company's agents, whose descriptions the program knows.
    pub(super) company: &'a Roster,
    /// Nodes that standard input names.
    pub(super) named: Option<Vec<Identity>>,
    /// When the command began.
    pub(super) started: Instant,
    /// Whether a person watches standard error.
    pub(super) interactive: bool,
}
