//! The token stands between a node and whoever reaches its broker.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::harness::Network;
use crate::harness::Node;

#[tokio::test]
async fn a_wrong_token_is_refused_ever_more_slowly_and_the_right_one_is_served() {
    const GUESS: &str = "a-guess-nobody-should-read";
    let network = Network::start().await;
    let mut peer = network.peer().await;
    let mut node = Node::new("n1.example.net", &network.dns);
    node.start();
    peer.event("startup", "provision_mode_server").await;
    for milliseconds in [100, 200, 400, 800] {
        let asked = Instant::now();
        let inputs = json!({"token": GUESS});
        let answer = peer.ask("n1.example.net", "choria_provision", "gencsr", inputs);
        assert_eq!(answer.await.refused(), "Incorrect provision token supplied");
        assert!(asked.elapsed() >= Duration::from_millis(milliseconds));
    }
    assert!(!node.etc().join("ssl").exists());
    let csr = peer.provision("n1.example.net", "gencsr", json!({})).await;
    assert!(csr.ok()["csr"].is_string());
    let status = node
        .status_where("four guesses", |it| it["stats"]["wrong_tokens"] == 4)
        .await;
    node.logs("a wrong provisioning token was given").await;
    assert!(!node.log().contains(GUESS));
    assert!(!status.to_string().contains(GUESS));
}

#[tokio::test]
async fn no_token_is_a_wrong_token() {
    let network = Network::start().await;
    let mut peer = network.peer().await;
    let mut node = Node::new("n1.example.net", &network.dns);
    node.start();
    peer.event("startup", "provision_mode_server").await;
    for action in ["gencsr", "configure", "restart", "shutdown", "gen25519"] {
        let inputs = json!({"config": "{}", "nonce": "x"});
        let answer = peer.ask("n1.example.net", "choria_provision", action, inputs);
        let text = answer.await.refused();
        assert_eq!(text, "Incorrect provision token supplied", "{action}");
    }
}
