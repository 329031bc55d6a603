//! Which commands there are, and running one of them on a connection.

use std::future::Future;
use std::io::IsTerminal as _;
use std::io::Write;

use clap::Subcommand;
use tokio::runtime::Builder;
use tokio::time::Instant;

use super::chain;
use super::chain::Input;
use super::chain::StandardInput;
use super::chain::Unasked;
use super::context::Context;
use super::discover::DiscoverArgs;
use super::error::OperatorError;
use super::facts::FactsArgs;
use super::filter::FilterArgs;
use super::inventory::InventoryArgs;
use super::ping::PingArgs;
use super::req::ReqArgs;
use super::wiring;
use super::wiring::Session;
use crate::cli::Program;
use crate::client::Surroundings;
use crate::client::Wire;
use crate::protocol::names::Identity;
use crate::report::Exit;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ClientCommand {
    /// Ask every node for a sign of life
    Ping(PingArgs),
    /// List the nodes that match a filter
    #[command(visible_alias = "find")]
    Discover(DiscoverArgs),
    /// Call an action of an agent
    #[command(visible_aliases = ["rpc", "request"])]
    Req(ReqArgs),
    /// Show what a node has and knows
    Inventory(InventoryArgs),
    /// Report the values of a fact over the fleet
    Facts(FactsArgs),
}

impl ClientCommand {
    const fn filter(&self) -> &FilterArgs {
        match self {
            Self::Ping(args) => &args.filter,
            Self::Discover(args) => &args.filter,
            Self::Req(args) => &args.filter,
            Self::Inventory(args) => &args.filter,
            Self::Facts(args) => &args.filter,
        }
    }

    /// Nodes that standard input names.
    fn named(
        &self,
        input: &impl Input,
        notices: &mut dyn Write,
    ) -> Result<Option<Vec<Identity>>, OperatorError> {
        let unasked = match self {
            Self::Req(args) if args.reply_to.is_none() => Unasked::Read,
            Self::Ping(_)
            | Self::Discover(_)
            | Self::Req(_)
            | Self::Inventory(_)
            | Self::Facts(_) => Unasked::Ignore,
        };
        chain::nodes(self.filter(), unasked, input, notices)
    }

    pub(super) async fn perform<W: Wire, S: Surroundings>(
        &self,
        context: &Context<'_, W, S>,
        out: &mut dyn Write,
    ) -> Result<Exit, OperatorError> {
        match self {
            Self::Ping(args) => super::ping::run(args, context, out).await,
            Self::Discover(args) => super::discover::run(args, context, out).await,
            Self::Req(args) => super::req::run(args, context, out).await,
            Self::Inventory(args) => super::inventory::run(args, context, out).await,
            Self::Facts(args) => super::facts::run(args, context, out).await,
        }
    }
}

/// Runs a command on a connection of its own.
pub(in crate::cli) fn run(
    command: &ClientCommand,
    program: &Program<'_>,
    out: &mut dyn Write,
) -> Result<Exit, OperatorError> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|err| OperatorError::Runtime { err })?;
    let started = Instant::now();
    let connect = &command.filter().connect;
    let named = command.named(&StandardInput, &mut std::io::stderr())?;
    runtime.block_on(Box::pin(async {
        let mut session = wiring::open(connect, program.build).await?;
        let Session {
            settings,
            client,
            incoming,
        } = &mut session;
        let context = Context {
            client,
            settings,
            company: &program.company,
            named,
            started,
            interactive: std::io::stderr().is_terminal(),
        };
        let pump = async {
            while let Some(message) = incoming.recv().await {
                client.deliver(&message.subject, message.payload);
            }
            // the connection is gone: whoever waits ends by its own deadline
            std::future::pending().await
        };
        either(
            async {
                client.ready().await?;
                command.perform(&context, out).await
            },
            pump,
        )
        .await
    }))
}

/// The command's result; the pump has none.
async fn either<T>(
    command: impl Future<Output = T>,
    pump: impl Future<Output = std::convert::Infallible>,
) -> T {
    tokio::select! {
        result = command => result,
        never = pump => match never {},
    }
}
