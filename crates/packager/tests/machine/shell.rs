//! Commands, and what they say.

use std::ffi::OsStr;
use std::fs;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// What a command said, and whether it was content.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) good: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// What stood on standard output of a command that was content.
    pub(crate) fn ok(self) -> String {
        assert!(self.good, "{}{}", self.out, self.err);
        self.out
    }

    /// All that was said by a command that was not content.
    pub(crate) fn refused(self) -> String {
        assert!(!self.good, "{}{}", self.out, self.err);
        self.out + &self.err
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Said {
    let output = command.env("LC_ALL", "C.UTF-8").output();
    let output = output.unwrap_or_else(|err| panic!("{command:?}: {err}"));
    Said {
        good: output.status.success(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A command of this machine with its arguments.
pub(crate) fn command<S: AsRef<OsStr>>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// Lines for the shell of this machine, until one fails.
pub(crate) fn sh(lines: &str) -> Command {
    command("sh", ["-ec", lines])
}

/// Makes a file with the folders that it is in.
pub(crate) fn put(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = File::create(path).unwrap();
    file.write_all(bytes.as_ref()).unwrap();
}
