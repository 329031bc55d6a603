//! Nodes that are not as they should be.

use std::time::Duration;

use muster::protocol::names::Identity;
use muster::transport::TlsPolicy;
use muster_fleet::Fleet;
use muster_fleet::Share;
use muster_fleet::roster::Behaviour;
use muster_fleet::roster::Garbage;
use muster_fleet::roster::Moment;
use serde_json::json;
use tokio::time::Instant;

use super::fleet;
use super::operator::Operator;
use super::operator::PRODUCTION;
use super::operator::WAITING;
use super::support::nats::Authority;
use super::support::nats::NatsServer;
use super::support::nats::Options as BrokerOptions;

fn with(fleet: &Fleet, behaviour: Behaviour) -> Identity {
    let mut places = fleet.places().iter();
    let place = places.find(|place| place.behaviour == behaviour).unwrap();
    place.identity.clone()
}

#[tokio::test]
async fn dead_nodes_announce_themselves_before_all_others_and_never_answer() {
    let broker = NatsServer::start(BrokerOptions::default()).await;
    let operator = Operator::join(&broker.url(), TlsPolicy::Disabled).await;
    let fleet = fleet(&broker, 20, |options| {
        options.shares.dead = Share::Fraction(2_500);
        options.order = muster_fleet::options::Order::DeadFirst;
        // a broker keeps the order of one connection, and of no more
        options.per_connection = Some(20);
    })
    .await;
    let mut announced = Vec::new();
    for _ in 0..20 {
        announced.push(operator.started().await.identity);
    }
    let (first, others) = announced.split_at(5);
    for node in first {
        let place = fleet.node(node).unwrap().place;
        assert_eq!(place.behaviour, Behaviour::Dead);
    }
    let found = operator.discovers("provisioning", 15).await;
    assert_eq!(found.len(), others.len());
    assert!(found.iter().all(|node| others.contains(node)));
    let report = fleet.stop().await;
    assert_eq!(report.outcomes["dead"]["announced"], 5);
}

#[tokio::test]
async fn junk_nodes_answer_with_garbage_of_every_kind() {
    let broker = NatsServer::start(BrokerOptions::default()).await;
    let operator = Operator::join(&broker.url(), TlsPolicy::Disabled).await;
    let fleet = fleet(&broker, 8, |options| {
        options.shares.junk = Share::Count(8);
        options.per_connection = Some(4);
    })
    .await;
    assert_eq!(operator.discovers("provisioning", 8).await.len(), 8);
    let asks = |kind| asked_for_a_request(&operator, &fleet, kind);
    let (not_json, large, types, sender, twice, no_pem, another, csr) = tokio::join!(
        asks(Garbage::NotJson),
        asks(Garbage::Large),
        asks(Garbage::WrongTypes),
        asks(Garbage::WrongSender),
        asks(Garbage::Twice),
        asks(Garbage::CsrNotPem),
        asks(Garbage::CsrOfAnother),
        asks(Garbage::CsrLarge),
    );
    assert!(not_json.answers.is_empty() && not_json.stats.ignored == 1);
    assert!(large.ok()["message"].as_str().unwrap().len() > 500_000);
    assert_ne!(types.answers[0].reply.statuscode.code(), 0);
    assert!(sender.answers.is_empty() && sender.stats.responses == 0);
    assert_eq!(twice.stats.responses, 1);
    let csr_of = |data: serde_json::Value| data["csr"].as_str().unwrap().to_owned();
    assert!(csr_of(no_pem.ok()).contains("NOTHING"));
    assert!(csr_of(another.ok()).contains("CERTIFICATE REQUEST"));
    assert!(csr_of(csr.ok()).len() > 500_000);
    fleet.stop().await;
}

async fn asked_for_a_request(
    operator: &Operator,
    fleet: &Fleet,
    kind: Garbage,
) -> super::operator::Answers {
    let node = with(fleet, Behaviour::Junk(kind));
    operator.provision(&node, "gencsr", json!({})).await
}

#[tokio::test]
async fn a_slow_node_answers_after_one_to_five_seconds() {
    let broker = NatsServer::start(BrokerOptions::default()).await;
    let operator = Operator::join(&broker.url(), TlsPolicy::Disabled).await;
    let fleet = fleet(&broker, 1, |options| options.shares.slow = Share::Count(1)).await;
    let node = operator.started().await.identity;
    let asked = Instant::now();
    let answers = operator.asks("provisioning", &node, ("rpcutil", "ping"), json!({}));
    answers.await.ok();
    let took = asked.elapsed();
    assert!(
        took >= Duration::from_secs(1) && took < Duration::from_secs(9),
        "{took:?}"
    );
    fleet.stop().await;
}

#[tokio::test]
async fn flapping_nodes_vanish_at_their_moment_and_come_back() {
    let broker = NatsServer::start(BrokerOptions::default()).await;
    let authority = Authority::new();
    let operator = Operator::join(&broker.url(), TlsPolicy::Disabled).await;
    let fleet = fleet(&broker, 3, |options| {
        options.shares.flapping = Share::Count(3);
        options.per_connection = Some(3);
    })
    .await;
    let [first, csr, configured] =
        Moment::ALL.map(|moment| with(&fleet, Behaviour::Flapping(moment)));
    for _ in 0..3 {
        operator.started().await;
    }
    // the call ends without an answer after its time: nobody is there
    let (silent, _back) = tokio::join!(
        operator.asks("provisioning", &first, ("rpcutil", "ping"), json!({})),
        operator.has_started(&first, WAITING),
    );
    assert!(silent.answers.is_empty());
    operator.provision(&csr, "gencsr", json!({})).await.ok();
    operator.has_started(&csr, WAITING).await;
    operator.configures(&csr, &authority.0, &broker.url()).await;
    operator
        .configures(&configured, &authority.0, &broker.url())
        .await;
    operator.has_started(&configured, PRODUCTION).await;
    fleet.stop().await;
}

#[tokio::test]
async fn a_duplicate_answers_in_the_name_of_the_other() {
    let broker = NatsServer::start(BrokerOptions::default()).await;
    let operator = Operator::join(&broker.url(), TlsPolicy::Disabled).await;
    let fleet = fleet(&broker, 2, |options| {
        options.shares.duplicate = Share::Count(1);
    })
    .await;
    let (one, other) = (operator.started().await, operator.started().await);
    assert_eq!(one, other);
    let node = one.identity;
    let answers = operator.asks("provisioning", &node, ("rpcutil", "ping"), json!({}));
    answers.await.ok();
    // one answer is enough for who asked, and both nodes were asked
    let both = fleet.wait(super::PATIENCE, |progress| progress.asked == 2);
    both.await.unwrap();
    fleet.stop().await;
}

#[tokio::test]
async fn the_same_seed_makes_the_same_fleet_again() {
    let broker = NatsServer::start(BrokerOptions::default()).await;
    let mut places = Vec::new();
    for _ in 0..2 {
        let fleet = fleet(&broker, 12, |options| {
            options.seed = 42;
            options.per_connection = Some(12);
            options.shares.junk = Share::Count(3);
            options.shares.slow = Share::Count(2);
            options.arrival = Duration::from_secs(30);
        })
        .await;
        places.push(fleet.places().to_vec());
        fleet.stop().await;
    }
    assert_eq!(places[0], places[1]);
}
