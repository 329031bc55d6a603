//! Why a command of an operator could not do its work, and the exit code that says so.

use std::io;
use std::path::PathBuf;

use super::chain::ChainError;
use super::names::NamesError;
use crate::cli::tool::DdlError;
use crate::client::ClientError;
use crate::client::InvalidLimit;
use crate::client::WireError;
use crate::operator::ApproachError;
use crate::protocol::names::InvalidName;
use crate::report::Exit;
use crate::rpc::ddl::InputError;

/// Why a command of an operator could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::cli) enum OperatorError {
    /// Nobody can be called.
    #[error(transparent)]
    Approach(#[from] ApproachError),
    #[error("no broker answered{}", why.as_ref().map_or_else(String::new, |why| format!(": {why}")))]
    NoBroker { why: Option<String> },
    /// No output any more.
    #[error("cannot write the output")]
    Write {
        #[from]
        err: io::Error,
    },
    /// A file that was named cannot be written.
    #[error("cannot create {}", path.display())]
    Create {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    /// A file that was named cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    /// No such action.
    #[error("agent '{agent}' has no action '{action}', its actions are {}", known.join(", "))]
    UnknownAction {
        agent: String,
        action: String,
        known: Vec<String>,
    },
    /// An argument is not `key=value`.
    #[error("argument '{text}' is not of the form key=value")]
    NotAPair { text: String },
    /// An input was refused.
    #[error("cannot call {agent}#{action}")]
    Input {
        agent: String,
        action: String,
        #[source]
        err: InputError,
    },
    /// A filter cannot be understood.
    #[error("could not parse fact {text} it does not appear to be in a valid format")]
    Fact { text: String },
    /// A name cannot stand in a request.
    #[error("cannot use '{text}'")]
    Name {
        text: String,
        #[source]
        err: InvalidName,
    },
    /// A limit cannot be understood.
    #[error("cannot limit the request to '{text}'")]
    Limit {
        text: String,
        #[source]
        err: InvalidLimit,
    },
    /// A limit leaves nothing.
    #[error("no targets left after applying target limits of '{text}'")]
    NothingLeft { text: String },
    /// A way of discovery that is not built.
    #[error("discovery method '{method}' is not supported, broadcast and flatfile are")]
    Method { method: String },
    /// A flat file without a file.
    #[error("discovery method 'flatfile' needs a file, as --nodes FILE or --do file=FILE")]
    NoNodesFile,
    /// A list of nodes that is not one.
    #[error("{what} names no nodes")]
    NotAList {
        what: String,
        #[source]
        err: NamesError,
    },
    /// Standard input is a pipe, but not one to chain requests with.
    #[error("cannot tell which nodes are meant")]
    StandardInput {
        #[from]
        err: ChainError,
    },
    /// Nodes by name, where nobody can be asked by name.
    #[error("{command} asks whoever a filter matches and cannot use nodes by name")]
    OnlyFilters { command: &'static str },
    /// The configuration forbids what was asked.
    #[error("requests without filters have been disabled by plugin.choria.require_client_filter")]
    FilterRequired,
    /// Nobody to ask.
    #[error("did not discover any nodes")]
    NoNodes,
    /// Nobody answered.
    #[error("no responses received")]
    NoResponses,
    /// Not enough answered.
    #[error("received {received} of the expected {expected} responses")]
    TooFew { received: usize, expected: usize },
    /// The runtime cannot start.
    #[error("cannot start the runtime")]
    Runtime {
        #[source]
        err: io::Error,
    },
    /// Fewer nodes answered a request than it is to be called a success for.
    #[error("{received} of the expected {expected} nodes answered")]
    Incomplete { received: usize, expected: usize },
    /// A request could not be made.
    #[error("could not perform the request")]
    Client {
        #[from]
        err: ClientError,
    },
    /// No description of the agent.
    #[error(transparent)]
    Ddl(#[from] DdlError),
}

impl OperatorError {
    /// The one place that decides exit codes of failed commands of an operator.
    pub(in crate::cli) const fn exit(&self) -> Exit {
        match self {
            Self::Approach(err) => err.exit(),
            Self::NoBroker { .. } => Exit::Unavailable,
            Self::UnknownAction { .. }
            | Self::NotAPair { .. }
            | Self::Input { .. }
            | Self::Fact { .. }
            | Self::Name { .. }
            | Self::Limit { .. }
            | Self::Method { .. }
            | Self::NoNodesFile
            | Self::OnlyFilters { .. }
            | Self::FilterRequired => Exit::Usage,
            Self::Write { .. } => Exit::Io,
            Self::Create { .. } => Exit::CannotCreate,
            Self::Read { .. } => Exit::NoInput,
            Self::NotAList { .. } | Self::StandardInput { .. } => Exit::Data,
            Self::NothingLeft { .. } | Self::NoNodes | Self::NoResponses | Self::TooFew { .. } => {
                Exit::Negative
            }
            Self::Incomplete { .. } => Exit::TempFail,
            Self::Runtime { .. } => Exit::OsError,
            Self::Client { err } => client_exit(err),
            Self::Ddl(err) => err.exit(),
        }
    }

    /// Whether the reader of the output went away.
    pub(in crate::cli) fn is_lost_reader(&self) -> bool {
        matches!(self, Self::Write { err } if err.kind() == io::ErrorKind::BrokenPipe)
    }
}

const fn client_exit(err: &ClientError) -> Exit {
    match err {
        ClientError::Publish {
            err: WireError::Closed | WireError::TimedOut,
        } => Exit::Unavailable,
        ClientError::Publish {
            err: WireError::TooLarge { .. },
        }
        | ClientError::TooLarge { .. } => Exit::Data,
        ClientError::Name { .. } => Exit::Usage,
        ClientError::Sign { .. } => Exit::Config,
        ClientError::NoTargets => Exit::Negative,
    }
}
