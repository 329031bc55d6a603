//! From the fleet back to a provisioner, over the network and at the command line, into another fleet, and back again.

use serde_json::json;

use crate::harness::Fleet;
use crate::harness::Network;
use crate::harness::Node;
use crate::harness::Peer;
use crate::harness::Snapshot;
use crate::harness::journey;
use crate::harness::publish;
use crate::harness::read;

const NAME: &str = "n1.example.net";

/// A node in its fleet, and those who listen on both sides.
struct Scene {
    network: Network,
    fleet: Fleet,
    waiting: Peer,
    production: Peer,
    node: Node,
}

impl Scene {
    async fn of_a_member() -> Self {
        let (network, fleet) = (Network::start().await, Fleet::start().await);
        let (mut waiting, mut production) = (network.peer().await, fleet.peer().await);
        let mut node = Node::new(NAME, &network.dns);
        node.start();
        waiting.event("startup", "provision_mode_server").await;
        journey::join(&mut waiting, &mut production, &node, &fleet).await;
        Self {
            network,
            fleet,
            waiting,
            production,
            node,
        }
    }
}

#[tokio::test]
async fn a_member_is_sent_back_and_joins_another_fleet() {
    let mut scene = Scene::of_a_member().await;
    let node = &scene.node;
    let pid = node.pid();
    let certificate = node.etc().join("ssl/certificate.pem");
    let of_the_first = read(&certificate);
    journey::leave(&mut scene.production, &mut scene.waiting, node).await;
    let status = node.status();
    assert_eq!(
        status["identity"], NAME,
        "the status file is where it was, and so is the name"
    );
    assert_eq!(status["generation"], "2 (committed)");
    assert_eq!(read(&certificate), of_the_first, "nothing else has changed");
    let (sender, _) = scene.waiting.registration().await;
    assert_eq!(sender, NAME);

    let other = Fleet::start().await;
    let mut production = other.peer().await;
    journey::join(&mut scene.waiting, &mut production, node, &other).await;
    other.operator().pings(NAME).await;
    assert_ne!(read(&certificate), of_the_first);
    assert_eq!(node.pid(), pid, "the process started anew in place");
    let status = node.status_where("a proved generation", |it| {
        it["generation"] == "3 (committed)"
    });
    assert_eq!(status.await["connection"]["tls"], "TLS, verified");
}

#[tokio::test]
async fn a_command_sends_a_running_member_back_and_another_one_undoes_it() {
    let mut scene = Scene::of_a_member().await;
    let node = &scene.node;
    let pid = node.pid();
    let before = read(&node.config());
    let sent = node.types("reprovision", &["--yes"]).await;
    assert_eq!(sent.code, Some(0), "{sent:?}");
    let port = scene.network.broker.port;
    let told = format!("waits at   nats://localhost:{port}, as DNS says for muster.test");
    assert!(sent.stdout.contains(&told), "{sent:?}");
    scene.production.event("shutdown", "server").await;
    let event = scene.waiting.event("startup", "provision_mode_server");
    assert_eq!(event.await["identity"], NAME);
    node.connected("provisioning").await;
    node.logs("another process has put a configuration in place")
        .await;

    let undone = node.types("rollback", &["--yes"]).await;
    assert_eq!(undone.code, Some(0), "{undone:?}");
    assert!(
        undone
            .stdout
            .contains("starts     as a member of its fleet"),
        "{undone:?}"
    );
    scene.production.event("startup", "server").await;
    node.connected("normal").await;
    scene.fleet.operator().pings(NAME).await;
    assert_eq!(read(&node.config()), before);
    assert_eq!(node.pid(), pid);
}

#[tokio::test]
async fn a_command_sends_a_stopped_member_back_at_its_next_start() {
    let mut scene = Scene::of_a_member().await;
    scene.node.kill().await;
    let sent = scene.node.types("reprovision", &["--yes"]).await;
    assert_eq!(sent.code, Some(0), "{sent:?}");
    scene.node.start();
    scene.node.connected("provisioning").await;
    let again = scene.node.types("reprovision", &["--yes"]).await;
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.stdout.contains("waits for a provisioner already"));
}

#[tokio::test]
async fn nobody_is_asked_where_nobody_sits_and_nothing_changes() {
    let mut scene = Scene::of_a_member().await;
    let node = &mut scene.node;
    node.kill().await;
    let before = Snapshot::of(&node.etc());
    for command in ["reprovision", "rollback"] {
        let refused = node.types(command, &[]).await;
        assert_eq!(refused.code, Some(64), "{refused:?}");
        assert!(refused.stderr.contains("--yes"), "{refused:?}");
    }
    assert!(Snapshot::of(&node.etc()) == before);
}

#[tokio::test]
async fn a_member_whose_provisioners_cannot_be_found_stays_in_its_fleet() {
    let mut scene = Scene::of_a_member().await;
    let node = &scene.node;
    let before = read(&node.config());
    scene.network.dns.publish(Vec::new());
    let answer = scene.production.provision(NAME, "reprovision", json!({}));
    let text = answer.await.refused();
    let expected = "Cannot enable provisioning mode: the provisioning brokers cannot be found: ";
    assert!(text.starts_with(expected), "{text}");
    let refused = node.types("reprovision", &["--yes"]).await;
    assert_eq!(refused.code, Some(69), "{refused:?}");
    assert_eq!(read(&node.config()), before);
    scene.fleet.operator().pings(NAME).await;

    publish(&scene.network.dns, scene.network.broker.port);
    journey::leave(&mut scene.production, &mut scene.waiting, node).await;
}

#[tokio::test]
async fn a_member_restarts_and_is_shut_down_for_the_token() {
    let mut scene = Scene::of_a_member().await;
    let inputs = json!({"splay": 1, "token": "wrong"});
    for action in ["restart", "shutdown", "reprovision"] {
        let refused = scene
            .production
            .ask(NAME, "choria_provision", action, inputs.clone());
        assert_eq!(
            refused.await.refused(),
            "Incorrect provision token supplied",
            "{action}"
        );
    }
    let restarts = scene
        .production
        .provision(NAME, "restart", json!({"splay": 1}));
    assert_eq!(
        restarts.await.ok()["message"],
        "Restarting Choria Server after 2s"
    );
    scene.production.event("shutdown", "server").await;
    scene.production.event("startup", "server").await;
    let stops = scene.production.provision(NAME, "shutdown", json!({}));
    stops.await.ok();
    scene.production.event("shutdown", "server").await;
    assert_eq!(scene.node.end().await, Some(0));
}
