//! Brokers come, go, speak nonsense or want what we do not do; the node says so, and is there when one works.

use serde_json::Value;

use crate::harness::Network;
use crate::harness::Node;
use crate::harness::publish;
use crate::support::dns::DnsServer;
use crate::support::hostile::Hostile;
use crate::support::hostile::Manner;
use crate::support::nats::NatsServer;
use crate::support::nats::Options;
use crate::support::nats::Tls;

const NAME: &str = "n1.example.net";

/// Waits for the status file to tell why there is no connection and when the next attempt is.
async fn trouble(node: &Node, reason: &str) -> Value {
    let status = node
        .status_where(reason, |status| {
            let connection = &status["connection"];
            connection["state"] == "connecting"
                && connection["last_error"].to_string().contains(reason)
                && connection["next_attempt_seconds"].is_u64()
        })
        .await;
    assert_eq!(status["mode"], "provisioning");
    status
}

#[tokio::test]
async fn a_node_waits_for_its_broker_and_tells_why() {
    let network = Network::start().await;
    network.dns.publish(Vec::new());
    let mut node = Node::new(NAME, &network.dns);
    node.start();
    trouble(&node, "no usable SRV records").await;
    node.logs("cannot find brokers").await;
    publish(&network.dns, network.broker.port);
    node.connected("provisioning").await;
    network.operator().pings(NAME).await;
}

#[tokio::test]
async fn a_broker_that_comes_back_is_joined_and_the_node_is_announced_again() {
    let network = Network::start().await;
    let mut peer = network.peer().await;
    let mut node = Node::new(NAME, &network.dns);
    node.start();
    peer.event("startup", "provision_mode_server").await;
    let (authority, dns, port) = network.lose_broker();
    // the node shall not find it before there is somebody to hear it
    dns.publish(Vec::new());
    node.status_where("no connection", |it| {
        it["connection"]["state"] == "connecting"
    })
    .await;
    let broker = NatsServer::start(Options {
        tls: Tls::Required(&authority),
        port: Some(port),
        ..Options::default()
    })
    .await;
    let network = Network {
        authority,
        dns,
        broker,
    };
    let mut peer = network.peer().await;
    publish(&network.dns, port);
    peer.event("startup", "provision_mode_server").await;
    network.operator().pings(NAME).await;
}

#[tokio::test]
async fn a_broker_that_speaks_garbage_is_left_for_one_that_does_not() {
    let network = Network::start().await;
    let garbage = vec![0xff; 64];
    for manner in [
        Manner::Says(garbage),
        Manner::Says(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        Manner::NeverEnds,
        Manner::HangsUp,
    ] {
        let hostile = Hostile::start(manner).await;
        publish(&network.dns, hostile.port);
        let mut node = Node::new(NAME, &network.dns);
        node.start();
        let place = format!("localhost:{}", hostile.port);
        trouble(&node, &place).await;
        publish(&network.dns, network.broker.port);
        node.connected("provisioning").await;
    }
}

#[tokio::test]
async fn a_broker_without_tls_gets_nothing_and_the_reason_is_told() {
    let dns = DnsServer::start().await;
    let broker = NatsServer::start(Options::default()).await;
    publish(&dns, broker.port);
    let mut node = Node::new(NAME, &dns);
    node.start();
    trouble(
        &node,
        "TLS is required here and the broker does not offer it",
    )
    .await;
    node.logs("TLS is required here").await;
    let log = broker.log();
    assert!(!log.contains(NAME), "{log}");
}

#[tokio::test]
async fn a_broker_that_wants_a_password_is_told_apart() {
    let network = Network::with("authorization { user: bob, password: hunter2 }").await;
    let mut node = Node::new(NAME, &network.dns);
    node.start();
    trouble(
        &node,
        "the broker wants credentials and none are configured",
    )
    .await;
    node.logs("the broker wants credentials").await;
}

#[tokio::test]
async fn a_subject_that_the_broker_forbids_is_counted_and_the_node_goes_on() {
    let network = Network::with(
        "authorization { users: [ { user: node, password: x, permissions: {
            publish: { deny: [\"provisioning.registration.data\"] } } } ] }
         no_auth_user: node",
    )
    .await;
    let mut node = Node::new(NAME, &network.dns);
    node.start();
    node.status_where("a violation", |it| {
        it["connection"]["permission_violations"] == 1
    })
    .await;
    node.logs("provisioning.registration.data").await;
    node.status_where("the concern", |it| {
        it["problems"].to_string().contains("broker permissions: ")
    })
    .await;
    network.operator().pings(NAME).await;
}
