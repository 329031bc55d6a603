//! Why a command could not do its work, and the exit code that says so.

use std::io;
use std::path::PathBuf;

use muster::cli::ending::Ends;
use muster::os::atomic_file::WriteError;
use muster::os::privileges::PrivilegesError;
use muster::report::Exit;
use muster::telemetry::LogError;

use crate::cli::ca::CaError;
use crate::config::ConfigError;
use crate::connection::ConnectionError;
use crate::control::AskError;
use crate::engine::BuildError;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum CliError {
    /// The configuration that names the socket cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    /// The configuration that names the socket is none.
    #[error("{} is no configuration: {reason}", path.display())]
    NoConfiguration { path: PathBuf, reason: String },
    /// The configuration is wrong.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
    /// What this process could become cannot be limited.
    #[error(transparent)]
    Privileges(#[from] PrivilegesError),
    /// There is nowhere to log to.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The file for the process id cannot be written.
    #[error("cannot write the process id to {}", path.display())]
    PidFile {
        path: PathBuf,
        #[source]
        err: WriteError,
    },
    /// The parts of the provisioner cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The authority cannot do it.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// There can be no connection.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// The provisioner did not answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The provisioner says no.
    #[error("{reason}")]
    Refused { reason: String },
    /// The provisioner answers something else.
    #[error("the provisioner answered another question: is it of another version?")]
    OtherAnswer,
    /// The system refuses what is always needed.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    /// Signals cannot be listened to.
    #[error(transparent)]
    Signals(#[from] muster::os::signals::SignalError),
    /// No output any more.
    #[error("cannot write the output")]
    Write {
        #[from]
        err: io::Error,
    },
}

impl Ends for CliError {
    /// The one place that decides exit codes of failed commands.
    fn exit(&self) -> Exit {
        match self {
            Self::Unreadable { .. } => Exit::NoInput,
            Self::NoConfiguration { .. } => Exit::Config,
            Self::Ask(err) => match err {
                AskError::NotRunning { .. } | AskError::Broken { .. } => Exit::Unavailable,
                AskError::Denied { .. } => Exit::NoPermission,
                AskError::Silent { .. } => Exit::TempFail,
                AskError::NotAnAnswer { .. } => Exit::Data,
            },
            Self::Configuration(_) => Exit::Config,
            Self::Log(_) | Self::PidFile { .. } => Exit::CannotCreate,
            Self::Build(err) => err.exit(),
            Self::Connection(err) => err.exit(),
            Self::Ca(err) => err.exit(),
            Self::Refused { .. } => Exit::Negative,
            Self::OtherAnswer => Exit::Data,
            Self::Runtime(_) | Self::Signals(_) | Self::Privileges(_) => Exit::OsError,
            Self::Write { .. } => Exit::Io,
        }
    }

    fn is_lost_reader(&self) -> bool {
        match self {
            Self::Write { err } => err.kind() == io::ErrorKind::BrokenPipe,
            Self::Unreadable { .. }
            | Self::NoConfiguration { .. }
            | Self::Configuration(_)
            | Self::Privileges(_)
            | Self::Log(_)
            | Self::PidFile { .. }
            | Self::Build(_)
            | Self::Connection(_)
            | Self::Ca(_)
            | Self::Ask(_)
            | Self::Refused { .. }
            | Self::OtherAnswer
            | Self::Runtime(_)
            | Self::Signals(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> PathBuf {
        PathBuf::from("/a")
    }

    fn err() -> io::Error {
        io::ErrorKind::NotFound.into()
    }

    fn of_asking() -> [(AskError, Exit); 5] {
        let path = path();
        let not_running = AskError::NotRunning { path, err: err() };
        let path = self::path();
        let broken = AskError::Broken { path, err: err() };
        let path = self::path();
        let denied = AskError::Denied { path, err: err() };
        let path = self::path();
        let wrong = serde_json::from_str::<()>("{").unwrap_err();
        let not_an_answer = AskError::NotAnAnswer { path, err: wrong };
        let path = self::path();
        [
            (not_running, Exit::Unavailable),
            (broken, Exit::Unavailable),
            (denied, Exit::NoPermission),
            (not_an_answer, Exit::Data),
            (AskError::Silent { path }, Exit::TempFail),
        ]
    }

    #[test]
    fn each_failure_has_its_exit_code() {
        let (path, reason) = (path(), String::new());
        let unreadable = CliError::Unreadable { path, err: err() };
        let path = self::path();
        let none = CliError::NoConfiguration { path, reason };
        let reason = String::new();
        let own = [
            (unreadable, Exit::NoInput),
            (none, Exit::Config),
            (CliError::Refused { reason }, Exit::Negative),
            (CliError::OtherAnswer, Exit::Data),
            (CliError::Runtime(err()), Exit::OsError),
            (CliError::Write { err: err() }, Exit::Io),
        ];
        let asked = of_asking().map(|(err, exit)| (CliError::from(err), exit));
        for (failure, exit) in own.into_iter().chain(asked) {
            assert_eq!(failure.exit(), exit, "{failure}");
            assert!(!failure.is_lost_reader());
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let err = io::ErrorKind::BrokenPipe.into();
        assert!(CliError::Write { err }.is_lost_reader());
    }
}
