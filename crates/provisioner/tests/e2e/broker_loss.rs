//! The broker goes away while a node is between two steps, and comes back. The node pays for it with nothing.

use std::fs;
use std::sync::Arc;
use std::sync::Mutex;

use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::harness::Behaviour;
use crate::harness::GOOD;
use crate::harness::PATIENCE;
use crate::harness::SHORT;
use crate::harness::Scene;
use crate::harness::honest;
use crate::harness::until;
use crate::nats::NatsServer;
use crate::nats::Options;

/// Honest, but the first time it is asked for this it tells the test and is silent.
fn silent_once(action: &'static str) -> (Behaviour, oneshot::Receiver<()>) {
    let (asked_for, heard) = oneshot::channel();
    let (asked_for, honest) = (Mutex::new(Some(asked_for)), honest(GOOD));
    let behaviour: Behaviour = Arc::new(move |asked| {
        if asked.action == action
            && let Some(asked_for) = asked_for.lock().unwrap().take()
        {
            asked_for.send(()).unwrap();
            return Vec::new();
        }
        honest(asked)
    });
    (behaviour, heard)
}

/// The broker is killed, and the provisioner knows it.
async fn broker_dies(scene: &mut Scene) -> u16 {
    let broker = scene.broker.take().unwrap();
    let port = broker.port;
    drop(broker);
    scene
        .site
        .unready_because("no connection to a broker")
        .await;
    port
}

async fn broker_returns(scene: &mut Scene, port: u16) {
    let options = Options {
        port: Some(port),
        ..Options::default()
    };
    scene.broker = Some(NatsServer::start(options).await);
}

/// How often the journal opened a session.
fn sessions(scene: &Scene) -> usize {
    let journal = fs::read_to_string(scene.site.file("state/journal.jsonl")).unwrap();
    journal.matches("\"opened\"").count()
}

async fn is_provisioned_as_if_nothing_had_been(scene: &mut Scene) {
    let row = scene.site.stands(GOOD, "provisioned").await;
    assert_eq!(
        (&row["failures"], &row["attempts"]),
        (&json!(0), &json!(1)),
        "{row}"
    );
    scene.site.ready_again().await;
    assert_eq!(sessions(scene), 1);
    scene.is_well();
}

#[tokio::test]
async fn a_node_that_was_just_sent_its_configuration_is_sent_the_same_again() {
    let mut scene = Scene::builtin(SHORT).await;
    let (node, configured) = silent_once("configure");
    scene.crowd.add(GOOD, node);
    scene.site.ready().await;
    timeout(PATIENCE, configured).await.unwrap().unwrap();
    let port = broker_dies(&mut scene).await;
    broker_returns(&mut scene, port).await;
    is_provisioned_as_if_nothing_had_been(&mut scene).await;
    let requests = scene.crowd.requests(GOOD);
    let sent: Vec<_> = requests
        .iter()
        .filter(|asked| asked.action == "configure")
        .collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].data, sent[1].data);
    assert_eq!(
        (&sent[0].sender, &sent[0].caller),
        (&sent[1].sender, &sent[1].caller)
    );
    assert_eq!(scene.site.certificates(GOOD).await.len(), 1);
}

#[tokio::test]
async fn a_node_that_was_just_asked_for_its_request_is_asked_again() {
    let mut scene = Scene::builtin(SHORT).await;
    let (node, requested) = silent_once("gencsr");
    scene.crowd.add(GOOD, node);
    scene.site.ready().await;
    timeout(PATIENCE, requested).await.unwrap().unwrap();
    let port = broker_dies(&mut scene).await;
    broker_returns(&mut scene, port).await;
    is_provisioned_as_if_nothing_had_been(&mut scene).await;
    assert_eq!(scene.site.certificates(GOOD).await.len(), 1);
}

#[tokio::test]
async fn a_helper_that_decides_while_there_is_no_broker_is_not_asked_again() {
    let script = "cat > /dev/null\necho \"$MUSTER_SESSION\" >> asked\n\
                  while [ ! -e go ]; do sleep 0.05; done\ncat good.json";
    let config = SHORT.replace("helper: 5s", "helper: 50s");
    let mut scene = Scene::scripted(script, &config).await;
    let good = json!({"configuration": {"plugin.choria.server.provision": "false"}});
    scene.site.put("good.json", &good.to_string());
    scene.crowd.add(GOOD, honest(GOOD));
    scene.site.ready().await;
    let asked = scene.site.file("asked");
    until("the helper asked", || async {
        asked.exists().then_some(())
    })
    .await;
    let port = broker_dies(&mut scene).await;
    scene.site.put("go", "");
    broker_returns(&mut scene, port).await;
    is_provisioned_as_if_nothing_had_been(&mut scene).await;
    assert_eq!(fs::read_to_string(asked).unwrap().lines().count(), 1);
    assert_eq!(
        scene.crowd.asked(GOOD),
        [
            "rpcutil#inventory",
            "choria_provision#gencsr",
            "choria_provision#configure",
            "choria_provision#restart"
        ]
    );
}

#[tokio::test]
async fn a_node_whose_time_ran_out_without_a_broker_has_not_failed() {
    let config = SHORT
        .replace("node: 1m", "node: 1s")
        .replace("step: 5s", "step: 1s")
        .replace("helper: 5s", "helper: 1s")
        .replace("probe: 3s", "probe: 900ms")
        // it may be back later than the provisioner
        .replace("backoff_min: 10m", "backoff_min: 100ms");
    let mut scene = Scene::builtin(&config).await;
    let (node, requested) = silent_once("gencsr");
    scene.crowd.add(GOOD, node);
    scene.site.ready().await;
    timeout(PATIENCE, requested).await.unwrap().unwrap();
    let port = broker_dies(&mut scene).await;
    // back in the queue: it is no longer worked on
    until("the work ended", || async {
        let row = scene.site.host(GOOD).await;
        (row["standing"] != "working").then_some(())
    })
    .await;
    broker_returns(&mut scene, port).await;
    is_provisioned_as_if_nothing_had_been(&mut scene).await;
}
