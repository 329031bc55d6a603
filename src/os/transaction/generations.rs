//! The generations of a running node: it writes some itself, and follows those that a command of the local administrator
//! writes beside it.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::TryLockError;
use std::time::Duration;

use crate::os::files::Files;
use crate::os::lock::Lock;

use super::Committed;
use super::Transaction;
use super::TransactionError;
use super::confirm;
use super::current;
use super::prepare_state_dir;
use super::rollback;

/// What this process knows of the generations of its node. Its calls block; on the runtime they belong off the loop,
/// except [`Generations::unknown`], which reads one small file.
#[derive(Debug)]
pub struct Generations {
    files: Arc<dyn Files>,
    state_dir: PathBuf,
    /// What the process runs with, or has written and will be asked to run with.
    known: Mutex<InPlace>,
}

/// Which generation is in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InPlace {
    /// None: no transaction was ever made here.
    Nothing,
    /// The one with this number.
    Number(u64),
    /// Its record cannot be read, which says nothing and hinders nobody.
    Unreadable,
}

/// How a process comes to run with a generation that it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// It is asked to restart later.
    OnRequest,
    /// By itself, as if another process had written it: [`Generations::unknown`] names it.
    ByItself,
}

impl InPlace {
    /// Looks.
    #[must_use]
    pub fn look(files: &dyn Files, state_dir: &Path) -> Self {
        match current(files, state_dir) {
            Ok(None) => Self::Nothing,
            Ok(Some(generation)) => Self::Number(generation.number),
            Err(_) => Self::Unreadable,
        }
    }

    /// The number of this one, if it is certainly another than that one.
    fn replaces(self, that: Self) -> Option<u64> {
        match (self, that) {
            (Self::Number(this), Self::Number(that)) => (this != that).then_some(this),
            (Self::Number(this), Self::Nothing) => Some(this),
            (Self::Number(_), Self::Unreadable) | (Self::Nothing | Self::Unreadable, _) => None,
        }
    }
}

impl Generations {
    /// Those of a node that runs with what is in place now.
    #[must_use]
    pub fn new(files: Arc<dyn Files>, state_dir: PathBuf) -> Self {
        let known = Mutex::new(InPlace::look(files.as_ref(), &state_dir));
        Self {
            files,
            state_dir,
            known,
        }
    }

    /// Tells which generation the process knows: the one that was in place before it read any file, or one that it wrote
    /// and will restart with.
    pub fn knows(&self, generation: InPlace) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = generation;
    }

    /// Commits a transaction while no other process changes files of this node.
    ///
    /// # Errors
    ///
    /// [`TransactionError::Locked`] if another process does not end its own within [`PATIENCE`],
    /// [`TransactionError::Overtaken`] if it has put another generation in place, or what [`Transaction::commit`] fails
    /// with.
    pub fn commit(
        &self,
        transaction: Transaction,
        follows: Follows,
    ) -> Result<Committed, TransactionError> {
        self.write(follows, || {
            transaction.commit(self.files.as_ref(), &self.state_dir)
        })
    }

    /// Returns to the generation before, under the same conditions.
    ///
    /// # Errors
    ///
    /// As of [`Generations::commit`], or what [`rollback`] fails with.
    pub fn rollback(&self, now: i64, follows: Follows) -> Result<Committed, TransactionError> {
        self.write(follows, || {
            rollback(self.files.as_ref(), &self.state_dir, now)
        })
    }

    /// Records that the generation in place works, unless it is another than the one that this process runs with.
    ///
    /// # Errors
    ///
    /// [`TransactionError::Locked`] as for [`Generations::commit`], or what [`confirm`] fails with.
    pub fn confirm(&self) -> Result<(), TransactionError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if self.look() == InPlace::Nothing {
            return Ok(());
        }
        let _writing = Lock::to_write(&self.state_dir, PATIENCE)?;
        match self.look().replaces(*known) {
            Some(_) => Ok(()),
            None => confirm(self.files.as_ref(), &self.state_dir),
        }
    }

    /// The number of the generation in place, if it is not one that this process knows: another process put it there.
    /// Nothing while a transaction of this process is under way, and nothing if there is no record that can be read.
    #[must_use]
    pub fn unknown(&self) -> Option<u64> {
        let known = match self.known.try_lock() {
            Ok(known) => *known,
            Err(TryLockError::Poisoned(poisoned)) => *poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        self.look().replaces(known)
    }

    fn write(
        &self,
        follows: Follows,
        work: impl FnOnce() -> Result<Committed, TransactionError>,
    ) -> Result<Committed, TransactionError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        prepare_state_dir(self.files.as_ref(), &self.state_dir)?;
        let _writing = Lock::to_write(&self.state_dir, PATIENCE)?;
        if let Some(number) = self.look().replaces(*known) {
            return Err(TransactionError::Overtaken { number });
        }
        let committed = work()?;
        match follows {
            Follows::OnRequest => *known = InPlace::Number(committed.generation),
            Follows::ByItself => {}
        }
        Ok(committed)
    }

    fn look(&self) -> InPlace {
        InPlace::look(self.files.as_ref(), &self.state_dir)
    }
}

/// Longer than any transaction takes; another process holds its lock for the writing alone.
pub const PATIENCE: Duration = Duration::from_secs(10);
