//! Disks that are full, slow or broken.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;

use muster::os::atomic_file::WriteError;

use super::stage::NOW;
use super::stage::Stage;
use super::stage::configured;
use super::stage::node;
use super::stage::quarantined;
use super::stage::release_together;
use crate::journal::Journal;
use crate::journal::JournalError;
use crate::journal::Remembered;
use crate::journal::disk::Disk;
use crate::journal::disk::RealDisk;

/// What the disk should do, and what it was asked for.
#[derive(Debug, Default)]
struct Plan {
    /// From this operation on, so many fail.
    faults: Option<(usize, usize)>,
    /// No replacement succeeds.
    stuck: bool,
    operations: usize,
    replacements: usize,
    syncs: usize,
    /// Every sync waits until it gets a word.
    gate: Option<mpsc::Receiver<()>>,
}

/// A real file that fails as planned: a write that fails leaves half of its bytes.
#[derive(Debug)]
struct FaultyDisk {
    real: RealDisk,
    plan: Arc<Mutex<Plan>>,
}

impl FaultyDisk {
    fn step(&self) -> io::Result<()> {
        let mut plan = self.plan.lock().unwrap();
        plan.operations += 1;
        let at = plan.operations;
        let fails = plan
            .faults
            .is_some_and(|(from, count)| (from..from + count).contains(&at));
        if fails {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl Disk for FaultyDisk {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Err(err) = self.step() {
            self.real.append(&bytes[..bytes.len() / 2])?;
            return Err(err);
        }
        self.real.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.step()?;
        let gate = {
            let mut plan = self.plan.lock().unwrap();
            plan.syncs += 1;
            plan.gate.take()
        };
        if let Some(gate) = gate {
            gate.recv().unwrap();
        }
        self.real.sync()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.step()?;
        self.real.truncate(length)
    }

    fn replace(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let is_stuck = {
            let mut plan = self.plan.lock().unwrap();
            plan.replacements += 1;
            plan.stuck
        };
        match self.step() {
            Ok(()) if !is_stuck => self.real.replace(bytes),
            Ok(()) | Err(_) => Err(WriteError::NoDirectory {
                path: PathBuf::new(),
            }),
        }
    }

    fn length(&mut self) -> io::Result<u64> {
        self.step()?;
        self.real.length()
    }
}

fn open_with(stage: &Stage, plan: Plan) -> Result<Opened, JournalError> {
    let plan = Arc::new(Mutex::new(plan));
    let of_disk = Arc::clone(&plan);
    let (journal, remembered) = Journal::open_on(stage.path(), NOW, |path| {
        let real = RealDisk::new(path);
        Box::new(FaultyDisk {
            real,
            plan: of_disk,
        })
    })?;
    Ok((journal, remembered, plan))
}

fn open(stage: &Stage) -> Opened {
    open_with(stage, Plan::default()).unwrap()
}

type Opened = (Journal, Remembered, Arc<Mutex<Plan>>);

fn fail(plan: &Mutex<Plan>, after: usize, count: usize) {
    let mut plan = plan.lock().unwrap();
    plan.faults = Some((plan.operations + after, count));
}

#[tokio::test]
async fn a_full_disk_is_an_error_for_each_record_and_later_ones_are_kept() {
    // operations of a record: append, sync; after an error a truncation
    for first in 1..=2 {
        for count in 1..=6 {
            let stage = Stage::new();
            let (journal, _, plan) = open(&stage);
            journal.quarantined(quarantined("before")).await.unwrap();
            fail(&plan, first, count);
            let refused = journal.quarantined(quarantined("x")).await.unwrap_err();
            assert!(matches!(refused, JournalError::Full { .. }), "{refused:?}");
            let mut tries = 0;
            while journal.quarantined(quarantined("y")).await.is_err() {
                tries += 1;
                assert!(tries <= count);
            }
            journal.close().await.unwrap();
            let (_journal, remembered) = stage.open(NOW);
            let kept = [quarantined("before"), quarantined("y")];
            assert_eq!(remembered.quarantined, kept, "{first} {count}");
        }
    }
}

#[tokio::test]
async fn nothing_is_remembered_of_what_was_refused() {
    let stage = Stage::new();
    let (journal, _, plan) = open(&stage);
    let session = journal.session(&node("a"), [1; 32], NOW).await.unwrap();
    fail(&plan, 1, 2);
    let end = configured(&session, "a", Some(NOW + 100));
    journal.configured(end).await.unwrap_err();
    assert_eq!(journal.holder(&node("a")), None);
    let again = journal.session(&node("a"), [1; 32], NOW).await.unwrap();
    assert_eq!(again, session);
}

#[tokio::test]
async fn a_session_that_was_not_recorded_is_not_handed_out() {
    let stage = Stage::new();
    let (journal, _, plan) = open(&stage);
    fail(&plan, 1, 1);
    let refused = journal.session(&node("a"), [1; 32], NOW).await.unwrap_err();
    assert!(matches!(refused, JournalError::Full { .. }));
    let session = journal.session(&node("a"), [1; 32], NOW).await.unwrap();
    journal.close().await.unwrap();
    let (_journal, remembered) = stage.open(NOW);
    assert_eq!(remembered.sessions.len(), 1);
    assert_eq!(remembered.sessions[0].session, session);
}

#[tokio::test]
async fn a_crash_after_a_refused_record_leaves_a_journal_that_opens() {
    for (first, count) in [(1, 1), (1, 2), (2, 1), (2, 2)] {
        let stage = Stage::new();
        let (journal, _, plan) = open(&stage);
        journal.quarantined(quarantined("before")).await.unwrap();
        fail(&plan, first, count);
        journal.quarantined(quarantined("x")).await.unwrap_err();
        let crashed = Stage::new();
        crashed.write(&stage.read());
        let (_journal, remembered) = crashed.open(NOW);
        assert_eq!(remembered.quarantined[0], quarantined("before"));
    }
}

#[tokio::test]
async fn whether_the_disk_takes_anything_can_be_asked_without_a_record() {
    let stage = Stage::new();
    let (journal, _, plan) = open(&stage);
    journal.quarantined(quarantined("before")).await.unwrap();
    fail(&plan, 1, 1);
    let refused = journal.check().await.unwrap_err();
    assert!(matches!(refused, JournalError::Full { .. }));
    journal.check().await.unwrap();
    journal.close().await.unwrap();
    let (_journal, remembered) = stage.open(NOW);
    assert_eq!(remembered.quarantined, [quarantined("before")]);
}

#[tokio::test]
async fn what_waits_for_the_disk_becomes_one_write() {
    let stage = Stage::new();
    let (journal, _, plan) = open(&stage);
    let (word, gate) = mpsc::channel();
    plan.lock().unwrap().gate = Some(gate);
    let first = {
        let journal = journal.clone();
        async move { journal.quarantined(quarantined("first")).await }
    };
    let rest = async {
        // the first is at the gate, and the rest queues behind it before the word is given
        while plan.lock().unwrap().syncs == 0 {
            tokio::task::yield_now().await;
        }
        let queued = release_together(&journal, 400);
        let opens = async {
            while journal.waiting() < 400 {
                tokio::task::yield_now().await;
            }
            word.send(()).unwrap();
        };
        tokio::join!(queued, opens).0
    };
    let (first, rest) = tokio::join!(first, rest);
    first.unwrap();
    assert_eq!(rest.into_iter().filter(Result::is_ok).count(), 400);
    assert_eq!(plan.lock().unwrap().syncs, 2);
    assert_eq!(stage.lines(), 3);
}

#[tokio::test]
async fn more_than_the_queue_holds_is_told_that_the_journal_is_busy() {
    let stage = Stage::new();
    let (journal, _, plan) = open(&stage);
    let (word, gate) = mpsc::channel();
    plan.lock().unwrap().gate = Some(gate);
    let first = journal.quarantined(quarantined("first"));
    let rest = async {
        while plan.lock().unwrap().syncs == 0 {
            tokio::task::yield_now().await;
        }
        let queued = release_together(&journal, 1025);
        let opens = async {
            while journal.waiting() < 1024 {
                tokio::task::yield_now().await;
            }
            let refused = journal.released(&node("a")).await.unwrap_err();
            assert!(matches!(refused, JournalError::Busy));
            word.send(()).unwrap();
        };
        tokio::join!(queued, opens).0
    };
    let (first, rest) = tokio::join!(first, rest);
    first.unwrap();
    let busy = rest
        .iter()
        .filter(|it| matches!(it, Err(JournalError::Busy)))
        .count();
    assert_eq!(busy, 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever_for_a_disk_that_does_not_answer() {
    let stage = Stage::new();
    let (journal, _, plan) = open(&stage);
    let (word, gate) = mpsc::channel();
    plan.lock().unwrap().gate = Some(gate);
    let late = journal.quarantined(quarantined("a")).await.unwrap_err();
    assert!(matches!(late, JournalError::TimedOut), "{late:?}");
    word.send(()).unwrap();
}

#[tokio::test]
async fn a_full_disk_does_not_keep_a_torn_journal_from_being_opened() {
    let stage = Stage::new();
    let (journal, _) = stage.open(NOW);
    for _ in 0..3 {
        journal.quarantined(quarantined("a")).await.unwrap();
    }
    journal.close().await.unwrap();
    let whole = stage.read();
    stage.write(&[&whole[..], b"[{\"quar"].concat());
    // the torn line is cut off, and writing anew fails
    let plan = Plan {
        stuck: true,
        ..Plan::default()
    };
    let (journal, remembered, _) = open_with(&stage, plan).unwrap();
    assert_eq!(remembered.quarantined, [quarantined("a")]);
    assert_eq!(stage.read(), whole);
    journal.quarantined(quarantined("b")).await.unwrap();
    assert_eq!(stage.lines(), 5);
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_anew_goes_on_as_it_is() {
    let stage = Stage::new();
    let (journal, _, plan) = open(&stage);
    plan.lock().unwrap().stuck = true;
    for _ in 0..10 {
        for done in release_together(&journal, 500).await {
            done.unwrap();
        }
    }
    journal.quarantined(quarantined("a")).await.unwrap();
    journal.close().await.unwrap();
    // one for the new file, one that failed; not one for each record
    assert_eq!(plan.lock().unwrap().replacements, 2);
    assert!(stage.read().len() > 1 << 20);
    let (_journal, remembered) = stage.open(NOW);
    assert_eq!(remembered.quarantined, [quarantined("a")]);
}

#[test]
fn a_journal_that_cannot_be_created_keeps_the_provisioner_from_starting() {
    let plan = Plan {
        stuck: true,
        ..Plan::default()
    };
    let refused = open_with(&Stage::new(), plan).unwrap_err();
    assert!(matches!(refused, JournalError::Replace { .. }));
}

#[test]
fn a_torn_line_that_cannot_be_cut_off_keeps_the_provisioner_from_starting() {
    let stage = Stage::new();
    let header = "{\"muster-provisioner-journal\":1,\"instance\":\"0123456789abcdef\"}\n[";
    stage.write(header.as_bytes());
    let plan = Plan {
        faults: Some((1, 1)),
        ..Plan::default()
    };
    let refused = open_with(&stage, plan).unwrap_err();
    assert!(matches!(refused, JournalError::Full { .. }));
}

#[tokio::test]
async fn a_disk_that_refuses_for_another_reason_is_told_apart_from_a_full_one() {
    let stage = Stage::new();
    let (journal, _) = stage.open(NOW);
    // a file that is gone cannot be opened for the first record
    std::fs::remove_file(stage.journal()).unwrap();
    let refused = journal.released(&node("a")).await.unwrap_err();
    assert!(matches!(refused, JournalError::Write { .. }), "{refused:?}");
}

#[test]
fn a_directory_that_cannot_be_locked_is_named() {
    let stage = Stage::new();
    std::fs::create_dir_all(stage.path().join("lock")).unwrap();
    let refused = Journal::open(stage.path(), NOW).unwrap_err();
    assert!(matches!(refused, JournalError::Lock { .. }), "{refused:?}");
}

#[test]
fn a_directory_that_cannot_be_created_is_named() {
    let path = PathBuf::from("/proc/none/state");
    let refused = Journal::open(&path, NOW).unwrap_err();
    assert!(matches!(refused, JournalError::Directory { .. }));
}

#[test]
fn a_journal_that_is_a_link_or_a_directory_is_refused() {
    let stage = Stage::new();
    std::fs::create_dir_all(stage.journal()).unwrap();
    let refused = Journal::open(stage.path(), NOW).unwrap_err();
    assert!(matches!(refused, JournalError::Read { .. }));
    let stage = Stage::new();
    std::fs::create_dir_all(stage.path()).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", stage.journal()).unwrap();
    let refused = Journal::open(stage.path(), NOW).unwrap_err();
    assert!(matches!(refused, JournalError::Read { .. }));
}
