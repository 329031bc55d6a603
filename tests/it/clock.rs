//! Nodes whose clock is wrong: they work as far as they can, and say what is odd.

use std::sync::Arc;
use std::time::Duration;

use muster::protocol::lifecycle::Format;
use muster::protocol::lifecycle::Kind;
use muster::server::lifecycle;
use muster::server::refusal::Refusal;
use muster::server::timekeeper::Timekeeper;
use serde_json::json;

use crate::agents::NODE;
use crate::agents::NOW;
use crate::agents::call;
use crate::agents::payload;
use crate::agents::request;
use crate::support::node::BUILD;
use crate::support::node::TestNode;

/// Longer than between two looks.
const A_WHILE: Duration = Duration::from_secs(61);

fn timekeeper(node: &TestNode) -> Timekeeper {
    let clock = Arc::clone(&node.clock) as _;
    Timekeeper::new(&node.assembly.node, &clock, "2026-11-21 00:04:02 +0000")
}

fn concerns(node: &TestNode) -> String {
    node.assembly.node.concerns.open().join("\n")
}

#[tokio::test(start_paused = true)]
async fn a_node_of_another_time_answers_those_of_its_own_and_says_what_is_odd() {
    for (now, shown) in [
        (-1, "1969-12-31T23:59:59Z, before"),
        (0, "1970-01-01T00:00:00Z, before"),
        (4_102_444_800, "2100-01-01T00:00:00Z, too late"),
        (i64::MAX - 10_000, "0001-01-01T00:00:00Z, too late"),
    ] {
        let node = TestNode::new(&BUILD, None, now);
        timekeeper(&node).look();
        let concern = concerns(&node);
        assert!(
            concern.starts_with("clock: ") && concern.contains(shown),
            "{concern}"
        );
        let mut ping = request("rpcutil", "ping", json!({}));
        ping.time = now;
        if now >= 0 {
            assert_eq!(call(&node, &ping).await.data["pong"], now);
        }
        let event = lifecycle::event(&node.assembly.node, Kind::Startup, "x".into(), now);
        assert!(!event.encode(Format::CloudEvents).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_is_no_concern_any_more() {
    let node = TestNode::new(&BUILD, None, 0);
    let mut timekeeper = timekeeper(&node);
    timekeeper.look();
    node.clock.advance(NOW);
    timekeeper.look();
    assert!(concerns(&node).contains("1970"), "looked again at once");
    tokio::time::advance(A_WHILE).await;
    timekeeper.look();
    assert_eq!(concerns(&node), "");
    let ping = request("rpcutil", "ping", json!({}));
    assert_eq!(call(&node, &ping).await.data["pong"], NOW);
}

#[tokio::test(start_paused = true)]
async fn requests_of_another_time_are_a_concern_until_one_is_valid() {
    let node = TestNode::new(&BUILD, None, NOW);
    let mut timekeeper = timekeeper(&node);
    for (count, expected) in [
        (1, ""),
        (2, ""),
        (3, "it is 500 s ahead of the last of them"),
    ] {
        let mut late = request("rpcutil", "ping", json!({}));
        late.time = NOW - 500;
        let refused = node.receive(NODE, &payload(&late)).await;
        assert!(matches!(refused, Err(Refusal::Expired { offset: 500 })));
        tokio::time::advance(A_WHILE).await;
        timekeeper.look();
        let concern = concerns(&node);
        assert!(
            concern.is_empty() == expected.is_empty() && concern.ends_with(expected),
            "{count}: {concern}"
        );
    }
    call(&node, &request("rpcutil", "ping", json!({}))).await;
    tokio::time::advance(A_WHILE).await;
    timekeeper.look();
    assert_eq!(concerns(&node), "");
}

#[tokio::test(start_paused = true)]
async fn strangers_cannot_have_the_log_filled() {
    let node = TestNode::new(&BUILD, None, NOW);
    let mut timekeeper = timekeeper(&node);
    timekeeper.look();
    for _ in 0..9 {
        let mut late = request("rpcutil", "ping", json!({}));
        late.time = NOW + 500;
        node.receive(NODE, &payload(&late)).await.unwrap_err();
        timekeeper.look();
    }
    assert_eq!(concerns(&node), "");
}
