//! The recorded dialogues with the reference provisioner, played again: for every recorded request ours sends one that is
//! equal but for what cannot be, and every recorded reply is understood.
//!
//! The network is in memory, the clock stands at the recording, the helper is a real process that says what the recorded
//! site's helper said.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test support"
)]

mod play;
#[expect(
    dead_code,
    reason = "shared with tests/it of the agent, which uses the rest"
)]
#[path = "../../../../tests/it/golden/recording.rs"]
mod recording;

use muster::security::request::Signer;
use serde_json::Value;
use serde_json::json;

use play::Play;
use recording::Recording;
use recording::Secure;

#[tokio::test]
async fn the_recorded_provisioning_is_matched_request_by_request() {
    let recording = Recording::load();
    let scenario = recording.scenario(
        "whole provisioning of the node by the reference provisioner, then the node joins the default collective",
    );
    let play = Play::new(scenario, "toomanysecrets", None);
    let ours = play.run().await;
    let theirs: Vec<_> = scenario
        .messages
        .iter()
        .filter(|message| message.from() == recording::From::Caller)
        .map(recording::Message::unwrapped)
        .collect();
    assert_eq!(
        theirs.len(),
        5,
        "discovery, inventory, gencsr, configure, restart"
    );
    compare(&theirs, &ours);
}

#[tokio::test]
async fn the_recorded_signed_provisioning_is_matched_request_by_request() {
    let recording = Secure::provisioning();
    let scenario = recording.scenario(
        "whole provisioning of the node by the reference provisioner with signed requests",
    );
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let names = vec!["provisioner.mcollective".to_owned()];
    let mut params = rcgen::CertificateParams::new(names).unwrap();
    let name = "provisioner.mcollective";
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    let pem = params.self_signed(&key).unwrap().pem();
    let signer = Signer::from_pem(&pem, &key.serialize_pem()).unwrap();
    let play = Play::new(scenario, "toomanysecrets", Some(signer));
    let ours = play.run().await;
    let theirs: Vec<_> = scenario
        .messages
        .iter()
        .filter(|message| message.from() == recording::From::Caller)
        .map(recording::Message::unwrapped)
        .collect();
    assert_eq!(theirs.len(), 5);
    for message in &ours {
        let pubcert = message["secure"]["pubcert"].as_str().unwrap();
        assert_eq!(pubcert.trim(), pem.trim(), "signed with the certificate");
    }
    compare(&theirs, &ours);
}

fn compare(theirs: &[Value], ours: &[Value]) {
    assert_eq!(theirs.len(), ours.len(), "{ours:#?}");
    for (theirs, ours) in theirs.iter().zip(ours) {
        assert_eq!(masked(theirs), masked(ours));
    }
}

/// Without what cannot be equal, each checked to be there and of the same kind.
fn masked(message: &Value) -> Value {
    let mut message = message.clone();
    let mut mask = |pointer: &str, kind: &str| {
        let place = message.pointer_mut(pointer);
        let Some(place) = place else {
            panic!("nothing at {pointer} in {message:#}")
        };
        let found = match &*place {
            Value::String(text) if text == "insecure" => "unsigned",
            Value::String(_) => "text",
            Value::Number(_) => "number",
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => "other",
        };
        assert!(found == kind || found == "unsigned", "{pointer} is {place}");
        *place = json!(found);
    };
    // drawn anew for every request
    mask("/inner/envelope/requestid", "text");
    // each call has the time of its own second
    mask("/inner/envelope/time", "number");
    // ours tells provisioners apart (spec 04 §4): the identity is its beginning
    mask("/inner/envelope/senderid", "text");
    // signatures cover the above
    mask("/secure/signature", "text");
    // the recorded private key is not to be had
    mask("/secure/pubcert", "text");
    // where replies go and which way a message took are the caller's own affair (spec 01 §4.1)
    mask("/transport/headers/reply-to", "text");
    mask("/transport/headers/mc_sender", "text");
    if let Some(headers) = message["transport"]["headers"].as_object_mut() {
        headers.remove("seen-by");
    }
    message
}
