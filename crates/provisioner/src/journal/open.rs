//! Opens the journal: one process, one file, whole lines.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use muster::os::atomic_file;
use muster::os::atomic_file::WriteError;
use muster::os::files::Files as _;
use muster::os::files::RealFiles;
use muster::os::lock::Lock;
use muster::os::lock::LockError;
use muster::os::random;
use muster::report::Chain;

use super::JournalError;
use super::books::Books;
use super::disk::Disk;
use super::parse::Found;
use super::parse::Unreadable;
use super::parse::parse;
use super::record::Header;
use super::record::INSTANCE;
use super::record::line_of;

/// A journal that can be written.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) lock: Lock,
    pub(super) path: PathBuf,
    pub(super) header: Header,
    pub(super) books: Books,
    pub(super) disk: Box<dyn Disk>,
    /// Its length; not known where it could not be written anew.
    pub(super) length: Option<u64>,
}

/// Opens the journal of a state directory; `disk` is for the file at the path it is given.
pub(super) fn open(
    state_dir: &Path,
    now: i64,
    disk: impl FnOnce(PathBuf) -> Box<dyn Disk>,
) -> Result<Opened, JournalError> {
    let lock = own(state_dir)?;
    let path = state_dir.join(NAME);
    let replaced = |err| JournalError::Replace {
        path: path.clone(),
        err: Arc::new(err),
    };
    atomic_file::sweep_beside(&RealFiles, &path).map_err(replaced)?;
    let mut disk = disk(path.clone());
    let Some(bytes) = read(&path)? else {
        let header = Header::of(random::hex_id().chars().take(INSTANCE).collect());
        let line = header.line();
        disk.replace(&line).map_err(replaced)?;
        return Ok(Opened {
            lock,
            path,
            header,
            books: Books::default(),
            disk,
            length: u64::try_from(line.len()).ok(),
        });
    };
    let Found {
        header,
        mut books,
        whole,
    } = parse(&bytes).map_err(|why| unreadable(why, &path))?;
    books.expire(now);
    cut_off(disk.as_mut(), &path, whole, bytes.len())?;
    let length = shorten(disk.as_mut(), &path, whole, &rewritten(&header, &books));
    Ok(Opened {
        lock,
        path,
        header,
        books,
        disk,
        length,
    })
}

/// The whole journal as it would be written anew.
pub(super) fn rewritten(header: &Header, books: &Books) -> Vec<u8> {
    let mut bytes = header.line();
    for record in books.records() {
        bytes.extend(line_of(&[record]));
    }
    bytes
}

fn own(state_dir: &Path) -> Result<Lock, JournalError> {
    create(state_dir).map_err(|err| JournalError::Directory {
        path: state_dir.to_owned(),
        err: Arc::new(err),
    })?;
    Lock::take(state_dir).map_err(|err| in_use(err, state_dir))
}

/// Creates the directory if it is not there. A crash must not take it away with everything in it, so its name is made
/// durable too.
fn create(state_dir: &Path) -> io::Result<()> {
    if state_dir.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(state_dir)?;
    state_dir.parent().map_or(Ok(()), |parent| {
        RealFiles.sync_dir(parent).map_err(|err| err.err)
    })
}

fn in_use(err: LockError, state_dir: &Path) -> JournalError {
    let path = state_dir.to_owned();
    match err {
        LockError::Unusable { err, .. } => JournalError::Lock {
            path,
            err: Arc::new(err),
        },
        // whoever has it, and whatever else the library may add
        held => JournalError::InUse {
            path,
            err: Arc::new(held),
        },
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, JournalError> {
    let failed = |err| JournalError::Read {
        path: path.to_owned(),
        err: Arc::new(err),
    };
    if RealFiles.entry(path).map_err(failed)?.is_none() {
        return Ok(None);
    }
    let bytes = RealFiles.read(path, LARGEST).map_err(failed)?;
    Ok(Some(bytes.expose().clone()))
}

fn unreadable(why: Unreadable, path: &Path) -> JournalError {
    let path = path.to_owned();
    match why {
        Unreadable::NotAJournal => JournalError::NotAJournal { path },
        Unreadable::Newer(version) => JournalError::Newer { path, version },
        Unreadable::Damaged(line) => JournalError::Damaged { path, line },
    }
}

/// Cuts off what a crash tore. This needs no space, so it comes before anything that does.
fn cut_off(
    disk: &mut dyn Disk,
    path: &Path,
    whole: usize,
    found: usize,
) -> Result<(), JournalError> {
    let torn = found.saturating_sub(whole);
    if torn == 0 {
        return Ok(());
    }
    tracing::warn!(journal = %path.display(), bytes = torn, "cut off a record that a crash left unfinished; nobody was told that it was kept");
    u64::try_from(whole)
        .map_err(io::Error::other)
        .and_then(|whole| disk.truncate(whole))
        .map_err(|err| JournalError::of_write(path.to_owned(), err))
}

/// Writes the journal anew where that makes it shorter; its length afterwards. A full disk is no reason not to start: the
/// journal as it was says the same.
fn shorten(disk: &mut dyn Disk, path: &Path, whole: usize, anew: &[u8]) -> Option<u64> {
    if anew.len() >= whole {
        return u64::try_from(whole).ok();
    }
    match disk.replace(anew) {
        Ok(()) => u64::try_from(anew.len()).ok(),
        Err(err) => {
            warn_of_length(path, &err);
            None
        }
    }
}

/// Tells that the journal stays longer than it has to be.
pub(super) fn warn_of_length(path: &Path, err: &WriteError) {
    tracing::warn!(journal = %path.display(), reason = %Chain(err), "the journal was not written anew; it goes on as it is");
}

const NAME: &str = "journal.jsonl";
/// More than a million certificates.
const LARGEST: u64 = 1 << 30;
