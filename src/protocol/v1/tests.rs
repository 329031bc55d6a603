//! What the decoders refuse and what they must keep. Recorded messages are in `tests/it/protocol.rs`.

mod properties;

use serde_json::Value;
use serde_json::json;

use super::*;
use crate::protocol::Federation;
use crate::protocol::Layer;
use crate::protocol::MAX_MESSAGE;
use crate::protocol::Malformed;
use crate::protocol::Route;
use crate::protocol::Version;
use crate::protocol::body::RpcReply;
use crate::protocol::body::RpcRequest;

/// Spec 01 appendix A7.
const REQUEST: &str = r#"{"protocol":"choria:request:1","message":"{\"agent\":\"rpcutil\",\"action\":\"ping\",\"data\":{}}","envelope":{"requestid":"5a5ad2a8cbe5a4a8b7f0c6d2e1f30912","senderid":"ctl.example.net","callerid":"choria=bob.mcollective","collective":"mcollective","agent":"rpcutil","ttl":60,"time":1700000000,"filter":{"fact":[],"cf_class":[],"agent":["rpcutil"],"identity":[],"compound":[]}}}"#;
/// Spec 01 appendix A6.
const REPLY: &str = r#"{"protocol":"choria:reply:1","message":"{\"action\":\"ping\",\"statuscode\":0,\"statusmsg\":\"OK\",\"data\":{\"pong\":1700000000}}","envelope":{"requestid":"5a5ad2a8cbe5a4a8b7f0c6d2e1f30912","senderid":"node1.example.net","agent":"rpcutil","time":1700000000}}"#;
const TRANSPORT: &str = r#"{"protocol":"choria:transport:1","data":"e30=","headers":{}}"#;
const SECURE: &str =
    r#"{"protocol":"choria:secure:request:1","message":"m","signature":"AA==","pubcert":"PEM"}"#;

#[test]
fn the_vector_of_a_request_is_read_written_and_hashed() {
    let request = decode_request(REQUEST).unwrap();
    assert_eq!(encode_request(&request), REQUEST);
    let hash = SecureRequest::unsigned(REQUEST.to_owned()).hash();
    assert_eq!(
        hex::encode(hash),
        "69572ddcf3985657c2ff7474b6a9dd6b36589323c47047df8377304bc6c31e6f"
    );
}

#[test]
fn the_vector_of_a_reply_is_read_written_and_hashed() {
    let reply = decode_reply(REPLY).unwrap();
    assert_eq!(encode_reply(&reply), REPLY);
    let secure = SecureReply {
        message: REPLY.to_owned(),
    };
    let document: Value = serde_json::from_slice(&secure.encode()).unwrap();
    assert_eq!(
        document["hash"],
        "H+IFKYEiFESNXKlPpIGXTcdZPs2PL88qscIwni4F0u4="
    );
    assert_eq!(SecureReply::decode(&secure.encode()).unwrap(), secure);
}

/// The document with one place changed, or without it.
fn changed(document: &str, at: &str, to: Option<Value>) -> String {
    let mut document: Value = serde_json::from_str(document).unwrap();
    let (parent, name) = at.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    let members = parent.as_object_mut().unwrap();
    match to {
        Some(value) => members.insert(name.to_owned(), value),
        None => members.remove(name),
    };
    document.to_string()
}

fn is_json<T>(read: &Result<T, Malformed>, of: Layer) -> bool {
    matches!(read, Err(Malformed::Json { layer, .. }) if *layer == of)
}

fn is_field<T>(read: &Result<T, Malformed>, of: Layer, name: &str) -> bool {
    matches!(read, Err(Malformed::Field { layer, field }) if *layer == of && *field == name)
}

#[test]
fn every_field_of_a_request_is_needed_and_has_its_type() {
    for at in [
        "/protocol",
        "/message",
        "/envelope",
        "/envelope/requestid",
        "/envelope/senderid",
        "/envelope/callerid",
        "/envelope/collective",
        "/envelope/agent",
        "/envelope/ttl",
        "/envelope/time",
        "/envelope/filter",
        "/envelope/filter/fact",
        "/envelope/filter/cf_class",
        "/envelope/filter/identity",
        "/envelope/filter/compound",
    ] {
        for to in [None, Some(Value::Null), Some(json!(true)), Some(json!([1]))] {
            let read = decode_request(&changed(REQUEST, at, to));
            assert!(is_json(&read, Layer::Request), "{at}: {read:?}");
        }
    }
    // the one list that the schema does not ask for
    decode_request(&changed(REQUEST, "/envelope/filter/agent", None)).unwrap();
    let null = changed(REQUEST, "/envelope/filter/agent", Some(Value::Null));
    assert!(is_json(&decode_request(&null), Layer::Request));
}

#[test]
fn values_that_the_schema_of_a_request_refuses_are_refused_by_name() {
    let bad: &[(&str, &str, Value)] = &[
        ("/message", "message", json!("")),
        ("/envelope/ttl", "ttl", json!(29)),
        ("/envelope/ttl", "ttl", json!(0)),
        ("/envelope/requestid", "requestid", json!("a".repeat(31))),
        ("/envelope/requestid", "requestid", json!("a".repeat(33))),
        ("/envelope/requestid", "requestid", json!(" ".repeat(32))),
        ("/envelope/callerid", "callerid", json!("")),
        ("/envelope/callerid", "callerid", json!("choria=a\0")),
        ("/envelope/callerid", "callerid", json!("c".repeat(257))),
        ("/envelope/senderid", "senderid", json!("a\0b")),
        ("/envelope/senderid", "senderid", json!("a\nb")),
        ("/envelope/collective", "collective", json!("")),
        ("/envelope/collective", "collective", json!("a\0")),
        ("/envelope/collective", "collective", json!("a.>")),
        ("/envelope/agent", "agent", json!("")),
        ("/envelope/agent", "agent", json!("a\0")),
        ("/envelope/agent", "agent", json!("../a")),
        (
            "/envelope/filter/fact",
            "filter",
            json!([{"fact": "", "operator": "==", "value": "v"}]),
        ),
        (
            "/envelope/filter/fact",
            "filter",
            json!([{"fact": "f", "operator": "==", "value": ""}]),
        ),
    ];
    for (at, name, value) in bad {
        let read = decode_request(&changed(REQUEST, at, Some(value.clone())));
        assert!(
            is_field(&read, Layer::Request, name),
            "{at} {value}: {read:?}"
        );
    }
    decode_request(&changed(REQUEST, "/envelope/ttl", Some(json!(30)))).unwrap();
    decode_request(&changed(REQUEST, "/envelope/senderid", Some(json!("")))).unwrap();
}

#[test]
fn filters_of_another_shape_are_refused() {
    let bad = [
        (
            "fact",
            json!([{"fact": "f", "operator": "<>", "value": "v"}]),
        ),
        (
            "fact",
            json!([{"fact": "f", "operator": "==", "value": null}]),
        ),
        ("fact", json!([{"fact": "f", "value": "v"}])),
        ("fact", json!([["f", "==", "v"]])),
        ("fact", json!({"f": "v"})),
        ("cf_class", json!([null])),
        ("identity", json!("node1")),
        ("compound", json!([{"expr": "true"}])),
        ("compound", json!([["true"]])),
        ("compound", json!([[["true"]]])),
    ];
    for (list, value) in bad {
        let at = format!("/envelope/filter/{list}");
        let read = decode_request(&changed(REQUEST, &at, Some(value.clone())));
        assert!(is_json(&read, Layer::Request), "{list} {value}: {read:?}");
    }
}

#[test]
fn numbers_beyond_every_clock_are_no_panic() {
    for (at, number) in [
        ("ttl", "-60"),
        ("ttl", "18446744073709551616"),
        ("ttl", "1e300"),
        ("ttl", "60.5"),
        ("time", "9223372036854775808"),
        ("time", "1e400"),
    ] {
        let from = if at == "ttl" { "60" } else { "1700000000" };
        let text = REQUEST.replace(&format!("\"{at}\":{from}"), &format!("\"{at}\":{number}"));
        assert_ne!(text, REQUEST);
        assert!(
            is_json(&decode_request(&text), Layer::Request),
            "{at} {number}"
        );
    }
    for (ttl, time) in [(u64::MAX, i64::MAX), (30, i64::MIN)] {
        let text = changed(REQUEST, "/envelope/ttl", Some(json!(ttl)));
        let text = changed(&text, "/envelope/time", Some(json!(time)));
        let request = decode_request(&text).unwrap();
        for now in [i64::MIN, 0, i64::MAX] {
            assert_eq!(request.expired(now).is_none(), now == time);
        }
        assert_eq!(request.expires().signum(), time.signum());
    }
}

/// The reference's validator and its decoder disagree about both (spec 01 W6).
#[test]
fn a_repeated_field_is_refused_and_another_spelling_is_another_field() {
    let twice = REQUEST.replace(r#""ttl":60"#, r#""ttl":60,"ttl":999"#);
    assert!(is_json(&decode_request(&twice), Layer::Request));
    let louder = REQUEST.replace(r#""ttl":60"#, r#""ttl":60,"TTL":999,"Ttl":999"#);
    assert_eq!(
        decode_request(&louder).unwrap(),
        decode_request(REQUEST).unwrap()
    );
    let only_louder = REQUEST.replace(r#""ttl""#, r#""TTL""#);
    assert!(is_json(&decode_request(&only_louder), Layer::Request));
    for (document, field) in [(TRANSPORT, "data"), (TRANSPORT, "headers")] {
        let member = format!("\"{field}\":");
        let twice = document.replace(&member, &format!("{member}{{}},{member}"));
        assert!(
            is_json(&Transport::decode(twice.as_bytes()), Layer::Transport),
            "{field}"
        );
    }
    let twice = SECURE.replace(r#""pubcert""#, r#""pubcert":"insecure","pubcert""#);
    assert!(is_json(
        &SecureRequest::decode(twice.as_bytes()),
        Layer::Secure
    ));
    let twice = REPLY.replace(r#""senderid""#, r#""senderid":"a","senderid""#);
    assert!(is_json(&decode_reply(&twice), Layer::Reply));
}

#[test]
fn replies_of_another_shape_are_refused() {
    for at in ["/envelope", "/message", "/envelope/time"] {
        for to in [None, Some(Value::Null), Some(json!([]))] {
            let read = decode_reply(&changed(REPLY, at, to));
            assert!(is_json(&read, Layer::Reply), "{at}: {read:?}");
        }
    }
    for (name, value) in [
        ("requestid", "short"),
        ("senderid", ""),
        ("senderid", "a\0b"),
        ("senderid", "a*"),
        ("agent", ""),
    ] {
        let read = decode_reply(&changed(
            REPLY,
            &format!("/envelope/{name}"),
            Some(json!(value)),
        ));
        assert!(is_field(&read, Layer::Reply, name), "{name}: {read:?}");
    }
    let members = changed(REPLY, "/extra", Some(json!({})));
    decode_reply(&members).unwrap();
}

#[test]
fn each_layer_wants_its_own_protocol() {
    let every = [
        "",
        "choria:transport:1",
        "choria:secure:request:1",
        "choria:secure:reply:1",
        "choria:request:1",
        "choria:reply:1",
        "io.choria.protocol.v2.request",
        "io.choria.protocol.unknown",
    ];
    let other = |own: &str| {
        let own = own.to_owned();
        every.into_iter().filter(move |name| *name != own)
    };
    let with = |document, name| changed(document, "/protocol", Some(json!(name)));
    let refused = |read: Option<Malformed>, of| matches!(read, Some(Malformed::Protocol { layer }) if layer == of);
    for name in other("choria:transport:1") {
        let read = Transport::decode(with(TRANSPORT, name).as_bytes()).err();
        assert!(refused(read, Layer::Transport), "{name}");
    }
    for name in other("choria:secure:request:1") {
        let read = SecureRequest::decode(with(SECURE, name).as_bytes()).err();
        assert!(refused(read, Layer::Secure), "{name}");
    }
    let secure_reply = r#"{"protocol":"choria:secure:reply:1","message":"m","hash":""}"#;
    for name in other("choria:secure:reply:1") {
        let read = SecureReply::decode(with(secure_reply, name).as_bytes()).err();
        assert!(refused(read, Layer::Secure), "{name}");
    }
    for name in other("choria:request:1") {
        let read = decode_request(&with(REQUEST, name)).err();
        assert!(refused(read, Layer::Request), "{name}");
    }
    for name in other("choria:reply:1") {
        let read = decode_reply(&with(REPLY, name)).err();
        assert!(refused(read, Layer::Reply), "{name}");
    }
}

#[test]
fn a_transport_of_version_2_is_told_apart_whatever_else_it_holds() {
    for rest in [
        r#""data":"e30=","headers":{"reply":"choria.reply.a.b","trace":[["a","b","c"]]}"#,
        r#""data":"e30=""#,
        r#""data":7,"headers":[]"#,
    ] {
        let text = format!(r#"{{"protocol":"io.choria.protocol.v2.transport",{rest}}}"#);
        assert!(
            matches!(
                Transport::decode(text.as_bytes()),
                Err(Malformed::Unsupported {
                    version: Version::V2
                })
            ),
            "{rest}"
        );
    }
}

#[test]
fn headers_of_a_transport_may_be_empty_but_not_missing_or_null() {
    let read = |headers: Option<Value>| {
        Transport::decode(changed(TRANSPORT, "/headers", headers).as_bytes())
    };
    for bad in [
        None,
        Some(Value::Null),
        Some(json!([])),
        Some(json!(["reply", "sender"])),
        Some(json!({"reply-to": 7})),
        Some(json!({"seen-by": [["a", "b"]]})),
        Some(json!({"seen-by": [["a", "b", null]]})),
        Some(json!({"federation": []})),
        Some(json!({"federation": {"target": "a"}})),
    ] {
        assert!(is_json(&read(bad.clone()), Layer::Transport), "{bad:?}");
    }
    for empty in [
        json!({}),
        json!({"reply-to": null, "mc_sender": null, "seen-by": null, "federation": null}),
        json!({"reply-to": "", "mc_sender": "", "seen-by": []}),
        json!({"unknown": {"deep": [1]}}),
    ] {
        assert_eq!(read(Some(empty)).unwrap().route, Route::default());
    }
    let federated = read(Some(json!({"federation": {"req": null, "target": null}})));
    assert_eq!(
        federated.unwrap().route.federation,
        Some(Federation::default())
    );
}

#[test]
fn base64_may_have_line_ends_and_nothing_else() {
    let data = |text: &str| {
        Transport::decode(changed(TRANSPORT, "/data", Some(json!(text))).as_bytes())
            .map(|transport| transport.data)
    };
    for good in ["e30=", "e3\r\n0=\n", "\ne30="] {
        assert_eq!(data(good).unwrap(), b"{}", "{good:?}");
    }
    for bad in ["e30", "e30==", "e 30=", "e3_=", "!", "e30=e30=", "ä"] {
        assert!(
            matches!(
                data(bad),
                Err(Malformed::Base64 {
                    layer: Layer::Transport,
                    ..
                })
            ),
            "{bad:?}"
        );
    }
}

#[test]
fn a_signature_is_base64_whoever_wrapped_its_lines_or_one_of_two_literals() {
    let read = |signature: &str, pubcert: &str| {
        let text = changed(SECURE, "/signature", Some(json!(signature)));
        let text = changed(&text, "/pubcert", Some(json!(pubcert)));
        SecureRequest::decode(text.as_bytes()).map(|secure| secure.signature)
    };
    // the Ruby client wraps its lines
    for text in ["AQID", "AQ\nID\n"] {
        let signature = Signature::X509 {
            signature: vec![1, 2, 3],
            certificate: "PEM".into(),
        };
        assert_eq!(read(text, "PEM").unwrap(), signature);
    }
    assert_eq!(read("insecure", "insecure").unwrap(), Signature::Unsigned);
    assert_eq!(read("insecure", "PEM").unwrap(), Signature::Unsigned);
    assert_eq!(
        read("aW5zZWN1cmUgcmVnaXN0cmF0aW9u", "insecure registration").unwrap(),
        Signature::UnsignedRegistration
    );
    assert!(matches!(
        read("!!!!", "PEM"),
        Err(Malformed::Base64 {
            layer: Layer::Secure,
            ..
        })
    ));
    for field in ["message", "signature", "pubcert"] {
        let at = format!("/{field}");
        let empty = changed(SECURE, &at, Some(json!("")));
        let missing = changed(SECURE, &at, None);
        let decode = |text: &str| SecureRequest::decode(text.as_bytes());
        assert!(is_field(&decode(&empty), Layer::Secure, field), "{field}");
        assert!(is_json(&decode(&missing), Layer::Secure), "{field}");
    }
}

#[test]
fn a_reply_whose_hash_does_not_fit_is_refused() {
    let secure = SecureReply {
        message: REPLY.to_owned(),
    };
    let text = String::from_utf8(secure.encode()).unwrap();
    let forged = text.replace("1700000000", "1700000001");
    for bad in [forged, changed(&text, "/hash", Some(json!("")))] {
        assert!(matches!(
            SecureReply::decode(bad.as_bytes()),
            Err(Malformed::Hash)
        ));
    }
}

#[test]
fn a_message_is_looked_at_up_to_its_largest_size() {
    let mut payload = TRANSPORT.as_bytes().to_vec();
    payload.resize(MAX_MESSAGE, b' ');
    Transport::decode(&payload).unwrap();
    payload.push(b' ');
    assert!(matches!(
        Transport::decode(&payload),
        Err(Malformed::TooLarge { size }) if size == MAX_MESSAGE + 1
    ));
}

#[test]
fn bytes_that_are_no_document_are_refused_at_every_layer() {
    let nested = |open: &str, close: &str| {
        let (open, close) = (open.repeat(40_000), close.repeat(40_000));
        TRANSPORT.replace(r#""headers":{}"#, &format!(r#""headers":{open}{close}"#))
    };
    let documents: [&[u8]; 9] = [
        b"",
        b" ",
        b"null",
        b"[]",
        b"\"\"",
        b"\xff\xfe",
        b"{\"protocol\":\"\xff\"}",
        b"{\"protocol\":\"\\ud800\"}",
        b"{\"protocol\":\"a\"} {}",
    ];
    let deep = [nested("[", "]"), nested(r#"{"federation":"#, "}")];
    let documents = documents
        .into_iter()
        .chain(deep.iter().map(String::as_bytes));
    for bytes in documents {
        let shown = String::from_utf8_lossy(bytes.get(..40).unwrap_or(bytes));
        assert!(
            is_json(&Transport::decode(bytes), Layer::Transport),
            "{shown}"
        );
        assert!(
            is_json(&SecureRequest::decode(bytes), Layer::Secure),
            "{shown}"
        );
        assert!(
            is_json(&SecureReply::decode(bytes), Layer::Secure),
            "{shown}"
        );
        if let Ok(text) = std::str::from_utf8(bytes) {
            assert!(is_json(&decode_request(text), Layer::Request), "{shown}");
            assert!(is_json(&decode_reply(text), Layer::Reply), "{shown}");
        }
    }
}

#[test]
fn inputs_that_nest_without_end_are_refused() {
    let deep = format!("{}{}", "[".repeat(40_000), "]".repeat(40_000));
    let text = format!(r#"{{"agent":"a","action":"b","data":{deep}}}"#);
    assert!(is_json(&RpcRequest::decode(text.as_bytes()), Layer::Body));
    for text in [r#"["a","b",{}]"#, "", "{", "null", r#"{"agent":1}"#] {
        let read = RpcRequest::decode(text.as_bytes());
        assert!(is_json(&read, Layer::Body), "{text}");
    }
    for text in ["[\"a\",0,\"OK\",{}]", "{}", r#"{"statuscode":-1}"#] {
        let read = RpcReply::decode(text.as_bytes());
        assert!(is_json(&read, Layer::Body), "{text}");
    }
}

/// Nesting in a member that nobody reads costs nothing and is not followed.
#[test]
fn an_unknown_member_may_be_as_deep_as_it_likes() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let text = TRANSPORT.replace('}', &format!(r#","unknown":{deep}}}"#));
    let text = text.replacen(r#"{,"#, "{", 1);
    Transport::decode(text.as_bytes()).unwrap();
}

/// A derived decoder would take the members in order.
#[test]
fn a_list_is_not_an_object() {
    let listed = |document: &str| {
        let document: Value = serde_json::from_str(document).unwrap();
        let names: &[&str] = match document["protocol"].as_str().unwrap() {
            "choria:transport:1" => &["protocol", "data", "headers"],
            "choria:secure:request:1" => &["protocol", "message", "signature", "pubcert"],
            _ => &["protocol", "message", "envelope"],
        };
        let values: Value = names.iter().map(|name| document[*name].clone()).collect();
        values.to_string()
    };
    let transport = Transport::decode(listed(TRANSPORT).as_bytes());
    assert!(is_json(&transport, Layer::Transport));
    let secure = SecureRequest::decode(listed(SECURE).as_bytes());
    assert!(is_json(&secure, Layer::Secure));
    assert!(is_json(&decode_request(&listed(REQUEST)), Layer::Request));
    assert!(is_json(&decode_reply(&listed(REPLY)), Layer::Reply));
    let envelope = json!([
        "5a5ad2a8cbe5a4a8b7f0c6d2e1f30912",
        "node1.example.net",
        "rpcutil",
        1
    ]);
    let read = decode_reply(&changed(REPLY, "/envelope", Some(envelope)));
    assert!(is_json(&read, Layer::Reply));
}
