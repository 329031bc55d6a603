//! The tasks that listen and answer. One for each endpoint, one for each connection; all end when they are told to.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::head;
use super::head::Head;
use super::page;
use super::page::Source;
use crate::os::local_socket::LocalSocket;
use crate::os::local_socket::SocketError;
use crate::report::Chain;

/// Where metrics are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// On a port of the loopback.
    Port(SocketAddr),
    /// On a Unix socket at this path.
    Socket(PathBuf),
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Between two attempts at an endpoint that cannot be used.
    pub retry: Duration,
    /// For one connection, from its first byte to its end.
    pub connection: Duration,
}

/// Serves one endpoint.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) endpoint: Endpoint,
    pub(super) source: Arc<Source>,
    pub(super) patience: Patience,
    /// Connections at the same time, those of the other endpoint among them.
    pub(super) room: Arc<Semaphore>,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

/// Why an endpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum EndpointError {
    /// The port cannot be listened on.
    #[error("cannot listen on {address}")]
    Port {
        /// Address and port.
        address: SocketAddr,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// The socket cannot be listened on.
    #[error(transparent)]
    Socket(#[from] SocketError),
}

/// An endpoint that listens.
#[derive(Debug)]
enum Listener {
    Port(TcpListener),
    Socket(LocalSocket),
}

trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Connection for T {}

impl Task {
    pub(super) async fn run(self) {
        let stop = self.stop.clone();
        // whoever is dropped here takes its socket with it
        stop.run_until_cancelled(self.serve()).await;
    }

    async fn serve(self) {
        let area = self.endpoint.area();
        let concerns = &self.source.node.concerns;
        let listener = loop {
            match self.endpoint.listen().await {
                Ok(listener) => break listener,
                Err(err) => concerns.raise(area, Chain(&err).to_string()),
            }
            sleep(self.patience.retry).await;
        };
        concerns.clear(area);
        tracing::info!(at = %listener, "metrics are served");
        loop {
            // the kernel keeps who finds no room, and turns away those it cannot keep
            let Ok(permit) = Arc::clone(&self.room).acquire_owned().await else {
                return;
            };
            match listener.accept().await {
                Ok(connection) => {
                    let source = Arc::clone(&self.source);
                    let limit = self.patience.connection;
                    let stop = self.stop.clone();
                    self.tasks.spawn(async move {
                        let answered = timeout(limit, answer(connection, &source));
                        // however it ended, nobody is interested
                        drop(stop.run_until_cancelled(answered).await);
                        drop(permit);
                    });
                }
                Err(err) => {
                    tracing::debug!(reason = %err, "a reader of metrics was not let in");
                    sleep(BREATH).await;
                }
            }
        }
    }
}

impl Endpoint {
    /// What its faults are raised under.
    const fn area(&self) -> &'static str {
        match self {
            Self::Port(_) => "metrics port",
            Self::Socket(_) => "metrics socket",
        }
    }

    async fn listen(&self) -> Result<Listener, EndpointError> {
        match self {
            Self::Port(address) => TcpListener::bind(address)
                .await
                .map(Listener::Port)
                .map_err(|err| EndpointError::Port {
                    address: *address,
                    err,
                }),
            Self::Socket(path) => Ok(Listener::Socket(LocalSocket::listen(path, MODE).await?)),
        }
    }
}

impl Listener {
    async fn accept(&self) -> io::Result<Box<dyn Connection>> {
        Ok(match self {
            Self::Port(listener) => Box::new(listener.accept().await?.0),
            Self::Socket(listener) => Box::new(listener.accept().await?),
        })
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(listener) => match listener.local_addr() {
                Ok(address) => address.fmt(f),
                Err(_) => f.write_str("a port"),
            },
            Self::Socket(socket) => socket.path().display().fmt(f),
        }
    }
}

/// Reads the head of a request, answers it, and waits for the other side to have read the answer.
async fn answer(mut connection: Box<dyn Connection>, source: &Source) -> io::Result<()> {
    let mut bytes = Vec::new();
    let response = loop {
        let room = u64::try_from(head::LARGEST.saturating_sub(bytes.len())).unwrap_or(0);
        let mut part = (&mut connection).take(room);
        if part.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
        match head::read(&bytes) {
            Head::Incomplete => {}
            Head::Get(path) => break source.answer(&path),
            Head::Refused(refusal) => break page::refused(refusal),
        }
    };
    connection.write_all(response.as_bytes()).await?;
    connection.shutdown().await?;
    // a connection that is closed over unread bytes is reset, and the answer lost with it
    tokio::io::copy(&mut connection.take(LEFTOVERS), &mut tokio::io::sink()).await?;
    Ok(())
}

/// Owner and group may read the metrics.
const MODE: u32 = 0o660;
/// After the system refused a connection: it has no file left for it, and will not have one at once.
const BREATH: Duration = Duration::from_secs(1);
/// Bytes after the head that are read and thrown away.
const LEFTOVERS: u64 = 64 * 1024;
