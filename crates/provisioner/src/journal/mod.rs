//! What must survive a restart of the provisioner.
//!
//! # What is remembered
//!
//! - **Sessions**: one id for each identity and public key, so that after a restart the helper is asked the same question
//!   under the same id. A session ends when the node acknowledged `configure`, or after a day.
//! - **Restarts to ask for**: nodes that have their configuration and did not acknowledge the restart.
//! - **Holders**: who got a certificate, with which key, until when. `reissue` decides by it.
//! - **Quarantine**: who is left alone, why and until when.
//! - **The instance**: sixteen random digits that make the sender name of this provisioner unique. They stay the same, so
//!   that after a restart the provisioner still holds the locks on its nodes.
//!
//! # Layout
//!
//! `journal.jsonl` in the state directory, and `lock`, which one process at a time holds. The first line says what the file
//! is: `{"muster-provisioner-journal":1,"instance":"9f86d081884c7d65"}`. Every further line is a list of records that
//! became durable together, most often one: `[{"opened":{…}}]`. Records are applied in order (`books`); the result of all
//! of them is what is remembered.
//!
//! # Order of steps, and what a crash leaves
//!
//! A thread of its own (`writer`) takes everything that waits, appends it as one line, makes that durable with one fsync,
//! changes the books and then answers. So an answer means durable, and many records a second cost few fsyncs. Because what
//! is written together is one line, a crash can only tear the last one: it has no end, or holds zeros where a block did not
//! reach the disk. Nobody was answered for it, and the next start cuts it off. Any other line that cannot be read is damage
//! and refuses the start: guessing would hand out certificates twice.
//!
//! When a write or an fsync fails (a full disk), whoever waits gets the error, and what was written of the line is cut off
//! before anything is appended again; nothing is remembered that was not written. After an error the record can
//! still be there after a crash; each of them is true or harmless then.
//!
//! The file is written anew, with what is still of use, when the provisioner starts and when it has grown to a multiple of
//! that. This goes through [`muster::os::atomic_file`], so a crash leaves the old or the new journal.
//!
//! # Refused alternatives
//!
//! One line for each record: the records of one write can then be lost in the middle, which looks like damage. A database:
//! it would be the largest part of the program, for a few thousand lines. Recovering by leaving out unreadable lines: see
//! above. Writing at the caller: one fsync for each record.

use std::collections::BTreeMap;

use muster::protocol::names::Identity;

mod books;
mod disk;
mod error;
mod handle;
mod open;
mod parse;
mod record;
mod session_id;
mod writer;

pub use error::JournalError;
pub use handle::Journal;
pub use record::Configured;
pub use record::Holder;
pub use record::OpenSession;
pub use record::Quarantined;
pub use record::Unrestarted;
pub use session_id::NotASessionId;
pub use session_id::SessionId;

/// What an earlier process left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembered {
    /// Sessions that were opened within the last day and have not ended.
    pub sessions: Vec<OpenSession>,
    /// Nodes that have their configuration and did not acknowledge the restart.
    pub unrestarted: Vec<Unrestarted>,
    /// Who holds a certificate that is still valid.
    pub holders: BTreeMap<Identity, Holder>,
    /// Who is left alone for a while yet.
    pub quarantined: Vec<Quarantined>,
}

#[cfg(test)]
mod tests;
