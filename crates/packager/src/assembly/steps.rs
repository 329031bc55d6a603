//! The commands of a compile target, `pre` and `post`. A buildspec alone never runs code: the one who starts the packager
//! says whether these may run.

use std::path::Path;
use std::process::Command;
use std::process::ExitStatus;

/// Whether the commands of a buildspec run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commands {
    /// They run.
    Allowed,
    /// They do not, and that is said.
    Skipped,
}

/// A command that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// It could not be started.
    #[error("the command `{command}` of the buildspec cannot be started")]
    Start {
        /// The command.
        command: String,
        /// What the system said.
        #[source]
        err: std::io::Error,
    },
    /// It ended with something else than 0.
    #[error("the command `{command}` of the buildspec failed with {status}")]
    Failed {
        /// The command.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
}

impl Commands {
    /// Runs the commands one after the other, by `/bin/sh`, in a folder, until one fails. `output` stands in for
    /// `{{output}}`, as a quoted word.
    ///
    /// # Errors
    /// When one of them fails.
    pub fn run(
        self,
        commands: &[String],
        folder: &Path,
        output: Option<&Path>,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), StepError> {
        for command in commands {
            if self == Self::Skipped {
                say(&format!(
                    "not run, because --allow-commands was not given: {command}"
                ));
                continue;
            }
            say(&format!("running: {command}"));
            run(&with_output(command, output), folder)?;
        }
        Ok(())
    }
}

fn run(command: &str, folder: &Path) -> Result<(), StepError> {
    let status = Command::new("/bin/sh")
        .arg("-ec")
        .arg(command)
        .current_dir(folder)
        .status()
        .map_err(|err| StepError::Start {
            command: command.to_owned(),
            err,
        })?;
    if status.success() {
        return Ok(());
    }
    Err(StepError::Failed {
        command: command.to_owned(),
        status,
    })
}

fn with_output(command: &str, output: Option<&Path>) -> String {
    match output {
        None => command.to_owned(),
        Some(path) => {
            let quoted = path.display().to_string().replace('\'', r"'\''");
            buildspec::with_output(command, &format!("'{quoted}'"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(commands: Commands, text: &str, folder: &Path) -> (Result<(), StepError>, Vec<String>) {
        let mut said = Vec::new();
        let output = folder.join("it's here");
        let result = commands.run(&[text.to_owned()], folder, Some(&output), &mut |line| {
            said.push(line.to_owned());
        });
        (result, said)
    }

    #[test]
    fn nothing_runs_unless_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let (result, said) = run(Commands::Skipped, "touch ran", folder.path());
        result.unwrap();
        assert_eq!(
            said,
            ["not run, because --allow-commands was not given: touch ran"]
        );
        assert!(!folder.path().join("ran").exists());
    }

    #[test]
    fn the_output_is_one_word_whatever_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let (result, _) = run(Commands::Allowed, "touch {{output}}", folder.path());
        result.unwrap();
        assert!(folder.path().join("it's here").exists());
    }

    #[test]
    fn a_command_that_fails_ends_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let (result, _) = run(Commands::Allowed, "exit 3", folder.path());
        assert!(matches!(
            result,
            Err(StepError::Failed { status, .. }) if status.code() == Some(3)
        ));
    }
}
