//! Who may act: mode, token, lock.

use std::time::Duration;

use muster::build_info::BuildInfo;
use muster::protocol::Request;
use muster::protocol::body::RpcReply;
use muster::rpc::Answer;
use muster::rpc::Then;
use serde_json::Value;
use serde_json::json;

use super::ask;
use super::config;
use super::etc;
use super::plain_settings;
use super::snapshot;
use super::waiting;
use crate::agents::NODE;
use crate::agents::NOW;
use crate::agents::call;
use crate::agents::payload;
use crate::agents::request;
use crate::support::node::BUILD;
use crate::support::node::TOKEN;
use crate::support::node::TestNode;

const ACTIONS: [&str; 7] = [
    "configure",
    "gen25519",
    "gencsr",
    "jwt",
    "release_update",
    "restart",
    "shutdown",
];

const WRONG: &str = "Incorrect provision token supplied";
const LOCKED: &str = "Could not obtain provisioning lock";

fn without_token() -> BuildInfo {
    let mut build = BUILD;
    build.provisioning.tokens = &[];
    build
}

fn provisioned(build: &BuildInfo) -> TestNode {
    let config = "plugin.choria.server.provision = false\nidentity = cap1.example.net\nrpcauthorization = 0\nplugin.choria.middleware_hosts = broker.example.net:4222\n";
    TestNode::new(build, Some(config), NOW)
}

fn provisioner(action: &str, data: Value, sender: &str, caller: &str) -> Request {
    Request {
        sender: sender.parse().unwrap(),
        caller: caller.parse().unwrap(),
        ..request("choria_provision", action, data)
    }
}

async fn answer(node: &TestNode, request: &Request) -> Answer {
    node.receive(NODE, &payload(request)).await.unwrap().answer
}

async fn in_production(node: &TestNode, action: &str, data: Value) -> RpcReply {
    let mut request = request("choria_provision", action, data);
    request.collective = "mcollective".parse().unwrap();
    let outcome = node
        .receive("mcollective.node.cap1.example.net", &payload(&request))
        .await;
    RpcReply::decode(&outcome.unwrap().reply.unwrap().body).unwrap()
}

#[tokio::test]
async fn a_wrong_token_opens_no_action_and_touches_nothing() {
    let node = waiting();
    let before = snapshot(&etc(&node));
    for action in ACTIONS {
        for token in [
            json!("wrong"),
            json!(""),
            Value::Null,
            json!("x".repeat(100_000)),
        ] {
            let reply = ask(&node, action, json!({"token": token})).await;
            assert_eq!(
                (reply.statuscode.code(), reply.statusmsg.as_str()),
                (1, WRONG),
                "{action}"
            );
            assert_eq!(reply.data, json!({}));
        }
        let reply = call(&node, &request("choria_provision", action, json!({}))).await;
        assert_eq!(reply.statusmsg, WRONG, "{action}");
    }
    assert_eq!(node.assembly.node.stats.snapshot().wrong_tokens, 35);
    assert_eq!(snapshot(&etc(&node)), before);
}

#[tokio::test]
async fn a_token_that_is_no_text_is_invalid_data_that_does_not_show_it() {
    let reply = ask(&waiting(), "gencsr", json!({"token": 271_828})).await;
    assert_eq!(reply.statuscode.code(), 4);
    let text = "Could not parse request data for choria_provision#gencsr: ";
    assert!(reply.statusmsg.starts_with(text), "{}", reply.statusmsg);
    assert!(!reply.statusmsg.contains("271828"), "{}", reply.statusmsg);
}

#[tokio::test(start_paused = true)]
async fn guessing_gets_slower_and_the_right_token_never_waits() {
    let node = waiting();
    let wrong = || request("choria_provision", "gencsr", json!({"token": "wrong"}));
    let right = || request("choria_provision", "jwt", json!({"token": TOKEN}));
    let mut last = Duration::ZERO;
    for _ in 0..6 {
        let delay = answer(&node, &wrong()).await.delay;
        assert!(delay > last && delay <= Duration::from_secs(5));
        last = delay;
        assert_eq!(answer(&node, &right()).await.delay, Duration::ZERO);
    }
    tokio::time::advance(Duration::from_secs(61)).await;
    assert!(answer(&node, &wrong()).await.delay < last, "a quiet minute");
}

#[tokio::test]
async fn a_build_without_a_token_lets_anyone_act() {
    let node = TestNode::new(&without_token(), None, NOW);
    for token in [json!("anything"), json!(""), Value::Null] {
        let reply = ask(&node, "gencsr", json!({"token": token})).await;
        assert_eq!(reply.statuscode.code(), 0);
    }
    assert_eq!(node.assembly.node.stats.snapshot().wrong_tokens, 0);
}

#[tokio::test]
async fn a_provisioned_node_without_a_token_has_no_such_agent() {
    let node = provisioned(&without_token());
    assert!(
        !node
            .assembly
            .agents
            .contains(&"choria_provision".to_owned())
    );
    let node = provisioned(&BUILD);
    assert!(
        node.assembly
            .agents
            .contains(&"choria_provision".to_owned())
    );
}

#[tokio::test]
async fn a_provisioned_node_refuses_what_is_for_waiting_ones() {
    let node = provisioned(&BUILD);
    let before = snapshot(&etc(&node));
    let other = "Cannot reconfigure a server that is not in provisioning mode";
    for (action, text) in [
        ("configure", other),
        ("gencsr", other),
        ("gen25519", other),
        ("jwt", other),
        (
            "release_update",
            "Cannot update a server that is not in provisioning mode",
        ),
    ] {
        for token in [TOKEN, "wrong"] {
            let reply = in_production(&node, action, json!({"token": token})).await;
            assert_eq!(
                (reply.statuscode.code(), reply.statusmsg.as_str()),
                (1, text),
                "{action}"
            );
        }
    }
    assert_eq!(snapshot(&etc(&node)), before);
}

#[tokio::test]
async fn a_provisioned_node_restarts_and_stops_for_the_token_only() {
    let node = provisioned(&BUILD);
    for action in ["restart", "shutdown", "reprovision"] {
        let reply = in_production(&node, action, json!({"token": "wrong"})).await;
        assert_eq!(reply.statusmsg, WRONG, "{action}");
    }
    for action in ["restart", "shutdown"] {
        let reply = in_production(&node, action, json!({"token": TOKEN})).await;
        assert_eq!(reply.statuscode.code(), 0, "{action}: {}", reply.statusmsg);
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_provisioner_is_refused_while_locked_and_served_two_minutes_later() {
    let node = waiting();
    let token = || json!({"token": TOKEN});
    let one = || provisioner("gencsr", token(), "prov1.example.net", "choria=prov");
    assert_eq!(call(&node, &one()).await.statuscode.code(), 0);
    // either part of the pair makes it another one, and no text may be joined from the two
    for (sender, caller) in [
        ("prov2.example.net", "choria=prov"),
        ("prov1.example.net", "choria=other"),
        ("prov1.example", "choria=net.prov"),
    ] {
        for action in ACTIONS {
            let reply = call(&node, &provisioner(action, token(), sender, caller)).await;
            assert_eq!(
                (reply.statuscode.code(), reply.statusmsg.as_str()),
                (1, LOCKED),
                "{action}"
            );
        }
    }
    assert_eq!(call(&node, &one()).await.statuscode.code(), 0);
    tokio::time::advance(Duration::from_secs(121)).await;
    let two = provisioner("gencsr", token(), "prov2.example.net", "choria=prov");
    assert_eq!(call(&node, &two).await.statuscode.code(), 0);
    assert_eq!(call(&node, &one()).await.statusmsg, LOCKED);
}

#[tokio::test]
async fn a_wrong_token_takes_no_lock() {
    let node = waiting();
    let wrong = provisioner(
        "gencsr",
        json!({"token": "wrong"}),
        "mallory.example.net",
        "choria=m",
    );
    assert_eq!(call(&node, &wrong).await.statusmsg, WRONG);
    assert_eq!(ask(&node, "gencsr", json!({})).await.statuscode.code(), 0);
}

#[tokio::test]
async fn a_restart_by_the_holder_ends_the_lock() {
    let node = waiting();
    let token = || json!({"token": TOKEN});
    let inputs = json!({"token": TOKEN, "config": config(&plain_settings())});
    let done = call(
        &node,
        &provisioner("configure", inputs, "prov1.example.net", "choria=prov"),
    )
    .await;
    assert_eq!(done.statuscode.code(), 0, "{}", done.statusmsg);
    let two = || provisioner("jwt", token(), "prov2.example.net", "choria=prov");
    assert_eq!(call(&node, &two()).await.statusmsg, LOCKED);
    let restart = provisioner("restart", token(), "prov1.example.net", "choria=prov");
    assert!(matches!(
        answer(&node, &restart).await.then,
        Some(Then::Restart { .. })
    ));
    assert_eq!(
        call(&node, &two()).await.statusmsg,
        "No Provisioning JWT file has been configured"
    );
}
