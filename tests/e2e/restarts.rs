//! `restart` and `shutdown`: into the new configuration, through the supervisor, or not at all.

use serde_json::json;

use crate::harness::Fleet;
use crate::harness::Network;
use crate::harness::Node;
use crate::harness::journey;
use crate::harness::put;
use crate::harness::read;

const NAME: &str = "n1.example.net";

#[tokio::test]
async fn a_restart_back_into_provisioning_is_refused() {
    let network = Network::start().await;
    let mut peer = network.peer().await;
    let mut node = Node::new(NAME, &network.dns);
    node.start();
    peer.event("startup", "provision_mode_server").await;
    let answer = peer.provision(NAME, "restart", json!({"splay": 1})).await;
    let text = answer.refused();
    assert!(
        text.contains("enables provisioning, restart cannot continue"),
        "{text}"
    );
    for splay in [
        json!(-1),
        json!(1.5),
        json!("soon"),
        json!(3601),
        json!(1e300),
    ] {
        let inputs = json!({"splay": splay});
        let answer = peer.provision(NAME, "restart", inputs).await;
        assert_eq!(answer.code, 4, "{splay}: {answer:?}");
    }
}

#[tokio::test]
async fn a_supervisor_that_prefers_it_starts_the_node_anew() {
    let (network, fleet) = (Network::start().await, Fleet::start().await);
    let mut peer = network.peer().await;
    let mut node = Node::new(NAME, &network.dns);
    let own = node.etc().join("plugin.d/muster.cfg");
    put(&own, format!("{}restart_exit_code = true\n", read(&own)));
    node.start();
    peer.event("startup", "provision_mode_server").await;
    journey::configure(&mut peer, &node, &fleet).await;
    journey::restart(&mut peer, &node).await;
    peer.event("shutdown", "provision_mode_server").await;
    assert_eq!(node.end().await, Some(75));
    node.start();
    node.connected("normal").await;
}

#[tokio::test]
async fn a_node_that_is_shut_down_ends_and_stays_down() {
    let network = Network::start().await;
    let mut peer = network.peer().await;
    let mut node = Node::new(NAME, &network.dns);
    node.start();
    peer.event("startup", "provision_mode_server").await;
    let answer = peer.provision(NAME, "shutdown", json!({})).await.ok();
    let text = answer["message"].to_string();
    assert!(
        text.contains("Shutting Choria Server down after "),
        "{text}"
    );
    peer.event("shutdown", "provision_mode_server").await;
    assert_eq!(node.end().await, Some(0));
}

#[tokio::test]
async fn a_member_of_the_fleet_is_not_configured_again() {
    let (network, fleet) = (Network::start().await, Fleet::start().await);
    let mut peer = network.peer().await;
    let mut production = fleet.peer().await;
    let mut node = Node::new(NAME, &network.dns);
    node.start();
    peer.event("startup", "provision_mode_server").await;
    journey::configure(&mut peer, &node, &fleet).await;
    journey::restart(&mut peer, &node).await;
    production.event("startup", "server").await;
    for action in ["gencsr", "configure", "gen25519", "jwt"] {
        let inputs = json!({"config": "{}", "nonce": "x"});
        let answer = production.provision(NAME, action, inputs);
        let text = answer.await.refused();
        let expected = "Cannot reconfigure a server that is not in provisioning mode";
        assert_eq!(text, expected, "{action}");
    }
}
