//! What was asked of the files, in order.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test support")]

use std::ops::Range;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;

use muster::os::files::Attempt;
use muster::os::files::faults::Call;
use muster::os::files::faults::FaultyFiles;
use muster::os::files::faults::Verdict;

use super::support::Node;

/// The operations of a configure; each is known by its number.
pub(super) struct Trace(Vec<(Attempt, PathBuf)>);

impl Trace {
    pub(super) fn of_a_configure() -> (Node, Self) {
        let node = Node::new();
        let calls = Mutex::new(Vec::new());
        let disk = FaultyFiles::new(|call: &Call<'_>| {
            let asked = (call.attempt, call.path.to_path_buf());
            calls.lock().unwrap().push(asked);
            Verdict::Perform
        });
        node.configure(&disk).unwrap();
        (node, Self(calls.into_inner().unwrap()))
    }

    /// The numbers of all operations of a kind.
    pub(super) fn all(&self, attempt: Attempt) -> impl Iterator<Item = usize> {
        (0..self.0.len()).filter(move |number| self.0[*number].0 == attempt)
    }

    /// The number of an operation that must have been asked for.
    pub(super) fn at(&self, attempt: Attempt, path: &Path) -> usize {
        self.all(attempt)
            .find(|number| self.path(*number) == path)
            .unwrap()
    }

    /// Whether the names in a directory were made durable between two operations.
    pub(super) fn syncs(&self, directory: &Path, within: Range<usize>) -> bool {
        self.all(Attempt::SyncDirectory)
            .any(|number| within.contains(&number) && self.path(number) == directory)
    }

    pub(super) fn path(&self, number: usize) -> &Path {
        &self.0[number].1
    }

    /// An operation in words.
    pub(super) fn told(&self, number: usize) -> String {
        format!("{} {}", self.0[number].0, self.path(number).display())
    }
}
