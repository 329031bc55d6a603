//! What the mask hides in key material is looked at here: it must be good, and of the recorded form.

use aws_lc_rs::signature;
use serde_json::Value;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::FromDer as _;

use super::actor::Actor;
use super::actor::State;
use super::cases::GEN25519;
use super::cases::GEN25519_BARE;
use super::cases::GENCSR;
use super::cases::GENCSR_SUBJECT;
use super::recording::Recording;

/// Outputs of the one reply to a scenario: recorded and ours.
async fn outputs(name: &str) -> (Value, Value) {
    let recording = Recording::load();
    let scenario = recording.scenario(name);
    let mut actor = Actor::new(&recording, State::Waiting).await;
    let ours = actor.play(scenario).await.published;
    let data = |published: &[Value]| published.first().unwrap()["body"]["data"].clone();
    (data(&scenario.published()), data(&ours))
}

/// Subject of a request and the PKCS#1 bytes of its key; its signature was checked.
fn request(outputs: &Value) -> (Vec<String>, Vec<u8>) {
    let (_, pem) = parse_x509_pem(outputs["csr"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(pem.label, "CERTIFICATE REQUEST");
    let (_, csr) = X509CertificationRequest::from_der(&pem.contents).unwrap();
    csr.verify_signature().unwrap();
    let info = csr.certification_request_info;
    let subject = info.subject.to_string();
    let key = info.subject_pki.subject_public_key.data.to_vec();
    (subject.split(", ").map(str::to_owned).collect(), key)
}

/// Bytes of a PEM block `PUBLIC KEY`, which peers expect to be PKCS#1 (spec 04 §6.1).
pub(super) fn public_key(outputs: &Value) -> Vec<u8> {
    let (_, pem) = parse_x509_pem(outputs["public_key"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(pem.label, "PUBLIC KEY");
    pem.contents
}

#[tokio::test]
async fn a_csr_is_for_the_identity_and_carries_the_key_beside_it() {
    let (recorded, ours) = outputs(GENCSR).await;
    let ((theirs, _), (subject, key)) = (request(&recorded), request(&ours));
    assert_eq!(subject, theirs);
    assert_eq!(subject, ["CN=cap1.example.net"]);
    assert_eq!(key, public_key(&ours));
    assert_eq!(key.len(), public_key(&recorded).len());
}

/// The reference forgets `ST` (design §5).
#[tokio::test]
async fn a_csr_has_the_recorded_subject_and_the_state() {
    let (recorded, ours) = outputs(GENCSR_SUBJECT).await;
    let (mut theirs, _) = request(&recorded);
    let (mut subject, key) = request(&ours);
    assert!(!theirs.contains(&"ST=Malta".to_owned()));
    theirs.push("ST=Malta".to_owned());
    theirs.sort();
    subject.sort();
    assert_eq!(subject, theirs);
    assert_eq!(key, public_key(&ours));
}

#[tokio::test]
async fn the_signature_over_the_nonce_verifies_as_the_recorded_one_does() {
    for (name, nonce) in [
        (GEN25519, "6bd4a7ad36b3429ba3e3e28ab1d9be2a"),
        (GEN25519_BARE, ""),
    ] {
        let (recorded, ours) = outputs(name).await;
        for outputs in [recorded, ours] {
            let bytes = |name: &str| hex::decode(outputs[name].as_str().unwrap()).unwrap();
            signature::UnparsedPublicKey::new(&signature::ED25519, bytes("public_key"))
                .verify(nonce.as_bytes(), &bytes("signature"))
                .unwrap();
        }
    }
}
