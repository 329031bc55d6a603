//! `configure` in a process that is really killed.

use std::env;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;

use muster::os::files::faults::Call;
use muster::os::files::faults::FaultyFiles;
use muster::os::files::faults::Verdict;
use nix::sys::signal;

use super::machine;
use super::machine::Machine;

#[tokio::test]
async fn a_process_killed_at_any_operation_leaves_one_generation() {
    let machine = Machine::new().await;
    let (mut old, mut new) = (0, 0);
    for n in 0.. {
        let status = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "provision::killed::child_that_is_killed",
                "--ignored",
            ])
            .env(KILL_AT, n.to_string())
            .env(ROOT, machine.root())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        let context = format!("killed at operation {n}");
        let killed = status.signal() == Some(signal::SIGKILL as i32);
        assert!(killed || status.success(), "{context}: {status}");
        if machine.is_new(&context) {
            new += 1;
        } else {
            assert!(killed && new == 0, "{context}: there is one commit point");
            old += 1;
        }
        fs::remove_dir_all(machine.root().join("etc")).unwrap();
        if !killed {
            break;
        }
    }
    assert!(old > 50 && new > 20, "{old} old, {new} new");
}

#[tokio::test]
#[ignore = "the other half of a_process_killed_at_any_operation: runs as its child"]
async fn child_that_is_killed() {
    let n: u64 = env::var(KILL_AT).unwrap().parse().unwrap();
    let root = PathBuf::from(env::var_os(ROOT).unwrap());
    let files = FaultyFiles::new(move |call: &Call<'_>| {
        if call.number == n {
            signal::raise(signal::SIGKILL).unwrap();
        }
        Verdict::SkipSync
    });
    let node = machine::thawed(&root, Arc::new(files));
    assert_eq!(machine::configure(&root, &node).await.statusmsg, "OK");
    // the parent looks at it
    let _folder = node.end().await.keep();
}

const KILL_AT: &str = "MUSTER_TEST_KILL_AT";
const ROOT: &str = "MUSTER_TEST_ROOT";
