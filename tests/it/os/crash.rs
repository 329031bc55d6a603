//! Breaks a configure at every operation: what is left is the old generation or the new one, whole.
//!
//! Each loop runs until an operation number that the configure no longer reaches, so that an operation that is added
//! later is covered without anybody thinking of it.

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use muster::os::files::Attempt;
use muster::os::files::RealFiles;
use muster::os::files::faults::Call;
use muster::os::files::faults::FaultyFiles;
use muster::os::files::faults::Verdict;
use muster::os::transaction;
use muster::os::transaction::TransactionError;
use nix::errno::Errno;
use nix::sys::signal;

use super::support::Generations;
use super::support::Node;
use super::support::configure;
use super::support::dead_from;
use super::support::failing_at;
use super::support::files;
use super::support::unsynced;
use super::trace::Trace;

#[test]
fn a_configure_that_fails_at_any_operation_changes_nothing() {
    let known = Generations::known();
    for errno in [Errno::EIO, Errno::ENOSPC, Errno::EROFS, Errno::EACCES] {
        for n in 0..known.calls {
            let context = format!("{errno} at operation {n}");
            let node = Node::new();
            let result = node.configure(&failing_at(n, errno));
            match result {
                Ok(committed) => {
                    assert!(committed.unfinished.is_some(), "{context}");
                    // Only an emptied directory may still stand.
                    assert_eq!(files(&node.snapshot()), files(&known.new), "{context}");
                }
                Err(err) => {
                    assert!(
                        !matches!(err, TransactionError::Undecided { .. }),
                        "{context}: {err}"
                    );
                    assert_eq!(node.snapshot(), known.old, "{context}");
                }
            }
            let succeeded = node.generation() == 2;
            transaction::recover(&unsynced(), &node.state()).unwrap();
            assert_eq!(known.is_new(&node, &context), succeeded, "{context}");
        }
    }
}

#[test]
fn a_configure_after_a_failed_one_succeeds_without_a_restart() {
    let known = Generations::known();
    for n in 0..known.calls {
        let node = Node::new();
        if node.configure(&dead_from(n)).is_err() {
            let context = format!("after a crash at operation {n}");
            node.configure(&unsynced()).unwrap();
            assert_eq!(node.snapshot(), known.new, "{context}");
            assert!(node.leftovers().is_empty(), "{context}");
        }
    }
}

#[test]
fn a_crash_at_any_operation_leaves_the_old_or_the_new_generation() {
    let known = Generations::known();
    let (mut old, mut new) = (0, 0);
    for n in 0..known.calls {
        let context = format!("crash at operation {n}");
        let node = Node::new();
        let succeeded = node.configure(&dead_from(n)).is_ok();
        transaction::recover(&unsynced(), &node.state()).unwrap();
        if known.is_new(&node, &context) {
            new += 1;
            // The one before is kept, whole, whatever the crash interrupted.
            transaction::rollback(&unsynced(), &node.state(), 3).unwrap();
            assert_eq!(node.snapshot(), known.old, "{context}");
        } else {
            assert!(!succeeded, "{context}: success was reported");
            assert_eq!(new, 0, "{context}: there is one commit point");
            old += 1;
        }
    }
    assert!(old > 10 && new > 10, "{old} old, {new} new");
}

#[test]
fn a_crash_of_the_recovery_from_a_crash_is_only_another_crash() {
    let known = Generations::known();
    for n in 0..known.calls {
        let node = Node::new();
        drop(node.configure(&dead_from(n)));
        let crashed = node.freeze();
        for m in 0.. {
            let context = format!("crash at operation {n}, of the recovery at {m}");
            node.thaw(&crashed);
            let recovered = transaction::recover(&dead_from(m), &node.state()).is_ok();
            transaction::recover(&unsynced(), &node.state()).unwrap();
            known.is_new(&node, &context);
            if recovered {
                break;
            }
        }
    }
}

#[test]
fn a_recovery_that_fails_at_any_operation_succeeds_the_next_time() {
    let known = Generations::known();
    for n in 0..known.calls {
        let node = Node::new();
        drop(node.configure(&dead_from(n)));
        let crashed = node.freeze();
        for m in 0.. {
            let context = format!("crash at operation {n}, of the recovery EIO at {m}");
            node.thaw(&crashed);
            let disk = failing_at(m, Errno::EIO);
            drop(transaction::recover(&disk, &node.state()));
            transaction::recover(&unsynced(), &node.state()).unwrap();
            known.is_new(&node, &context);
            if disk.calls() <= m {
                break;
            }
        }
    }
}

#[test]
fn a_rollback_that_crashes_at_any_operation_leaves_one_of_the_two_generations() {
    let known = Generations::known();
    let node = Node::new();
    node.configure(&unsynced()).unwrap();
    let configured = node.freeze();
    for n in 0.. {
        node.thaw(&configured);
        let finished = transaction::rollback(&dead_from(n), &node.state(), 3)
            .is_ok_and(|committed| committed.unfinished.is_none());
        transaction::recover(&unsynced(), &node.state()).unwrap();
        let found = node.snapshot();
        match node.generation() {
            2 => assert_eq!(found, known.new, "crash at operation {n}"),
            _ => assert_eq!(found, known.old, "crash at operation {n}"),
        }
        if finished {
            break;
        }
    }
}

#[test]
fn a_file_that_refuses_to_be_replaced_is_answered_with_the_old_generation() {
    let known = Generations::known();
    let targets: Vec<PathBuf> = known.new.keys().chain(known.old.keys()).cloned().collect();
    for target in targets {
        let context = target.display();
        let node = Node::new();
        let protected = node.etc().join(&target);
        let stubborn = FaultyFiles::new(|call: &Call<'_>| {
            let change = matches!(call.attempt, Attempt::Replace | Attempt::Remove);
            if change && call.path == protected {
                Verdict::Refuse(Errno::EPERM.into())
            } else {
                Verdict::SkipSync
            }
        });
        let result = node.configure(&stubborn);
        if known.is_new(&node, &context.to_string()) {
            // Not among the files that the configure changes: a directory, or one that stays.
            result.unwrap();
        } else {
            result.unwrap_err();
        }
    }
}

#[test]
fn a_crash_while_everything_is_put_back_is_only_another_crash() {
    let known = Generations::known();
    // The last of the files in the order of their paths: all others were replaced by then.
    let last = Path::new("ssl/private/key.pem");
    for n in 0.. {
        let node = Node::new();
        let protected = node.etc().join(last);
        let refuse = |call: &Call<'_>| call.attempt == Attempt::Replace && call.path == protected;
        let dying = FaultyFiles::new(|call: &Call<'_>| {
            if call.number >= n || refuse(call) {
                Verdict::Refuse(Errno::EPERM.into())
            } else {
                Verdict::SkipSync
            }
        });
        node.configure(&dying).unwrap_err();
        let stubborn = FaultyFiles::new(|call: &Call<'_>| {
            if refuse(call) {
                Verdict::Refuse(Errno::EPERM.into())
            } else {
                Verdict::SkipSync
            }
        });
        transaction::recover(&stubborn, &node.state()).unwrap();
        let context = format!("crash at operation {n}");
        assert!(!known.is_new(&node, &context), "{context}");
        if dying.calls() <= n {
            break;
        }
    }
}

#[test]
fn nothing_is_prepared_before_the_journal_is_durable() {
    let (node, trace) = Trace::of_a_configure();
    let begun = trace.at(Attempt::SyncFile, &node.state().join("journal.staging"));
    let creations = trace.all(Attempt::Create).filter(|number| *number > begun);
    let mut count = 0;
    for number in creations {
        assert!(
            trace.syncs(&node.state(), begun..number),
            "{}",
            trace.told(number)
        );
        count += 1;
    }
    assert_eq!(count, 13, "six old files, six new ones, the manifest");
}

#[test]
fn nothing_is_decided_before_it_is_durable() {
    let (node, trace) = Trace::of_a_configure();
    let begun = trace.at(Attempt::SyncFile, &node.state().join("journal.staging"));
    let decided = trace.at(Attempt::Replace, &node.state().join("journal.commit"));
    for number in trace.all(Attempt::Create).filter(|number| *number > begun) {
        let path = trace.path(number);
        let durable = trace.at(Attempt::SyncFile, path);
        let parent = path.parent().unwrap();
        assert!(
            trace.syncs(parent, durable..decided),
            "{}",
            trace.told(number)
        );
    }
    for number in trace.all(Attempt::CreateDirectory) {
        let parent = trace.path(number).parent().unwrap();
        assert!(
            trace.syncs(parent, number..decided),
            "{}",
            trace.told(number)
        );
    }
}

#[test]
fn nothing_is_placed_before_it_is_decided_and_nothing_forgotten_before_it_is_placed() {
    let (node, trace) = Trace::of_a_configure();
    let decided = trace.at(Attempt::Replace, &node.state().join("journal.commit"));
    let placed = trace.at(Attempt::Replace, &node.state().join("journal.placed"));
    let ended = trace.at(Attempt::Remove, &node.state().join("journal.placed"));
    let changes = trace
        .all(Attempt::Replace)
        .chain(trace.all(Attempt::Remove));
    let mut count = 0;
    for number in changes.filter(|number| trace.path(*number).starts_with(node.etc())) {
        let (path, call) = (trace.path(number), trace.told(number));
        assert!(trace.syncs(&node.state(), decided..number), "{call}");
        assert!(number < placed, "{call}");
        assert!(
            trace.syncs(path.parent().unwrap(), number..placed),
            "{call}"
        );
        count += 1;
    }
    assert_eq!(
        count, 8,
        "configuration, JWT, certificate, key, four policies"
    );
    assert!(trace.syncs(&node.state(), placed..ended));
}

#[test]
fn a_process_killed_at_any_operation_leaves_the_old_or_the_new_generation() {
    let known = Generations::known();
    let (mut kills, mut new) = (0, 0);
    for n in 0..known.calls {
        let node = Node::new();
        let status = Command::new(env::current_exe().unwrap())
            .args(["--exact", "os::crash::child_that_is_killed", "--ignored"])
            .env(KILL_AT, n.to_string())
            .env(ROOT, node.root())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert_eq!(
            status.signal(),
            Some(signal::SIGKILL as i32),
            "operation {n}"
        );
        transaction::recover(&RealFiles, &node.state()).unwrap();
        kills += 1;
        new += u32::from(known.is_new(&node, &format!("killed at operation {n}")));
    }
    assert!(0 < new && new < kills, "{new} new of {kills}");
}

#[test]
#[ignore = "the other half of a_process_killed_at_any_operation: runs as its child"]
fn child_that_is_killed() {
    let n: u64 = env::var(KILL_AT).unwrap().parse().unwrap();
    let root = PathBuf::from(env::var_os(ROOT).unwrap());
    let files = FaultyFiles::new(|call: &Call<'_>| {
        if call.number == n {
            signal::raise(signal::SIGKILL).unwrap();
        }
        Verdict::Perform
    });
    configure(&root)
        .commit(&files, &root.join("state"))
        .unwrap();
}

const KILL_AT: &str = "MUSTER_TEST_KILL_AT";
const ROOT: &str = "MUSTER_TEST_ROOT";
