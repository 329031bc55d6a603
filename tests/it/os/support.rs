//! A node's directories, before and after a configure.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test support")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;

use muster::os::atomic_file;
use muster::os::files::Files;
use muster::os::files::RealFiles;
use muster::os::files::faults::Call;
use muster::os::files::faults::FaultyFiles;
use muster::os::files::faults::Verdict;
use muster::os::transaction;
use muster::os::transaction::Committed;
use muster::os::transaction::GenerationState;
use muster::os::transaction::Transaction;
use muster::os::transaction::TransactionError;
use muster::secret::Secret;
use nix::errno::Errno;
use tempfile::TempDir;

/// A node that was configured once (generation 1) and is about to be configured again.
pub(super) struct Node {
    root: TempDir,
}

/// Every path below a directory, with mode, owner and content.
pub(super) type Snapshot = BTreeMap<PathBuf, (u32, u32, u32, Vec<u8>)>;

impl Node {
    /// In memory where that is possible: the loops make tens of thousands of files.
    pub(super) fn new() -> Self {
        Self::below(scratch())
    }

    /// On a disk, with everything that disks can do.
    pub(super) fn on_disk() -> Self {
        Self::below(tempfile::tempdir().unwrap())
    }

    fn below(root: TempDir) -> Self {
        let node = Self { root };
        fs::create_dir(node.etc()).unwrap();
        let first = Transaction::new(GenerationState::Committed, 1)
            .file(
                node.etc().join("server.conf"),
                text("identity=old\n"),
                0o640,
            )
            .file(node.etc().join("server.jwt"), text("old jwt"), 0o600)
            .exclusive_directory(node.etc().join("policies"), 0o700)
            .file(node.etc().join("policies/a.policy"), text("old a"), 0o400)
            .file(node.etc().join("policies/b.policy"), text("old b"), 0o440)
            .directory(node.etc().join("policies/rego"), 0o750)
            .file(
                node.etc().join("policies/rego/r.rego"),
                text("old r"),
                0o400,
            );
        let committed = first.commit(&unsynced(), &node.state()).unwrap();
        assert_eq!(committed.generation, 1);
        node
    }

    /// Puts the node aside as it is, to return to this moment.
    pub(super) fn freeze(&self) -> TempDir {
        let frozen = scratch();
        copy_tree(self.root.path(), frozen.path());
        frozen
    }

    /// Returns to a moment, under the same paths.
    pub(super) fn thaw(&self, frozen: &TempDir) {
        for inner in [self.etc(), self.state()] {
            fs::remove_dir_all(inner).unwrap();
        }
        copy_tree(frozen.path(), self.root.path());
    }

    pub(super) fn at(root: &Path) -> PathBuf {
        root.join("etc")
    }

    pub(super) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(super) fn etc(&self) -> PathBuf {
        Self::at(self.root.path())
    }

    pub(super) fn state(&self) -> PathBuf {
        self.root.path().join("state")
    }

    /// Everything that somebody else reads.
    pub(super) fn snapshot(&self) -> Snapshot {
        let mut found = Snapshot::new();
        collect(&self.etc(), Path::new(""), &mut found);
        found
    }

    /// The content of the main files only, for nodes with links in them.
    pub(super) fn snapshot_of_files(&self) -> Vec<Vec<u8>> {
        [
            "server.conf",
            "server.jwt",
            "policies/a.policy",
            "policies/b.policy",
        ]
        .iter()
        .map(|name| fs::read(self.etc().join(name)).unwrap())
        .collect()
    }

    /// What a finished transaction must not have left.
    pub(super) fn leftovers(&self) -> Vec<PathBuf> {
        let mut found = Snapshot::new();
        collect(self.root.path(), Path::new(""), &mut found);
        found
            .into_keys()
            .filter(|path| {
                let name = path_text(path.file_name().unwrap().as_ref());
                name.starts_with(".muster-")
                    || name.starts_with("journal.")
                    || name.starts_with("next-")
            })
            .collect()
    }

    pub(super) fn generation(&self) -> u64 {
        transaction::current(&RealFiles, &self.state())
            .unwrap()
            .unwrap()
            .number
    }

    pub(super) fn configure(&self, files: &dyn Files) -> Result<Committed, TransactionError> {
        configure(self.root.path()).commit(files, &self.state())
    }
}

/// What a provisioner changes: one file of each kind.
pub(super) fn configure(root: &Path) -> Transaction {
    let etc = Node::at(root);
    Transaction::new(GenerationState::Trial, 2)
        .file(etc.join("server.conf"), text("identity=new\n"), 0o600)
        .without_file(etc.join("server.jwt"))
        .directory(etc.join("ssl/private"), 0o700)
        .file(
            etc.join("ssl/certificate.pem"),
            text("new certificate"),
            0o644,
        )
        .file(etc.join("ssl/private/key.pem"), text("new key"), 0o600)
        .exclusive_directory(etc.join("policies"), 0o700)
        .file(etc.join("policies/a.policy"), text("new a"), 0o400)
        .file(etc.join("policies/c.policy"), text("new c"), 0o400)
}

/// The two generations that a node may have.
pub(super) struct Generations {
    pub(super) old: Snapshot,
    pub(super) new: Snapshot,
    /// How many operations a configure takes.
    pub(super) calls: u64,
}

impl Generations {
    pub(super) fn known() -> Self {
        let node = Node::new();
        let old = node.snapshot();
        let files = unsynced();
        let committed = node.configure(&files).unwrap();
        assert!(committed.unfinished.is_none());
        assert!(node.leftovers().is_empty());
        let new = node.snapshot();
        assert_ne!(old, new);
        let calls = files.calls();
        Self { old, new, calls }
    }

    /// Fails unless the node is one of the two, whole and tidy; says whether it is the new one.
    pub(super) fn is_new(&self, node: &Node, context: &str) -> bool {
        assert_eq!(node.leftovers(), Vec::<PathBuf>::new(), "{context}");
        let found = node.snapshot();
        let number = node.generation();
        match number {
            1 => assert_eq!(found, self.old, "{context}"),
            2 => assert_eq!(found, self.new, "{context}"),
            other => panic!("{context}: generation {other}"),
        }
        number == 2
    }
}

/// Files that are not synced: the order of syncs has a test of its own, and they are slow.
pub(super) fn unsynced() -> FaultyFiles<impl Fn(&Call<'_>) -> Verdict + Send + Sync> {
    FaultyFiles::new(|_: &Call<'_>| Verdict::SkipSync)
}

/// Files whose operation number `n` fails.
pub(super) fn failing_at(
    n: u64,
    errno: Errno,
) -> FaultyFiles<impl Fn(&Call<'_>) -> Verdict + Send + Sync> {
    FaultyFiles::new(move |call: &Call<'_>| {
        if call.number == n {
            Verdict::Refuse(errno.into())
        } else {
            Verdict::SkipSync
        }
    })
}

/// Files of a process that is dead from operation `n` on.
pub(super) fn dead_from(n: u64) -> FaultyFiles<impl Fn(&Call<'_>) -> Verdict + Send + Sync> {
    FaultyFiles::new(move |call: &Call<'_>| {
        if call.number >= n {
            Verdict::Refuse(io::Error::other("the process is dead"))
        } else {
            Verdict::SkipSync
        }
    })
}

/// The regular files among what was found.
pub(super) fn files(snapshot: &Snapshot) -> Snapshot {
    let regular = |mode: u32| mode & 0o170_000 == 0o100_000;
    let found = snapshot.iter().filter(|(_, (mode, ..))| regular(*mode));
    found
        .map(|(path, what)| (path.clone(), what.clone()))
        .collect()
}

pub(super) fn text(content: &str) -> Secret<Vec<u8>> {
    Secret::new(content.as_bytes().to_vec())
}

/// Writes a file that was there before.
pub(super) fn put(path: &Path, content: &str) {
    atomic_file::write(&unsynced(), path, content.as_bytes(), 0o600).unwrap();
}

fn path_text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn scratch() -> TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let copy = to.join(entry.file_name());
        let permissions = entry.metadata().unwrap().permissions();
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&copy).unwrap();
            copy_tree(&entry.path(), &copy);
            fs::set_permissions(&copy, permissions).unwrap();
        } else {
            fs::copy(entry.path(), &copy).unwrap();
        }
    }
}

fn collect(directory: &Path, inner: &Path, found: &mut Snapshot) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let path = inner.join(entry.file_name());
        let metadata = entry.metadata().unwrap();
        let content = if metadata.is_dir() {
            collect(&entry.path(), &path, found);
            Vec::new()
        } else {
            fs::read(entry.path()).unwrap()
        };
        let owner = (metadata.mode(), metadata.uid(), metadata.gid());
        found.insert(path, (owner.0, owner.1, owner.2, content));
    }
}
