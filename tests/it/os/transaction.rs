//! What a transaction refuses, keeps and records.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use muster::os::atomic_file::WriteError;
use muster::os::files::Files;
use muster::os::files::RealFiles;
use muster::os::transaction;
use muster::os::transaction::GenerationState;
use muster::os::transaction::Recovery;
use muster::os::transaction::Transaction;
use muster::os::transaction::TransactionError;

use super::support::Node;
use super::support::dead_from;
use super::support::put;
use super::support::text;
use super::support::unsynced;

fn trial() -> Transaction {
    Transaction::new(GenerationState::Trial, 7)
}

fn commit(node: &Node, transaction: Transaction) -> Result<(), TransactionError> {
    transaction.commit(&unsynced(), &node.state()).map(drop)
}

/// Runs a configure into a crash after its commit point, with some of the files placed.
fn interrupted() -> Node {
    for n in 0.. {
        let node = Node::new();
        drop(node.configure(&dead_from(n)));
        let placed = fs::read(node.etc().join("policies/c.policy")).is_ok();
        let waiting = fs::read(node.etc().join("ssl/certificate.pem")).is_err();
        if placed && waiting && node.state().join("journal.commit").exists() {
            return node;
        }
    }
    unreachable!("a configure places one file after the other")
}

#[test]
fn modes_are_those_of_the_old_files_or_the_given_ones() {
    let node = Node::new();
    node.configure(&RealFiles).unwrap();
    let mode = |path: &str| fs::metadata(node.etc().join(path)).unwrap().mode() & 0o7777;
    assert_eq!(mode("server.conf"), 0o640, "kept");
    assert_eq!(mode("ssl"), 0o700);
    assert_eq!(mode("ssl/certificate.pem"), 0o644);
    assert_eq!(mode("ssl/private/key.pem"), 0o600);
    assert_eq!(mode("policies/c.policy"), 0o400);
    assert_eq!(fs::metadata(node.state()).unwrap().mode() & 0o7777, 0o700);
}

#[test]
fn an_exclusive_directory_holds_what_was_placed_and_nothing_else() {
    let node = Node::new();
    node.configure(&unsynced()).unwrap();
    let names = RealFiles.list(&node.etc().join("policies")).unwrap();
    assert_eq!(names, ["a.policy", "c.policy"]);
}

#[test]
fn a_directory_with_a_place_of_its_own_survives_in_an_exclusive_one() {
    let node = Node::new();
    let policies = node.etc().join("policies");
    let change = trial()
        .exclusive_directory(&policies, 0o700)
        .exclusive_directory(policies.join("rego"), 0o700)
        .file(policies.join("rego/new.rego"), text("new"), 0o400);
    commit(&node, change).unwrap();
    assert_eq!(RealFiles.list(&policies).unwrap(), ["rego"]);
    assert_eq!(
        RealFiles.list(&policies.join("rego")).unwrap(),
        ["new.rego"]
    );
}

#[test]
fn a_link_is_refused_wherever_it_stands_and_nothing_is_touched() {
    let node = Node::new();
    let etc = node.etc();
    symlink(etc.join("server.conf"), etc.join("link")).unwrap();
    symlink(etc.join("policies"), etc.join("linked")).unwrap();
    symlink("/nowhere", etc.join("policies/dangling")).unwrap();
    let before = node.snapshot_of_files();
    for change in [
        trial().file(etc.join("link"), text("x"), 0o600),
        trial().file(etc.join("linked/a.policy"), text("x"), 0o600),
        trial().without_file(etc.join("link")),
        trial().exclusive_directory(etc.join("policies"), 0o700),
    ] {
        let result = commit(&node, change);
        assert!(matches!(
            result,
            Err(TransactionError::Write(WriteError::SymbolicLink { .. }))
        ));
    }
    let result = commit(&node, trial().directory(etc.join("linked"), 0o700));
    assert!(matches!(
        result,
        Err(TransactionError::NotADirectory { .. })
    ));
    assert_eq!(node.snapshot_of_files(), before);
}

#[test]
fn the_main_file_behind_a_link_is_replaced_where_it_is() {
    let node = Node::new();
    let link = node.root().join("server.conf");
    symlink(node.etc().join("server.conf"), &link).unwrap();
    let real = RealFiles.canonicalize(&link).unwrap();
    commit(&node, trial().file(real, text("identity=new\n"), 0o600)).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&link).unwrap(), b"identity=new\n");
}

#[test]
fn odd_paths_are_refused() {
    let node = Node::new();
    for path in ["relative", "/a/../b", "/"] {
        let result = commit(&node, trial().file(path, text("x"), 0o600));
        assert!(
            matches!(result, Err(TransactionError::PathNotPlain { .. })),
            "{path}"
        );
    }
    let missing = node.etc().join("missing/file");
    let result = commit(&node, trial().file(&missing, text("x"), 0o600));
    assert!(matches!(
        result,
        Err(TransactionError::NotADirectory { .. })
    ));
    let result = commit(&node, trial().file(node.etc(), text("x"), 0o600));
    assert!(matches!(
        result,
        Err(TransactionError::Write(WriteError::NotAFile { .. }))
    ));
    let conf = node.etc().join("server.conf");
    let twice = trial().file(&conf, text("x"), 0o600).without_file(&conf);
    assert!(matches!(
        commit(&node, twice),
        Err(TransactionError::ChangedTwice { .. })
    ));
}

#[test]
fn removing_what_is_not_there_is_no_change() {
    let node = Node::new();
    let before = node.snapshot();
    commit(&node, trial().without_file(node.etc().join("no/such"))).unwrap();
    assert_eq!(node.snapshot(), before);
}

#[test]
fn a_generation_is_on_trial_until_it_is_confirmed() {
    let node = Node::new();
    node.configure(&unsynced()).unwrap();
    let state = || {
        let current = transaction::current(&RealFiles, &node.state())
            .unwrap()
            .unwrap();
        assert_eq!(
            (current.number, current.written_at, current.gave_up),
            (2, 2, None)
        );
        current.state
    };
    assert_eq!(state(), GenerationState::Trial);
    transaction::confirm(&unsynced(), &node.state()).unwrap();
    assert_eq!(state(), GenerationState::Committed);
    transaction::confirm(&unsynced(), &node.state()).unwrap();
}

#[test]
fn a_rollback_returns_to_the_previous_generation_and_another_to_the_given_up_one() {
    let node = Node::new();
    let old = node.snapshot();
    node.configure(&unsynced()).unwrap();
    let new = node.snapshot();
    transaction::rollback(&unsynced(), &node.state(), 3).unwrap();
    assert_eq!(node.snapshot(), old);
    let current = transaction::current(&RealFiles, &node.state())
        .unwrap()
        .unwrap();
    assert_eq!((current.number, current.gave_up), (3, Some(2)));
    assert_eq!(current.state, GenerationState::Committed);
    transaction::rollback(&unsynced(), &node.state(), 4).unwrap();
    assert_eq!(node.snapshot(), new);
}

#[test]
fn a_node_that_was_never_configured_has_nothing_to_return_to() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    assert!(matches!(
        transaction::recover(&RealFiles, &state),
        Ok(Recovery::Nothing)
    ));
    assert!(!state.exists(), "a recovery creates nothing");
    assert!(transaction::current(&RealFiles, &state).unwrap().is_none());
    let result = transaction::rollback(&RealFiles, &state, 1);
    assert!(matches!(result, Err(TransactionError::NoPrevious)));
}

#[test]
fn a_kept_file_that_was_changed_is_not_put_back() {
    let node = Node::new();
    node.configure(&unsynced()).unwrap();
    let previous = node.state().join("generations/previous");
    let kept = RealFiles.list(&previous).unwrap();
    for name in kept.iter().filter(|name| *name != "manifest.json") {
        put(&previous.join(name), "something else");
    }
    let new = node.snapshot();
    let result = transaction::rollback(&unsynced(), &node.state(), 3);
    assert!(matches!(result, Err(TransactionError::Damaged { .. })));
    assert_eq!(node.snapshot(), new);
}

#[test]
fn an_unreadable_journal_is_set_aside_and_the_node_can_be_configured_again() {
    let node = interrupted();
    put(&node.state().join("journal.commit"), "{\"version\":1,");
    let recovery = transaction::recover(&unsynced(), &node.state()).unwrap();
    assert!(matches!(recovery, Recovery::SetAside { path } if path.ends_with("journal.damaged")));
    node.configure(&unsynced()).unwrap();
}

#[test]
fn a_journal_of_a_later_version_is_left_alone() {
    let node = interrupted();
    let journal = node.state().join("journal.commit");
    put(&journal, "{\"version\":2}");
    let result = transaction::recover(&unsynced(), &node.state());
    assert!(matches!(
        result,
        Err(TransactionError::UnknownVersion { version: 2, .. })
    ));
    assert!(journal.exists());
}

#[test]
fn an_interrupted_configure_is_finished_once() {
    let node = interrupted();
    let recovery = transaction::recover(&unsynced(), &node.state()).unwrap();
    assert!(matches!(recovery, Recovery::Finished { generation: 2 }));
    assert!(node.leftovers().is_empty());
    let again = transaction::recover(&unsynced(), &node.state()).unwrap();
    assert!(matches!(again, Recovery::Nothing));
}

#[test]
fn a_staged_file_that_somebody_removed_is_answered_with_the_old_generation() {
    let old = Node::new().snapshot();
    let node = interrupted();
    for name in RealFiles.list(&node.etc().join("ssl")).unwrap() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with(".muster-"))
        {
            fs::remove_file(node.etc().join("ssl").join(name)).unwrap();
        }
    }
    let recovery = transaction::recover(&unsynced(), &node.state()).unwrap();
    assert!(matches!(
        recovery,
        Recovery::Undone {
            err: Some(TransactionError::Damaged { .. })
        }
    ));
    assert_eq!(node.snapshot(), old);
    assert!(node.leftovers().is_empty());
}

#[test]
fn an_open_state_directory_is_closed_and_a_file_in_its_place_refused() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    RealFiles.create_dir(&state, 0o755).unwrap();
    transaction::prepare_state_dir(&RealFiles, &state).unwrap();
    assert_eq!(fs::metadata(&state).unwrap().mode() & 0o7777, 0o700);
    let file = dir.path().join("file");
    put(&file, "");
    let result = transaction::prepare_state_dir(&RealFiles, Path::new(&file));
    assert!(matches!(
        result,
        Err(TransactionError::NotADirectory { .. })
    ));
}
