//! One provisioner at a time.

use serde_json::json;

use crate::harness::Fleet;
use crate::harness::Network;
use crate::harness::Node;
use crate::harness::journey;

#[tokio::test]
async fn a_second_provisioner_waits_until_the_first_has_restarted_the_node() {
    const NAME: &str = "n1.example.net";
    const LOCKED: &str = "Could not obtain provisioning lock";
    let (network, fleet) = (Network::start().await, Fleet::start().await);
    let (mut first, mut second) = (network.peer().await, network.peer().await);
    second.call_yourself("another");
    let mut node = Node::new(NAME, &network.dns);
    node.start();
    first.event("startup", "provision_mode_server").await;
    journey::configure(&mut first, &node, &fleet).await;
    for action in ["gencsr", "configure", "restart", "shutdown"] {
        let answer = second.provision(NAME, action, json!({"config": "{}"}));
        assert_eq!(answer.await.refused(), LOCKED, "{action}");
    }
    // the node restarts some time after the answer, and may be asked until then
    let late = json!({"splay": 3600});
    first.provision(NAME, "restart", late).await.ok();
    second.provision(NAME, "gencsr", json!({})).await.ok();
    let answer = first.provision(NAME, "gencsr", json!({})).await;
    assert_eq!(answer.refused(), LOCKED);
}
