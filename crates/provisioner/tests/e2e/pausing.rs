//! `pause`, `resume`, `drain`: the operator's hand on the tap.

use std::time::Duration;

use serde_json::Value;

use crate::harness::Crowd;
use crate::harness::Node;
use crate::harness::Site;
use crate::harness::until;
use crate::nats::NatsServer;
use crate::nats::Options;

const MONITOR: &str = "monitor_listen: 127.0.0.1:0\n";

#[tokio::test]
async fn a_pause_lets_nothing_begin_and_says_so_until_it_ends() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let mut site = Site::builtin(&broker.url(), MONITOR).await;
    site.ready().await;
    until("the first discovery", || async {
        (crowd.discoveries() == 1).then_some(())
    })
    .await;
    let paused = site.asks(&["pause", "--reason", "new CA"]).await;
    assert_eq!(paused.code, Some(0), "{paused:?}");

    let announced = Node::join_hidden(&crowd, "n1.example.net");
    let silent = Node::join(&crowd, "n2.example.net");
    crowd.startup("n1.example.net");
    let row = site.stands("n1.example.net", "queued").await;
    let why = row["why"].as_str().unwrap();
    assert!(why.contains("paused by an operator: new CA"), "{why}");
    site.page_says("/metrics", 200, "choria_provisioner_paused{site=\"\"} 1")
        .await;
    site.page_says("/readyz", 503, "paused by an operator: new CA")
        .await;
    site.page_says("/healthz", 200, "alive").await;
    assert_eq!(crowd.asked("n1.example.net"), [""; 0]);
    assert_eq!(crowd.discoveries(), 1);

    let resumed = site.asks(&["resume"]).await;
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    site.stands("n1.example.net", "provisioned").await;
    site.stands("n2.example.net", "provisioned").await;
    assert_eq!((announced.restarts(), silent.restarts()), (1, 1));
    site.page_says("/metrics", 200, "choria_provisioner_paused{site=\"\"} 0")
        .await;
    site.page_says("/readyz", 200, "ready").await;
}

#[tokio::test]
async fn a_node_that_was_sent_its_configuration_is_restarted_in_a_pause() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join_hidden(&crowd, "n1.example.net");
    node.slow(Duration::from_millis(400));
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    crowd.startup("n1.example.net");
    node.is_asked("configure", 0).await;
    assert_eq!(site.asks(&["pause"]).await.code, Some(0));
    site.stands("n1.example.net", "provisioned").await;
    assert_eq!(node.restarts(), 1);
}

#[tokio::test]
async fn a_node_that_did_not_acknowledge_its_restart_is_asked_again_in_a_pause() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    node.refuses("restart", Some("not now"));
    let quick = "table: {backoff_min: 100ms, backoff_max: 200ms}\n";
    let mut site = Site::builtin(&broker.url(), quick).await;
    site.ready().await;
    let row = site.stands("n1.example.net", "unrestarted").await;
    assert!(row["why"].as_str().unwrap().contains("not now"), "{row}");
    assert_eq!(site.asks(&["pause"]).await.code, Some(0));
    node.refuses("restart", None);
    site.stands("n1.example.net", "provisioned").await;
    assert_eq!(node.times("configure"), 1);
}

#[tokio::test]
async fn a_pause_stops_a_node_on_its_way_before_it_is_sent_anything_lasting() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    let script = "touch begun; while ! [ -e go ]; do sleep 0.05; done; echo '{\"configuration\": {\"a\": \"1\"}}'";
    let mut site = Site::scripted(&broker.url(), script, "features: {pki: false}\n");
    site.ready().await;
    until("the helper runs", || async {
        site.file("begun").exists().then_some(())
    })
    .await;
    assert_eq!(site.asks(&["pause"]).await.code, Some(0));
    site.put("go", "");
    let row = site.stands("n1.example.net", "queued").await;
    assert_eq!(row["failures"], 0);
    assert_eq!(node.times("configure"), 0);
    assert_eq!(site.asks(&["resume"]).await.code, Some(0));
    site.stands("n1.example.net", "provisioned").await;
}

#[tokio::test]
async fn a_drain_ends_what_is_begun_and_then_the_process() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let begun = Node::join(&crowd, "n1.example.net");
    let script = "touch begun; while ! [ -e go ]; do sleep 0.05; done; echo '{\"configuration\": {\"a\": \"1\"}}'";
    let more = "features: {pki: false}\nworkers: 1\n";
    let mut site = Site::scripted(&broker.url(), script, more);
    site.ready().await;
    until("the helper runs", || async {
        site.file("begun").exists().then_some(())
    })
    .await;
    let waiting = Node::join_hidden(&crowd, "n2.example.net");
    crowd.startup("n2.example.net");
    site.stands("n2.example.net", "ready").await;
    assert_eq!(site.asks(&["drain"]).await.code, Some(0));
    assert_eq!(site.status().await["draining"], Value::Bool(true));
    assert!(site.runs());
    // nodes that are asked again and again would keep a drain from ending
    Node::join_hidden(&crowd, "n3.example.net");
    crowd.startup("n3.example.net");
    let row = site.stands("n3.example.net", "queued").await;
    assert!(
        row["why"].as_str().unwrap().contains("this process ends"),
        "{row}"
    );
    site.put("go", "");
    assert_eq!(site.end().await, Some(0));
    assert_eq!((begun.restarts(), waiting.times("configure")), (1, 0));
    assert_eq!(crowd.asked("n3.example.net"), [""; 0]);
}
