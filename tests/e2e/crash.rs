//! A node that is killed in the middle of `configure` is the old one or the new one.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::harness::Fleet;
use crate::harness::Network;
use crate::harness::Node;
use crate::harness::journey;
use crate::harness::long;
use crate::harness::read;
use crate::harness::seed;

#[tokio::test]
#[expect(clippy::print_stderr, reason = "the seed repeats the run")]
async fn a_node_killed_while_it_is_configured_is_whole() {
    let seed = seed();
    let (network, fleet) = (Network::start().await, Fleet::start().await);
    let (mut renewed, mut recovered) = (0, 0);
    let attempts: u64 = if long() { 100 } else { 10 };
    for attempt in 0..attempts {
        eprintln!("MUSTER_SEED={seed}, attempt {attempt}");
        // steps of the golden ratio reach every part of the range soon
        let part = (seed + attempt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44;
        let moment = Duration::from_micros((part * LONGEST_MICROSECONDS) >> 20);
        let fate = killed_after(moment, &network, &fleet).await;
        renewed += usize::from(fate.renewed);
        recovered += usize::from(fate.recovered);
    }
    eprintln!(
        "{renewed} of {attempts} became the new generation, {recovered} had something to put right"
    );
    assert!(!long() || recovered > 0, "no crash was in the middle");
}

/// What became of a node.
struct Fate {
    /// It is the new one.
    renewed: bool,
    /// The crash left something to finish or to discard.
    recovered: bool,
}

async fn killed_after(moment: Duration, network: &Network, fleet: &Fleet) -> Fate {
    let mut peer = network.peer().await;
    let mut node = Node::new("n1.example.net", &network.dns);
    let before = read(&node.config());
    node.start();
    peer.event("startup", "provision_mode_server").await;
    let csr = peer.provision("n1.example.net", "gencsr", json!({})).await;
    let mut inputs = journey::configuration(&node, fleet, &csr.ok()["csr"]);
    inputs["token"] = crate::harness::TOKEN.into();
    peer.send("n1.example.net", "choria_provision", "configure", &inputs);
    // not a wait for anything: the moment of the crash is what is tried
    sleep(moment).await;
    node.kill().await;
    node.start();
    let status = node
        .status_where("a connection", |it| {
            it["connection"]["state"] == "connected"
        })
        .await;
    let whole = |name: &str| node.etc().join("ssl").join(name).exists();
    let tls = ["private.pem", "certificate.pem", "ca.pem"];
    let renewed = status["mode"] == "normal";
    if renewed {
        // it is connected, so the broker has accepted its certificate and the key belongs to it
        assert!(tls.iter().all(|name| whole(name)));
        assert_eq!(status["connection"]["tls"], "TLS, verified");
    } else {
        assert_eq!(read(&node.config()), before);
        assert!(!tls.iter().any(|name| whole(name)));
        peer.event("startup", "provision_mode_server").await;
        journey::configure(&mut peer, &node, fleet).await;
    }
    let log = node.log();
    Fate {
        renewed,
        recovered: ["finished a configuration", "discarded a configuration"]
            .iter()
            .any(|text| log.contains(text)),
    }
}

/// More than a `configure` takes from the first byte to the reply.
const LONGEST_MICROSECONDS: u64 = 30_000;
