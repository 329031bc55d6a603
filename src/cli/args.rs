//! Arguments of the whole program.

use std::ffi::OsString;
use std::path::Path;

use clap::CommandFactory as _;
use clap::FromArgMatches as _;
use clap::Parser;
use clap::Subcommand;

use super::build_info::BuildInfoArgs;
#[cfg(feature = "client")]
use super::completions::CompletionsArgs;
use super::config::ConfigArgs;
use super::returning::ReturnArgs;
use super::server::ServerArgs;
use super::tool::ToolArgs;
use crate::build_info::BuildInfo;

/// Takes a server from nothing to its place in the fleet.
#[derive(Debug, Parser)]
#[command(
    name = "muster",
    disable_help_subcommand = true,
    infer_subcommands = false
)]
pub(super) struct Cli {
    /// Log everything
    #[arg(long, global = true)]
    pub(super) debug: bool,
    #[command(subcommand)]
    pub(super) command: Command,
    /// The name that the program was called by.
    #[arg(skip = super::NAME)]
    pub(super) name: &'static str,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The node's daemon
    Server(ServerArgs),
    /// Show what this program was built for
    #[command(name = "build-info", visible_alias = "buildinfo")]
    BuildInfo(BuildInfoArgs),
    /// Check or show a node's configuration
    Config(ConfigArgs),
    /// Send this machine's node back to wait for a provisioner
    Reprovision(ReturnArgs),
    /// Return to the configuration before the one in place
    Rollback(ReturnArgs),
    /// Other tools
    Tool(ToolArgs),
    /// Print the script that completes arguments in a shell
    #[cfg(feature = "client")]
    Completions(CompletionsArgs),
    #[cfg(feature = "client")]
    #[command(flatten)]
    Client(Box<super::client::ClientCommand>),
}

impl Cli {
    /// Reads the arguments.
    pub(super) fn read(
        arguments: impl Iterator<Item = OsString>,
        build: &BuildInfo,
    ) -> Result<Self, clap::Error> {
        let arguments: Vec<_> = arguments.collect();
        let called = arguments
            .first()
            .map(Path::new)
            .and_then(Path::file_name)
            .and_then(|name| name.to_str());
        let name = if called == Some(CHORIA) {
            CHORIA
        } else {
            super::NAME
        };
        let command = definition(name, build.version);
        let mut cli = Self::from_arg_matches(&command.try_get_matches_from(arguments)?)?;
        cli.name = name;
        Ok(cli)
    }
}

/// All arguments of a program of this name.
pub(super) fn definition(name: &'static str, version: &'static str) -> clap::Command {
    Cli::command().name(name).bin_name(name).version(version)
}

const CHORIA: &str = "choria";
