//! Every scenario of the two networks whose requests are signed, with the clock at the recording.

use muster::protocol::Layer;
use muster::protocol::Malformed;
use muster::protocol::lifecycle::Kind;
use muster::security::request::RequestError;
use muster::server::refusal::Refusal;

use super::actor::Actor;
use super::actor::Played;
use super::compare::Masks;
use super::dialogue::provisioned;
use super::dialogue::registration;
use super::dialogue::reply_first;
use super::none;
use super::recording::Secure;

/// When the recorded node joined the production network.
const JOINED: i64 = 1_795_222_566;
/// When it began to wait for a provisioner.
const WAITED: i64 = 1_795_222_558;

const ACCEPTED: &[&str] = &[
    "signed by rip.mcollective with the reference command line: ping",
    "signed by rip.mcollective with the reference command line: rpcutil#ping",
    INVENTORY,
    "signed by rip.mcollective with the reference command line: choria_provision#gencsr while provisioned",
    "signed by rip.mcollective with the reference command line: choria_provision#reprovision with a wrong token",
];

const INVENTORY: &str =
    "signed by rip.mcollective with the reference command line: rpcutil#inventory";
const REPLAYED: &str = "captured request sent again: replayed unchanged";
const JOIN: &str = "the node joins the production collective over mutual TLS";
const PROVISIONED: &str =
    "whole provisioning of the node by the reference provisioner with signed requests";

type Reason = fn(&Refusal) -> bool;

/// The forged requests and why each is refused.
const FORGED: &[(&str, Reason)] = &[
    (
        "captured request sent again: signature and pubcert replaced with the literal insecure",
        |refusal| matches!(refusal, Refusal::Unsigned),
    ),
    (
        "captured request sent again: message changed after signing",
        |refusal| unbelieved(refusal, &RequestError::Signature),
    ),
    (
        "captured request sent again: another caller's certificate",
        |refusal| {
            let names = "provisioner.mcollective, localhost".to_owned();
            unbelieved(refusal, &RequestError::Name { names })
        },
    ),
    (
        "captured request sent again: a certificate from an unknown CA",
        |refusal| unbelieved(refusal, &RequestError::ForeignCa),
    ),
    (
        "captured request sent again: signature is not base64",
        |refusal| {
            matches!(
                refusal,
                Refusal::Malformed(Malformed::Base64 {
                    layer: Layer::Secure,
                    ..
                })
            )
        },
    ),
    ("captured request sent again: pubcert missing", |refusal| {
        matches!(
            refusal,
            Refusal::Malformed(Malformed::Json {
                layer: Layer::Secure,
                ..
            })
        )
    }),
    ("captured request sent again: unknown protocol", |refusal| {
        matches!(
            refusal,
            Refusal::Malformed(Malformed::Protocol {
                layer: Layer::Secure
            })
        )
    }),
];

fn unbelieved(refusal: &Refusal, why: &RequestError) -> bool {
    matches!(refusal, Refusal::Unverified { err, .. } if err == why)
}

#[test]
fn every_recorded_scenario_of_the_signed_networks_has_a_test() {
    let forged = FORGED.iter().map(|(name, _)| *name);
    let others = [JOIN, REPLAYED, REPROVISION];
    let mut tested: Vec<&str> = ACCEPTED
        .iter()
        .copied()
        .chain(forged)
        .chain(others)
        .collect();
    let production = Secure::production();
    let mut recorded: Vec<&str> = production
        .scenarios
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    tested.sort_unstable();
    recorded.sort_unstable();
    assert_eq!(tested, recorded);
    let provisioning = Secure::provisioning();
    let names: Vec<&str> = provisioning
        .scenarios
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(names, [WAITING, PROVISIONED, WAITING_AGAIN]);
}

#[test]
fn every_mask_is_of_a_scenario_that_is_compared() {
    for scenario in Masks::secure().0.keys() {
        let own = [JOIN, PROVISIONED, REPROVISION, WAITING, WAITING_AGAIN];
        let known = ACCEPTED.contains(&scenario.as_str()) || own.contains(&scenario.as_str());
        assert!(known, "{scenario}");
    }
}

#[tokio::test]
async fn a_signed_request_is_answered_as_recorded() {
    let recording = Secure::production();
    let mut actor = Actor::signed(JOINED);
    let mut problems = Vec::new();
    for name in ACCEPTED {
        let scenario = recording.scenario(name);
        let played = actor.play(scenario).await;
        assert!(played.refused.is_empty(), "{name}: {:?}", played.refused);
        let recorded = scenario.published();
        problems.extend(Masks::secure().compare(name, &recorded, &played.published, &[]));
    }
    none(&problems);
}

#[tokio::test]
async fn a_forged_request_is_refused_and_the_reason_is_told_to_the_operator() {
    let recording = Secure::production();
    for (name, reason) in FORGED {
        // a node of its own: it must not be the replay cache that refuses
        let mut actor = Actor::signed(JOINED);
        let scenario = recording.scenario(name);
        assert!(scenario.published().is_empty(), "{name}");
        let played = actor.play(scenario).await;
        assert!(played.published.is_empty(), "{name}");
        assert!(
            played.refused.iter().all(reason),
            "{name}: {:?}",
            played.refused
        );
        assert_eq!(played.refused.len(), 1, "{name}");
        let last = actor.node.assembly.node.stats.last_refusal().unwrap();
        assert_eq!(last.reason, played.refused[0].reason(), "{name}");
        // and nobody is kept from asking properly
        let genuine = actor.play(recording.scenario(INVENTORY)).await;
        assert!(genuine.refused.is_empty(), "{name}: {:?}", genuine.refused);
    }
}

/// The reference answers a captured request as often as it is sent. We do not: who captured it must not act with it
/// (design D13). The very same bytes are answered when they come for the first time.
#[tokio::test]
async fn a_request_that_was_acted_upon_is_not_acted_upon_again() {
    let recording = Secure::production();
    let replayed = recording.scenario(REPLAYED);
    assert_eq!(replayed.published().len(), 1);
    let mut actor = Actor::signed(JOINED);
    let first = actor.play(recording.scenario(INVENTORY)).await;
    assert_eq!(first.published.len(), 1);
    let again = actor.play(replayed).await;
    assert!(again.published.is_empty());
    assert!(
        matches!(again.refused[..], [Refusal::Replayed]),
        "{:?}",
        again.refused
    );
    let elsewhere = Actor::signed(JOINED).play(replayed).await;
    assert_eq!(elsewhere.published.len(), 1);
}

#[tokio::test]
async fn a_signed_request_is_refused_outside_its_time_even_when_it_was_never_seen() {
    let recording = Secure::production();
    let scenario = recording.scenario(INVENTORY);
    let (request, time) = scenario.requests().next().unwrap();
    for late in [-61, 61, 86_400] {
        let mut actor = Actor::signed(JOINED);
        let mut played = Played::default();
        let payload = request.payload.as_bytes();
        actor
            .send(
                scenario,
                &request.subject,
                payload,
                time + late,
                &mut played,
            )
            .await;
        assert!(
            matches!(played.refused[..], [Refusal::Expired { .. }]),
            "{late}"
        );
    }
}

#[test]
fn joining_the_production_network_is_announced_as_recorded() {
    let recording = Secure::production();
    let scenario = recording.scenario(JOIN);
    let actor = Actor::signed(JOINED);
    let ours = [actor.event(scenario, Kind::Startup)];
    none(&Masks::secure().compare(JOIN, &scenario.published(), &ours, &[]));
}

/// As [`super::dialogue`] has it for unsigned requests; a waiting node has no CA to judge these by and takes them.
#[tokio::test]
async fn the_reference_provisioner_takes_a_node_into_a_signed_network() {
    let recording = Secure::provisioning();
    let scenario = recording.scenario(PROVISIONED);
    let mut actor = Actor::waiting_among_signed(WAITED);
    let mut played = provisioned(&mut actor, scenario).await;
    let shutdown = actor.event(scenario, Kind::Shutdown);
    played.published.push(shutdown);
    let recorded = reply_first(scenario.published());
    none(&Masks::secure().compare(PROVISIONED, &recorded, &played.published, &[]));
}

/// The reply leaves before the event (design §5); then the node is where the recorded one was.
#[tokio::test]
async fn a_signed_reprovision_brings_the_node_back_into_the_provisioning_network() {
    let recording = Secure::production();
    let scenario = recording.scenario(REPROVISION);
    let mut actor = Actor::signed(JOINED);
    let mut played = actor.play(scenario).await;
    assert!(played.refused.is_empty(), "{:?}", played.refused);
    let shutdown = actor.event(scenario, Kind::Shutdown);
    played.published.push(shutdown);
    let recorded = reply_first(scenario.published());
    none(&Masks::secure().compare(REPROVISION, &recorded, &played.published, &[]));
    let restarted = actor.node.restart(JOINED + 30);
    assert!(restarted.foundation.mode.is_provisioning());
    assert_eq!(restarted.foundation.identity.as_str(), "sec1.example.net");
}

#[tokio::test]
async fn a_waiting_node_is_announced_and_registered_as_recorded_each_time() {
    let recording = Secure::provisioning();
    for name in [WAITING, WAITING_AGAIN] {
        let scenario = recording.scenario(name);
        let recorded = scenario.published();
        let [startup, theirs] = recorded.as_slice() else {
            panic!("{recorded:?}")
        };
        let started = startup["event"]["data"]["timestamp"].as_i64().unwrap();
        let actor = Actor::waiting_among_signed(started);
        let ours = [
            actor.event(scenario, Kind::Startup),
            registration(&actor, theirs),
        ];
        none(&Masks::secure().compare(name, &recorded, &ours, &[]));
    }
}

const WAITING: &str = "node start in the provisioning collective over anonymous TLS";
const WAITING_AGAIN: &str = "after reprovision the node is back in the provisioning collective";
const REPROVISION: &str = "reprovision signed by rip.mcollective";
