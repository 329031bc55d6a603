//! Crowds that keep honest nodes waiting, as far as they can. What is asserted is the order of things, never a time.

use std::sync::Arc;

use serde_json::json;

use crate::harness::Behaviour;
use crate::harness::Crowd;
use crate::harness::EAGER;
use crate::harness::GOOD;
use crate::harness::SHORT;
use crate::harness::Scene;
use crate::harness::honest;
use crate::harness::until;

fn dead() -> Behaviour {
    Arc::new(|_| Vec::new())
}

/// Answers the first question, and sends junk for a certificate request: it takes a worker.
fn junk(identity: &str) -> Behaviour {
    let honest = honest(identity);
    Arc::new(move |asked| match asked.action.as_str() {
        "gencsr" => vec![asked.ok(json!({"csr": "junk"}))],
        _ => honest(asked),
    })
}

fn many(prefix: &str, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("{prefix}-{number:05}.example.net"))
        .collect()
}

fn all_honest(crowd: &Crowd, identities: &[String]) {
    for identity in identities {
        crowd.add(identity, honest(identity));
    }
}

async fn all_provisioned(scene: &Scene, identities: &[String]) {
    until("all honest nodes provisioned", || async {
        let rows = scene.site.hosts().await;
        let done = |identity: &String| {
            rows.iter()
                .any(|row| row["identity"] == **identity && row["standing"] == "provisioned")
        };
        identities.iter().all(done).then_some(())
    })
    .await;
}

#[tokio::test]
async fn fifty_dead_nodes_discovered_first_take_no_worker() {
    let mut scene = Scene::builtin(&format!("{SHORT}workers: 2\n")).await;
    // a discovery is answered in the order of names
    let (dead_ones, honest_ones) = (many("a-dead", 50), many("b-honest", 50));
    for identity in &dead_ones {
        scene.crowd.add(identity, dead());
    }
    all_honest(&scene.crowd, &honest_ones);
    scene.site.ready().await;
    all_provisioned(&scene, &honest_ones).await;
    for identity in &dead_ones {
        let row = scene.site.host(identity).await;
        assert_eq!(row["attempts"], 0, "{row}");
        let standing = row["standing"].as_str().unwrap();
        assert!(["probing", "silent"].contains(&standing), "{row}");
        assert_eq!(scene.crowd.asked(identity), ["rpcutil#inventory"]);
    }
    assert_eq!(
        scene.site.metric("choria_provisioner_busy_workers").await,
        0.0
    );
    scene.is_well();
}

/// Answers the first question and no other.
fn half_dead(identity: &str) -> Behaviour {
    let honest = honest(identity);
    Arc::new(move |asked| match asked.action.as_str() {
        "inventory" => honest(asked),
        _ => Vec::new(),
    })
}

#[tokio::test]
async fn nodes_that_answer_the_first_question_only_do_not_keep_their_workers() {
    let config = SHORT.replace("step: 5s", "step: 40s");
    let mut scene = Scene::builtin(&format!("{config}workers: 2\n")).await;
    let (bad_ones, honest_ones) = (many("a-bad", 4), many("b-honest", 20));
    for identity in &bad_ones {
        scene.crowd.add(identity, half_dead(identity));
    }
    all_honest(&scene.crowd, &honest_ones);
    scene.site.ready().await;
    all_provisioned(&scene, &honest_ones).await;
    // with their workers kept, no honest node would have begun before all of them were asked three times
    for identity in &bad_ones {
        let row = scene.site.host(identity).await;
        assert_eq!(
            (&row["standing"], &row["attempts"]),
            (&json!("working"), &json!(1)),
            "{row}"
        );
        let first = ["rpcutil#inventory", "choria_provision#gencsr"];
        assert_eq!(scene.crowd.asked(identity), first);
    }
    scene.is_well();
}

#[tokio::test]
async fn nodes_that_fail_again_and_again_have_every_other_turn_at_most() {
    let config = EAGER.replace("table: {", "table: {quarantine_after: 1000, ");
    let mut scene = Scene::builtin(&format!("{config}workers: 2\n")).await;
    let (bad_ones, honest_ones) = (many("a-bad", 20), many("b-honest", 40));
    for identity in &bad_ones {
        scene.crowd.add(identity, junk(identity));
    }
    all_honest(&scene.crowd, &honest_ones);
    scene.site.ready().await;
    all_provisioned(&scene, &honest_ones).await;
    let course = scene.crowd.course();
    let worked = course
        .iter()
        .filter(|(_, what)| what == "choria_provision#gencsr");
    let (mut seen, mut again, mut honest_begun) = (Vec::new(), 0, 0);
    for (node, _) in worked {
        if node.starts_with("b-") {
            honest_begun += 1;
        } else if seen.contains(&node) && honest_begun < honest_ones.len() {
            again += 1;
        } else {
            seen.push(node);
        }
    }
    assert_eq!(honest_begun, honest_ones.len());
    // those of a worker each, and of the places where new and retried ones are still in turn
    let most = honest_ones.len() + bad_ones.len() + 4;
    assert!(
        again <= most,
        "{again} tries again before the last honest node"
    );
    scene.is_well();
}

#[tokio::test]
async fn who_fails_again_and_again_is_quarantined_with_the_reason() {
    let config = EAGER.replace("table: {", "table: {quarantine_after: 3, ");
    let mut scene = Scene::builtin(&config).await;
    let bad = "bad.example.net";
    let why = scene.beside_an_honest_node(junk(bad), "quarantined").await;
    assert!(
        why.contains("after 3 failures: could not parse CSR"),
        "{why}"
    );
    let tries = scene.crowd.asked(bad);
    let tries = tries.iter().filter(|asked| asked.ends_with("#gencsr"));
    assert_eq!(tries.count(), 3);
}

#[tokio::test]
async fn a_flood_of_events_of_invented_nodes_has_a_bound_and_an_end() {
    let config = SHORT.replace("table: {", "table: {capacity: 2000, ");
    let mut scene = Scene::builtin(&config).await;
    scene.site.ready().await;
    scene.crowd.startups(many("invented", 10_000)).await;
    scene.crowd.add_hidden(GOOD, honest(GOOD));
    scene.crowd.startup(GOOD);
    // where there was no room for its event, it says it again, as nodes do with their registration
    until("the honest node provisioned", || async {
        let row = scene.site.host(GOOD).await;
        if row.is_null() {
            scene.crowd.startup(GOOD);
        }
        (row["standing"] == "provisioned").then_some(())
    })
    .await;
    let rows = scene.site.hosts().await;
    assert!(rows.len() <= 2000, "{} nodes", rows.len());
    let worked = rows.iter().filter(|row| row["attempts"] != 0);
    assert_eq!(worked.count(), 1);
    scene.is_well();
}

#[tokio::test]
async fn an_event_that_is_repeated_without_end_is_one_node_that_waits() {
    let mut scene = Scene::builtin(SHORT).await;
    scene.crowd.add_hidden(GOOD, honest(GOOD));
    scene.site.ready().await;
    let dead = "dead.example.net".to_owned();
    scene
        .crowd
        .startups(std::iter::repeat_n(dead, 10_000))
        .await;
    scene.crowd.startup(GOOD);
    scene.site.stands(GOOD, "provisioned").await;
    let metric = "choria_provisioner_messages_refused_total{reason=\"repeated\"";
    assert!(scene.site.metric(metric).await > 1_000.0);
    assert_eq!(scene.site.hosts().await.len(), 2);
    scene.is_well();
}

#[tokio::test]
async fn a_flood_of_answers_to_a_discovery_has_a_bound() {
    let config = SHORT.replace("table: {", "table: {capacity: 500, ");
    let mut scene = Scene::builtin(&config).await;
    scene.crowd.cry(Arc::new(|asked| {
        let invented = many("invented", 5_000);
        let answers = invented.iter().map(|name| asked.answer_of(name, b"pong"));
        answers.collect()
    }));
    scene.crowd.add(GOOD, honest(GOOD));
    scene.site.ready().await;
    scene.site.stands(GOOD, "provisioned").await;
    let status = scene.site.status().await;
    let found = status["last_discovery"]["found"].as_u64().unwrap();
    assert!(found <= 500, "{found} answers were listened to");
    assert!(scene.site.hosts().await.len() <= 500);
    scene.is_well();
}

#[tokio::test]
async fn messages_that_are_nothing_at_all_are_counted() {
    let mut scene = Scene::builtin(SHORT).await;
    scene.site.ready().await;
    let started = "choria.lifecycle.event.startup.provision_mode_server";
    for subject in [
        started,
        "choria.provisioning_data",
        "provisioning.registration.data",
    ] {
        scene.crowd.publish(subject, &b"\xff\x00\x1b[2J"[..]);
        scene.crowd.publish(subject, vec![b'{'; 2 * 1024 * 1024]);
        scene.crowd.publish(subject, "[".repeat(100_000));
        scene.crowd.publish(subject, "");
    }
    scene.crowd.add_hidden(GOOD, honest(GOOD));
    scene.crowd.startup(GOOD);
    scene.site.stands(GOOD, "provisioned").await;
    assert_eq!(scene.site.hosts().await.len(), 1);
    scene.is_well();
}
