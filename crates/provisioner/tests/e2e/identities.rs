//! Names that are none, by every way on which a name can come.

use std::sync::Arc;

use muster::protocol::v1::SecureRequest;
use muster::protocol::v1::Transport;
use serde_json::Value;

use crate::harness::GOOD;
use crate::harness::SHORT;
use crate::harness::Scene;
use crate::harness::honest;
use crate::harness::until;

/// Recorded from the reference: see `tests/wire/README.md`.
const RECORDING: &str = include_str!("../../../../tests/wire/v1-provisioning.json");
const STARTED: &str = "choria.lifecycle.event.startup.provision_mode_server";
const REGISTERED: &str = "provisioning.registration.data";

/// Wildcards, spaces, slashes, newlines, 10 KB, and what else could widen a subject, leave a path or steer a terminal.
fn names() -> Vec<String> {
    let mut names = [
        "",
        "*",
        ">",
        "bad.*",
        "bad.>",
        "a b",
        "a/b",
        "../../etc/passwd",
        "a\\b",
        "a\nb",
        "a\r\nb",
        "a\0b",
        "\u{1b}[2J",
        "\u{202e}bad",
        "a..b",
        ".a",
        "a.",
        "a;reboot",
        "$(reboot)",
        "a'b",
        "a\"b",
        "bäd",
        "a=b",
    ]
    .map(str::to_owned)
    .to_vec();
    names.push("x".repeat(10 * 1024));
    names.push("x.".repeat(127));
    names
}

/// The first recorded payload on a subject.
fn recorded(subject: &str) -> String {
    let recording: Value = serde_json::from_str(RECORDING).unwrap();
    let scenarios = recording["scenarios"].as_array().unwrap();
    let mut messages = scenarios
        .iter()
        .flat_map(|scenario| scenario["messages"].as_array().unwrap());
    let message = messages.find(|message| message["subject"] == subject);
    message.unwrap()["payload"].as_str().unwrap().to_owned()
}

fn event_of(name: &str) -> String {
    let mut event: Value = serde_json::from_str(&recorded(STARTED)).unwrap();
    event["data"]["identity"] = name.into();
    event.to_string()
}

fn registration_of(name: &str) -> Vec<u8> {
    let transport = Transport::decode(recorded(REGISTERED).as_bytes()).unwrap();
    let mut secure = SecureRequest::decode(&transport.data).unwrap();
    let mut request: Value = serde_json::from_str(&secure.message).unwrap();
    request["envelope"]["senderid"] = name.into();
    secure.message = request.to_string();
    let data = secure.encode();
    Transport { data, ..transport }.encode()
}

/// Nobody but the honest node is known, and nobody else was ever asked.
async fn only_the_honest_node_counts(scene: &mut Scene) {
    scene.site.stands(GOOD, "provisioned").await;
    let known: Vec<_> = scene.site.hosts().await;
    assert_eq!(known.len(), 1, "{known:?}");
    let course = scene.crowd.course();
    assert!(course.iter().all(|(node, _)| node == GOOD), "{course:?}");
    scene.is_well();
}

#[tokio::test]
async fn an_event_of_a_name_that_is_none_is_counted_and_nothing_else() {
    let mut scene = Scene::builtin(SHORT).await;
    scene.site.ready().await;
    let names = names();
    for name in &names {
        scene.crowd.publish(STARTED, event_of(name));
    }
    // after all of them, on the same connection
    scene.crowd.add_hidden(GOOD, honest(GOOD));
    scene.crowd.startup(GOOD);
    only_the_honest_node_counts(&mut scene).await;
    assert_eq!(refused(&scene).await, names.len());
}

#[tokio::test]
async fn a_registration_of_a_name_that_is_none_is_counted_and_nothing_else() {
    let mut scene = Scene::builtin(SHORT).await;
    scene.site.ready().await;
    let names = names();
    for name in &names {
        scene.crowd.publish(REGISTERED, registration_of(name));
    }
    scene.crowd.add_hidden(GOOD, honest(GOOD));
    scene.crowd.publish(REGISTERED, registration_of(GOOD));
    only_the_honest_node_counts(&mut scene).await;
    let row = scene.site.host(GOOD).await;
    assert_eq!(row["source"], "registration");
    assert_eq!(refused(&scene).await, names.len());
}

#[tokio::test]
async fn an_answer_to_a_discovery_with_a_name_that_is_none_is_no_answer() {
    let mut scene = Scene::builtin(SHORT).await;
    scene.crowd.cry(Arc::new(|asked| {
        let names = names();
        let answers = names
            .iter()
            .map(|name| asked.answer_in_the_name_of(name, b"pong"));
        // the honest node answers last
        answers.chain([asked.answer_of(GOOD, b"pong")]).collect()
    }));
    scene.crowd.add_hidden(GOOD, honest(GOOD));
    scene.site.ready().await;
    only_the_honest_node_counts(&mut scene).await;
}

/// How many messages were refused, once it does not change any more: all that came before the honest node were heard.
async fn refused(scene: &Scene) -> usize {
    until("messages refused", || async {
        let (_, text) = scene.site.page("/metrics").await;
        let lines = text
            .lines()
            .filter(|line| line.starts_with("choria_provisioner_messages_refused_total{"));
        let counts = lines.map(|line| line.rsplit(' ').next().unwrap());
        let sum: usize = counts.map(|count| count.parse::<usize>().unwrap()).sum();
        (sum > 0).then_some(sum)
    })
    .await
}
