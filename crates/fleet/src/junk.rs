//! Spoils answers. Pure.
//!
//! What a junk node is asked, a real node answers; what leaves is made of that answer, so that everything but the
//! spoilt part is as it should be.

use bytes::Bytes;
use muster::protocol::Reply;
use muster::protocol::body::decode_body;
use muster::protocol::names::Identity;
use muster::protocol::v1;
use muster::security::csr;
use muster::security::key::RsaKey;
use muster::security::key::pem;
use serde_json::Value;
use serde_json::json;

use crate::exchange::Action;
use crate::roster::Garbage;

/// Whose answers are spoilt.
#[derive(Debug)]
pub struct Spoiler {
    /// What they become.
    pub kind: Garbage,
    /// The node as which a wrong sender answers, and for which a wrong request is made.
    pub another: Identity,
}

impl Spoiler {
    /// What leaves instead of an answer: one message or two. `key` is the node's staged key, needed for a certificate
    /// request of another name.
    #[must_use]
    pub fn spoil(&self, action: Action, answer: &Bytes, key: Option<&RsaKey>) -> Vec<Bytes> {
        let spoilt = match (self.kind, action) {
            (Garbage::NotJson, _) => Some(Bytes::from_static(NO_JSON)),
            (Garbage::Large, _) => with_body(answer, |_| large()),
            (Garbage::WrongTypes, _) => with_body(answer, |_| wrong_types()),
            (Garbage::WrongSender, _) => with_reply(answer, |reply| {
                reply.sender = self.another.clone();
            }),
            (Garbage::Twice, _) => return vec![answer.clone(), answer.clone()],
            (Garbage::CsrNotPem, Action::Gencsr) => with_csr(answer, || NO_PEM.to_owned()),
            (Garbage::CsrLarge, Action::Gencsr) => {
                with_csr(answer, || pem("CERTIFICATE REQUEST", &[0x30; LARGE_CSR]))
            }
            (Garbage::CsrOfAnother, Action::Gencsr) => {
                key.and_then(|key| with_csr(answer, || self.request(key)))
            }
            (
                Garbage::CsrNotPem | Garbage::CsrLarge | Garbage::CsrOfAnother,
                Action::Configure | Action::Other,
            ) => None,
        };
        vec![spoilt.unwrap_or_else(|| answer.clone())]
    }

    fn request(&self, key: &RsaKey) -> String {
        let subject = csr::Subject {
            common_name: self.another.to_string(),
            ..csr::Subject::default()
        };
        subject.request(key).unwrap_or_default()
    }
}

/// The answer with its body changed.
fn with_body(answer: &Bytes, change: impl FnOnce(Value) -> Value) -> Option<Bytes> {
    with_reply(answer, |reply| {
        let body = serde_json::from_slice(&decode_body(&reply.body)).unwrap_or_default();
        reply.body = change(body).to_string().into_bytes();
    })
}

fn with_csr(answer: &Bytes, csr: impl FnOnce() -> String) -> Option<Bytes> {
    with_body(answer, |mut body| {
        if let Some(data) = body.get_mut("data").and_then(Value::as_object_mut) {
            data.insert("csr".to_owned(), csr().into());
        }
        body
    })
}

fn with_reply(answer: &Bytes, change: impl FnOnce(&mut Reply)) -> Option<Bytes> {
    let mut transport = v1::Transport::decode(answer).ok()?;
    let secure = v1::SecureReply::decode(&transport.data).ok()?;
    let mut reply = v1::decode_reply(&secure.message).ok()?;
    change(&mut reply);
    let secure = v1::SecureReply {
        message: v1::encode_reply(&reply),
    };
    transport.data = secure.encode();
    Some(transport.encode().into())
}

fn large() -> Value {
    json!({"statuscode": 0, "statusmsg": "OK", "data": {"message": "x".repeat(LARGE_TEXT)}})
}

fn wrong_types() -> Value {
    json!({
        "statuscode": 0,
        "statusmsg": ["OK"],
        "data": {"csr": 7, "public_key": [], "ssldir": {}, "message": null, "facts": "none", "version": false},
    })
}

const NO_JSON: &[u8] = b"\xff\xfe this is no JSON \x00 {{{{";
const NO_PEM: &str = "-----BEGIN NOTHING-----\nnot base64 at all\n";
/// Bytes of a certificate request that is almost too large for a broker once it is PEM inside JSON inside base64.
const LARGE_CSR: usize = 480 * 1024;
/// The same for a text.
const LARGE_TEXT: usize = 680 * 1024;

#[cfg(test)]
mod tests {
    use muster::protocol::Route;
    use muster::protocol::names::AgentName;
    use muster::protocol::names::RequestId;

    use super::*;
    use crate::exchange::succeeded;

    fn answer(data: &Value) -> Bytes {
        let body = json!({"statuscode": 0, "statusmsg": "OK", "data": data});
        let reply = Reply {
            request: RequestId::new("a".repeat(32)).unwrap(),
            sender: Identity::new("n1.example.net").unwrap(),
            agent: AgentName::new("choria_provision").unwrap(),
            time: 1,
            body: body.to_string().into_bytes(),
        };
        let secure = v1::SecureReply {
            message: v1::encode_reply(&reply),
        };
        v1::Transport {
            data: secure.encode(),
            route: Route::default(),
        }
        .encode()
        .into()
    }

    fn spoilt(kind: Garbage) -> Vec<Bytes> {
        let spoiler = Spoiler {
            kind,
            another: Identity::new("n2.example.net").unwrap(),
        };
        let key = RsaKey::new(rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap());
        spoiler.spoil(Action::Gencsr, &answer(&json!({"csr": "good"})), Some(&key))
    }

    fn read(payload: &[u8]) -> (String, Value) {
        let transport = v1::Transport::decode(payload).unwrap();
        let secure = v1::SecureReply::decode(&transport.data).unwrap();
        let reply = v1::decode_reply(&secure.message).unwrap();
        let body = serde_json::from_slice(&decode_body(&reply.body)).unwrap();
        (reply.sender.to_string(), body)
    }

    #[test]
    fn every_kind_but_the_double_is_one_message_that_a_broker_takes() {
        for kind in Garbage::ALL {
            let messages = spoilt(kind);
            let expected = if kind == Garbage::Twice { 2 } else { 1 };
            assert_eq!(messages.len(), expected, "{kind:?}");
            for message in messages {
                assert!(message.len() <= 1024 * 1024, "{kind:?}: {}", message.len());
                let good = message == answer(&json!({"csr": "good"}));
                assert_eq!(good, kind == Garbage::Twice, "{kind:?}");
            }
        }
        assert!(spoilt(Garbage::Large)[0].len() > 900_000);
    }

    #[test]
    fn the_wrong_sender_is_another_node() {
        assert_eq!(read(&spoilt(Garbage::WrongSender)[0]).0, "n2.example.net");
    }

    #[test]
    fn wrong_types_and_no_json_are_no_success() {
        assert!(!succeeded(&spoilt(Garbage::NotJson)[0]));
        assert!(!succeeded(&spoilt(Garbage::WrongTypes)[0]));
    }

    #[test]
    fn certificate_requests_are_spoilt_and_nothing_else_of_the_answer() {
        let (_, body) = read(&spoilt(Garbage::CsrNotPem)[0]);
        assert_eq!(
            (&body["statuscode"], &body["data"]["csr"]),
            (&json!(0), &json!(NO_PEM))
        );
        let (_, body) = read(&spoilt(Garbage::CsrOfAnother)[0]);
        let csr = body["data"]["csr"].as_str().unwrap();
        assert!(csr.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
        let (_, body) = read(&spoilt(Garbage::CsrLarge)[0]);
        assert!(body["data"]["csr"].as_str().unwrap().len() > LARGE_CSR);
    }

    #[test]
    fn what_is_no_certificate_request_is_left_alone_by_those_kinds() {
        let spoiler = Spoiler {
            kind: Garbage::CsrNotPem,
            another: Identity::new("n2.example.net").unwrap(),
        };
        let good = answer(&json!({}));
        assert_eq!(spoiler.spoil(Action::Other, &good, None), [good]);
    }
}
