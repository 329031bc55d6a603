//! The provisioning agent on a node without a broker: who may act, what it answers, what it writes, what it refuses.

mod access;
mod answers;
mod circle;
mod configure;
mod faults;
mod gencsr;
mod killed;
mod local_policy;
mod machine;
mod places;
mod refusals;
mod reprovision;
mod restart;
mod secrets;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;

use muster::protocol::Request;
use muster::protocol::body::RpcReply;
use muster::rpc::Then;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::agents::NOW;
use crate::agents::call;
use crate::agents::payload;
use crate::agents::request;
use crate::support::authority::Authority;
use crate::support::node::BUILD;
use crate::support::node::TOKEN;
use crate::support::node::TestNode;

/// Every path below a folder: mode, owner, group, content or target.
type Snapshot = BTreeMap<PathBuf, (u32, u32, u32, Vec<u8>)>;

const IDENTITY: &str = "cap1.example.net";

fn waiting() -> TestNode {
    TestNode::new(&BUILD, None, NOW)
}

/// A node whose key is ready, so that a later look at its folder finds nothing new.
async fn waiting_with_key() -> TestNode {
    let node = waiting();
    ask(&node, "gencsr", json!({})).await;
    node
}

/// Calls an action with the right token, unless the inputs bring one.
async fn ask(node: &TestNode, action: &str, mut data: Value) -> RpcReply {
    if data.get("token").is_none() {
        data["token"] = json!(TOKEN);
    }
    call(node, &request("choria_provision", action, data)).await
}

/// Calls an action of a member of the fleet, with the right token, unless the inputs bring one; says what shall follow.
async fn in_fleet(node: &TestNode, action: &str, data: Value) -> (RpcReply, Option<Then>) {
    in_fleet_as(node, "mcollective", action, data).await
}

/// The same in another collective.
async fn in_fleet_as(
    node: &TestNode,
    collective: &str,
    action: &str,
    mut data: Value,
) -> (RpcReply, Option<Then>) {
    if data.get("token").is_none() {
        data["token"] = json!(TOKEN);
    }
    let request = Request {
        collective: collective.parse().unwrap(),
        ..request("choria_provision", action, data)
    };
    let subject = format!("{collective}.node.{IDENTITY}");
    let outcome = node.receive(&subject, &payload(&request)).await.unwrap();
    let reply = RpcReply::decode(&outcome.reply.unwrap().body).unwrap();
    (reply, outcome.answer.then)
}

async fn csr(node: &TestNode) -> String {
    let reply = ask(node, "gencsr", json!({})).await;
    reply.data["csr"].as_str().unwrap().to_owned()
}

/// The folder of the configuration, as the node names it.
fn etc(node: &TestNode) -> PathBuf {
    node.config_file().parent().unwrap().to_owned()
}

/// The settings of an ordinary managed node, without certificates.
fn plain_settings() -> Map<String, Value> {
    let settings = json!({
        "identity": IDENTITY,
        "plugin.choria.server.provision": "false",
        "plugin.choria.middleware_hosts": "broker.example.net:4222",
        "rpcauthorization": "0",
    });
    serde_json::from_value(settings).unwrap()
}

/// Those with the certificates that a provisioner delivers.
fn settings(node: &TestNode) -> Map<String, Value> {
    let mut settings = plain_settings();
    let ssl = etc(node).join("ssl");
    for (key, file) in [
        ("certificate", "certificate.pem"),
        ("key", "private.pem"),
        ("ca", "ca.pem"),
    ] {
        let path = ssl.join(file).display().to_string();
        settings.insert(format!("plugin.security.file.{key}"), json!(path));
    }
    settings.insert("plugin.security.provider".into(), json!("file"));
    settings
}

/// `config` as it travels: JSON inside a text.
fn config(settings: &Map<String, Value>) -> Value {
    json!(serde_json::to_string(settings).unwrap())
}

/// What a provisioner sends to a node with this certificate.
fn inputs(node: &TestNode, certificate: &str, ca: &Authority) -> Value {
    json!({
        "config": config(&settings(node)),
        "certificate": certificate,
        "ca": ca.pem,
        "ssldir": etc(node).join("ssl"),
        "key": "",
        "ecdh_public": "",
        "server_jwt": "",
        "action_policies": { "rpcutil.policy": "policy default deny\n" },
        "opa_policies": { "choria.rego": "package io.choria.mcorpc.authpolicy\n" },
    })
}

fn snapshot(folder: &Path) -> Snapshot {
    let mut found = Snapshot::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let content = if metadata.is_symlink() {
                fs::read_link(&path)
                    .unwrap()
                    .into_os_string()
                    .into_encoded_bytes()
            } else if metadata.is_file() {
                fs::read(&path).unwrap()
            } else {
                Vec::new()
            };
            if metadata.is_dir() {
                pending.push(path.clone());
            }
            let (mode, uid, gid) = (metadata.mode(), metadata.uid(), metadata.gid());
            found.insert(path, (mode, uid, gid, content));
        }
    }
    found
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}
