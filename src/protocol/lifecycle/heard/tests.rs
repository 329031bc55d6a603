//! Recorded events, events of our own, and what is no event.

use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use super::*;
use crate::protocol::lifecycle::Component;
use crate::protocol::lifecycle::Event;
use crate::protocol::lifecycle::Format;

/// Recorded from the reference: see `tests/wire/README.md`.
const RECORDING: &str = include_str!("../../../../tests/wire/v1-provisioning.json");

/// The recorded payloads of lifecycle subjects, with their subjects.
fn recorded() -> Vec<(String, String)> {
    let recording: Value = serde_json::from_str(RECORDING).unwrap();
    let scenarios = recording["scenarios"].as_array().unwrap();
    scenarios
        .iter()
        .flat_map(|scenario| scenario["messages"].as_array().unwrap())
        .filter_map(|message| {
            let subject = message["subject"].as_str()?;
            let payload = message["payload"].as_str()?;
            subject
                .starts_with("choria.lifecycle.event.")
                .then(|| (subject.to_owned(), payload.to_owned()))
        })
        .collect()
}

fn recorded_on(subject: &str) -> Heard {
    let (_, payload) = recorded()
        .into_iter()
        .find(|(it, _)| it == subject)
        .unwrap();
    decode(payload.as_bytes()).unwrap()
}

fn legacy() -> Value {
    json!({
        "protocol": "io.choria.lifecycle.v1.startup", "id": "x", "identity": "a.example.net",
        "component": "server", "timestamp": 1, "version": "1",
    })
}

fn cloud_event(data: &Value) -> Value {
    json!({"specversion": "1.0", "source": "io.choria.lifecycle", "data": data})
}

/// The legacy event with one field changed, in both formats.
fn both_with(field: &str, value: &Value) -> [Result<Heard, Malformed>; 2] {
    let mut event = legacy();
    event[field] = value.clone();
    [event.clone(), cloud_event(&event)].map(|it| decode(it.to_string().as_bytes()))
}

#[test]
fn a_recorded_event_is_what_its_subject_says() {
    let recorded = recorded();
    assert!(recorded.len() > 8, "{}", recorded.len());
    for (subject, payload) in recorded {
        let heard = decode(payload.as_bytes()).unwrap();
        let said = format!(
            "choria.lifecycle.event.{}.{}",
            heard.kind.as_str(),
            heard.component
        );
        assert_eq!(said, subject);
    }
}

#[test]
fn the_recorded_startup_of_a_waiting_node_is_read() {
    let heard = recorded_on("choria.lifecycle.event.startup.provision_mode_server");
    let expected = Heard {
        kind: Announced::Known(Kind::Startup),
        identity: Identity::new("cap1.example.net").unwrap(),
        component: "provision_mode_server".into(),
        timestamp: 1_795_222_372,
        version: "0.29.4".into(),
    };
    assert_eq!(heard, expected);
}

#[test]
fn the_recorded_startup_of_a_provisioner_has_no_envelope_and_is_read() {
    let heard = recorded_on("choria.lifecycle.event.startup.provisioner");
    assert_eq!(heard.identity.as_str(), "client.example.net");
    assert_eq!(heard.component, "provisioner");
    assert_eq!(heard.timestamp, 1_795_222_431);
}

#[test]
fn an_event_without_a_version_has_an_empty_one() {
    let heard = recorded_on("choria.lifecycle.event.shutdown.provision_mode_server");
    assert_eq!(heard.kind, Announced::Known(Kind::Shutdown));
    assert_eq!(heard.version, "");
}

#[test]
fn a_kind_that_is_not_known_keeps_its_name() {
    let protocol = json!("io.choria.lifecycle.v1.governor");
    for heard in both_with("protocol", &protocol) {
        assert_eq!(heard.unwrap().kind, Announced::Unknown("governor".into()));
    }
}

#[test]
fn a_name_that_is_no_identity_is_refused() {
    for name in [
        "",
        ".",
        "a..b",
        "a.",
        "*",
        "a.>",
        "a b",
        "a/b",
        "../a",
        "a\nb",
        "a\0",
        "ä",
        &"a".repeat(254),
        &"a".repeat(10_240),
    ] {
        for heard in both_with("identity", &json!(name)) {
            assert!(matches!(heard, Err(Malformed::Identity(_))), "{name:?}");
        }
    }
}

#[test]
fn a_component_or_a_kind_that_is_no_token_is_refused() {
    let long = "a".repeat(65);
    for text in ["", "a.b", "*", ">", "a b", "a\n", "ä", &long] {
        for heard in both_with("component", &json!(text)) {
            assert_eq!(heard, Err(Malformed::Field { field: "component" }));
        }
        for heard in both_with("protocol", &json!(format!("{VERSION_1}{text}"))) {
            assert_eq!(heard, Err(Malformed::Field { field: "protocol" }));
        }
    }
}

#[test]
fn a_version_that_is_long_or_has_control_characters_is_refused() {
    for text in ["1\n2".to_owned(), "1".repeat(129)] {
        for heard in both_with("version", &json!(text)) {
            assert_eq!(heard, Err(Malformed::Field { field: "version" }));
        }
    }
}

#[test]
fn every_needed_field_must_be_there_and_have_its_type() {
    for field in ["protocol", "identity", "component", "timestamp"] {
        for value in [Value::Null, json!([]), json!({}), json!(1.5)] {
            for heard in both_with(field, &value) {
                assert!(
                    matches!(heard, Err(Malformed::Json { .. } | Malformed::Format)),
                    "{field} {value}"
                );
            }
        }
    }
    let twice = legacy().to_string().replacen('{', r#"{"identity":"b","#, 1);
    assert!(matches!(
        decode(twice.as_bytes()),
        Err(Malformed::Json { .. })
    ));
}

#[test]
fn another_format_is_refused() {
    let mut other_source = cloud_event(&legacy());
    other_source["source"] = json!("io.choria.machine");
    let mut other_version = cloud_event(&legacy());
    other_version["specversion"] = json!("0.3");
    let mut older = legacy();
    older["protocol"] = json!("choria:lifecycle:startup:1");
    let nested = cloud_event(&cloud_event(&legacy()));
    for document in [
        json!({}),
        other_source,
        other_version,
        cloud_event(&older),
        older,
    ] {
        let heard = decode(document.to_string().as_bytes());
        assert_eq!(heard, Err(Malformed::Format), "{document}");
    }
    let nested = decode(nested.to_string().as_bytes());
    assert!(matches!(nested, Err(Malformed::Json { .. })));
    let later = json!("io.choria.lifecycle.v2.startup");
    for heard in both_with("protocol", &later) {
        assert_eq!(heard, Err(Malformed::Field { field: "protocol" }));
    }
}

#[test]
fn what_is_no_object_is_refused() {
    for text in ["", "null", "[]", "7", "{", "\"x\"", "{}x"] {
        let heard = decode(text.as_bytes());
        assert!(matches!(heard, Err(Malformed::Json { .. })), "{text}");
    }
}

#[test]
fn an_event_over_the_limit_is_refused_and_one_at_the_limit_is_read() {
    let mut payload = legacy().to_string().into_bytes();
    payload.resize(MAX_EVENT, b' ');
    decode(&payload).unwrap();
    payload.push(b' ');
    let size = MAX_EVENT + 1;
    assert_eq!(decode(&payload), Err(Malformed::TooLarge { size }));
}

prop_compose! {
    fn events()(
        kind in prop::sample::select(vec![Kind::Startup, Kind::Alive, Kind::Provisioned, Kind::Shutdown]),
        component in prop::sample::select(vec![
            Component::Server, Component::ProvisionModeServer, Component::Provisioner,
        ]),
        identity in "[A-Za-z0-9_-]{1,20}(\\.[A-Za-z0-9_-]{1,20}){0,4}",
        id in "[0-9a-f-]{36}",
        timestamp in any::<i64>(),
        version in "[^\\p{Cc}]{0,32}",
    ) -> Event {
        Event { kind, id, identity: Identity::new(identity).unwrap(), component, timestamp, version }
    }
}

proptest! {
    #[test]
    fn what_we_announce_is_heard(event in events()) {
        let has_version = matches!(event.kind, Kind::Startup | Kind::Alive);
        let expected = Heard {
            kind: Announced::Known(event.kind),
            identity: event.identity.clone(),
            component: event.component.as_str().into(),
            timestamp: event.timestamp,
            version: if has_version { event.version.clone() } else { String::new() },
        };
        for format in [Format::CloudEvents, Format::Legacy] {
            prop_assert_eq!(decode(&event.encode(format)), Ok(expected.clone()));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        drop(decode(&bytes));
    }

    #[test]
    fn a_damaged_event_is_read_or_refused(event in events(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = event.encode(Format::CloudEvents);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(heard) = decode(&bytes) {
            prop_assert!(heard.identity.as_str().len() <= 253);
            prop_assert!(is_token(&heard.component) && is_token(heard.kind.as_str()));
        }
    }
}
