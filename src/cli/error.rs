//! Why a command could not do its work, and the exit code that says so.

use std::io;

use super::ending::Ends;
use super::returning::ReturnError;
use super::tool::DdlError;
use super::tool::NoSuchKey;
use crate::company::RosterError;
use crate::report::Exit;
use crate::server::StartError;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum CliError {
    /// A file to check that is not there.
    #[error("{} does not exist", path.display())]
    NoSuchFile { path: std::path::PathBuf },
    /// `server run` without a file.
    #[error("server run requires a configuration file")]
    NoConfiguration,
    /// No output any more.
    #[error("cannot write the output")]
    Write {
        #[from]
        err: io::Error,
    },
    /// No description of an agent.
    #[error(transparent)]
    Ddl(#[from] DdlError),
    /// No key to explain.
    #[error(transparent)]
    Key(#[from] NoSuchKey),
    /// The node did not start, or would not with this configuration.
    #[error(transparent)]
    Server(#[from] StartError),
    /// The agents of a company do not fit this program.
    #[error("this program is composed wrongly")]
    Composed(#[from] RosterError),
    /// The node was not sent back.
    #[error(transparent)]
    Return(#[from] ReturnError),
    /// A command of an operator failed.
    #[cfg(feature = "client")]
    #[error(transparent)]
    Operator(#[from] super::client::OperatorError),
}

impl Ends for CliError {
    /// The one place that decides exit codes of failed commands.
    fn exit(&self) -> Exit {
        match self {
            Self::NoConfiguration => Exit::Usage,
            Self::NoSuchFile { .. } => Exit::NoInput,
            Self::Write { .. } => Exit::Io,
            Self::Ddl(err) => err.exit(),
            Self::Key(err) => err.exit(),
            Self::Server(err) => err.exit(),
            Self::Return(err) => err.exit(),
            Self::Composed(_) => Exit::Software,
            #[cfg(feature = "client")]
            Self::Operator(err) => err.exit(),
        }
    }

    fn is_lost_reader(&self) -> bool {
        match self {
            Self::Write { err } => err.kind() == io::ErrorKind::BrokenPipe,
            Self::NoConfiguration
            | Self::NoSuchFile { .. }
            | Self::Ddl(_)
            | Self::Key(_)
            | Self::Server(_)
            | Self::Composed(_)
            | Self::Return(_) => false,
            #[cfg(feature = "client")]
            Self::Operator(err) => err.is_lost_reader(),
        }
    }
}
