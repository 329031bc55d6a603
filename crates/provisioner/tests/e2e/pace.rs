//! How fast nodes are provisioned, and when it stops by itself.

use crate::harness::Crowd;
use crate::harness::Node;
use crate::harness::Site;
use crate::harness::until;
use crate::nats::NatsServer;
use crate::nats::Options;

const MONITOR: &str = "monitor_listen: 127.0.0.1:0\n";

fn several(crowd: &Crowd, count: usize) -> Vec<(String, Node)> {
    let names = (0..count).map(|n| format!("n{n}.example.net"));
    names
        .map(|name| {
            let node = Node::join(crowd, &name);
            (name, node)
        })
        .collect()
}

/// Nodes that were asked for their configuration to be written.
fn begun(nodes: &[(String, Node)]) -> usize {
    nodes
        .iter()
        .filter(|(_, node)| node.times("gencsr") > 0)
        .count()
}

#[tokio::test]
async fn no_more_nodes_begin_in_a_minute_than_may() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let nodes = several(&crowd, 5);
    let mut site = Site::builtin(&broker.url(), "max_per_minute: 2\n").await;
    site.ready().await;
    // two in a minute is one in half a minute
    site.status_where("one provisioned and the others held", |status| {
        status["counts"]["provisioned"] == 1 && status["counts"]["ready"] == 4
    })
    .await;
    let waiting = site.hosts().await;
    let held = waiting.iter().filter(|row| {
        let why = row["why"].as_str();
        why.is_some_and(|why| why.contains("max_per_minute is reached"))
    });
    assert_eq!(held.count(), 4);
    assert_eq!(begun(&nodes), 1);
    let status = site.status().await;
    assert_eq!(status["holds"], "max_per_minute is reached");
    let ready = serde_json::json!([]);
    assert_eq!(status["ready"], ready, "this passes by itself");

    let text = site.text("provisioner.yaml");
    let faster = text.replace("max_per_minute: 2", "max_per_minute: 600");
    site.put("provisioner.yaml", &faster);
    site.reloads("the configuration was taken over").await;
    site.status_where("all provisioned", |status| {
        status["counts"]["provisioned"] == 5
    })
    .await;
}

#[tokio::test]
async fn too_many_failures_pause_it_until_somebody_says_resume() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let more = format!("workers: 1\nbreaker: {{failed: 3, of: 5}}\n{MONITOR}");
    let nodes = several(&crowd, 6);
    for (_, node) in &nodes {
        node.refuses("configure", Some("the disk is full"));
    }
    let mut site = Site::builtin(&broker.url(), &more).await;
    site.start();
    let status = site
        .status_where("a pause", |status| status["paused"].is_string())
        .await;
    let paused = status["paused"].as_str().unwrap();
    assert_eq!(
        paused,
        "paused because 3 of the last 3 nodes failed, until resume"
    );
    assert_eq!((&status["failed_total"], begun(&nodes)), (&3.into(), 3));
    site.page_says("/readyz", 503, "3 of the last 3 nodes failed")
        .await;
    site.page_says("/metrics", 200, "choria_provisioner_paused{site=\"\"} 1")
        .await;
    for (_, node) in &nodes {
        node.refuses("configure", None);
    }
    assert_eq!(site.asks(&["resume"]).await.code, Some(0));
    site.status_where("three more provisioned", |status| {
        status["counts"]["provisioned"].as_u64() >= Some(3)
    })
    .await;
    site.page_says("/readyz", 200, "ready").await;
}

#[tokio::test]
async fn the_others_wait_until_the_canaries_are_in_production() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let nodes = several(&crowd, 6);
    let mut site = Site::builtin(&broker.url(), "canary: 2\n").await;
    site.ready().await;
    let two = |status: &serde_json::Value| {
        status["counts"]["provisioned"] == 2 && status["counts"]["ready"] == 4
    };
    let status = site.status_where("two provisioned", two).await;
    let holds = status["holds"].as_str().unwrap();
    assert_eq!(
        holds,
        "waits for canaries: 0 of 2 seen in production, 2 begun"
    );
    assert_eq!(begun(&nodes), 2);
    let canaries: Vec<&String> = nodes
        .iter()
        .filter(|(_, node)| node.restarts() == 1)
        .map(|(name, _)| name)
        .collect();
    let mut canaries = canaries.into_iter();
    crowd.in_production(canaries.next().unwrap());
    site.status_where("one seen in production", |status| {
        status["holds"]
            .as_str()
            .is_some_and(|holds| holds.contains("1 of 2"))
    })
    .await;
    assert_eq!(begun(&nodes), 2);
    crowd.in_production(canaries.next().unwrap());
    until("all are begun", || async {
        (begun(&nodes) == 6).then_some(())
    })
    .await;
    site.status_where("nobody held", |status| status["holds"].is_null())
        .await;
}
