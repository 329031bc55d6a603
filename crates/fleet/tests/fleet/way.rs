//! The way of nodes from their announcement into production and back.

use std::collections::BTreeSet;

use muster::secret::Secret;
use muster::security::tls::ClientCertificate;
use muster::security::tls::Names;
use muster::security::tls::VerifiedTls;
use muster::transport::TlsPolicy;
use muster_fleet::Stage;
use muster_fleet::Until;
use serde_json::json;

use super::PATIENCE;
use super::fleet;
use super::operator::Operator;
use super::operator::PRODUCTION;
use super::operator::WAITING;
use super::support::nats::Authority;
use super::support::nats::NatsServer;
use super::support::nats::Options as BrokerOptions;
use super::support::nats::Tls;

#[tokio::test]
async fn twenty_nodes_announce_themselves_and_answer_discovery_and_inventory() {
    let broker = NatsServer::start(BrokerOptions::default()).await;
    let operator = Operator::join(&broker.url(), TlsPolicy::Disabled).await;
    let fleet = fleet(&broker, 20, |_| {}).await;
    let mut announced = BTreeSet::new();
    while announced.len() < 20 {
        let event = operator.started().await;
        assert_eq!(event.component, WAITING);
        announced.insert(event.identity);
    }
    let found = operator.discovers("provisioning", 20).await;
    assert_eq!(found, Vec::from_iter(announced));
    for node in &found {
        let answers = operator.asks("provisioning", node, ("rpcutil", "inventory"), json!({}));
        let inventory = answers.await.ok();
        assert_eq!(inventory["main_collective"], "provisioning", "{node}");
    }
    assert_eq!(fleet.progress().asked, 20);
    fleet.stop().await;
}

#[tokio::test]
async fn a_node_with_its_own_connection_goes_where_it_is_configured_to_with_its_certificate() {
    let broker = NatsServer::start(BrokerOptions::default()).await;
    let authority = Authority::new();
    let production = NatsServer::start(BrokerOptions {
        tls: Tls::Mutual(&authority),
        ..BrokerOptions::default()
    })
    .await;
    let operator = Operator::join(&broker.url(), TlsPolicy::Disabled).await;
    let tls = TlsPolicy::Required(certificate(&authority));
    let there = Operator::join(&production.url(), tls).await;
    let fleet = fleet(&broker, 3, |_| {}).await;
    let node = operator.started().await.identity;
    let target = format!("nats://localhost:{}", production.port);
    operator.configures(&node, &authority.0, &target).await;
    operator.restarts(&node).await;
    there.has_started(&node, PRODUCTION).await;
    let inventory = there.asks("mcollective", &node, ("rpcutil", "inventory"), json!({}));
    assert_eq!(inventory.await.ok()["main_collective"], "mcollective");
    let found = there.discovers("mcollective", 1).await;
    assert_eq!(found, std::slice::from_ref(&node));
    let view = fleet.node(&node).unwrap();
    assert!(view.directory.join("server.conf").exists());
    for stage in Stage::ALL {
        assert!(view.entry.marks.at(stage).is_some(), "{stage:?}");
    }
    let report = fleet.stop().await;
    assert_eq!(report.outcomes["ordinary"]["in_production"], 1);
    assert!(!view.directory.exists(), "the fleet left its files behind");
}

#[tokio::test]
async fn nodes_that_share_a_connection_are_each_their_own_in_production() {
    let broker = NatsServer::start(BrokerOptions::default()).await;
    let authority = Authority::new();
    let operator = Operator::join(&broker.url(), TlsPolicy::Disabled).await;
    let fleet = fleet(&broker, 6, |options| options.per_connection = Some(3)).await;
    let mut nodes = Vec::new();
    for _ in 0..6 {
        nodes.push(operator.started().await.identity);
    }
    for node in &nodes {
        operator.configures(node, &authority.0, &broker.url()).await;
        operator.restarts(node).await;
    }
    fleet.wait_until(Until::Confirmed, PATIENCE).await.unwrap();
    let found = operator.discovers("mcollective", 6).await;
    assert_eq!(found, Vec::from_iter(BTreeSet::from_iter(nodes)));
    assert_eq!(operator.discovers("provisioning", 1).await, []);
    assert_eq!(fleet.stop().await.connections, 2);
}

#[tokio::test]
async fn a_node_that_is_sent_back_waits_for_a_provisioner_again() {
    let broker = NatsServer::start(BrokerOptions::default()).await;
    let authority = Authority::new();
    let operator = Operator::join(&broker.url(), TlsPolicy::Disabled).await;
    let fleet = fleet(&broker, 2, |options| options.per_connection = Some(2)).await;
    let node = operator.started().await.identity;
    operator
        .configures(&node, &authority.0, &broker.url())
        .await;
    operator.restarts(&node).await;
    operator.has_started(&node, PRODUCTION).await;
    let inputs = json!({"token": super::operator::TOKEN});
    let action = ("choria_provision", "reprovision");
    operator
        .asks("mcollective", &node, action, inputs)
        .await
        .ok();
    operator.has_started(&node, WAITING).await;
    operator
        .configures(&node, &authority.0, &broker.url())
        .await;
    let entry = fleet.node(&node).unwrap().entry;
    assert_eq!((entry.starts, entry.in_production), (3, false));
    fleet.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_refused_by_every_node() {
    let broker = NatsServer::start(BrokerOptions::default()).await;
    let operator = Operator::join(&broker.url(), TlsPolicy::Disabled).await;
    let fleet = fleet(&broker, 1, |options| {
        options.token = Some(Secret::new("another".to_owned()));
    })
    .await;
    let node = operator.started().await.identity;
    let answers = operator.provision(&node, "gencsr", json!({})).await;
    let status = &answers.answers[0].reply.statusmsg;
    assert!(status.contains("Incorrect provision token"), "{status}");
    fleet.stop().await;
}

fn certificate(authority: &Authority) -> VerifiedTls {
    let (certificate, key) = authority.issue("operator", &["operator"]);
    let client = ClientCertificate::from_pem(&certificate, &Secret::new(key)).unwrap();
    VerifiedTls::new(&authority.pem(), Names::AltNames, Some(client)).unwrap()
}
