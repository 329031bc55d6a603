//! A node in its fleet: it serves each of its collectives, publishes what it is told to, and comes back after an outage.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::Fleet;
use crate::harness::Node;
use crate::harness::Peer;
use crate::harness::caller;
use crate::harness::put;
use crate::support::dns::DnsServer;

const NAME: &str = "n1.example.net";

/// A node that was provisioned, in two collectives.
async fn member(fleet: &Fleet, more: &str) -> Node {
    let node = Node::new(NAME, &DnsServer::start().await);
    let (certificate, key) = caller(&fleet.authority, NAME);
    let mut config = node.settings();
    for (key, name, text) in [
        ("certificate", "certificate.pem", certificate),
        ("key", "private.pem", key),
        ("ca", "ca.pem", fleet.authority.pem()),
    ] {
        let path = node.file(name);
        put(&path, text);
        config += &format!("plugin.security.file.{key} = {}\n", path.display());
    }
    config += &format!(
        "collectives = alpha, beta\nplugin.choria.server.provision = false\n\
         plugin.choria.middleware_hosts = nats://localhost:{}\nplugin.security.provider = file\n\
         rpcauthorization = false\n{more}",
        fleet.broker.port
    );
    put(&node.config(), config);
    node
}

#[tokio::test]
async fn a_member_of_two_collectives_answers_in_each_and_in_no_other() {
    let fleet = Fleet::start().await;
    let mut alpha = fleet.peer_of("alpha").await;
    let mut beta = fleet.peer_of("beta").await;
    let mut gamma = fleet.peer_of("gamma").await;
    let mut node = member(&fleet, "").await;
    node.start();
    // its subscriptions came before its event
    alpha.event("startup", "server").await;
    let unheard = [
        gamma.send(NAME, "rpcutil", "ping", &json!({})),
        gamma.broadcast("rpcutil", "ping"),
    ];
    for (peer, collective) in [(&mut alpha, "alpha"), (&mut beta, "beta")] {
        let info = peer.ask(NAME, "rpcutil", "collective_info", json!({}));
        let info = info.await.ok();
        assert_eq!(
            info,
            json!({"main_collective": "alpha", "collectives": ["alpha", "beta"]})
        );
        let reply_to = peer.broadcast("rpcutil", "ping");
        assert!(reply_to.starts_with(&format!("{collective}.reply.")));
        peer.answer(&reply_to).await.ok();
    }
    for reply_to in unheard {
        assert!(!gamma.has_answer(&reply_to));
    }
}

/// Waits for one message of each kind.
async fn both(peer: &mut Peer) {
    let mut kinds = BTreeSet::new();
    while kinds.len() < 2 {
        let (sender, body) = peer.registers_at("beta.broadcast.agent.registration").await;
        assert_eq!(sender, NAME);
        kinds.insert(body["protocol"].as_str().unwrap().to_owned());
    }
    let expected = ["choria:registration:filecontent:1", INVENTORY].map(str::to_owned);
    assert_eq!(kinds, expected.into());
}

const INVENTORY: &str = "choria:registration:inventorycontent:1";

#[tokio::test]
async fn a_member_registers_by_both_plugins_and_again_after_an_outage() {
    let fleet = Fleet::start().await;
    let mut peer = fleet.peer_of("alpha").await;
    let mut node = member(
        &fleet,
        "registration = file_content, inventory_content\nregistration_collective = beta\n\
         registerinterval = 1\nregistration_splay = false\n\
         plugin.choria.registration.file_content.data = /proc/self/cwd/metadata.json\n",
    )
    .await;
    node.start();
    both(&mut peer).await;
    both(&mut peer).await;
    let Fleet { authority, broker } = fleet;
    let port = Some(broker.port);
    drop(broker);
    node.status_where("no connection", |it| {
        it["connection"]["state"] == "connecting"
    })
    .await;
    let fleet = Fleet::at(port, authority).await;
    let mut peer = fleet.peer_of("alpha").await;
    both(&mut peer).await;
}

#[tokio::test]
async fn a_registration_file_that_is_missing_is_shown_until_it_is_there() {
    let fleet = Fleet::start().await;
    let mut peer = fleet.peer_of("alpha").await;
    let mut node = member(
        &fleet,
        "registration = file_content\nregisterinterval = 1\nregistration_splay = false\n\
         plugin.choria.registration.file_content.data = /proc/self/cwd/late.json\n",
    )
    .await;
    node.start();
    let concern = "registration file_content: cannot read the registration file";
    node.status_where("the concern", |it| {
        it["problems"].to_string().contains(concern)
    })
    .await;
    put(&node.file("late.json"), "{}");
    let subject = "alpha.broadcast.agent.registration";
    assert_eq!(
        peer.registration_at(subject).await,
        (NAME.into(), "{}".into())
    );
    node.status_where("no problem", |it| it["problems"] == json!([]))
        .await;
}
