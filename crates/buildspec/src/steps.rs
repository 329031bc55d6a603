//! The commands and variables of a compile target: which are real, and which only prepare Go sources.
//!
//! A buildspec alone runs nothing. Steps that the reference needs for its compiler have no meaning here and are never run;
//! all others, and variables that are not about Go, are for whoever is allowed to use them.

use std::collections::BTreeMap;

use crate::caution::Caution;
use crate::fault::Fault;
use crate::target::Target;

/// What the owner of a file wants done around the build of a target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commands {
    /// `pre`, shell commands before the build, in the folder of the sources.
    pub pre: Vec<String>,
    /// `post`, shell commands after it, before [`with_output`].
    pub post: Vec<String>,
    /// `environment`: variables for the build and for the commands.
    pub environment: BTreeMap<String, String>,
}

impl Commands {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pre.is_empty() && self.post.is_empty() && self.environment.is_empty()
    }
}

impl Target {
    /// The commands and variables that are not about Go. They may be used only where the file's owner was told so.
    #[must_use]
    pub fn commands(&self) -> Commands {
        let real = |commands: &[String]| {
            let real = commands.iter().filter(|command| !is_go(command));
            real.cloned().collect()
        };
        let variables = self.environment.iter();
        Commands {
            pre: real(&self.pre),
            post: real(&self.post),
            environment: variables
                .filter(|(name, _)| !is_go_variable(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        }
    }
}

/// A command of `post` with the path of the binary in place of `{{output}}`. It is put there as it is: a path that a shell
/// would split has to be quoted by the caller.
#[must_use]
pub fn with_output(command: &str, output: &str) -> String {
    command.replace(OUTPUT, output)
}

/// What to say about a command.
pub(crate) fn caution(command: &str) -> Caution {
    let command = command.to_owned();
    if is_go(&command) {
        Caution::GoStep { command }
    } else {
        Caution::Command { command }
    }
}

/// What to say about a variable.
pub(crate) fn variable_caution(name: &str) -> Caution {
    if is_go_variable(name) {
        Caution::NoMeaning
    } else {
        Caution::Variable
    }
}

/// Only `{{output}}` is replaced in commands; the other placeholders of a target would reach the shell as they are.
pub(crate) fn check_post(command: &str) -> Result<(), Fault> {
    let starts = command.split("{{").skip(1);
    for name in starts.filter_map(|rest| rest.split_once("}}").map(|(name, _)| name)) {
        if name != "output" && name.chars().all(char::is_alphabetic) {
            return Err(Fault::UnknownPlaceholder {
                name: name.to_owned(),
            });
        }
    }
    Ok(())
}

/// Whether a command does nothing but prepare Go sources: every part of it does, and one at least is not just `true`.
fn is_go(command: &str) -> bool {
    let parts: Vec<Vec<&str>> = command
        .split(['&', '|', ';', '\n'])
        .map(|part| part.split_whitespace().collect())
        .filter(|words: &Vec<&str>| !words.is_empty())
        .collect();
    let is_plain = !command.contains(['$', '`', '<', '>', '(', '{']);
    is_plain
        && parts.iter().any(|words| is_go_part(words))
        && parts
            .iter()
            .all(|words| words.as_slice() == ["true"] || is_go_part(words))
}

fn is_go_part(words: &[&str]) -> bool {
    let mut words = words.iter().copied().skip_while(|word| {
        word.split_once('=')
            .is_some_and(|(name, _)| is_go_variable(name))
    });
    match words.next() {
        Some("go") => words.next() == Some("generate"),
        Some("rm") => {
            let mut files = words.filter(|word| !word.starts_with('-')).peekable();
            files.peek().is_some() && files.all(|file| file.ends_with("_*.go"))
        }
        Some(_) | None => false,
    }
}

fn is_go_variable(name: &str) -> bool {
    name.starts_with("GO") || name.starts_with("CGO_")
}

const OUTPUT: &str = "{{output}}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_the_reference_only_prepare_go_sources() {
        for command in [
            "go generate",
            "go generate --run plugin",
            "GOOS=linux GOARCH=amd64 go generate --run plugin",
            "rm additional_agent_*.go || true",
            "rm -f plugin_*.go",
            "rm plugin_*.go; go generate",
        ] {
            assert!(is_go(command), "{command}");
        }
    }

    #[test]
    fn what_does_anything_else_is_a_real_command() {
        for command in [
            "true",
            "make assets",
            "cargo generate-rpm",
            "go build ./tool",
            "go generate && make assets",
            "go generate\nmake assets",
            "go generate > $HOME/log",
            "go generate $(make assets)",
            "rm *.go",
            "rm plugin_*.go secrets",
            "rm",
            "PATH=. go generate",
            "",
        ] {
            assert!(!is_go(command), "{command}");
        }
    }

    #[test]
    fn commands_and_variables_are_kept_without_those_of_go() {
        let target = Target {
            pre: vec!["go generate".into(), "make assets".into()],
            post: vec!["{{output}} build-info".into()],
            environment: [("GOARM", "7"), ("CGO_ENABLED", "0"), ("SITE", "ams")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            ..Target::default()
        };
        let commands = target.commands();
        assert_eq!(commands.pre, ["make assets"]);
        assert_eq!(
            with_output(&commands.post[0], "/out/muster"),
            "/out/muster build-info"
        );
        assert_eq!(commands.environment.len(), 1);
        assert!(!commands.is_empty() && Target::default().commands().is_empty());
    }

    #[test]
    fn no_other_placeholder_than_the_output_stands_in_a_command() {
        assert_eq!(check_post("docker inspect -f '{{.Id}}' {{output}}"), Ok(()));
        assert!(matches!(
            check_post("{{output}} {{version}}"),
            Err(Fault::UnknownPlaceholder { name }) if name == "version"
        ));
    }
}
