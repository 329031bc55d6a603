//! What can go wrong between sources and a binary.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use buildspec::Platform;

use crate::compose::Blame;

/// A binary that could not be made, or is not what it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// Tools are not installed: all of them at once, with what to install.
    #[error("cannot compile for {platform}: missing {}; {}", missing.join(", "), remedies.join(" and "))]
    Missing {
        /// For what.
        platform: Platform,
        /// What is not there.
        missing: Vec<String>,
        /// What a person does about it, one command or sentence each.
        remedies: Vec<String>,
    },
    /// A path cannot be given to the compilers.
    #[error(
        "cannot compile with the folder {path:?}: compilers take no white space, quotes, backslashes and `=` in it"
    )]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// Something in the file system did not work.
    #[error("cannot {attempt} {}", path.display())]
    File {
        /// What was attempted.
        attempt: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        err: io::Error,
    },
    /// A program could not be started or read.
    #[error("cannot run {program}")]
    Run {
        /// Its name.
        program: String,
        /// Why not.
        #[source]
        err: io::Error,
    },
    /// A tool failed; what it said follows.
    #[error("{program} failed ({status}){}", said(stderr))]
    Tool {
        /// Its name.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        stderr: String,
    },
    /// Cargo failed; its own messages have been shown.
    #[error(
        "cargo could not build {program} of compile target {target} for {platform} ({status}); its messages are above"
    )]
    Cargo {
        /// What was built.
        program: String,
        /// Name of the compile target.
        target: String,
        /// For what.
        platform: Platform,
        /// How cargo ended.
        status: ExitStatus,
    },
    /// Cargo could not build a company's program, and it is clear whose crate it is.
    #[error("{0}")]
    Company(Box<Blame>),
    /// Cargo or its lock file say something that is not understood.
    #[error("cannot understand {what}: {reason}")]
    Understand {
        /// What was read.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A date that no calendar has.
    #[error("the source date {seconds} is beyond the year 9999")]
    Date {
        /// Seconds since 1970.
        seconds: u64,
    },
    /// A file that is no ELF program.
    #[error("{} is not an ELF program: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// A binary for another machine.
    #[error("{} is a binary of the wrong architecture: it is for {found}, expected {expected}", path.display())]
    Architecture {
        /// The file.
        path: PathBuf,
        /// What it is for.
        found: String,
        /// What it should be for.
        expected: Platform,
    },
    /// A binary that needs files of the machine it runs on.
    #[error("{} is not statically linked: it needs {needs}", path.display())]
    Dynamic {
        /// The file.
        path: PathBuf,
        /// What it needs.
        needs: String,
    },
    /// A file without permission to be run.
    #[error("{} is not executable: its mode is {mode:o}", path.display())]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

impl CompileError {
    /// For `map_err` after an operation on a file.
    pub(super) fn file(
        attempt: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |err| Self::File { attempt, path, err }
    }
}

fn said(stderr: &str) -> String {
    match stderr.trim() {
        "" => String::new(),
        text => format!(": {text}"),
    }
}
