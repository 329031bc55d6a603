//! Runs cargo and the compilers with the variables that they may see, and reads what they say.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStderr;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::thread;

use serde::Deserialize;

use super::environment::Variables;
use super::error::CompileError;
use super::inside::Metadata;

/// Where and with which variables programs run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cargo<'a> {
    sources: &'a Path,
    variables: &'a Variables,
}

/// What cargo says about one thing that it made or found made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Artifact {
    /// The package's name for cargo.
    pub(super) package_id: String,
    /// Its files.
    pub(super) filenames: Vec<PathBuf>,
    /// The program, if it is one.
    pub(super) executable: Option<PathBuf>,
}

/// How a build went.
#[derive(Debug)]
pub(super) struct Built {
    /// What was made, or found made.
    pub(super) artifacts: Vec<Artifact>,
    /// How cargo ended.
    pub(super) status: ExitStatus,
    /// The end of what it said to people, when somebody listened.
    pub(super) said: String,
}

/// Whether somebody listens to what cargo says to people. A terminal sees its progress only when nobody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ear {
    /// Nobody does.
    Closed,
    /// Somebody does, and passes it on.
    Open,
}

impl<'a> Cargo<'a> {
    /// In the sources, so that their settings hold.
    pub(super) const fn new(sources: &'a Path, variables: &'a Variables) -> Self {
        Self { sources, variables }
    }

    /// Where programs run.
    pub(super) const fn folder(&self) -> &'a Path {
        self.sources
    }

    /// A variable as programs see it.
    pub(super) fn variable(&self, name: &str) -> Option<OsString> {
        self.variables.get(OsStr::new(name)).cloned()
    }

    /// What a program prints.
    ///
    /// # Errors
    /// When it cannot be run, fails, or prints something else than text.
    pub(super) fn ask<S: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: &[S],
    ) -> Result<String, CompileError> {
        let output = self
            .command(program)
            .args(arguments)
            .output()
            .map_err(run(program))?;
        if !output.status.success() {
            return Err(CompileError::Tool {
                program: program.to_owned(),
                status: output.status,
                stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            });
        }
        String::from_utf8(output.stdout).map_err(|err| CompileError::Understand {
            what: "what a tool prints",
            reason: format!("{program}: {err}"),
        })
    }

    /// What `cargo metadata` says.
    ///
    /// # Errors
    /// When it cannot be run or fails.
    pub(super) fn metadata(&self, arguments: &[OsString]) -> Result<Metadata, CompileError> {
        let text = self.ask("cargo", arguments)?;
        serde_json::from_str(&text).map_err(|err| CompileError::Understand {
            what: "what cargo says about packages",
            reason: err.to_string(),
        })
    }

    /// Builds. What cargo has to say to people goes to standard error.
    ///
    /// # Errors
    /// When cargo cannot be run or says something that is not understood. That it failed is in the status.
    pub(super) fn build(&self, arguments: &[OsString], ear: Ear) -> Result<Built, CompileError> {
        let mut child = self
            .command("cargo")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(match ear {
                Ear::Closed => Stdio::inherit(),
                Ear::Open => Stdio::piped(),
            })
            .spawn()
            .map_err(run("cargo"))?;
        let listener = child
            .stderr
            .take()
            .map(|said| thread::spawn(|| relay(said)));
        let read = artifacts(&mut child);
        if read.is_err() {
            // it would wait for a reader for ever
            drop(child.kill());
        }
        let status = child.wait().map_err(run("cargo"))?;
        let said = listener.and_then(|listener| listener.join().ok());
        Ok(Built {
            artifacts: read?,
            status,
            said: said.unwrap_or_default(),
        })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.sources)
            .env_clear()
            .envs(self.variables)
            .stdin(Stdio::null());
        command
    }
}

fn artifacts(child: &mut Child) -> Result<Vec<Artifact>, CompileError> {
    let mut found = Vec::new();
    for line in child
        .stdout
        .take()
        .map(BufReader::new)
        .into_iter()
        .flat_map(BufRead::lines)
    {
        let line = line.map_err(run("cargo"))?;
        found.extend(artifact(&line)?);
    }
    Ok(found)
}

/// Passes on what is said, and keeps the end of it.
fn relay(said: ChildStderr) -> String {
    let mut kept = Vec::new();
    for line in BufReader::new(said).split(b'\n').map_while(Result::ok) {
        // nowhere is left to say that this failed
        drop(io::stderr().write_all(&[line.as_slice(), b"\n"].concat()));
        kept.extend_from_slice(&line);
        kept.push(b'\n');
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// Bytes of what is said that are kept: a compiler's errors about one file are far fewer.
const KEPT: usize = 256 * 1024;

/// One message of cargo, if it is about something that was made.
fn artifact(line: &str) -> Result<Option<Artifact>, CompileError> {
    let message = serde_json::from_str(line).map_err(|err| CompileError::Understand {
        what: "a message of cargo",
        reason: err.to_string(),
    })?;
    match message {
        Message::Artifact(artifact) => Ok(Some(artifact)),
        Message::Else => Ok(None),
    }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact(Artifact),
    #[serde(other)]
    Else,
}

fn run(program: &str) -> impl FnOnce(io::Error) -> CompileError {
    let program = program.to_owned();
    move |err| CompileError::Run { program, err }
}

#[cfg(test)]
pub(super) mod sample {
    use super::Artifact;
    use super::artifact;

    /// What cargo said about a program of three crates of ours with one of a registry, one of git, a procedural macro and
    /// a build script; shortened to the keys that cargo always sends.
    pub(in crate::compile) const MESSAGES: &str = include_str!("sample/messages.json");

    pub(in crate::compile) fn artifacts() -> Vec<Artifact> {
        let lines = MESSAGES.lines();
        lines.filter_map(|line| artifact(line).unwrap()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_messages_are_passed_over() {
        for line in [
            r#"{"reason":"build-script-executed","package_id":"x","out_dir":"/t"}"#,
            r#"{"reason":"build-finished","success":true}"#,
            r#"{"reason":"something-new"}"#,
        ] {
            assert_eq!(artifact(line).unwrap(), None);
        }
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        let refused = artifact("Compiling…");
        assert!(matches!(refused, Err(CompileError::Understand { .. })));
    }

    #[test]
    fn a_program_that_fails_is_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let variables = Variables::from([("PATH".into(), "/usr/bin:/bin".into())]);
        let cargo = Cargo::new(folder.path(), &variables);
        match cargo.ask("sh", &["-c", "echo it is late >&2; exit 3"]) {
            Err(CompileError::Tool { status, stderr, .. }) => {
                assert_eq!(status.code(), Some(3));
                assert_eq!(stderr, "it is late\n");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn programs_see_no_other_variables() {
        let folder = tempfile::tempdir().unwrap();
        let variables = Variables::from([("PATH".into(), "/usr/bin:/bin".into())]);
        let printed = Cargo::new(folder.path(), &variables).ask::<&str>("env", &[]);
        assert_eq!(printed.unwrap(), "PATH=/usr/bin:/bin\n");
    }
}
