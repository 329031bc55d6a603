//! Why the server did not start, and the exit code that says so.

use std::path::PathBuf;

use super::super::material::MaterialError;
use super::super::mode::Refusal;
use crate::company::MakeError;
use crate::config::ConfigError;
use crate::config::DefaultIdentityError;
use crate::os::atomic_file::WriteError;
use crate::os::configuration::ReadError;
use crate::os::exec::ExecError;
use crate::os::host::HostError;
use crate::os::lock::LockError;
use crate::os::privileges::PrivilegesError;
use crate::os::signals::SignalError;
use crate::os::transaction::TransactionError;
use crate::report::Exit;
use crate::telemetry::LogError;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The path of the configuration file has no absolute form.
    #[error("cannot tell the absolute path of {}", path.display())]
    Path {
        /// The path as it was given.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: std::io::Error,
    },
    /// Privileges cannot be given up.
    #[error("cannot restrict the process")]
    Privileges(#[from] PrivilegesError),
    /// The running program cannot be found.
    #[error("cannot tell how to restart")]
    Program(#[from] ExecError),
    /// The directory of the configuration does not exist.
    #[error("the directory {} of the configuration file does not exist", path.display())]
    NoDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// Another process runs on this configuration.
    #[error("cannot take the lock of this configuration")]
    Lock(#[from] LockError),
    /// The state belongs to another user.
    #[error("{} belongs to the user with the number {owner}, run this as that user", path.display())]
    Foreign {
        /// The state directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// What a crash left cannot be finished or discarded.
    #[error("cannot recover the state of this node")]
    Recover(#[from] TransactionError),
    /// The configuration cannot be read.
    #[error("cannot read the configuration")]
    Read(#[from] ReadError),
    /// The configuration is wrong.
    #[error("the configuration is wrong")]
    Config(#[from] ConfigError),
    /// There is no safe way to start.
    #[error("cannot start with {}", path.display())]
    Refused {
        /// The configuration file.
        path: PathBuf,
        /// Why.
        #[source]
        err: Refusal,
    },
    /// The host has no usable name.
    #[error("cannot tell the host name")]
    HostName(#[from] HostError),
    /// The node has no identity.
    #[error("cannot derive an identity, set identity in the configuration")]
    Identity(#[from] DefaultIdentityError),
    /// The log cannot be opened.
    #[error("cannot log")]
    Log(#[from] LogError),
    /// The runtime cannot be made.
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
    /// Signals cannot be heard.
    #[error("cannot listen for signals")]
    Signals(#[source] SignalError),
    /// The connection cannot be prepared.
    #[error("cannot prepare the connection")]
    Connection(#[source] MaterialError),
    /// The process id cannot be written.
    #[error("could not write PID")]
    Pid(#[source] WriteError),
    /// An agent of the company cannot be made.
    #[error("cannot make the agent {agent} of crate {krate}")]
    Agent {
        /// The agent.
        agent: String,
        /// The crate that provides it.
        krate: &'static str,
        /// What the agent said.
        #[source]
        err: MakeError,
    },
    /// An agent of the company panicked while it was made.
    #[error("the agent {agent} of crate {krate} failed in an unexpected way while it was made")]
    AgentPanicked {
        /// The agent.
        agent: String,
        /// The crate that provides it.
        krate: &'static str,
    },
}

impl StartError {
    /// How the process ends on it.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Config(_)
            | Self::Refused { .. }
            | Self::Identity(_)
            | Self::Connection(_)
            | Self::Agent { .. } => Exit::Config,
            Self::AgentPanicked { .. } => Exit::Software,
            Self::Read(_) | Self::NoDirectory { .. } | Self::Path { .. } => Exit::NoInput,
            Self::Lock(_) => Exit::TempFail,
            Self::Foreign { .. } => Exit::NoPermission,
            Self::Log(_) | Self::Pid(_) => Exit::CannotCreate,
            Self::Recover(_) => Exit::Io,
            Self::Privileges(_)
            | Self::Program(_)
            | Self::HostName(_)
            | Self::Runtime(_)
            | Self::Signals(_) => Exit::OsError,
        }
    }
}
