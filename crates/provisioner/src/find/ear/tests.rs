//! Recorded events and registrations, and what hostile peers make of them.

use muster::protocol::MAX_MESSAGE;
use muster::protocol::lifecycle::MAX_EVENT;
use muster::protocol::v1::SecureRequest;
use muster::protocol::v1::Transport;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use super::*;

/// Recorded from the reference: see `tests/wire/README.md`.
const RECORDING: &str = include_str!("../../../../../tests/wire/v1-provisioning.json");
const COMPONENT: &str = "provision_mode_server";
const WAITING: &str = "choria.lifecycle.event.startup.provision_mode_server";
const STARTED: &str = "choria.lifecycle.event.startup.server";
const REGISTERED: &str = "provisioning.registration.data";
const REGISTERED_BEFORE: &str = "choria.provisioning_data";

/// The first recorded payload on a subject.
fn recorded(subject: &str) -> String {
    let recording: Value = serde_json::from_str(RECORDING).unwrap();
    recording["scenarios"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|scenario| scenario["messages"].as_array().unwrap())
        .find(|message| message["subject"] == subject)
        .map(|message| message["payload"].as_str().unwrap().to_owned())
        .unwrap()
}

fn hear(subject: &str, payload: &str) -> Result<Sighting, Refused> {
    Ear::new(COMPONENT).hear(subject, payload.as_bytes())
}

/// The recorded event of a node that waits, with one field of it changed.
fn event_with(field: &str, value: &Value) -> String {
    let mut event: Value = serde_json::from_str(&recorded(WAITING)).unwrap();
    event["data"][field] = value.clone();
    event.to_string()
}

/// The recorded registration, with one place in its request changed.
fn registration_with(at: &str, value: &Value) -> String {
    let transport = Transport::decode(recorded(REGISTERED).as_bytes()).unwrap();
    let mut secure = SecureRequest::decode(&transport.data).unwrap();
    let mut request: Value = serde_json::from_str(&secure.message).unwrap();
    *request.pointer_mut(at).unwrap() = value.clone();
    secure.message = request.to_string();
    let data = secure.encode();
    String::from_utf8(Transport { data, ..transport }.encode()).unwrap()
}

fn cap1(kind: SightingKind) -> Result<Sighting, Refused> {
    let identity = Identity::new("cap1.example.net").unwrap();
    Ok(Sighting { identity, kind })
}

#[test]
fn the_recorded_startup_in_provisioning_mode_is_a_node_that_waits() {
    let heard = hear(WAITING, &recorded(WAITING));
    assert_eq!(heard, cap1(SightingKind::Waiting(Source::Startup)));
}

#[test]
fn the_recorded_startup_in_production_is_a_node_in_production() {
    let heard = hear(STARTED, &recorded(STARTED));
    assert_eq!(heard, cap1(SightingKind::InProduction));
}

#[test]
fn the_recorded_registration_is_a_node_that_waits_on_both_subjects() {
    for subject in [REGISTERED, REGISTERED_BEFORE] {
        let heard = hear(subject, &recorded(REGISTERED));
        assert_eq!(heard, cap1(SightingKind::Waiting(Source::Registration)));
    }
}

#[test]
fn the_recorded_shutdown_is_nothing_to_act_on() {
    let subject = "choria.lifecycle.event.shutdown.provision_mode_server";
    let heard = hear(subject, &recorded(subject));
    assert_eq!(heard, cap1(SightingKind::Other));
}

#[test]
fn a_configured_component_is_the_one_that_waits() {
    let subject = "choria.lifecycle.event.startup.installer";
    let payload = event_with("component", &json!("installer"));
    let heard = Ear::new("installer").hear(subject, payload.as_bytes());
    assert_eq!(heard, cap1(SightingKind::Waiting(Source::Startup)));
    let other = Ear::new("installer").hear(WAITING, recorded(WAITING).as_bytes());
    assert_eq!(other, cap1(SightingKind::Other));
}

#[test]
fn every_subject_that_is_subscribed_to_is_understood() {
    assert_eq!(
        subscriptions(COMPONENT),
        [WAITING, STARTED, REGISTERED, REGISTERED_BEFORE]
    );
    assert_eq!(
        subscriptions("server"),
        [STARTED, REGISTERED, REGISTERED_BEFORE]
    );
    for subject in subscriptions(COMPONENT) {
        assert_eq!(hear(&subject, "{"), Err(Refused::Malformed), "{subject}");
    }
}

#[test]
fn a_name_that_could_widen_a_subject_or_leave_a_path_is_refused() {
    for name in [
        "",
        ".",
        "..",
        "*",
        ">",
        "a.*",
        "a.>",
        "a b",
        "a/b",
        "../../etc/passwd",
        "a\nb",
        "a\r\nPUB x 0",
        "a\0",
        "-a.",
        "ä.example.net",
        &"a".repeat(254),
        &"a".repeat(257),
        &"a".repeat(10_240),
    ] {
        let name = json!(name);
        let event = event_with("identity", &name);
        assert_eq!(hear(WAITING, &event), Err(Refused::Identity), "{name}");
        let registration = registration_with("/envelope/senderid", &name);
        let heard = hear(REGISTERED, &registration);
        assert_eq!(heard, Err(Refused::Identity), "{name}");
    }
}

#[test]
fn an_event_that_is_not_what_its_subject_says_is_refused() {
    let alive = json!("io.choria.lifecycle.v1.alive");
    for (subject, payload) in [
        (WAITING, recorded(STARTED)),
        (STARTED, recorded(WAITING)),
        (WAITING, event_with("protocol", &alive)),
        (WAITING, event_with("component", &json!("server"))),
    ] {
        assert_eq!(hear(subject, &payload), Err(Refused::Kind), "{payload}");
    }
}

#[test]
fn a_message_for_another_agent_is_no_registration() {
    let payload = registration_with("/envelope/agent", &json!("discovery"));
    assert_eq!(hear(REGISTERED, &payload), Err(Refused::Kind));
}

#[test]
fn a_subject_of_somebody_else_is_refused() {
    let subject = "provisioning.node.cap1.example.net";
    assert_eq!(hear(subject, &recorded(REGISTERED)), Err(Refused::Kind));
}

#[test]
fn what_is_no_message_of_its_subject_is_malformed() {
    let event = recorded(WAITING);
    let registration = recorded(REGISTERED);
    let v2 =
        r#"{"protocol":"io.choria.protocol.v2.transport","data":"e30=","headers":{}}"#.to_owned();
    let hollow = registration_with("/envelope/ttl", &json!("a while"));
    for payload in [&registration, &String::new(), &"{}".to_owned()] {
        assert_eq!(hear(WAITING, payload), Err(Refused::Malformed), "{payload}");
    }
    for payload in [&event, &v2, &hollow, &String::new(), &"{}".to_owned()] {
        let heard = hear(REGISTERED, payload);
        assert_eq!(heard, Err(Refused::Malformed), "{payload}");
    }
}

#[test]
fn a_message_over_its_limit_is_refused_by_size() {
    let event = " ".repeat(MAX_EVENT + 1);
    assert_eq!(hear(WAITING, &event), Err(Refused::Size));
    let registration = " ".repeat(MAX_MESSAGE + 1);
    assert_eq!(hear(REGISTERED, &registration), Err(Refused::Size));
}

#[test]
fn every_reason_has_its_own_label() {
    let mut labels = Refused::ALL.map(Refused::as_str);
    labels.sort_unstable();
    assert_eq!(labels, ["identity", "kind", "malformed", "size"]);
}

proptest! {
    #[test]
    fn any_bytes_are_a_sighting_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..256), at in 0..4_usize) {
        let subject = &subscriptions(COMPONENT)[at];
        drop(Ear::new(COMPONENT).hear(subject, &bytes));
    }

    #[test]
    fn a_damaged_registration_is_a_sighting_of_a_valid_name_or_refused(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = recorded(REGISTERED).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(sighting) = Ear::new(COMPONENT).hear(REGISTERED, &bytes) {
            prop_assert!(sighting.identity.as_str().len() <= 253);
        }
    }
}
