//! A state directory of its own, and what happens in it.

use std::fs;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::LazyLock;

use muster::protocol::names::Identity;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::journal::Configured;
use crate::journal::Holder;
use crate::journal::Journal;
use crate::journal::JournalError;
use crate::journal::Quarantined;
use crate::journal::Remembered;
use crate::journal::SessionId;

pub(super) const NOW: i64 = 1_800_000_000;

/// The longest name.
pub(super) static LONG: LazyLock<Identity> = LazyLock::new(|| node(&"n".repeat(253)));

pub(super) struct Stage {
    #[expect(dead_code, reason = "removed with everything in it")]
    root: TempDir,
    directory: PathBuf,
}

impl Stage {
    pub(super) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("state");
        Self { root, directory }
    }

    pub(super) fn path(&self) -> &Path {
        &self.directory
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.directory.join("journal.jsonl")
    }

    pub(super) fn open(&self, now: i64) -> (Journal, Remembered) {
        Journal::open(&self.directory, now).unwrap()
    }

    pub(super) fn read(&self) -> Vec<u8> {
        fs::read(self.journal()).unwrap()
    }

    pub(super) fn lines(&self) -> usize {
        self.read().iter().filter(|byte| **byte == b'\n').count()
    }

    /// Leaves this as the journal, as if a process had.
    pub(super) fn write(&self, bytes: &[u8]) {
        fs::create_dir_all(&self.directory).unwrap();
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(self.journal())
            .unwrap()
            .write_all(bytes)
            .unwrap();
    }
}

pub(super) fn node(name: &str) -> Identity {
    Identity::new(name).unwrap()
}

pub(super) fn configured(session: &SessionId, name: &str, not_after: Option<i64>) -> Configured {
    Configured {
        session: session.clone(),
        identity: node(name),
        becomes: node("prod.example.net"),
        certificate: not_after.map(|not_after| Holder {
            key_digest: [9; 32],
            not_after,
        }),
        at: NOW,
    }
}

pub(super) fn quarantined(name: &str) -> Quarantined {
    Quarantined {
        identity: node(name),
        error: "the reply to gencsr did not come".into(),
        failures: 5,
        until: NOW + 3600,
    }
}

/// So many nodes are released at the same time.
pub(super) async fn release_together(
    journal: &Journal,
    count: usize,
) -> Vec<Result<(), JournalError>> {
    let mut all = JoinSet::new();
    for _ in 0..count {
        let journal = journal.clone();
        all.spawn(async move { journal.released(&LONG).await });
    }
    all.join_all().await
}
