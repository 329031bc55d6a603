//! The thread that writes: whatever waits becomes one line and one fsync.

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use muster::os::lock::Lock;
use muster::os::random;
use muster::protocol::names::Identity;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use super::JournalError;
use super::OpenSession;
use super::SessionId;
use super::books::Books;
use super::disk::Disk;
use super::open::Opened;
use super::open::rewritten;
use super::open::warn_of_length;
use super::record::Header;
use super::record::Record;
use super::record::line_of;

/// What is asked of the writer.
#[derive(Debug)]
pub(super) enum Request {
    /// The session of this identity and key, a new one if there is none.
    Session {
        identity: Identity,
        key_digest: [u8; 32],
        now: i64,
        answer: Answer<SessionId>,
    },
    /// This happened.
    Enter { record: Record, answer: Answer<()> },
    /// Does the disk take anything?
    Check { answer: Answer<()> },
    /// Nothing more will come.
    Close { answer: Answer<()> },
}

pub(super) type Answer<T> = oneshot::Sender<Result<T, JournalError>>;

/// The writer, on its thread.
#[derive(Debug)]
pub(super) struct Writer {
    requests: mpsc::Receiver<Request>,
    books: Arc<RwLock<Books>>,
    path: PathBuf,
    header: Header,
    disk: Box<dyn Disk>,
    end: End,
    /// Length after it was written anew last.
    shortest: u64,
    /// The latest time that anybody mentioned.
    latest: i64,
    batch: Batch,
    closing: Option<Answer<()>>,
    #[expect(dead_code, reason = "held until the writer ends")]
    lock: Lock,
}

/// What is known of the end of the file.
#[derive(Debug, Clone, Copy)]
enum End {
    /// It ends with a whole line at this length.
    Whole(u64),
    /// Its whole lines end at this length, and something may follow.
    Torn(u64),
    /// It ends with a whole line, wherever that is.
    Somewhere,
}

/// What will become one line.
#[derive(Debug, Default)]
struct Batch {
    records: Vec<Record>,
    waiting: Vec<Waiting>,
    about: HashSet<Identity>,
}

#[derive(Debug)]
enum Waiting {
    Session(SessionId, Answer<SessionId>),
    Entry(Answer<()>),
}

impl Writer {
    pub(super) fn new(
        opened: Opened,
        requests: mpsc::Receiver<Request>,
        now: i64,
    ) -> (Self, Arc<RwLock<Books>>) {
        let books = Arc::new(RwLock::new(opened.books));
        let writer = Self {
            requests,
            books: Arc::clone(&books),
            path: opened.path,
            header: opened.header,
            disk: opened.disk,
            end: opened.length.map_or(End::Somewhere, End::Whole),
            shortest: opened.length.unwrap_or(0),
            latest: now,
            batch: Batch::default(),
            closing: None,
            lock: opened.lock,
        };
        (writer, books)
    }

    /// Serves until everybody who could ask is gone or somebody closed the journal.
    pub(super) fn run(mut self) {
        while self.closing.is_none()
            && let Some(request) = self.requests.blocking_recv()
        {
            self.take(request);
            while self.closing.is_none()
                && self.batch.records.len() < LARGEST_BATCH
                && let Ok(request) = self.requests.try_recv()
            {
                self.take(request);
            }
            self.commit();
            self.shorten();
        }
        let closing = self.closing.take();
        // the lock goes first: whoever waits for the end may open the journal again
        drop(self);
        if let Some(answer) = closing {
            drop(answer.send(Ok(())));
        }
    }

    fn take(&mut self, request: Request) {
        match request {
            Request::Session {
                identity,
                key_digest,
                now,
                answer,
            } => self.open_session(identity, key_digest, now, answer),
            Request::Enter { record, answer } => self.batch.add(record, Waiting::Entry(answer)),
            Request::Check { answer } => {
                let written = self.write(&line_of(&[]));
                let failed = |err| JournalError::of_write(self.path.clone(), err);
                drop(answer.send(written.map_err(failed)));
            }
            Request::Close { answer } => self.closing = Some(answer),
        }
    }

    fn open_session(
        &mut self,
        identity: Identity,
        key_digest: [u8; 32],
        now: i64,
        answer: Answer<SessionId>,
    ) {
        if self.batch.about.contains(&identity) {
            // the answer depends on what became of these records
            self.commit();
        }
        self.latest = self.latest.max(now);
        let books = self.books.read().unwrap_or_else(PoisonError::into_inner);
        let known = books.session(&identity, &key_digest, now).cloned();
        drop(books);
        if let Some(known) = known {
            drop(answer.send(Ok(known)));
            return;
        }
        let session = SessionId::from_random(random::bytes());
        let record = Record::Opened(OpenSession {
            session: session.clone(),
            identity,
            key_digest,
            at: now,
        });
        self.batch.add(record, Waiting::Session(session, answer));
    }

    /// Makes the batch durable, enters it and answers; or tells everybody why not.
    fn commit(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if batch.records.is_empty() {
            return;
        }
        match self.write(&line_of(&batch.records)) {
            Ok(()) => {
                let mut books = self.books.write().unwrap_or_else(PoisonError::into_inner);
                for record in batch.records {
                    books.apply(record);
                }
                drop(books);
                batch.waiting.into_iter().for_each(Waiting::succeed);
            }
            Err(err) => {
                let err = JournalError::of_write(self.path.clone(), err);
                for waiting in batch.waiting {
                    waiting.fail(err.clone());
                }
            }
        }
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let length = self.mend()?;
        self.end = End::Torn(length);
        let written = self.disk.append(line).and_then(|()| self.disk.sync());
        if let Err(err) = written {
            // now if it works, otherwise before the next line
            drop(self.mend());
            return Err(err);
        }
        let added = u64::try_from(line.len()).map_err(io::Error::other)?;
        self.end = End::Whole(length.saturating_add(added));
        Ok(())
    }

    /// Makes the file end with a whole line; where that is.
    fn mend(&mut self) -> io::Result<u64> {
        let length = match self.end {
            End::Whole(length) => return Ok(length),
            End::Torn(length) => {
                self.disk.truncate(length)?;
                length
            }
            End::Somewhere => self.disk.length()?,
        };
        self.end = End::Whole(length);
        Ok(length)
    }

    /// Writes the journal anew when it is long and most of it is of no use any more.
    fn shorten(&mut self) {
        let End::Whole(length) = self.end else {
            return;
        };
        if length < LONG || length / GROWTH < self.shortest {
            return;
        }
        let mut books = self.books.write().unwrap_or_else(PoisonError::into_inner);
        books.expire(self.latest);
        drop(books);
        let books = self.books.read().unwrap_or_else(PoisonError::into_inner);
        let anew = rewritten(&self.header, &books);
        drop(books);
        match self.disk.replace(&anew) {
            Ok(()) => {
                self.shortest = u64::try_from(anew.len()).unwrap_or(u64::MAX);
                self.end = End::Whole(self.shortest);
            }
            Err(err) => {
                warn_of_length(&self.path, &err);
                // not again before it has grown once more
                self.shortest = length;
                self.end = End::Somewhere;
            }
        }
    }
}

impl Batch {
    fn add(&mut self, record: Record, waiting: Waiting) {
        self.about.insert(record.identity().clone());
        self.records.push(record);
        self.waiting.push(waiting);
    }
}

/// Whoever asked may have gone, so nothing depends on whether an answer arrives.
impl Waiting {
    fn succeed(self) {
        match self {
            Self::Session(session, answer) => drop(answer.send(Ok(session))),
            Self::Entry(answer) => drop(answer.send(Ok(()))),
        }
    }

    fn fail(self, err: JournalError) {
        match self {
            Self::Session(_, answer) => drop(answer.send(Err(err))),
            Self::Entry(answer) => drop(answer.send(Err(err))),
        }
    }
}

/// Records in one line: as many as the queue holds.
const LARGEST_BATCH: usize = super::handle::DEPTH;
/// A shorter journal is not written anew while the provisioner runs.
const LONG: u64 = 1 << 20;
/// So many times its shortest length.
const GROWTH: u64 = 4;
