//! The side that asks.

use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::control::command::Answer;
use crate::control::command::Command;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// Nobody listens.
    #[error("no provisioner answers at {}", path.display())]
    NotRunning {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// The socket is another's.
    #[error("{} is closed to this user", path.display())]
    Denied {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// The provisioner takes too long.
    #[error("the provisioner at {} did not answer in time", path.display())]
    Silent {
        /// The socket.
        path: PathBuf,
    },
    /// The connection broke.
    #[error("the provisioner at {} broke off", path.display())]
    Broken {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// The answer is none of this version.
    #[error("what {} answers is not understood", path.display())]
    NotAnAnswer {
        /// The socket.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        err: serde_json::Error,
    },
}

/// Asks the provisioner at the socket `path`. An answer may take as long as the command needs, and a moment more.
///
/// # Errors
///
/// [`AskError`]; a refusal by the provisioner is an answer, not an error.
pub async fn ask(path: &Path, command: &Command) -> Result<Answer, AskError> {
    let deadline = command.patience().saturating_add(MARGIN);
    let owned = || path.to_owned();
    let line = timeout(deadline, exchange(path, command))
        .await
        .map_err(|_| AskError::Silent { path: owned() })??;
    serde_json::from_slice(&line).map_err(|err| AskError::NotAnAnswer { path: owned(), err })
}

async fn exchange(path: &Path, command: &Command) -> Result<Vec<u8>, AskError> {
    let owned = || path.to_owned();
    let mut connection = UnixStream::connect(path).await.map_err(|err| {
        if err.kind() == io::ErrorKind::PermissionDenied {
            AskError::Denied { path: owned(), err }
        } else {
            AskError::NotRunning { path: owned(), err }
        }
    })?;
    let broken = |err: io::Error| AskError::Broken { path: owned(), err };
    let mut line = serde_json::to_vec(command).map_err(|err| broken(err.into()))?;
    line.push(b'\n');
    connection.write_all(&line).await.map_err(broken)?;
    let mut answer = Vec::new();
    let mut reader = connection.take(LARGEST_ANSWER);
    reader.read_to_end(&mut answer).await.map_err(broken)?;
    Ok(answer)
}

/// What the way there and back may take beyond the provisioner's own patience.
const MARGIN: Duration = Duration::from_secs(5);
/// Bytes: the rows of some hundred thousand nodes.
const LARGEST_ANSWER: u64 = 256 * 1024 * 1024;
