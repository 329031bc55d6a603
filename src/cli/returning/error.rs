//! Why a node was not sent back, and the exit code that says so.

use std::path::PathBuf;

use crate::agents::provision::NoStart;
use crate::agents::provision::WayBackError;
use crate::os::transaction::TransactionError;
use crate::report::Exit;

/// Why `reprovision` or `rollback` changed nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::cli) enum ReturnError {
    /// Nobody to ask.
    #[error("there is no terminal to ask at: add --yes to go ahead without a question")]
    NobodyToAsk,
    /// What a waiting node needs is not there.
    #[error("the node cannot be sent back to a provisioner")]
    WayBack(#[from] WayBackError),
    /// Nothing is kept.
    #[error("no previous configuration of {} is kept, nothing has ever replaced one", config_file.display())]
    NothingKept {
        /// The configuration file.
        config_file: PathBuf,
    },
    /// The kept configuration is of no use.
    #[error("the node would not start with the kept configuration")]
    WouldNotStart(#[source] NoStart),
    /// The files could not be read or changed. Nothing has changed, unless it is [`TransactionError::Undecided`].
    #[error("the previous configuration cannot be put back")]
    Files(#[source] TransactionError),
    /// The runtime for the lookups cannot be made.
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
}

impl ReturnError {
    /// How the command ends on it.
    pub(in crate::cli) const fn exit(&self) -> Exit {
        match self {
            Self::NobodyToAsk => Exit::Usage,
            Self::NothingKept { .. } => Exit::NoInput,
            Self::WouldNotStart(_) => Exit::Config,
            Self::Runtime(_) => Exit::OsError,
            Self::Files(err) => of_transaction(err),
            Self::WayBack(err) => match err {
                WayBackError::Policy(_)
                | WayBackError::NoAgent
                | WayBackError::CannotProvision
                | WayBackError::Render(_)
                | WayBackError::WouldNotStart(_)
                | WayBackError::WouldNotWait => Exit::Config,
                WayBackError::NotAllowed(_) => Exit::NoPermission,
                WayBackError::NoBrokers(_) => Exit::Unavailable,
                WayBackError::Unreadable(_) | WayBackError::Target(_) => Exit::NoInput,
                WayBackError::Write(err) => of_transaction(err),
                WayBackError::Ending => Exit::TempFail,
            },
        }
    }
}

const fn of_transaction(err: &TransactionError) -> Exit {
    match err {
        TransactionError::Locked(_) | TransactionError::Overtaken { .. } => Exit::TempFail,
        TransactionError::NoPrevious => Exit::NoInput,
        TransactionError::PathNotPlain { .. }
        | TransactionError::ChangedTwice { .. }
        | TransactionError::NotADirectory { .. }
        | TransactionError::Write(_)
        | TransactionError::File(_)
        | TransactionError::Encode(_)
        | TransactionError::Undecided { .. } => Exit::CannotCreate,
        TransactionError::Damaged { .. } | TransactionError::UnknownVersion { .. } => Exit::Data,
    }
}
