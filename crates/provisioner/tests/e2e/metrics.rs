//! What a monitoring system reads.

use crate::harness::Crowd;
use crate::harness::Node;
use crate::harness::Site;
use crate::nats::NatsServer;
use crate::nats::Options;

const MONITOR: &str = "monitor_listen: 127.0.0.1:0\nsite: TEST\n";

/// A node that failed is not tried again while the test looks.
const LONG: &str = "table: {backoff_min: 1h, backoff_max: 1h}\n";

#[tokio::test]
async fn the_figures_are_those_of_what_happened() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    Node::join(&crowd, "n1.example.net");
    let failing = Node::join(&crowd, "n2.example.net");
    failing.refuses("configure", Some("the disk is full"));
    let mut site = Site::builtin(&broker.url(), &format!("{MONITOR}{LONG}")).await;
    site.ready().await;
    site.stands("n1.example.net", "provisioned").await;
    site.stands("n2.example.net", "failed").await;
    crowd.in_production("n1.example.net");
    site.stands("n1.example.net", "confirmed").await;
    for line in [
        "choria_provisioner_provisioned{site=\"TEST\"} 1",
        "choria_provisioner_confirmed_total{site=\"TEST\"} 1",
        "choria_provisioner_failed_total{site=\"TEST\"} 1",
        "choria_provisioner_provision_errors{site=\"TEST\"} 1",
        "choria_provisioner_discovered{site=\"TEST\"} 2",
        "choria_provisioner_discover_cycles{site=\"TEST\"} 1",
        "choria_provisioner_nodes{state=\"failed\",site=\"TEST\"} 1",
        "choria_provisioner_nodes{state=\"confirmed\",site=\"TEST\"} 1",
        "choria_provisioner_waiting_nodes{site=\"TEST\"} 1",
        "choria_provisioner_connected{site=\"TEST\"} 1",
        "choria_provisioner_rpc_time_count{rpc=\"choria_provision#configure\",site=\"TEST\"} 2",
        "choria_provisioner_helper_time_count{site=\"TEST\"} 2",
    ] {
        site.page_says("/metrics", 200, &format!("{line}\n")).await;
    }
}

#[tokio::test]
async fn without_a_broker_it_is_alive_and_not_ready() {
    let broker = NatsServer::start(Options::default()).await;
    let (url, port) = (broker.url(), broker.port);
    let mut site = Site::builtin(&url, MONITOR).await;
    site.ready().await;
    site.page_says("/readyz", 200, "ready").await;
    drop(broker);
    site.page_says("/readyz", 503, "there is no connection to a broker")
        .await;
    site.page_says("/healthz", 200, "alive").await;
    site.page_says(
        "/metrics",
        200,
        "choria_provisioner_connected{site=\"TEST\"} 0",
    )
    .await;
    let status = site.status().await;
    assert_eq!(
        (&status["connected"], &status["broker"]),
        (&false.into(), &serde_json::Value::Null)
    );
    let port = Some(port);
    let broker = NatsServer::start(Options {
        port,
        ..Options::default()
    })
    .await;
    let crowd = Crowd::join(&broker.url()).await;
    Node::join(&crowd, "n1.example.net");
    site.page_says("/readyz", 200, "ready").await;
    site.stands("n1.example.net", "provisioned").await;
}

#[tokio::test]
async fn a_provisioner_that_never_found_a_broker_is_not_ready() {
    let mut site = Site::builtin("nats://127.0.0.1:1", MONITOR).await;
    site.start();
    site.status_where("an error", |status| status["last_error"].is_string())
        .await;
    site.page_says("/readyz", 503, "there is no connection to a broker")
        .await;
    let shown = site.asks(&["status"]).await;
    assert!(shown.out.contains("Ready: no"), "{shown:?}");
}

#[tokio::test]
async fn other_pages_and_methods_are_refused() {
    let broker = NatsServer::start(Options::default()).await;
    let mut site = Site::builtin(&broker.url(), MONITOR).await;
    site.ready().await;
    let (code, _) = site.page("/status").await;
    assert_eq!(code, 404);
    site.logs(&["metrics and health are served"]).await;
}
