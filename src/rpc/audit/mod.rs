//! The record of requests (spec 02 §13): one JSON object a line, before the action runs and also when it may not run.
//!
//! [`record`] is what a line says, [`AuditLog`] is the file. While the file cannot be written that is a concern of the node;
//! what becomes of the request is for the [`Guard`](super::Guard) to decide.

pub mod record;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use self::record::Record;
use super::Node;
use crate::config::settings::Audit;
use crate::os::append_file::AppendError;
use crate::os::append_file::AppendFile;
use crate::report::Chain;

/// The file that requests are recorded in.
#[derive(Debug)]
pub struct AuditLog {
    file: Mutex<AppendFile>,
    node: Arc<Node>,
}

/// No record of a request could be written. Why is a concern of the node by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request could not be recorded")]
pub struct Unrecorded;

impl AuditLog {
    /// The record that the settings ask for; none where they ask for none, or name no file.
    #[must_use]
    pub fn of(settings: &Audit, node: &Arc<Node>) -> Option<Self> {
        let path = settings.file.clone().filter(|_| settings.enabled)?;
        let file = AppendFile::new(path, settings.mode, settings.group.clone());
        Some(Self {
            file: Mutex::new(file),
            node: Arc::clone(node),
        })
    }

    /// Opens the file anew, so that a fault is known before a request meets it.
    pub fn reopen(&self) {
        let reopened = self.file().reopen();
        // what became of it is a concern, and nothing waits for it
        let _known = self.known(reopened);
    }

    /// Writes a record.
    ///
    /// # Errors
    ///
    /// [`Unrecorded`], counted.
    pub fn write(&self, record: &Record<'_>) -> Result<(), Unrecorded> {
        let line = record.line();
        let written = self.file().append(&line);
        let known = self.known(written);
        if known.is_err() {
            self.node.stats.unaudited.count();
        }
        known
    }

    fn known(&self, outcome: Result<(), AppendError>) -> Result<(), Unrecorded> {
        match outcome {
            Ok(()) => {
                self.node.concerns.clear(AREA);
                Ok(())
            }
            Err(err) => {
                self.node.concerns.raise(AREA, Chain(&err).to_string());
                match err {
                    AppendError::Group { .. } => Ok(()),
                    AppendError::Open { .. } | AppendError::Write { .. } => Err(Unrecorded),
                }
            }
        }
    }

    fn file(&self) -> std::sync::MutexGuard<'_, AppendFile> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const AREA: &str = "audit log";
