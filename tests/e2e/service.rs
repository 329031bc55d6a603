//! A well-behaved service: signals, logs that rotate, a supervisor that watches.

use std::fs;

use nix::sys::signal::Signal;
use serde_json::Value;
use serde_json::json;
use tokio::net::UnixDatagram;
use tokio::time::timeout;

use crate::harness::Network;
use crate::harness::Node;
use crate::harness::PATIENCE;
use crate::harness::put;
use crate::harness::read;
use crate::harness::until;
use crate::support::dns::DnsServer;

const NAME: &str = "n1.example.net";

#[tokio::test]
async fn a_terminated_node_says_goodbye_and_ends_in_order() {
    let network = Network::start().await;
    let mut peer = network.peer().await;
    let mut node = Node::new(NAME, &network.dns);
    node.start();
    node.connected("provisioning").await;
    node.signal(Signal::SIGTERM);
    peer.event("shutdown", "provision_mode_server").await;
    assert_eq!(node.end().await, Some(0));
    assert_eq!(node.status()["connection"]["state"], "closed");
}

#[tokio::test]
async fn a_node_without_a_broker_ends_in_order_too() {
    let dns = DnsServer::start().await;
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut node = Node::new(NAME, &dns);
        node.start();
        node.status_where("a mode", |it| it["mode"] == "provisioning")
            .await;
        node.signal(signal);
        assert_eq!(node.end().await, Some(0));
    }
}

#[tokio::test]
async fn a_rotated_log_is_reopened_on_hangup() {
    let dns = DnsServer::start().await;
    let mut node = Node::new(NAME, &dns);
    node.start();
    node.logs("muster starting").await;
    fs::rename(node.file("var/log"), node.file("var/log.1")).unwrap();
    node.signal(Signal::SIGHUP);
    until("a new log", || node.file("var/log").exists().then_some(())).await;
    node.signal(Signal::SIGTERM);
    assert_eq!(node.end().await, Some(0));
    assert!(
        node.log().contains("stopping on a signal"),
        "{}",
        node.log()
    );
    assert!(!node.log().contains("muster starting"));
}

#[tokio::test]
async fn a_rotated_audit_log_is_reopened_on_hangup_and_holds_no_token() {
    let network = Network::start().await;
    let mut peer = network.peer().await;
    let mut node = Node::new(NAME, &network.dns);
    let (audit, rotated) = (node.file("var/audit.log"), node.file("var/audit.log.1"));
    let settings = format!(
        "{}rpcaudit = yes\nplugin.rpcaudit.logfile = {}\n",
        node.settings(),
        audit.display()
    );
    put(&node.config(), settings);
    node.start();
    peer.event("startup", "provision_mode_server").await;
    peer.provision(NAME, "gencsr", json!({})).await.ok();
    fs::rename(&audit, &rotated).unwrap();
    node.signal(Signal::SIGHUP);
    until("a new audit log", || audit.exists().then_some(())).await;
    peer.provision(NAME, "jwt", json!({})).await.refused();
    for (file, action) in [(&rotated, "gencsr"), (&audit, "jwt")] {
        let record: Value = serde_json::from_str(read(file).trim_end()).unwrap();
        assert_eq!(record["action"], action);
        assert_eq!(record["data"]["token"], "*****");
        assert_eq!(record["allowed"], true);
    }
}

#[tokio::test]
async fn a_hangup_during_the_start_does_not_end_the_node() {
    let dns = DnsServer::start().await;
    let mut node = Node::new(NAME, &dns);
    node.start();
    let lock = node.etc().join(".muster/lock");
    until("the start", || lock.exists().then_some(())).await;
    node.signal(Signal::SIGHUP);
    node.status_where("a mode", |it| it["mode"] == "provisioning")
        .await;
    node.signal(Signal::SIGTERM);
    assert_eq!(node.end().await, Some(0));
}

#[tokio::test]
async fn the_supervisor_is_told_that_the_node_is_ready_before_any_broker_answers() {
    let dns = DnsServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let supervisor = UnixDatagram::bind(&path).unwrap();
    let mut node = Node::new(NAME, &dns)
        .with("NOTIFY_SOCKET", path.to_str().unwrap())
        .with("WATCHDOG_USEC", "200000");
    node.start();
    let first = hears(&supervisor).await;
    assert!(first.starts_with("READY=1\n"), "{first}");
    let mut signs = 0;
    while signs < 3 {
        signs += usize::from(hears(&supervisor).await.contains("WATCHDOG=1"));
    }
    assert_eq!(node.status()["connection"]["state"], "connecting");
    node.signal(Signal::SIGTERM);
    while !hears(&supervisor).await.contains("STOPPING=1") {}
    assert_eq!(node.end().await, Some(0));
}

async fn hears(supervisor: &UnixDatagram) -> String {
    let mut buffer = [0; 1024];
    let size = timeout(PATIENCE, supervisor.recv(&mut buffer)).await;
    let size = size.unwrap().unwrap();
    String::from_utf8(buffer.get(..size).unwrap().to_vec()).unwrap()
}
