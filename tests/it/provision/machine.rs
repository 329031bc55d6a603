//! A machine that was configured once and waits to be configured again, frozen at that moment, so that a `configure` can
//! be broken at every one of its operations.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use muster::os::files::Files;
use muster::os::files::faults::Call;
use muster::os::files::faults::FaultyFiles;
use muster::os::files::faults::Verdict;
use muster::os::transaction;
use muster::protocol::Request;
use muster::protocol::body::RpcReply;
use muster::security::certificate;
use muster::security::ed25519::Seed;
use muster::server::start;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use super::IDENTITY;
use super::Snapshot;
use super::ask;
use super::configure::live_key;
use super::configure::server_token;
use super::csr;
use super::inputs;
use super::snapshot;
use crate::agents::NOW;
use crate::agents::call;
use crate::agents::request;
use crate::support::authority::Authority;
use crate::support::node::BUILD;
use crate::support::node::TOKEN;
use crate::support::node::TestNode;
use crate::support::node::write;

pub(super) struct Machine {
    root: TempDir,
    pub(super) old: Snapshot,
    pub(super) new: Snapshot,
}

impl Machine {
    pub(super) async fn new() -> Self {
        // in memory where that is possible: the loops write tens of thousands of files
        let root =
            tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
        let folder = folder(root.path());
        let ca = Authority::new();
        let node = TestNode::on(&BUILD, folder, NOW, unsynced());
        let first = delivery(&node, &ca).await;
        assert_eq!(ask(&node, "configure", first).await.statusmsg, "OK");
        let folder = node.end().await;
        let waits = format!("identity = {IDENTITY}\nplugin.choria.server.provision = true\n");
        write(&folder.path().join("server.conf"), &waits);
        let node = TestNode::on(&BUILD, folder, NOW, unsynced());
        let mut second = delivery(&node, &ca).await;
        second["action_policies"] = json!({"new.policy": "policy default allow\n"});
        write(&root.path().join("inputs.json"), &second.to_string());
        let folder = node.end().await;
        copy(folder.path(), &root.path().join("frozen"));
        let old = readable(folder.path());
        drop(folder);
        let mut machine = Self {
            root,
            old,
            new: Snapshot::new(),
        };
        let node = machine.node(unsynced());
        assert_eq!(machine.configure(&node).await.statusmsg, "OK");
        let folder = node.end().await;
        machine.new = readable(folder.path());
        assert_ne!(machine.old, machine.new);
        machine
    }

    pub(super) fn root(&self) -> &Path {
        self.root.path()
    }

    /// The node as it was frozen, with these files.
    pub(super) fn node(&self, files: Arc<dyn Files>) -> TestNode {
        thawed(self.root.path(), files)
    }

    pub(super) async fn configure(&self, node: &TestNode) -> RpcReply {
        configure(self.root.path(), node).await
    }

    /// Recovers as the next start does, and fails unless the old or the new generation is there, whole and tidy; says
    /// whether it is the new one.
    pub(super) fn is_new(&self, context: &str) -> bool {
        let etc = self.root.path().canonicalize().unwrap().join("etc");
        transaction::recover(unsynced().as_ref(), &etc.join(".muster")).unwrap();
        let found = readable(&etc);
        let new = found == self.new;
        assert!(new || found == self.old, "{context}: {:?}", found.keys());
        for path in snapshot(&etc).keys() {
            let name = path.file_name().unwrap().to_str().unwrap();
            let left = [".muster-", "journal.", "next-"].iter();
            assert!(
                !left.clone().any(|left| name.starts_with(left)),
                "{context}: {name}"
            );
        }
        let text = |path: &str| fs::read_to_string(etc.join(path)).unwrap();
        let spki = live_key(&etc).public_spki();
        certificate::check(
            &text("ssl/certificate.pem"),
            &text("ssl/ca.pem"),
            &spki,
            NOW,
        )
        .unwrap();
        let public = Seed::from_hex(&text("server.seed")).unwrap().public_hex();
        assert_eq!(
            text("server.jwt"),
            server_token("choria_server", &json!(public)),
            "{context}"
        );
        let (mode, _) = start::configuration(&etc.join("server.conf"), &BUILD).unwrap();
        assert_eq!(mode.is_provisioning(), !new, "{context}");
        new
    }
}

/// The node of a machine as it was frozen.
pub(super) fn thawed(root: &Path, files: Arc<dyn Files>) -> TestNode {
    let folder = folder(root);
    copy(&root.join("frozen"), folder.path());
    TestNode::on(&BUILD, folder, NOW, files)
}

/// Sends the second delivery.
pub(super) async fn configure(root: &Path, node: &TestNode) -> RpcReply {
    let text = fs::read_to_string(root.join("inputs.json")).unwrap();
    let mut data: Value = serde_json::from_str(&text).unwrap();
    data["token"] = json!(TOKEN);
    let request = Request {
        // it stands in the file that is written
        id: "0".repeat(32).parse().unwrap(),
        ..request("choria_provision", "configure", data)
    };
    call(node, &request).await
}

/// Files that are not synced: the order of syncs has tests of its own.
pub(super) fn unsynced() -> Arc<dyn Files> {
    Arc::new(FaultyFiles::new(|_: &Call<'_>| Verdict::SkipSync))
}

/// Everything that a provisioner delivers: certificates, token, policies, configuration.
pub(super) async fn delivery(node: &TestNode, ca: &Authority) -> Value {
    let certificate = ca.sign(&csr(node).await, IDENTITY);
    let public = ask(node, "gen25519", json!({})).await.data["public_key"].clone();
    let mut inputs = inputs(node, &certificate, ca);
    inputs["server_jwt"] = json!(server_token("choria_server", &public));
    inputs
}

/// Under the same name every time, because the configuration holds it.
pub(super) fn folder(root: &Path) -> TempDir {
    let mut builder = tempfile::Builder::new();
    builder
        .prefix("etc")
        .rand_bytes(0)
        .tempdir_in(root)
        .unwrap()
}

/// All but what the node keeps for itself.
pub(super) fn readable(etc: &Path) -> Snapshot {
    let etc = etc.canonicalize().unwrap();
    let mut found = snapshot(&etc);
    found.retain(|path, _| !path.starts_with(etc.join(".muster")));
    found
}

pub(super) fn copy(from: &Path, to: &Path) {
    if !to.exists() {
        fs::create_dir(to).unwrap();
    }
    let mut pending = vec![PathBuf::new()];
    while let Some(inner) = pending.pop() {
        for entry in fs::read_dir(from.join(&inner)).unwrap() {
            let entry = entry.unwrap();
            let path = inner.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                fs::create_dir(to.join(&path)).unwrap();
                let permissions = entry.metadata().unwrap().permissions();
                fs::set_permissions(to.join(&path), permissions).unwrap();
                pending.push(path);
            } else {
                fs::copy(entry.path(), to.join(&path)).unwrap();
            }
        }
    }
}
