//! The record of requests, on a node without a broker.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use muster::config::choices::AuditFailure;
use muster::os::clock::Clock;
use muster::protocol::body::RpcReply;
use muster::protocol::body::StatusCode;
use muster::rpc::Acting;
use muster::rpc::Actions;
use muster::rpc::Agent as _;
use muster::rpc::Call;
use muster::rpc::Done;
use muster::rpc::Guard;
use muster::rpc::Metadata;
use muster::rpc::Rpc;
use muster::rpc::audit::AuditLog;
use muster::rpc::authorization::open::Open;
use serde_json::Value;
use serde_json::json;

use crate::agents::NOW;
use crate::agents::call;
use crate::agents::request;
use crate::authorization::ALICE;
use crate::authorization::asked;
use crate::authorization::managed;
use crate::authorization::send;
use crate::support::node::BUILD;
use crate::support::node::TOKEN;
use crate::support::node::TestNode;
use crate::support::node::write;

const AUDITED: &str = "rpcaudit = 1\nplugin.rpcaudit.logfile = DIR/audit.log\n";
const UNRECORDED: &str =
    "The request was refused because it could not be recorded in the audit log of this node";

fn audited(settings: &str) -> TestNode {
    managed(
        &format!("{AUDITED}{settings}"),
        &[("policies/rpcutil.policy", "allow→*→ping get_fact→*→*\n")],
    )
}

fn log(node: &TestNode) -> PathBuf {
    node.config_file().with_file_name("audit.log")
}

fn records(path: &Path) -> Vec<Value> {
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

async fn ping(node: &TestNode) -> RpcReply {
    send(node, &asked(ALICE, "rpcutil", "ping", json!({}))).await
}

#[tokio::test]
async fn allowed_and_denied_requests_are_recorded_with_the_members_of_the_reference_first() {
    let node = audited("");
    let get = asked(ALICE, "rpcutil", "get_fact", json!({"fact": "role"}));
    assert_eq!(send(&node, &get).await.statusmsg, "OK");
    let denied = asked(ALICE, "rpcutil", "inventory", json!({}));
    assert_eq!(send(&node, &denied).await.statuscode, StatusCode::Aborted);
    let text = fs::read_to_string(log(&node)).unwrap();
    let expected = format!(
        r#"{{"timestamp":"2026-11-21T00:52:52.000000+0000","request_id":"{}","request_time":{NOW},"caller":"{ALICE}","sender":"client.example.net","agent":"rpcutil","action":"get_fact","data":{{"fact":"role"}},"allowed":true}}"#,
        get.id
    );
    assert_eq!(text.lines().next().unwrap(), expected);
    let records = records(&log(&node));
    assert_eq!(records.len(), 2);
    assert_eq!(records[1]["allowed"], false);
    let reason = records[1]["reason"].as_str().unwrap();
    assert!(
        reason.contains("rpcutil.policy: no rule matches"),
        "{reason}"
    );
    assert_eq!(fs::metadata(log(&node)).unwrap().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn the_token_of_a_provisioner_never_reaches_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    let config = format!(
        "rpcaudit = 1\nplugin.rpcaudit.logfile = {}\n",
        path.display()
    );
    let node = TestNode::new(&BUILD, Some(&config), NOW);
    let data = json!({"token": TOKEN, "cn": "x.example.net"});
    let reply = call(&node, &request("choria_provision", "gencsr", data)).await;
    assert_eq!(reply.statusmsg, "OK");
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains(TOKEN), "{text}");
    assert_eq!(
        records(&path)[0]["data"],
        json!({"token": "*****", "cn": "x.example.net"})
    );
}

/// An agent whose one action looks at the record.
struct Reader {
    metadata: Metadata,
    path: PathBuf,
}

impl Actions for Reader {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn run(&self, _call: Call) -> Option<Acting<'_>> {
        Some(Box::pin(async {
            let found = records(&self.path).len();
            Ok(Done::with([("found", json!(found))]))
        }))
    }
}

#[tokio::test]
async fn the_record_is_there_before_the_action_runs() {
    let node = audited("");
    let (own, clock) = (Arc::clone(&node.assembly.node), Arc::clone(&node.clock));
    let settings = &node.foundation.resolved.settings.audit;
    let guard = Guard::new(
        Arc::clone(&own),
        clock as Arc<dyn Clock>,
        Box::new(Open),
        AuditLog::of(settings, &own),
        AuditFailure::Allow,
    );
    let reader = Reader {
        metadata: own.agents()[0].clone(),
        path: log(&node),
    };
    let request = asked(ALICE, &reader.metadata.name, "look", json!({}));
    let rpc = Rpc::new(reader, Arc::new(guard));
    let answer = rpc.answer(Arc::new(request)).await;
    let reply = RpcReply::decode(&answer.body.unwrap()).unwrap();
    assert_eq!(reply.data, json!({"found": 1}));
}

#[tokio::test]
async fn a_full_disk_is_a_concern_and_stops_requests_only_where_that_is_wanted() {
    let settings = "rpcaudit = 1\nplugin.rpcaudit.logfile = /dev/full\n";
    let files = [("policies/rpcutil.policy", "allow→*→ping→*→*\n")];
    let node = managed(settings, &files);
    assert_eq!(ping(&node).await.statusmsg, "OK");
    let own = &node.assembly.node;
    assert_eq!(own.stats.snapshot().unaudited, 1);
    let open = own.concerns.open();
    assert_eq!(open.len(), 1, "{open:?}");
    assert!(
        open[0].starts_with("audit log: cannot write /dev/full: "),
        "{open:?}"
    );

    let node = managed(
        &format!("{settings}plugin.muster.audit_failure = deny\n"),
        &files,
    );
    let reply = ping(&node).await;
    assert_eq!(
        (reply.statuscode.code(), reply.statusmsg.as_str()),
        (1, UNRECORDED)
    );
    assert_eq!(reply.data, json!({}));
    let refusal = node.assembly.node.stats.last_refusal().unwrap();
    assert!(refusal.reason.contains("audit log"), "{refusal:?}");
    let denied = asked(ALICE, "rpcutil", "inventory", json!({}));
    let text = send(&node, &denied).await.statusmsg;
    assert!(text.starts_with("You are not authorized"), "{text}");
    assert_eq!(node.assembly.node.stats.snapshot().unaudited, 2);
}

#[tokio::test]
async fn a_missing_directory_is_known_from_the_start_and_forgotten_when_it_is_there() {
    let node = managed(
        "rpcaudit = 1\nplugin.rpcaudit.logfile = DIR/log/audit.log\nplugin.muster.audit_failure = deny\n",
        &[("policies/rpcutil.policy", "allow→*→*→*→*\n")],
    );
    let own = &node.assembly.node;
    assert_eq!(own.concerns.open().len(), 1);
    assert_eq!(ping(&node).await.statusmsg, UNRECORDED);
    let folder = node.config_file().with_file_name("log");
    fs::create_dir(&folder).unwrap();
    assert_eq!(ping(&node).await.statusmsg, "OK");
    assert!(own.concerns.open().is_empty());
    assert_eq!(records(&folder.join("audit.log")).len(), 1);
}

#[tokio::test]
async fn a_rotated_record_goes_on_in_the_new_file() {
    let node = audited("plugin.rpcaudit.logfile.mode = 640\n");
    ping(&node).await;
    let old = log(&node).with_extension("log.1");
    fs::rename(log(&node), &old).unwrap();
    ping(&node).await;
    assert_eq!((records(&old).len(), records(&log(&node)).len()), (1, 1));
    assert_eq!(fs::metadata(log(&node)).unwrap().mode() & 0o777, 0o640);
    // in place
    fs::copy(log(&node), &old).unwrap();
    write(&log(&node), "");
    ping(&node).await;
    assert_eq!(records(&log(&node)).len(), 1);
    // and by signal
    fs::rename(log(&node), &old).unwrap();
    node.assembly.guard.look();
    assert_eq!(records(&log(&node)).len(), 0);
}

#[tokio::test]
async fn a_record_without_a_file_is_none_and_nothing_is_refused() {
    let node = managed(
        "rpcaudit = 1\nplugin.muster.audit_failure = deny\n",
        &[("policies/rpcutil.policy", "allow→*→*→*→*\n")],
    );
    assert_eq!(ping(&node).await.statusmsg, "OK");
    let warnings = &node.foundation.resolved.warnings;
    let text = "rpcaudit has no effect without plugin.rpcaudit.logfile";
    assert!(
        warnings
            .iter()
            .any(|warning| warning.to_string().contains(text))
    );
}

#[tokio::test]
async fn discovery_is_never_recorded() {
    let node = audited("");
    let mut discovery = asked(ALICE, "discovery", "", json!({}));
    discovery.body = b"ping".to_vec();
    let subject = "mcollective.node.cap1.example.net";
    let payload = crate::agents::payload(&discovery);
    assert!(
        node.receive(subject, &payload)
            .await
            .unwrap()
            .reply
            .is_some()
    );
    assert!(records(&log(&node)).is_empty());
}
