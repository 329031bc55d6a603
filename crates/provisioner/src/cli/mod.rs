//! The command line: one file per command, and what they share.
//!
//! [`main`] reads the arguments, runs one command and turns its end into an exit code; no command ends the process
//! itself. Commands write to whatever they are handed, so that tests can read what they print; errors go to standard
//! error as one line.
//!
//! All commands but the daemon's own ask a running provisioner over its control socket ([`crate::control`]); what they
//! print are pure functions of its answer.

pub mod ca;
pub mod check;
pub mod run;

mod args;
mod build_info;
mod error;
mod hosts;
mod orders;
mod plan;
mod socket;
mod status;
mod words;

use std::ffi::OsString;
use std::io;
use std::io::Write;
use std::process::ExitCode;

use muster::build_info::BuildInfo;
use muster::cli::ending;
use muster::report::Exit;

use crate::cli::args::Cli;
use crate::cli::args::Command;
use crate::cli::error::CliError;

/// Runs the command that the arguments name. The first argument is the name of the program.
pub fn main(arguments: impl Iterator<Item = OsString>, build: &BuildInfo) -> ExitCode {
    let cli = match Cli::read(arguments, build.version) {
        Ok(cli) => cli,
        Err(err) => return ending::misread(&err).into(),
    };
    let mut out = io::stdout();
    let result = run(&cli, build, &mut out);
    ending::conclude(
        NAME,
        result.and_then(|exit| out.flush().map(|()| exit).map_err(CliError::from)),
    )
    .into()
}

/// The definition of all arguments, for manual pages.
#[must_use]
pub fn command(version: &'static str) -> clap::Command {
    args::definition(version)
}

fn run(cli: &Cli, build: &BuildInfo, out: &mut dyn Write) -> Result<Exit, CliError> {
    match &cli.command {
        Command::Run(args) => run::run(args, cli.debug, build),
        Command::Check(args) => check::run(args, build, out),
        Command::Hosts(args) => hosts::run(args, out),
        Command::Status(args) => status::run(args, out),
        Command::Pause(args) => orders::pause(args, out),
        Command::Resume(args) => orders::resume(args, out),
        Command::Drain(args) => orders::drain(args, out),
        Command::Retry(args) => orders::retry(args, out),
        Command::Approve(args) => orders::approve(args, out),
        Command::Plan(args) => plan::run(args, out),
        Command::Ca(args) => {
            ca::run(args, out)?;
            Ok(Exit::Ok)
        }
        Command::BuildInfo(args) => build_info::run(args, build, out),
    }
}

const NAME: &str = "muster-provisioner";

#[cfg(test)]
mod tests;
