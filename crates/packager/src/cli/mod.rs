//! The command line: one file per command, and what they share.
//!
//! [`main`] reads the arguments, runs one command and turns its end into an exit code; no command ends the process itself.
//! What was made goes to standard output, and so does what `check`, `list` and `diff` find; warnings and progress go to
//! standard error, and an error does as one line for each mistake.

mod args;
mod build;
mod check;
mod diff;
mod error;
mod list;
mod package;
mod repo;
mod settings;

use std::ffi::OsString;
use std::io;
use std::io::Write;
use std::process::ExitCode;

use muster::cli::ending;
use muster::report::Exit;

use args::Cli;
use args::Command;
use error::CliError;

/// Runs the command that the arguments name. The first argument is the name of the program.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::read(arguments) {
        Ok(cli) => cli,
        Err(err) => return ending::misread(&err).into(),
    };
    let mut out = io::stdout();
    let result = run(&cli, &mut out);
    ending::conclude(
        NAME,
        result.and_then(|exit| out.flush().map(|()| exit).map_err(CliError::from)),
    )
    .into()
}

/// The definition of all arguments, for manual pages.
#[must_use]
pub fn command() -> clap::Command {
    args::definition()
}

fn run(cli: &Cli, out: &mut dyn Write) -> Result<Exit, CliError> {
    match &cli.command {
        Command::List(from) => list::run(from, out),
        Command::Check(from) => check::run(from, out),
        Command::Build(args) => build::run(args, out),
        Command::Package(args) => package::run(args, out),
        Command::Repo(args) => repo::run(args, out),
        Command::Diff(args) => diff::run(args, out),
    }
}

/// Tells the person who waits. Nowhere is left to say that this failed.
fn say(line: &str) {
    match writeln!(io::stderr(), "{line}") {
        Ok(()) | Err(_) => {}
    }
}

const NAME: &str = "muster-packager";

#[cfg(test)]
mod tests;
