//! A well-behaved service: signals, logs that rotate, a supervisor that watches.

use std::fs;
use std::path::Path;

use nix::sys::signal::Signal;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixDatagram;
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::harness::Network;
use crate::harness::Node;
use crate::harness::PATIENCE;
use crate::harness::mode;
use crate::harness::program;
use crate::harness::put;
use crate::harness::read;
use crate::harness::run;
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

#[tokio::test]
async fn the_supervisor_reads_how_the_node_is() {
    let network = Network::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let supervisor = UnixDatagram::bind(&path).unwrap();
    let mut node = Node::new(NAME, &network.dns).with("NOTIFY_SOCKET", path.to_str().unwrap());
    fs::remove_file(node.file("metadata.json")).unwrap();
    node.start();
    let mut lines = Vec::new();
    while !lines.iter().any(|line: &String| {
        line.starts_with("STATUS=waiting for a provisioner; 1 problem; connected to ")
    }) {
        lines.push(hears(&supervisor).await);
    }
    let first = lines.iter().find(|line| line.starts_with("STATUS="));
    let looking = "STATUS=waiting for a provisioner; no problems; looking for a broker, round 1";
    assert_eq!(first.unwrap().trim_end(), looking);
    node.signal(Signal::SIGTERM);
    assert_eq!(node.end().await, Some(0));
}

#[tokio::test]
async fn a_node_that_is_asked_to_quit_says_how_it_is_and_goes_on() {
    let network = Network::start().await;
    let mut node = Node::new(NAME, &network.dns);
    node.start();
    node.connected("provisioning").await;
    node.signal(Signal::SIGQUIT);
    node.logs("this is how the node is").await;
    network.operator().pings(NAME).await;
    node.signal(Signal::SIGTERM);
    assert_eq!(node.end().await, Some(0));
    let left: Vec<_> = fs::read_dir(node.file("")).unwrap().collect();
    let dump = |name: &str| name.contains("core") || name.contains("dump");
    assert!(
        !left
            .iter()
            .flatten()
            .any(|it| dump(&it.file_name().to_string_lossy()))
    );
}

#[tokio::test]
async fn a_node_is_judged_by_its_status_file_from_its_start_to_its_end() {
    let network = Network::start().await;
    let mut node = Node::new(NAME, &network.dns);
    let config = node.config().display().to_string();
    let status = ["tool", "status", "--config", &config];
    let judged = async |flags: &[&str]| run(program(), &[&status, flags].concat()).await;
    let before = judged(&[]).await;
    assert_eq!(before.code, Some(3), "{before:?}");
    node.start();
    node.connected("provisioning").await;
    node.status_where("no problem", |it| it["problems"] == serde_json::json!([]))
        .await;
    let running = judged(&["--unprovisioned"]).await;
    assert_eq!(running.code, Some(0), "{running:?}");
    let file = node.file("var/status.json").display().to_string();
    assert!(
        running.stdout.starts_with(&format!("{file} OK\n")),
        "{running:?}"
    );
    assert!(
        running.stdout.contains("\nmode: provisioning since "),
        "{running:?}"
    );
    assert_eq!(judged(&["--provisioned"]).await.code, Some(2));
    node.signal(Signal::SIGTERM);
    assert_eq!(node.end().await, Some(0));
    let stopped = judged(&["--brief"]).await;
    assert_eq!(stopped.code, Some(2), "{stopped:?}");
    let verdict = format!("{file} connection check failed: not connected, the node was stopped\n");
    assert_eq!(stopped.stdout, verdict);
    assert_eq!(node.status()["connected_server"], "");
}

#[tokio::test]
async fn metrics_are_served_while_the_node_waits_and_end_with_it() {
    let network = Network::start().await;
    let mut node = Node::new(NAME, &network.dns);
    let path = node.file("var/metrics.sock");
    let own = node.etc().join("plugin.d/muster.cfg");
    let settings = format!("{}metrics_socket = {}\n", read(&own), path.display());
    put(&own, settings);
    // what an earlier process left
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    node.start();
    node.connected("provisioning").await;
    node.logs("metrics are served").await;
    let page = scraped(&path).await;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    for line in [
        "\nmuster_transport_connected 1\n",
        "\nmuster_server_provisioning 1\n",
        "\nchoria_connector_initial_connect_time_count 1\n",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
    assert_eq!(mode(&path), 0o660);
    node.signal(Signal::SIGTERM);
    assert_eq!(node.end().await, Some(0));
    assert!(!path.exists());
}

async fn scraped(path: &Path) -> String {
    let mut connection = UnixStream::connect(path).await.unwrap();
    let request = b"GET /choria/prometheus HTTP/1.1\r\n\r\n";
    connection.write_all(request).await.unwrap();
    let mut page = String::new();
    let read = connection.read_to_string(&mut page);
    timeout(PATIENCE, read).await.unwrap().unwrap();
    page
}

async fn hears(supervisor: &UnixDatagram) -> String {
    let mut buffer = [0; 1024];
    let size = timeout(PATIENCE, supervisor.recv(&mut buffer)).await;
    let size = size.unwrap().unwrap();
    String::from_utf8(buffer.get(..size).unwrap().to_vec()).unwrap()
}
