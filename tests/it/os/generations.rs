//! What is kept, what a process knows of it, and who may write.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use muster::os::files::Files;
use muster::os::files::RealFiles;
use muster::os::lock::Lock;
use muster::os::transaction;
use muster::os::transaction::Fate;
use muster::os::transaction::Follows;
use muster::os::transaction::GenerationState;
use muster::os::transaction::Generations;
use muster::os::transaction::InPlace;
use muster::os::transaction::Transaction;
use muster::os::transaction::TransactionError;
use nix::errno::Errno;

use super::support::Node;
use super::support::configure;
use super::support::dead_from;
use super::support::failing_at;
use super::support::put;
use super::support::text;
use super::support::unsynced;

fn of(node: &Node) -> Generations {
    Generations::new(Arc::new(RealFiles), node.state())
}

fn one_more(node: &Node) -> Transaction {
    let file = node.etc().join("server.conf");
    Transaction::new(GenerationState::Trial, 3).file(file, text("identity=third\n"), 0o600)
}

#[test]
fn what_is_kept_says_what_would_come_back_and_what_would_go() {
    let node = Node::new();
    node.configure(&unsynced()).unwrap();
    let kept = transaction::kept(&RealFiles, &node.state())
        .unwrap()
        .unwrap();
    let below = |names: &[&str]| names.iter().map(|n| node.etc().join(n)).collect::<Vec<_>>();
    let replaced = [
        "policies/a.policy",
        "policies/b.policy",
        "policies/rego/r.rego",
        "server.conf",
        "server.jwt",
    ];
    assert_eq!(kept.returning, below(&replaced));
    let added = [
        "policies/c.policy",
        "ssl/certificate.pem",
        "ssl/private/key.pem",
    ];
    assert_eq!(kept.leaving, below(&added));
    let before = kept.generation.unwrap();
    assert_eq!(
        (before.number, before.state),
        (1, GenerationState::Committed)
    );
    let fate = |name| transaction::fate(&RealFiles, &node.state(), &node.etc().join(name)).unwrap();
    assert!(
        matches!(fate("server.conf"), Fate::Returns(text) if text.expose() == b"identity=old\n")
    );
    assert!(matches!(fate("ssl/certificate.pem"), Fate::Leaves));
    assert!(matches!(fate("elsewhere"), Fate::Stays));
}

#[test]
fn before_the_first_generation_nothing_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let kept = transaction::kept(&RealFiles, &folder.path().join("state"));
    assert!(kept.unwrap().is_none());
}

#[test]
fn a_kept_file_that_was_changed_is_damaged() {
    let node = Node::new();
    node.configure(&unsynced()).unwrap();
    let previous = node.state().join("generations/previous");
    let names = RealFiles.list(&previous).unwrap();
    put(&previous.join(names.first().unwrap()), "something else");
    let result = transaction::kept(&RealFiles, &node.state());
    assert!(matches!(result, Err(TransactionError::Damaged { .. })));
}

#[test]
fn a_rehearsal_leaves_no_trace_and_finds_what_a_commit_would() {
    let node = Node::new();
    let before = node.snapshot();
    let rehearse = |files: &dyn Files| configure(node.root()).rehearse(files, &node.state());
    rehearse(&unsynced()).unwrap();
    assert_eq!((node.snapshot(), node.generation()), (before.clone(), 1));
    assert!(node.leftovers().is_empty());
    let files = unsynced();
    rehearse(&files).unwrap();
    for n in 0..files.calls() {
        for broken in [
            rehearse(&failing_at(n, Errno::ENOSPC)),
            rehearse(&dead_from(n)),
        ] {
            let context = format!("operation {n}: {broken:?}");
            transaction::recover(&unsynced(), &node.state()).unwrap();
            assert_eq!(node.snapshot(), before, "{context}");
            assert_eq!(node.generation(), 1, "{context}");
            assert!(node.leftovers().is_empty(), "{context}");
        }
    }
    let result = rehearse(&failing_at(files.calls() / 2, Errno::ENOSPC));
    assert!(matches!(
        result,
        Err(TransactionError::File(_) | TransactionError::Write(_))
    ));
}

#[test]
fn a_process_knows_what_it_started_with_and_what_it_wrote_for_later() {
    let node = Node::new();
    let generations = of(&node);
    assert_eq!(generations.unknown(), None);
    generations
        .commit(configure(node.root()), Follows::OnRequest)
        .unwrap();
    assert_eq!(generations.unknown(), None, "its restart is asked for");
    generations
        .commit(one_more(&node), Follows::ByItself)
        .unwrap();
    assert_eq!(generations.unknown(), Some(3));
    generations.knows(InPlace::Number(3));
    assert_eq!(generations.unknown(), None);
}

#[test]
fn what_another_process_writes_is_noticed_and_not_written_over() {
    let node = Node::new();
    let generations = of(&node);
    of(&node)
        .commit(configure(node.root()), Follows::OnRequest)
        .unwrap();
    assert_eq!(generations.unknown(), Some(2));
    let before = node.snapshot();
    let written = generations.commit(one_more(&node), Follows::OnRequest);
    assert!(matches!(
        written,
        Err(TransactionError::Overtaken { number: 2 })
    ));
    let returned = generations.rollback(4, Follows::OnRequest);
    assert!(matches!(
        returned,
        Err(TransactionError::Overtaken { number: 2 })
    ));
    assert_eq!(node.snapshot(), before);
    generations.confirm().unwrap();
    let current = transaction::current(&RealFiles, &node.state())
        .unwrap()
        .unwrap();
    assert_eq!(
        current.state,
        GenerationState::Trial,
        "it did not prove this one"
    );
}

#[test]
fn the_first_generation_of_another_process_is_noticed_too() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let generations = Generations::new(Arc::new(RealFiles), state.clone());
    assert_eq!(generations.unknown(), None);
    Transaction::new(GenerationState::Trial, 1)
        .file(folder.path().join("server.conf"), text("x=y\n"), 0o600)
        .commit(&unsynced(), &state)
        .unwrap();
    assert_eq!(generations.unknown(), Some(1));
}

#[test]
fn a_record_that_cannot_be_read_says_nothing_and_hinders_nobody() {
    let node = Node::new();
    let record = node.state().join("generations/current.json");
    let generations = of(&node);
    for broken in [
        "{",
        r#"{"version":9,"number":7,"state":"trial","written_at":0}"#,
    ] {
        put(&record, broken);
        assert_eq!(generations.unknown(), None, "{broken}");
    }
    fs::remove_file(&record).unwrap();
    assert_eq!(generations.unknown(), None, "gone");
    put(&record, "{");
    let unread = of(&node);
    unread.commit(one_more(&node), Follows::OnRequest).unwrap();
    assert_eq!(unread.unknown(), None);
}

#[test]
fn a_writer_is_not_let_in_while_another_one_writes() {
    let node = Node::new();
    let _writing = Lock::to_write(&node.state(), Duration::ZERO).unwrap();
    let second = Lock::to_write(&node.state(), Duration::ZERO).map_err(TransactionError::from);
    assert!(matches!(second, Err(TransactionError::Locked(_))));
}

#[test]
fn a_generation_that_works_is_recorded_once() {
    let node = Node::new();
    node.configure(&unsynced()).unwrap();
    let generations = of(&node);
    generations.confirm().unwrap();
    generations.confirm().unwrap();
    let current = transaction::current(&RealFiles, &node.state())
        .unwrap()
        .unwrap();
    assert_eq!(
        (current.number, current.state),
        (2, GenerationState::Committed)
    );
}
