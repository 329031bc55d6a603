//! `server`: the node's daemon.

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

use super::Program;
use super::error::CliError;
use crate::report::Exit;
use crate::server;
use crate::server::Options;

/// `server --config FILE` is `server run --config FILE`.
#[derive(Debug, Args)]
pub(super) struct ServerArgs {
    /// Configuration file; it need not exist where the build can provision
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Write the process id there
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) pid: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) action: Option<ServerAction>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum ServerAction {
    /// Run it
    Run,
}

/// Runs the daemon until it is told to stop.
pub(super) fn run(args: &ServerArgs, debug: bool, program: &Program<'_>) -> Result<Exit, CliError> {
    let config = args.config.clone().ok_or(CliError::NoConfiguration)?;
    match args.action {
        None | Some(ServerAction::Run) => {}
    }
    let options = Options {
        config,
        pid: args.pid.clone(),
        debug,
    };
    Ok(server::run(&options, program.build, &program.company)?)
}
