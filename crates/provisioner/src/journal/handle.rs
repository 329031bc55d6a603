//! How the rest of the provisioner reaches the journal.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::thread;
use std::time::Duration;

use muster::protocol::names::Identity;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Configured;
use super::Holder;
use super::JournalError;
use super::Quarantined;
use super::Remembered;
use super::SessionId;
use super::books::Books;
use super::disk::Disk;
use super::disk::RealDisk;
use super::open::open;
use super::record::Record;
use super::writer::Answer;
use super::writer::Request;
use super::writer::Writer;

/// The journal. Clones are the same journal. A method that records something returns when that is durable.
///
/// All of them fail with [`JournalError::Full`] or [`JournalError::Write`] when the disk refuses, with
/// [`JournalError::Busy`] when too much is waiting, with [`JournalError::TimedOut`] when the disk does not answer, and with
/// [`JournalError::Exited`] when the journal was closed. Whatever the error, a later call may succeed.
#[derive(Debug, Clone)]
pub struct Journal {
    requests: mpsc::Sender<Request>,
    books: Arc<RwLock<Books>>,
    instance: Arc<str>,
}

#[expect(
    clippy::missing_errors_doc,
    reason = "said once for all of them, at the type"
)]
impl Journal {
    /// Opens the journal of a state directory, which is created if it is not there. Blocks: it is for the start. `now` is
    /// in seconds since 1970, here and everywhere else.
    pub fn open(state_dir: &Path, now: i64) -> Result<(Self, Remembered), JournalError> {
        Self::open_on(state_dir, now, |path| Box::new(RealDisk::new(path)))
    }

    pub(super) fn open_on(
        state_dir: &Path,
        now: i64,
        disk: impl FnOnce(PathBuf) -> Box<dyn Disk>,
    ) -> Result<(Self, Remembered), JournalError> {
        let opened = open(state_dir, now, disk)?;
        let remembered = opened.books.remembered();
        let instance = opened.header.instance.as_str().into();
        let (requests, waiting) = mpsc::channel(DEPTH);
        let (writer, books) = Writer::new(opened, waiting, now);
        // a thread of its own and not one of the runtime's: it blocks for as long as the journal is open
        thread::Builder::new()
            .name("journal".into())
            .spawn(|| writer.run())
            .map_err(|err| JournalError::Thread { err: Arc::new(err) })?;
        let journal = Self {
            requests,
            books,
            instance,
        };
        Ok((journal, remembered))
    }

    /// Sixteen hexadecimal digits that tell this provisioner from every other, the same after a restart.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Requests that wait for the writer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.requests
            .max_capacity()
            .saturating_sub(self.requests.capacity())
    }

    /// The session of a node and the SHA-256 of its public key: the same until `configure` was acknowledged or a day has
    /// passed, otherwise a new one.
    pub async fn session(
        &self,
        identity: &Identity,
        key_digest: [u8; 32],
        now: i64,
    ) -> Result<SessionId, JournalError> {
        let identity = identity.clone();
        self.ask(|answer| Request::Session {
            identity,
            key_digest,
            now,
            answer,
        })
        .await
    }

    /// A node acknowledged `configure`: its session ends, its restart is to be asked for, and its certificate is remembered.
    pub async fn configured(&self, configured: Configured) -> Result<(), JournalError> {
        self.enter(Record::Configured(configured)).await
    }

    /// A node acknowledged the restart.
    pub async fn restarted(&self, identity: &Identity) -> Result<(), JournalError> {
        let identity = identity.clone();
        self.enter(Record::Restarted { identity }).await
    }

    /// A node is left alone for a while.
    pub async fn quarantined(&self, node: Quarantined) -> Result<(), JournalError> {
        self.enter(Record::Quarantined(node.cut())).await
    }

    /// A node is no longer left alone.
    pub async fn released(&self, identity: &Identity) -> Result<(), JournalError> {
        let identity = identity.clone();
        self.enter(Record::Released { identity }).await
    }

    /// Everything about this node is forgotten, its certificate included.
    pub async fn forgotten(&self, identity: &Identity) -> Result<(), JournalError> {
        let identity = identity.clone();
        self.enter(Record::Forgotten { identity }).await
    }

    /// Writes an empty list of records, to see whether the disk takes it.
    pub async fn check(&self) -> Result<(), JournalError> {
        self.ask(|answer| Request::Check { answer }).await
    }

    /// The certificate that this identity got last, which may have ended.
    #[must_use]
    pub fn holder(&self, identity: &Identity) -> Option<Holder> {
        let books = self.books.read().unwrap_or_else(PoisonError::into_inner);
        books.holder(identity)
    }

    /// Closes the journal for all its clones, after everything that waits was recorded. When this returns without an error,
    /// the state directory may be used by another process. A journal whose clones are all dropped closes itself, soon.
    pub async fn close(self) -> Result<(), JournalError> {
        let (answer, closed) = oneshot::channel();
        let asked = async {
            // not tried but awaited: there may be others in the queue
            self.requests.send(Request::Close { answer }).await.ok()?;
            closed.await.ok()
        };
        match timeout(PATIENCE, asked).await {
            Ok(Some(closed)) => closed,
            Ok(None) => Err(JournalError::Exited),
            Err(_) => Err(JournalError::TimedOut),
        }
    }

    async fn enter(&self, record: Record) -> Result<(), JournalError> {
        self.ask(|answer| Request::Enter { record, answer }).await
    }

    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, JournalError> {
        let (answer, answered) = oneshot::channel();
        self.requests
            .try_send(request(answer))
            .map_err(|err| match err {
                mpsc::error::TrySendError::Full(_) => JournalError::Busy,
                mpsc::error::TrySendError::Closed(_) => JournalError::Exited,
            })?;
        match timeout(PATIENCE, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(JournalError::Exited),
            Err(_) => Err(JournalError::TimedOut),
        }
    }
}

/// Requests that wait. Whoever works on a node waits for its own record, so up to so many nodes may be worked on at the
/// same time before anybody is told that the journal is busy.
pub(super) const DEPTH: usize = 1024;
/// A disk that takes longer for an fsync is broken.
const PATIENCE: Duration = Duration::from_secs(30);
