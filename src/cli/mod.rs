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
use std::sync::Arc;

use args::Cli;
use args::Command;
use error::CliError;
use returning::Person;
use returning::reprovision;
use returning::rollback;

use crate::build_info::BuildInfo;
use crate::company::Compiled;
use crate::company::Roster;
use crate::report::Exit;

/// Runs the command that the arguments name. The first argument is the name of the program.
pub fn main(arguments: impl Iterator<Item = OsString>, build: &BuildInfo) -> ExitCode {
    serve(arguments, &Program::alone(build))
}

/// The same for a program into which agents of a company are compiled. **Not yet stable**, as [`crate::company`].
pub fn main_with(
    arguments: impl Iterator<Item = OsString>,
    build: &BuildInfo,
    agents: &[Compiled],
) -> ExitCode {
    match Roster::of(agents, build) {
        Ok(company) => serve(
            arguments,
            &Program {
                build,
                company: Arc::new(company),
            },
        ),
        // whoever composed the program runs it next
        Err(err) => ending::conclude(NAME, Err(CliError::from(err))).into(),
    }
}

fn serve(arguments: impl Iterator<Item = OsString>, program: &Program<'_>) -> ExitCode {
    let build = program.build;
    let cli = match Cli::read(arguments, build) {
        Ok(cli) => cli,
        Err(err) => return ending::misread(&err).into(),
    };
    // not locked as a whole: the server logs to it from other threads
    let mut out = io::stdout();
    let result = run(cli, program, &mut out);
    ending::conclude(
        NAME,
        result.and_then(|exit| out.flush().map(|()| exit).map_err(CliError::from)),
    )
    .into()
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
    completions::with_agents(command, &Roster::default().ddls())
}

/// What a command belongs to.
#[derive(Debug, Clone)]
struct Program<'a> {
    /// What the build decided.
    build: &'a BuildInfo,
    /// The company's agents in it.
    company: Arc<Roster>,
}

impl<'a> Program<'a> {
    /// A program without agents of a company.
    fn alone(build: &'a BuildInfo) -> Self {
        Self {
            build,
            company: Arc::default(),
        }
    }
}

fn run(cli: Cli, program: &Program<'_>, out: &mut dyn Write) -> Result<Exit, CliError> {
    match cli.command {
        Command::Server(args) => server::run(&args, cli.debug, program),
        Command::BuildInfo(args) => build_info::run(&args, program, out),
        Command::Config(args) => config::run(&args, program, out),
        Command::Reprovision(args) => {
            reprovision::run(&args, program, &mut Person::at_the_terminal(), out)
        }
        Command::Rollback(args) => {
            rollback::run(&args, program, &mut Person::at_the_terminal(), out)
        }
        Command::Tool(args) => tool::run(&args, program, out),
        #[cfg(feature = "client")]
        Command::Completions(args) => {
            let definition = args::definition(cli.name, program.build.version);
            Ok(completions::run(&args, definition, &program.company, out)?)
        }
        #[cfg(feature = "client")]
        Command::Client(args) => Ok(client::run(&args, program, out)?),
    }
}

const NAME: &str = "muster";

#[cfg(test)]
mod tests;
