//! Ledgers in a directory of the test's own, and a disk that is full.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use super::*;

/// A real file on a disk that a test can fill.
#[derive(Debug)]
pub(in crate::authority) struct Disk {
    inner: FileStore,
    pub(in crate::authority) full: Arc<AtomicBool>,
    pub(in crate::authority) stuck: Arc<AtomicBool>,
    pub(in crate::authority) syncs: Arc<AtomicUsize>,
}

impl Disk {
    pub(in crate::authority) fn of(path: &Path) -> Self {
        Self {
            inner: FileStore::open(path).unwrap(),
            full: Arc::default(),
            stuck: Arc::default(),
            syncs: Arc::default(),
        }
    }
}

impl Store for Disk {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.full.load(Ordering::SeqCst) {
            // what a full disk does: a part fits
            self.inner.append(&bytes[..bytes.len() / 2])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.inner.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.syncs.fetch_add(1, Ordering::SeqCst);
        self.inner.sync()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        if self.stuck.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        self.inner.truncate(length)
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        self.inner.read_at(offset, length)
    }

    fn length(&self) -> io::Result<u64> {
        self.inner.length()
    }

    fn is_at(&self, path: &Path) -> bool {
        self.inner.is_at(path)
    }
}

fn fresh() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.jsonl");
    put(&path, &Ledger::empty());
    (folder, path)
}

fn put(path: &Path, text: &str) {
    File::create(path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}

fn append(path: &Path, bytes: &[u8]) {
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

fn issued(number: u8) -> Issued {
    let der = [number; 5];
    Issued {
        serial: hex::encode([number; 16]),
        identity: format!("n{number}"),
        names: vec![format!("n{number}")],
        session: hex::encode([number; 16]),
        key_digest: hex::encode([number; 32]),
        not_before: 10,
        not_after: 20,
        issued_at: 10,
        authority: "0011223344556677".to_owned(),
        sha256: fingerprint(&der),
        certificate: muster::security::key::pem("CERTIFICATE", &der),
    }
}

fn revoked(number: u8) -> Entry {
    let of = issued(number);
    Entry::Revoked(Revoked {
        serial: of.serial,
        identity: of.identity,
        key_digest: of.key_digest,
        not_after: of.not_after,
        authority: of.authority,
        revoked_at: 15,
    })
}

fn session(number: u8) -> String {
    hex::encode([number; 16])
}

fn found(ledger: &Ledger, number: u8) -> Option<Issued> {
    ledger.of_session(&session(number), &[number; 32]).unwrap()
}

#[test]
fn what_was_committed_is_found_again_by_whoever_opens_it_later() {
    let (_folder, path) = fresh();
    let mut ledger = Ledger::open(&path).unwrap();
    ledger
        .commit(&[Entry::Issued(issued(1)), Entry::Issued(issued(2))])
        .unwrap();
    ledger.commit(&[Entry::Issued(issued(3))]).unwrap();
    for ledger in [ledger, Ledger::open(&path).unwrap()] {
        for number in 1..=3 {
            assert_eq!(found(&ledger, number), Some(issued(number)));
        }
        assert_eq!(found(&ledger, 4), None);
        assert_eq!(
            ledger.holder("n2"),
            Some(Holder {
                key_digest: [2; 32],
                not_after: 20
            })
        );
    }
}

#[test]
fn a_session_with_another_key_has_no_certificate() {
    let (_folder, path) = fresh();
    let mut ledger = Ledger::open(&path).unwrap();
    ledger.commit(&[Entry::Issued(issued(1))]).unwrap();
    assert_eq!(ledger.of_session(&session(1), &[9; 32]).unwrap(), None);
}

#[test]
fn a_revoked_certificate_is_nobodys_and_its_key_is_known() {
    let (_folder, path) = fresh();
    let mut ledger = Ledger::open(&path).unwrap();
    ledger
        .commit(&[Entry::Issued(issued(1)), revoked(1)])
        .unwrap();
    for ledger in [ledger, Ledger::open(&path).unwrap()] {
        assert_eq!(ledger.holder("n1"), None);
        assert!(ledger.is_revoked(&[1; 32]));
        assert!(!ledger.is_revoked(&[2; 32]));
    }
}

#[test]
fn a_line_that_a_crash_tore_is_cut_off_wherever_it_tore() {
    let (_folder, path) = fresh();
    let torn = line(&Entry::Issued(issued(2)));
    for kept in [1, torn.len() / 2, torn.len() - 1] {
        put(&path, &Ledger::empty());
        append(&path, line(&Entry::Issued(issued(1))).as_bytes());
        let whole = std::fs::read(&path).unwrap();
        append(&path, &torn.as_bytes()[..kept]);
        let mut ledger = Ledger::open(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), whole);
        assert_eq!(found(&ledger, 1), Some(issued(1)));
        assert_eq!(found(&ledger, 2), None);
        ledger.commit(&[Entry::Issued(issued(2))]).unwrap();
        assert_eq!(found(&Ledger::open(&path).unwrap(), 2), Some(issued(2)));
    }
}

#[test]
fn pages_that_were_never_written_are_cut_off_too() {
    let (_folder, path) = fresh();
    append(&path, &[0; 5000]);
    Ledger::open(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), Ledger::empty());
}

#[test]
fn whoever_only_reads_leaves_a_torn_line_where_it_is() {
    let (_folder, path) = fresh();
    append(&path, line(&Entry::Issued(issued(1))).as_bytes());
    append(&path, b"{\"kind\":");
    let before = std::fs::read(&path).unwrap();
    let mut count = 0;
    for_each(&path, |_| count += 1).unwrap();
    assert_eq!((count, std::fs::read(&path).unwrap()), (1, before));
}

#[test]
fn other_damage_is_an_error_that_names_the_line() {
    let (_folder, path) = fresh();
    let odd_number = line(&Entry::Issued(Issued {
        serial: "zz".to_owned(),
        ..issued(1)
    }));
    for damage in ["junk\n", "\n", "{\"kind\":\"lost\"}\n", &odd_number] {
        put(&path, &Ledger::empty());
        append(&path, line(&Entry::Issued(issued(1))).as_bytes());
        append(&path, damage.as_bytes());
        append(&path, line(&Entry::Issued(issued(2))).as_bytes());
        assert!(
            matches!(
                Ledger::open(&path),
                Err(LedgerError::Damaged { line: 3, .. })
            ),
            "{damage}"
        );
    }
}

#[test]
fn a_ledger_of_a_newer_release_is_refused() {
    let (_folder, path) = fresh();
    put(
        &path,
        &Ledger::empty().replace("\"version\":1", "\"version\":2"),
    );
    assert!(matches!(
        Ledger::open(&path),
        Err(LedgerError::Newer { version: 2, .. })
    ));
}

#[test]
fn what_is_no_ledger_is_refused() {
    let (_folder, path) = fresh();
    let other = Ledger::empty().replace("muster", "other");
    for text in ["", "\n", "junk\n", &other, Ledger::empty().trim_end()] {
        put(&path, text);
        assert!(
            matches!(Ledger::open(&path), Err(LedgerError::NotALedger { .. })),
            "{text:?}"
        );
    }
    assert!(matches!(
        Ledger::open(&path.join("no")),
        Err(LedgerError::Read { .. })
    ));
}

#[test]
fn a_full_disk_leaves_the_ledger_as_it_was() {
    let (_folder, path) = fresh();
    let disk = Disk::of(&path);
    let full = Arc::clone(&disk.full);
    let mut ledger = Ledger::with(&path, Box::new(disk)).unwrap();
    ledger.commit(&[Entry::Issued(issued(1))]).unwrap();
    let before = std::fs::read(&path).unwrap();
    full.store(true, Ordering::SeqCst);
    assert!(matches!(
        ledger.commit(&[Entry::Issued(issued(2))]),
        Err(LedgerError::Write { err, .. }) if err.kind() == io::ErrorKind::StorageFull
    ));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(found(&ledger, 2), None);
    full.store(false, Ordering::SeqCst);
    ledger.commit(&[Entry::Issued(issued(3))]).unwrap();
    assert_eq!(found(&Ledger::open(&path).unwrap(), 3), Some(issued(3)));
}

#[test]
fn what_could_not_be_cut_off_at_once_is_cut_off_at_the_next_look() {
    let (_folder, path) = fresh();
    let disk = Disk::of(&path);
    let (full, stuck) = (Arc::clone(&disk.full), Arc::clone(&disk.stuck));
    let mut ledger = Ledger::with(&path, Box::new(disk)).unwrap();
    full.store(true, Ordering::SeqCst);
    stuck.store(true, Ordering::SeqCst);
    ledger.commit(&[Entry::Issued(issued(1))]).unwrap_err();
    assert_ne!(std::fs::read_to_string(&path).unwrap(), Ledger::empty());
    full.store(false, Ordering::SeqCst);
    stuck.store(false, Ordering::SeqCst);
    ledger.refresh().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), Ledger::empty());
    ledger.commit(&[Entry::Issued(issued(2))]).unwrap();
    assert_eq!(found(&ledger, 2), Some(issued(2)));
}

#[test]
fn lines_of_others_are_seen_at_the_next_look() {
    let (_folder, path) = fresh();
    let mut ours = Ledger::open(&path).unwrap();
    ours.commit(&[Entry::Issued(issued(1))]).unwrap();
    let mut theirs = Ledger::open(&path).unwrap();
    theirs
        .commit(&[revoked(1), Entry::Issued(issued(2))])
        .unwrap();
    ours.refresh().unwrap();
    assert!(ours.is_revoked(&[1; 32]));
    assert_eq!(found(&ours, 2), Some(issued(2)));
}

#[test]
fn a_ledger_that_was_restored_from_a_copy_is_read_anew() {
    let (_folder, path) = fresh();
    let mut ledger = Ledger::open(&path).unwrap();
    ledger.commit(&[Entry::Issued(issued(1))]).unwrap();
    let copy = path.with_extension("copy");
    put(&copy, &Ledger::empty());
    append(&copy, line(&Entry::Issued(issued(2))).as_bytes());
    std::fs::rename(&copy, &path).unwrap();
    ledger.refresh().unwrap();
    assert_eq!(found(&ledger, 1), None);
    assert_eq!(found(&ledger, 2), Some(issued(2)));
}

#[test]
fn a_certificate_that_was_changed_in_the_file_is_not_handed_out() {
    let (_folder, path) = fresh();
    let mut ledger = Ledger::open(&path).unwrap();
    ledger.commit(&[Entry::Issued(issued(1))]).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let body = issued(1).certificate.lines().nth(1).unwrap().to_owned();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let other = muster::security::key::pem("CERTIFICATE", &[9; 5]);
    let other = other.lines().nth(1).unwrap();
    std::os::unix::fs::FileExt::write_all_at(
        &file,
        other.as_bytes(),
        to_u64(text.find(&body).unwrap()),
    )
    .unwrap();
    ledger.of_session(&session(1), &[1; 32]).unwrap_err();
}
