//! The command line.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::Subcommand;
use muster::cli::ending;

pub mod args;
pub mod keys;
pub mod run;

/// Many nodes in one process: load, soak and demonstration of a provisioner.
#[derive(Debug, Parser)]
#[command(name = "muster-fleet", version, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a fleet and report how its nodes fared
    #[command(after_help = run::AFTER_HELP)]
    Run(Box<args::RunArgs>),
    /// Make a pool of private keys beforehand
    Keys(keys::KeysArgs),
}

/// Does what the arguments say.
#[must_use]
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(err) => return ending::misread(&err).into(),
    };
    match cli.command {
        Command::Run(args) => run::main(*args).into(),
        Command::Keys(args) => keys::main(&args).into(),
    }
}

/// Prints why nothing was done.
fn complain(err: &dyn std::error::Error) {
    use std::io::Write as _;
    let chain = muster::report::Chain(err);
    // nobody is left to tell when this fails
    writeln!(std::io::stderr(), "muster-fleet: {chain}").ok();
}
