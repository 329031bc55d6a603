//! Arguments of the whole program.

use std::ffi::OsStr;
use std::ffi::OsString;

use clap::CommandFactory as _;
use clap::FromArgMatches as _;
use clap::Parser;
use clap::Subcommand;

use crate::cli::build_info::BuildInfoArgs;
use crate::cli::ca::CaArgs;
use crate::cli::check::CheckArgs;
use crate::cli::hosts::HostsArgs;
use crate::cli::orders::NodeArgs;
use crate::cli::orders::PauseArgs;
use crate::cli::plan::PlanArgs;
use crate::cli::run::RunArgs;
use crate::cli::socket::SocketArgs;
use crate::cli::status::StatusArgs;

/// Finds nodes that wait, and takes each through its onboarding.
///
/// Flags without a command are those of run.
#[derive(Debug, Parser)]
#[command(
    name = "muster-provisioner",
    disable_help_subcommand = true,
    infer_subcommands = false
)]
pub(super) struct Cli {
    /// Log everything
    #[arg(long, global = true)]
    pub(super) debug: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Provision nodes until told to stop
    Run(RunArgs),
    /// Look at everything that run needs, and say what is wrong
    Check(CheckArgs),
    /// Show every node and why it waits
    Hosts(HostsArgs),
    /// Show how the provisioner is
    Status(StatusArgs),
    /// Begin nothing any more: no requests, no helpers, no discovery
    Pause(PauseArgs),
    /// Go on after a pause
    Resume(SocketArgs),
    /// Finish what is begun, then end
    Drain(SocketArgs),
    /// Try a node now, whatever it waits for
    Retry(NodeArgs),
    /// Provision a node that waits for a person's word
    Approve(NodeArgs),
    /// Show what a node would become, and do nothing
    Plan(PlanArgs),
    /// Look after the built-in certificate authority
    Ca(CaArgs),
    /// Show what this program was built as
    #[command(name = "build-info", visible_alias = "buildinfo")]
    BuildInfo(BuildInfoArgs),
}

impl Cli {
    /// Reads the arguments.
    pub(super) fn read(
        arguments: impl Iterator<Item = OsString>,
        version: &'static str,
    ) -> Result<Self, clap::Error> {
        let arguments = with_default(arguments.collect());
        Self::from_arg_matches(&definition(version).try_get_matches_from(arguments)?)
    }
}

/// All arguments of the program.
pub(super) fn definition(version: &'static str) -> clap::Command {
    Cli::command().version(version)
}

/// The reference runs its daemon where flags come without a command: units and containers are written that way.
pub(super) fn with_default(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let first = arguments
        .iter()
        .enumerate()
        .skip(1)
        .find(|(_, argument)| *argument != "--debug");
    if let Some((position, argument)) = first
        && argument.as_encoded_bytes().starts_with(b"-")
        && !OF_THE_PROGRAM
            .map(OsStr::new)
            .contains(&argument.as_os_str())
    {
        arguments.insert(position, OsString::from("run"));
    }
    arguments
}

const OF_THE_PROGRAM: [&str; 4] = ["-h", "--help", "-V", "--version"];
