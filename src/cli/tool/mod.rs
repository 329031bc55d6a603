//! `tool`: small things that people and other programs need.

mod config;
mod ddl;

use std::io::Write;

use clap::Args;
use clap::Subcommand;

use super::Program;
use super::error::CliError;
use super::status;
use super::status::StatusArgs;
use crate::report::Exit;

pub(super) use config::NoSuchKey;
pub(super) use ddl::DdlError;
#[cfg(any(feature = "client", test))]
pub(super) use ddl::find_ddl;

#[derive(Debug, Args)]
pub(super) struct ToolArgs {
    #[command(subcommand)]
    pub(super) tool: Tool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Tool {
    /// Explain settings and show those in effect
    Config(config::ConfigArgs),
    /// Print the description of an agent, for other clients
    Ddl(ddl::DdlArgs),
    /// Check how a node is doing, by its status file; exit codes are those of a Nagios plugin
    Status(StatusArgs),
}

pub(super) fn run(
    args: &ToolArgs,
    program: &Program<'_>,
    out: &mut dyn Write,
) -> Result<Exit, CliError> {
    match &args.tool {
        Tool::Config(args) => config::run(args, program.build, out),
        Tool::Ddl(args) => ddl::run(args, &program.company, out),
        Tool::Status(args) => status::run(args, program.build, out),
    }
}
