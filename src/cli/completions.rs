//! `completions`: the script that teaches a shell this program's arguments.

use std::io;
use std::io::Write;

use clap::Args;
use clap::Command;
use clap::ValueEnum;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;
use clap_complete::generate;

use crate::company::Roster;
use crate::report::Exit;
use crate::rpc::ddl::Ddl;

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: ShellChoice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ShellChoice {
    Bash,
    Zsh,
    Fish,
}

impl From<ShellChoice> for Shell {
    fn from(choice: ShellChoice) -> Self {
        match choice {
            ShellChoice::Bash => Self::Bash,
            ShellChoice::Zsh => Self::Zsh,
            ShellChoice::Fish => Self::Fish,
        }
    }
}

/// Writes the script for a program of this name with these arguments.
pub(super) fn run(
    args: &CompletionsArgs,
    command: Command,
    company: &Roster,
    out: &mut dyn Write,
) -> io::Result<Exit> {
    let name = command.get_name().to_owned();
    let mut command = with_agents(command, &company.ddls());
    let mut script = Vec::new();
    generate(Shell::from(args.shell), &mut command, name, &mut script);
    out.write_all(&script)?;
    Ok(Exit::Ok)
}

/// Suggests the agents in the program, and their actions, where any name is allowed.
pub(super) fn with_agents(command: Command, known: &[&Ddl]) -> Command {
    // suggestions live as long as the definition of the arguments, which is as long as this command
    let lasting = |text: &String| -> &'static str { text.clone().leak() };
    let mut actions: Vec<&str> = known
        .iter()
        .flat_map(|ddl| ddl.actions.iter().map(|action| lasting(&action.action)))
        .collect();
    actions.sort_unstable();
    actions.dedup();
    let names: Vec<&str> = known
        .iter()
        .map(|ddl| lasting(&ddl.metadata.name))
        .collect();
    let agents = || PossibleValuesParser::new(names.clone());
    command
        .mut_subcommand("req", |req| {
            req.mut_arg("agent", |agent| agent.value_parser(agents()).index(1))
                .mut_arg("action", |action| {
                    action
                        .value_parser(PossibleValuesParser::new(actions))
                        .index(2)
                })
                .mut_arg("inputs", |inputs| inputs.index(3))
        })
        .mut_subcommand("tool", |tool| {
            tool.mut_subcommand("ddl", |ddl| {
                ddl.mut_arg("agent", |agent| agent.value_parser(agents()))
            })
        })
}

#[cfg(test)]
mod tests;
