//! `configure`, broken at every one of its operations: the old or the new generation is left, whole, and the reply tells
//! which (issue 3, done when 4).

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use muster::os::files::Attempt;
use muster::os::files::faults::Call;
use muster::os::files::faults::FaultyFiles;
use muster::os::files::faults::Verdict;
use nix::errno::Errno;

use super::machine::Machine;

/// Whether the system can refuse an operation for this reason: what only reads needs no space.
fn possible(errno: Errno, attempt: Attempt) -> bool {
    let reads = matches!(attempt, Attempt::Inspect | Attempt::Read | Attempt::List);
    errno == Errno::EIO || !reads
}

#[tokio::test]
async fn a_failure_of_any_operation_is_told_and_changes_nothing() {
    let machine = Machine::new().await;
    for errno in [Errno::EIO, Errno::ENOSPC, Errno::EROFS] {
        let mut told = 0;
        for n in 0.. {
            let counted = Arc::new(AtomicU64::new(0));
            let count = Arc::clone(&counted);
            let files = FaultyFiles::new(move |call: &Call<'_>| {
                if possible(errno, call.attempt) && count.fetch_add(1, Ordering::SeqCst) == n {
                    Verdict::Refuse(errno.into())
                } else {
                    Verdict::SkipSync
                }
            });
            let node = machine.node(Arc::new(files));
            let reply = machine.configure(&node).await;
            let folder = node.end().await;
            let context = format!("{errno} at operation {n}: {}", reply.statusmsg);
            let success = reply.statuscode.code() == 0;
            assert_eq!(machine.is_new(&context), success, "{context}");
            if !success {
                assert_eq!(reply.statuscode.code(), 1, "{context}");
                let reason = io::Error::from(errno).to_string();
                assert!(reply.statusmsg.contains(&reason), "{context}");
                told += 1;
            }
            drop(folder);
            if counted.load(Ordering::SeqCst) <= n {
                break;
            }
        }
        assert!(told > 100, "{errno}: {told}");
    }
}

#[tokio::test]
async fn a_process_that_is_dead_from_any_operation_on_leaves_one_generation() {
    let machine = Machine::new().await;
    let (mut old, mut new) = (0, 0);
    for n in 0.. {
        let files = Arc::new(FaultyFiles::new(move |call: &Call<'_>| {
            if call.number >= n {
                Verdict::Refuse(io::Error::other("the process is dead"))
            } else {
                Verdict::SkipSync
            }
        }));
        let node = machine.node(Arc::<FaultyFiles<_>>::clone(&files));
        let success = machine.configure(&node).await.statuscode.code() == 0;
        let folder = node.end().await;
        let context = format!("dead from operation {n}");
        if machine.is_new(&context) {
            new += 1;
        } else {
            assert!(!success, "{context}: success was told");
            assert_eq!(new, 0, "{context}: there is one commit point");
            old += 1;
        }
        drop(folder);
        if files.calls() <= n {
            break;
        }
    }
    assert!(old > 50 && new > 20, "{old} old, {new} new");
}
