//! Recorded messages through our decoders and encoders: nothing of them is lost or changed on the way.
//!
//! `wire/v1-provisioning.json` and `wire/v1-secure.json` were recorded on 2026-11-21 from an unmodified reference
//! deployment; the second holds two messages of a longer recording with signed requests.

use std::collections::BTreeSet;

use aws_lc_rs::signature;
use muster::client::Mailbox;
use muster::client::caller_id;
use muster::protocol::body::RpcReply;
use muster::protocol::body::RpcRequest;
use muster::protocol::lifecycle::Component;
use muster::protocol::lifecycle::Event;
use muster::protocol::lifecycle::Format;
use muster::protocol::lifecycle::Kind;
use muster::protocol::v1::SecureReply;
use muster::protocol::v1::SecureRequest;
use muster::protocol::v1::Signature;
use muster::protocol::v1::Transport;
use muster::protocol::v1::decode_reply;
use muster::protocol::v1::decode_request;
use muster::protocol::v1::encode_reply;
use muster::protocol::v1::encode_request;
use serde_json::Value;
use x509_parser::pem::parse_x509_pem;

use crate::golden::Message;
use crate::golden::Recording;
use crate::golden::Secure;

/// All recorded messages with a transport, but for the one whose ttl the schema refuses (see `golden::cases`).
fn messages() -> Vec<Message> {
    let networks = [
        Recording::load(),
        Secure::provisioning(),
        Secure::production(),
    ];
    networks
        .into_iter()
        .flat_map(|recording| recording.scenarios)
        .filter(|scenario| scenario.name != "request with expired ttl")
        .filter(|scenario| !scenario.name.starts_with("captured request sent again"))
        .flat_map(|scenario| scenario.messages)
        .filter(|message| message.payload.contains("choria:transport:1"))
        .collect()
}

/// Whether the reference itself wrote the message: its order, no spaces. The others came from a script.
fn is_of_the_reference(message: &Message) -> bool {
    !message.payload.contains("\": ")
}

/// The message of a scenario of a signed network.
fn signed(recording: &Recording, scenario: &str, message: usize) -> Vec<u8> {
    let message = &recording.scenario(scenario).messages[message];
    message.payload.clone().into_bytes()
}

/// What we make of a message, written again: transport, secure layer and inner layer.
fn rewritten(transport: &Transport) -> (Vec<u8>, Vec<u8>, String, String) {
    if let Ok(secure) = SecureRequest::decode(&transport.data) {
        let inner = encode_request(&decode_request(&secure.message).unwrap());
        (transport.encode(), secure.encode(), inner, secure.message)
    } else {
        let secure = SecureReply::decode(&transport.data).unwrap();
        let inner = encode_reply(&decode_reply(&secure.message).unwrap());
        (transport.encode(), secure.encode(), inner, secure.message)
    }
}

#[test]
fn every_recorded_message_decodes_and_means_the_same_when_written_again() {
    let value = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    for message in messages() {
        let transport = Transport::decode(message.payload.as_bytes()).unwrap();
        let (outer, secure, inner, original) = rewritten(&transport);
        let name = &message.subject;
        assert_eq!(value(&outer), value(message.payload.as_bytes()), "{name}");
        assert_eq!(value(&secure), value(&transport.data), "{name}");
        assert_eq!(
            value(inner.as_bytes()),
            value(original.as_bytes()),
            "{name}"
        );
    }
}

/// Go writes `<`, `>` and `&` as escapes and nobody else does; what has none of them comes out byte for byte.
#[test]
fn messages_of_the_reference_are_written_byte_for_byte() {
    let mut compared = 0;
    for message in messages().iter().filter(|m| is_of_the_reference(m)) {
        let transport = Transport::decode(message.payload.as_bytes()).unwrap();
        let (outer, secure, inner, original) = rewritten(&transport);
        let name = &message.subject;
        assert_eq!(outer, message.payload.as_bytes(), "{name}");
        if original.contains("\\u003") || original.contains("\\u0026") {
            continue;
        }
        assert_eq!(inner, original, "{name}");
        assert_eq!(secure, transport.data, "{name}");
        compared += 1;
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn every_recorded_body_is_an_rpc_document_or_a_word() {
    let mut words = BTreeSet::new();
    for message in messages() {
        let transport = Transport::decode(message.payload.as_bytes()).unwrap();
        if let Ok(secure) = SecureRequest::decode(&transport.data) {
            let request = decode_request(&secure.message).unwrap();
            match request.agent.as_str() {
                "discovery" => words.extend(String::from_utf8(request.payload())),
                "registration" => {}
                agent => {
                    let body = RpcRequest::decode(&request.payload()).unwrap();
                    assert_eq!(body.agent, agent);
                }
            }
        } else {
            let secure = SecureReply::decode(&transport.data).unwrap();
            let reply = decode_reply(&secure.message).unwrap();
            match reply.agent.as_str() {
                "discovery" => words.extend(String::from_utf8(reply.body)),
                _ => {
                    let body = RpcReply::decode(&reply.body).unwrap();
                    let again: Value = serde_json::from_slice(&body.encode()).unwrap();
                    assert_eq!(again, serde_json::from_slice::<Value>(&reply.body).unwrap());
                }
            }
        }
    }
    assert_eq!(words, ["ping", "pong"].map(str::to_owned).into());
}

/// The bytes that were signed reach the verifier as they were signed, and the message is written again as it was.
#[test]
fn the_recorded_signature_verifies_over_the_bytes_that_we_keep() {
    let payload = signed(
        &Secure::production(),
        "signed by rip.mcollective with the reference command line: rpcutil#ping",
        0,
    );
    let transport = Transport::decode(&payload).unwrap();
    let secure = SecureRequest::decode(&transport.data).unwrap();
    let Signature::X509 {
        signature,
        certificate,
    } = &secure.signature
    else {
        panic!("{:?}", secure.signature)
    };
    let (_, pem) = parse_x509_pem(certificate.as_bytes()).unwrap();
    let certificate = pem.parse_x509().unwrap();
    let key = certificate.public_key().subject_public_key.data.as_ref();
    let key = signature::UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, key);
    key.verify(secure.message.as_bytes(), signature).unwrap();
    let request = decode_request(&secure.message).unwrap();
    assert_eq!(request.caller.name(), Some("rip.mcollective"));
    assert_eq!(encode_request(&request), secure.message);
    assert_eq!(secure.encode(), transport.data);
    assert_eq!(transport.encode(), payload);
}

#[test]
fn the_recorded_registration_over_anonymous_tls_is_unsigned() {
    let payload = signed(
        &Secure::provisioning(),
        "node start in the provisioning collective over anonymous TLS",
        1,
    );
    let transport = Transport::decode(&payload).unwrap();
    let secure = SecureRequest::decode(&transport.data).unwrap();
    assert_eq!(secure.signature, Signature::UnsignedRegistration);
    assert_eq!(secure.encode(), transport.data);
}

#[test]
fn events_are_written_as_the_reference_writes_them() {
    let scenarios = Recording::load().scenarios;
    let mut kinds = BTreeSet::new();
    for message in scenarios.iter().flat_map(|s| &s.messages) {
        let Some(tail) = message.subject.strip_prefix("choria.lifecycle.event.") else {
            continue;
        };
        let document = message.unwrapped()["event"].clone();
        let Some(data) = document.get("data") else {
            continue;
        };
        let (kind, component) = tail.split_once('.').unwrap();
        let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
        let event = Event {
            kind: [Kind::Startup, Kind::Provisioned, Kind::Shutdown]
                .into_iter()
                .find(|candidate| candidate.as_str() == kind)
                .unwrap(),
            id: text("id"),
            identity: text("identity").parse().unwrap(),
            component: [Component::Server, Component::ProvisionModeServer]
                .into_iter()
                .find(|candidate| candidate.as_str() == component)
                .unwrap(),
            timestamp: data["timestamp"].as_i64().unwrap(),
            version: text("version"),
        };
        assert_eq!(event.subject().as_str(), message.subject);
        let written = String::from_utf8(event.encode(Format::CloudEvents)).unwrap();
        assert_eq!(written, message.payload);
        kinds.insert(tail.to_owned());
    }
    assert_eq!(kinds.len(), 5, "{kinds:?}");
}

/// Spec 01 appendix A1.
#[test]
fn an_inbox_is_named_by_the_hash_of_its_caller() {
    for (certname, hash) in [
        ("rip.mcollective", "37bdf08389145a56c13096c178802d3b"),
        (
            "provisioner.example.net",
            "6079c8d10a2ceceb5904de01a22e9b41",
        ),
        ("client.example.net", "ef9a8ecf3f181f3a6f32354c5d5ad0f2"),
    ] {
        let mailbox = Mailbox::new(&caller_id(certname).unwrap(), "p1");
        let subscription = mailbox.subscription(&"provisioning".parse().unwrap());
        assert_eq!(subscription, format!("provisioning.reply.{hash}.p1.*"));
    }
}
