//! A node that goes round, from the fleet to a provisioner and into the fleet again, broken at every operation of the way
//! back and of every return: one generation is left, whole, and the node starts with it.

use std::env;
use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;

use muster::os::files::Attempt;
use muster::os::files::Files;
use muster::os::files::faults::Call;
use muster::os::files::faults::FaultyFiles;
use muster::os::files::faults::Verdict;
use muster::os::transaction;
use muster::os::transaction::Follows;
use muster::os::transaction::Generations;
use muster::protocol::Request;
use muster::protocol::body::RpcReply;
use muster::security::certificate;
use muster::server::start;
use nix::errno::Errno;
use nix::sys::signal;
use serde_json::json;
use tempfile::TempDir;

use super::Snapshot;
use super::ask;
use super::configure::live_key;
use super::machine::copy;
use super::machine::delivery;
use super::machine::folder;
use super::machine::readable;
use super::machine::unsynced;
use super::snapshot;
use crate::agents::NOW;
use crate::agents::payload;
use crate::agents::request;
use crate::support::authority::Authority;
use crate::support::node::BUILD;
use crate::support::node::TOKEN;
use crate::support::node::TestNode;

/// One step of the circle: what is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The action `reprovision` of a member of the fleet.
    Leave,
    /// A return from waiting to the fleet.
    Stay,
    /// A return from the other fleet, and its other authority, to waiting.
    WaitAgain,
}

const STEPS: [Step; 3] = [Step::Leave, Step::Stay, Step::WaitAgain];

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Leave => "leave",
            Self::Stay => "stay",
            Self::WaitAgain => "wait-again",
        }
    }
}

/// Frozen directories: before each step.
struct Circle {
    root: TempDir,
}

/// What a step leads from and to.
struct Ends {
    old: Snapshot,
    new: Snapshot,
}

impl Circle {
    async fn new() -> Self {
        // in memory where that is possible: the loops write tens of thousands of files
        let root =
            tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
        let node = TestNode::on(&BUILD, folder(root.path()), NOW, unsynced());
        let first = delivery(&node, &Authority::new()).await;
        assert_eq!(ask(&node, "configure", first).await.statusmsg, "OK");
        let circle = Self { root };
        let node = circle.freeze(node, Step::Leave).await;
        assert_eq!(leave(&node).await.statusmsg, "OK");
        let node = circle.freeze(node, Step::Stay).await;
        let second = delivery(&node, &Authority::new()).await;
        assert_eq!(ask(&node, "configure", second).await.statusmsg, "OK");
        let node = circle.freeze(node, Step::WaitAgain).await;
        drop(node.end().await);
        circle
    }

    /// Ends the node, puts its directory aside as what a step begins with, and starts it again.
    async fn freeze(&self, node: TestNode, step: Step) -> TestNode {
        let folder = node.end().await;
        copy(folder.path(), &self.root.path().join(step.name()));
        TestNode::on(&BUILD, folder, NOW, unsynced())
    }

    /// Does a step with these files: whether it says that it was done.
    async fn step(&self, step: Step, files: Arc<dyn Files>) -> (TempDir, Result<(), String>) {
        perform(self.root.path(), step, files).await
    }

    /// The ends of a step, by doing it.
    async fn ends(&self, step: Step) -> Ends {
        let thawed = thaw(self.root.path(), step);
        let old = readable(thawed.path());
        drop(thawed);
        let (folder, done) = self.step(step, unsynced()).await;
        done.unwrap();
        let new = readable(folder.path());
        assert_ne!(old, new);
        Ends { old, new }
    }

    /// Recovers as the next start does, and fails unless one of the ends is there, whole and tidy, and starts; says
    /// whether it is the new one.
    fn is_new(&self, step: Step, ends: &Ends, context: &str) -> bool {
        let etc = self.root.path().canonicalize().unwrap().join("etc");
        transaction::recover(unsynced().as_ref(), &etc.join(".muster")).unwrap();
        let found = readable(&etc);
        let new = found == ends.new;
        assert!(new || found == ends.old, "{context}: {:?}", found.keys());
        for path in snapshot(&etc).keys() {
            let name = path.file_name().unwrap().to_str().unwrap();
            let left = [".muster-", "journal.", "next-"];
            assert!(
                !left.iter().any(|left| name.starts_with(left)),
                "{context}: {name}"
            );
        }
        let text = |path: &str| fs::read_to_string(etc.join(path)).unwrap();
        let (own, ca) = (text("ssl/certificate.pem"), text("ssl/ca.pem"));
        certificate::check(&own, &ca, &live_key(&etc).public_spki(), NOW).unwrap();
        let (mode, _) = start::configuration(&etc.join("server.conf"), &BUILD).unwrap();
        let waits = match step {
            Step::Leave | Step::WaitAgain => new,
            Step::Stay => !new,
        };
        assert_eq!(mode.is_provisioning(), waits, "{context}");
        new
    }
}

async fn perform(root: &Path, step: Step, files: Arc<dyn Files>) -> (TempDir, Result<(), String>) {
    let folder = thaw(root, step);
    match step {
        Step::Leave => {
            let node = TestNode::on(&BUILD, folder, NOW, files);
            let reply = leave(&node).await;
            let done = (reply.statuscode.code() == 0)
                .then_some(())
                .ok_or(reply.statusmsg);
            (node.end().await, done)
        }
        Step::Stay | Step::WaitAgain => {
            let state = folder.path().canonicalize().unwrap().join(".muster");
            let done = Generations::new(files, state)
                .rollback(NOW, Follows::ByItself)
                .map(drop)
                .map_err(|err| muster::report::Chain(&err).to_string());
            (folder, done)
        }
    }
}

/// Asks to leave; the id of the request stands in the file that is written.
async fn leave(node: &TestNode) -> RpcReply {
    let request = Request {
        id: "0".repeat(32).parse().unwrap(),
        collective: "mcollective".parse().unwrap(),
        ..request("choria_provision", "reprovision", json!({"token": TOKEN}))
    };
    let subject = "mcollective.node.cap1.example.net";
    let outcome = node.receive(subject, &payload(&request)).await.unwrap();
    RpcReply::decode(&outcome.reply.unwrap().body).unwrap()
}

fn thaw(root: &Path, step: Step) -> TempDir {
    let folder = folder(root);
    copy(&root.join(step.name()), folder.path());
    folder
}

#[tokio::test]
async fn a_failure_of_any_operation_leaves_the_node_where_it_was() {
    let circle = Circle::new().await;
    for step in STEPS {
        let ends = circle.ends(step).await;
        for errno in [Errno::EIO, Errno::ENOSPC] {
            let mut told = 0;
            for n in 0.. {
                let files = Arc::new(FaultyFiles::new(move |call: &Call<'_>| {
                    let reads = matches!(
                        call.attempt,
                        Attempt::Inspect | Attempt::Read | Attempt::List
                    );
                    if call.number == n && (errno == Errno::EIO || !reads) {
                        Verdict::Refuse(errno.into())
                    } else {
                        Verdict::SkipSync
                    }
                }));
                let (folder, done) = circle
                    .step(step, Arc::<FaultyFiles<_>>::clone(&files) as _)
                    .await;
                let context = format!("{step:?}, {errno} at operation {n}: {done:?}");
                let is_new = circle.is_new(step, &ends, &context);
                assert_eq!(is_new, done.is_ok(), "{context}");
                told += usize::from(done.is_err());
                drop(folder);
                if files.calls() <= n {
                    break;
                }
            }
            assert!(told > 10, "{step:?}, {errno}: {told}");
        }
    }
}

#[tokio::test]
async fn a_process_that_is_dead_from_any_operation_on_leaves_one_generation() {
    let circle = Circle::new().await;
    for step in STEPS {
        let ends = circle.ends(step).await;
        let (mut old, mut new) = (0, 0);
        for n in 0.. {
            let files = Arc::new(FaultyFiles::new(move |call: &Call<'_>| {
                if call.number >= n {
                    Verdict::Refuse(io::Error::other("the process is dead"))
                } else {
                    Verdict::SkipSync
                }
            }));
            let (folder, done) = circle
                .step(step, Arc::<FaultyFiles<_>>::clone(&files) as _)
                .await;
            let context = format!("{step:?}, dead from operation {n}");
            if circle.is_new(step, &ends, &context) {
                new += 1;
            } else {
                assert!(done.is_err(), "{context}: success was told");
                assert_eq!(new, 0, "{context}: there is one commit point");
                old += 1;
            }
            drop(folder);
            if files.calls() <= n {
                break;
            }
        }
        assert!(old > 15 && new > 10, "{step:?}: {old} old, {new} new");
    }
}

#[tokio::test]
async fn a_process_killed_at_any_operation_leaves_one_generation() {
    let circle = Circle::new().await;
    for step in STEPS {
        let ends = circle.ends(step).await;
        let (mut old, mut new) = (0, 0);
        for n in 0.. {
            let status = Command::new(env::current_exe().unwrap())
                .args(["--exact", CHILD, "--ignored"])
                .env(KILL_AT, n.to_string())
                .env(STEP, step.name())
                .env(ROOT, circle.root.path())
                .stdout(Stdio::null())
                .status()
                .unwrap();
            let context = format!("{step:?}, killed at operation {n}");
            let killed = status.signal() == Some(signal::SIGKILL as i32);
            assert!(killed || status.success(), "{context}: {status}");
            if circle.is_new(step, &ends, &context) {
                new += 1;
            } else {
                assert!(killed && new == 0, "{context}: there is one commit point");
                old += 1;
            }
            fs::remove_dir_all(circle.root.path().join("etc")).unwrap();
            if !killed {
                break;
            }
        }
        assert!(old > 15 && new > 10, "{step:?}: {old} old, {new} new");
    }
}

#[tokio::test]
#[ignore = "the other half of a_process_killed_at_any_operation: runs as its child"]
async fn child_that_is_killed() {
    let n: u64 = env::var(KILL_AT).unwrap().parse().unwrap();
    let name = env::var(STEP).unwrap();
    let step = STEPS.into_iter().find(|step| step.name() == name).unwrap();
    let root = PathBuf::from(env::var_os(ROOT).unwrap());
    let files = FaultyFiles::new(move |call: &Call<'_>| {
        if call.number == n {
            signal::raise(signal::SIGKILL).unwrap();
        }
        Verdict::SkipSync
    });
    let (folder, done) = perform(&root, step, Arc::new(files)).await;
    done.unwrap();
    // the parent looks at it
    let _folder = folder.keep();
}

const CHILD: &str = "provision::circle::child_that_is_killed";
const KILL_AT: &str = "MUSTER_TEST_KILL_AT";
const STEP: &str = "MUSTER_TEST_STEP";
const ROOT: &str = "MUSTER_TEST_ROOT";
