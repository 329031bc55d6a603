//! The command line: one file per command, and what they share.
//!
//! [`main`] reads the arguments, runs one command and turns its end into an exit code; no command ends the process
//! itself. Commands write to whatever they are handed, so that tests can read what they print; errors go to standard
//! error as one line.
//!
//! Called through a link named `choria`, the program answers under that name; the reference's spellings of commands and
//! flags are understood under either.

mod args;
mod build_info;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod completions;
mod config;
pub mod ending;
mod error;
mod returning;
mod server;
mod status;
mod tool;

use std::ffi::OsString;
use std::io;
use std::io::Write;
use std::process::ExitCode;

use args::Cli;
use args::Command;
use error::CliError;
use returning::Person;
use returning::reprovision;
use returning::rollback;

use crate::build_info::BuildInfo;
use crate::report::Chain;
use crate::report::Exit;

/// Runs the command that the arguments name. The first argument is the name of the program.
pub fn main(arguments: impl Iterator<Item = OsString>, build: &BuildInfo) -> ExitCode {
    let cli = match Cli::read(arguments, build) {
        Ok(cli) => cli,
        Err(err) => {
            let asked = !err.use_stderr();
            return match err.print() {
                Ok(()) if asked => Exit::Ok.into(),
                Ok(()) => Exit::Usage.into(),
                Err(_) => Exit::Io.into(),
            };
        }
    };
    // not locked as a whole: the server logs to it from other threads
    let mut out = io::stdout();
    let result = run(cli, build, &mut out);
    finish(result.and_then(|exit| out.flush().map(|()| exit).map_err(CliError::from))).into()
}

/// The definition of all arguments, for manual pages.
#[must_use]
pub fn command(version: &'static str) -> clap::Command {
    args::definition(NAME, version)
}

/// The same arguments for completions in a shell: our own agents and actions are suggested where any are allowed.
#[cfg(feature = "client")]
#[must_use]
pub fn completable(command: clap::Command) -> clap::Command {
    completions::with_agents(command)
}

fn run(cli: Cli, build: &BuildInfo, out: &mut dyn Write) -> Result<Exit, CliError> {
    match cli.command {
        Command::Server(args) => server::run(&args, cli.debug, build),
        Command::BuildInfo(args) => build_info::run(&args, build, out),
        Command::Config(args) => config::run(&args, build, out),
        Command::Reprovision(args) => {
            reprovision::run(&args, build, &mut Person::at_the_terminal(), out)
        }
        Command::Rollback(args) => rollback::run(&args, build, &mut Person::at_the_terminal(), out),
        Command::Tool(args) => tool::run(&args, build, out),
        #[cfg(feature = "client")]
        Command::Completions(args) => {
            let definition = args::definition(cli.name, build.version);
            Ok(completions::run(&args, definition, out)?)
        }
        #[cfg(feature = "client")]
        Command::Client(args) => Ok(client::run(&args, build, out)?),
    }
}

/// A reader that went away, such as `head`, is no failure.
fn finish(result: Result<Exit, CliError>) -> Exit {
    match result {
        Ok(exit) => exit,
        Err(err) if err.is_lost_reader() => Exit::Ok,
        Err(err) => {
            // nowhere is left to say that this failed too
            match writeln!(io::stderr(), "{NAME}: {}", Chain(&err)) {
                Ok(()) | Err(_) => err.exit(),
            }
        }
    }
}

const NAME: &str = "muster";

#[cfg(test)]
mod tests;
