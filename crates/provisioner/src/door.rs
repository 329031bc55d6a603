//! Lets connections in, so many at a time.
//!
//! The kernel keeps who waits for room, and turns away those it cannot keep.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use muster::os::local_socket::LocalSocket;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::net::UnixStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Something that connections come to.
pub trait Listens: Send + 'static {
    /// A connection.
    type Connection: Send + 'static;

    /// The next one.
    fn next(&self) -> impl Future<Output = io::Result<Self::Connection>> + Send;
}

impl Listens for TcpListener {
    type Connection = TcpStream;

    async fn next(&self) -> io::Result<TcpStream> {
        Ok(self.accept().await?.0)
    }
}

impl Listens for LocalSocket {
    type Connection = UnixStream;

    async fn next(&self) -> io::Result<UnixStream> {
        self.accept().await
    }
}

/// A listener, and how many of those who come to it are inside at a time.
pub struct Door<L> {
    listener: L,
    room: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl<L> std::fmt::Debug for Door<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door")
            .field("room", &self.room.available_permits())
            .finish_non_exhaustive()
    }
}

impl<L: Listens> Door<L> {
    /// A door with room for so many.
    pub fn new(listener: L, room: usize, tasks: &TaskTracker, stop: CancellationToken) -> Self {
        Self {
            listener,
            room: Arc::new(Semaphore::new(room)),
            tasks: tasks.clone(),
            stop,
        }
    }

    /// Has every connection served by a task of its own, until everything ends. `serve` makes the work of one; when that
    /// ends is its own business.
    pub async fn open<F>(self, serve: impl Fn(L::Connection) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        while let Some(come) = self.stop.run_until_cancelled(self.next()).await {
            match come {
                Ok((connection, permit)) => {
                    let served = serve(connection);
                    self.tasks.spawn(async move {
                        served.await;
                        drop(permit);
                    });
                }
                Err(err) => {
                    tracing::debug!(reason = %err, "a connection was not let in");
                    // the process has no file left for it, and will not have one at once
                    self.stop.run_until_cancelled(sleep(BREATH)).await;
                }
            }
        }
    }

    /// The next connection, once there is room for it.
    async fn next(&self) -> io::Result<(L::Connection, OwnedSemaphorePermit)> {
        let permit = Arc::clone(&self.room)
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        Ok((self.listener.next().await?, permit))
    }
}

/// After the system refused a connection.
const BREATH: Duration = Duration::from_secs(1);
