//! Nodes that send what no node should send. Each ends in a standing that everybody can see, with its reason, and the
//! honest node beside it does not notice.

use std::sync::Arc;

use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::KeyPair;
use serde_json::Value;
use serde_json::json;

use crate::harness::Asked;
use crate::harness::BAD;
use crate::harness::Behaviour;
use crate::harness::GOOD;
use crate::harness::QUICK;
use crate::harness::SHORT;
use crate::harness::Said;
use crate::harness::Scene;
use crate::harness::csr;
use crate::harness::honest;
use crate::harness::inventory;
use crate::harness::said;

/// Honest but for one action.
fn but_for(
    action: &'static str,
    says: impl Fn(&Asked) -> Vec<Said> + Send + Sync + 'static,
) -> Behaviour {
    let honest = honest(BAD);
    Arc::new(move |asked| {
        if asked.action == action {
            says(asked)
        } else {
            honest(asked)
        }
    })
}

/// Honest but for its reply to `gencsr`.
fn with_request(data: Value) -> Behaviour {
    but_for("gencsr", move |asked| vec![asked.ok(data.clone())])
}

fn reply_with(csr: &str, key: &KeyPair) -> Value {
    json!({"csr": csr, "public_key": key.public_key_pem(), "ssldir": "/etc/choria/ssl"})
}

/// A request that asks for one more name.
fn with_name(own: &str, more: &str, key: &KeyPair) -> Value {
    let mut params = CertificateParams::new(vec![more.to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, own);
    let request = params.serialize_request(key).unwrap().pem().unwrap();
    reply_with(&request, key)
}

/// The same request with one bit of its signature turned.
fn forged(request: &str) -> String {
    let block = pem::parse(request).unwrap();
    let mut der = block.contents().to_vec();
    *der.last_mut().unwrap() ^= 1;
    pem::encode(&pem::Pem::new("CERTIFICATE REQUEST", der))
}

type Request = fn(&str, &KeyPair) -> Value;

const REQUESTS: [(&str, Request, &str); 14] = [
    ("empty", |_, key| reply_with("", key), "no CSR received"),
    (
        "no-pem",
        |_, key| reply_with("\u{1b}[2J\nroot::0:0\u{202e}", key),
        "not one PEM block",
    ),
    (
        "huge",
        |_, key| reply_with(&"A".repeat(300_000), key),
        "larger than 64 KiB",
    ),
    (
        "two",
        |own, key| reply_with(&csr(own, key).repeat(2), key),
        "more than one PEM block",
    ),
    (
        "label",
        |own, key| {
            let odd = csr(own, key).replace("CERTIFICATE REQUEST", "X\u{202e}Y");
            reply_with(&odd, key)
        },
        "PEM block",
    ),
    (
        "forged",
        |own, key| reply_with(&forged(&csr(own, key)), key),
        "does not prove possession of its key",
    ),
    (
        "other-name",
        |_, key| reply_with(&csr(GOOD, key), key),
        "does not match identity",
    ),
    (
        "odd-name",
        |_, key| reply_with(&csr("a\nb\u{202e}\u{1b}[2J", key), key),
        "does not match identity",
    ),
    (
        "other-key",
        |own, key| reply_with(&csr(own, &KeyPair::generate().unwrap()), key),
        "the public key beside the CSR is not the one in it",
    ),
    (
        "wildcard",
        |own, key| with_name(own, "*.example.net", key),
        "wildcard name",
    ),
    (
        "denied",
        |own, key| with_name(own, "root.privileged.choria", key),
        "matches denied certificate pattern",
    ),
    ("number", |_, _| json!({"csr": 7}), "has no text 'csr'"),
    ("nothing", |_, _| json!({}), "has no text 'csr'"),
    (
        "ssldir",
        |own, key| json!({"csr": csr(own, key), "ssldir": ["/etc"]}),
        "has no text 'ssldir'",
    ),
];

#[tokio::test]
async fn a_request_that_cannot_be_signed_fails_its_node_with_the_reason() {
    let key = KeyPair::generate().unwrap();
    let mut scene = Scene::builtin(SHORT).await;
    for (name, request, _) in REQUESTS {
        let identity = format!("{name}.example.net");
        let data = request(&identity, &key);
        scene.crowd.add(&identity, with_request(data));
    }
    scene.crowd.add(GOOD, honest(GOOD));
    scene.site.ready().await;
    for (name, _, why) in REQUESTS {
        let identity = format!("{name}.example.net");
        let row = scene.site.stands(&identity, "failed").await;
        assert!(row["why"].as_str().unwrap().contains(why), "{row}");
        assert!(scene.site.certificates(&identity).await.is_empty());
    }
    scene.site.stands(GOOD, "provisioned").await;
    assert_eq!(scene.site.certificates(GOOD).await.len(), 1);
    scene.is_well();
}

type Inventory = fn(&Asked) -> Vec<Said>;

/// Replies to the first question that are answers, and no inventories.
const JUNK: [(&str, Inventory, &str); 6] = [
    (
        "facts",
        |asked| vec![asked.ok(json!({"facts": ["dc1"], "agents": []}))],
        "the inventory's facts is not an object",
    ),
    (
        "agents",
        |asked| vec![asked.ok(json!({"agents": {"rpcutil": true}}))],
        "the inventory's agents is not a list of texts",
    ),
    (
        "version",
        |asked| vec![asked.ok(json!({"version": 1}))],
        "the inventory's version is not a text",
    ),
    (
        "large",
        |asked| {
            let mut large = inventory();
            large["facts"]["blob"] = json!("x".repeat(530 * 1024));
            vec![asked.ok(large)]
        },
        "the inventory is larger than 512 KiB",
    ),
    (
        "refuses",
        |asked| vec![asked.refuses(&format!("\u{202e}no\n\u{1b}[2J{}", "x".repeat(10_000)))],
        "the node refused rpcutil#inventory",
    ),
    (
        "no-document",
        |asked| vec![asked.answer_of(&asked.node, b"\xff\x00\x1b[2J")],
        "rpcutil#inventory",
    ),
];

#[tokio::test]
async fn an_answer_that_is_no_inventory_fails_its_node_before_a_worker_has_it() {
    let mut scene = Scene::builtin(SHORT).await;
    for (name, says, _) in JUNK {
        let identity = format!("{name}.example.net");
        scene.crowd.add(&identity, but_for("inventory", says));
    }
    scene.crowd.add(GOOD, honest(GOOD));
    scene.site.ready().await;
    for (name, _, why) in JUNK {
        let row = scene
            .site
            .stands(&format!("{name}.example.net"), "failed")
            .await;
        assert!(row["why"].as_str().unwrap().contains(why), "{row}");
        assert_eq!(row["attempts"], 0, "{row}");
    }
    scene.site.stands(GOOD, "provisioned").await;
    scene.is_well();
}

/// What arrives instead of an answer.
const NOISE: [(&str, Inventory); 7] = [
    ("never", |_| Vec::new()),
    ("bytes", |_| vec![said(&b"\xff\x00\x1b[2J\n"[..])]),
    ("empty", |_| vec![said(&b""[..])]),
    ("megabyte", |asked| {
        let mut huge = inventory();
        huge["facts"]["blob"] = json!("x".repeat(1024 * 1024));
        vec![asked.ok(huge)]
    }),
    ("megabytes", |_| vec![said(vec![b'{'; 7 * 1024 * 1024])]),
    ("deep", |asked| {
        let body = "[".repeat(100_000);
        let transport = json!({"protocol": "transport:v1", "data": body, "headers": {}});
        vec![
            said(transport.to_string()),
            said(body),
            asked.answer_of("somebody", b""),
        ]
    }),
    ("another", |asked| {
        let body = muster::protocol::body::RpcReply::ok(
            "inventory",
            match inventory() {
                Value::Object(data) => data,
                other => panic!("{other}"),
            },
        );
        vec![asked.answer_of(GOOD, &body.encode())]
    }),
];

#[tokio::test]
async fn what_is_no_answer_leaves_its_node_silent_and_takes_no_worker() {
    let mut scene = Scene::builtin(SHORT).await;
    for (name, says) in NOISE {
        let identity = format!("{name}.example.net");
        scene.crowd.add(&identity, but_for("inventory", says));
    }
    scene.site.ready().await;
    for (name, _) in NOISE {
        let identity = format!("{name}.example.net");
        let row = scene.site.stands(&identity, "silent").await;
        assert!(
            row["why"].as_str().unwrap().contains("did not answer"),
            "{row}"
        );
        assert_eq!(row["attempts"], 0, "{row}");
        assert_eq!(scene.crowd.asked(&identity), ["rpcutil#inventory"]);
    }
    // later than the noise, some megabytes of which may outlast a short probe on the one connection of all these nodes
    scene.crowd.add(GOOD, honest(GOOD));
    scene.crowd.startup(GOOD);
    scene.site.stands(GOOD, "provisioned").await;
    scene.is_well();
}

#[tokio::test]
async fn a_node_that_answers_nothing_but_the_first_question_fails_with_the_action_it_owes() {
    let mut scene = Scene::builtin(QUICK).await;
    let why = scene
        .beside_an_honest_node(but_for("gencsr", |_| Vec::new()), "failed")
        .await;
    assert!(
        why.contains("choria_provision#gencsr was not answered, 3 tries"),
        "{why}"
    );
}

#[tokio::test]
async fn an_answer_in_another_nodes_name_is_no_answer() {
    let mut scene = Scene::builtin(QUICK).await;
    let key = KeyPair::generate().unwrap();
    let data = reply_with(&csr(BAD, &key), &key);
    let Value::Object(data) = data else {
        panic!("{data}")
    };
    let says = move |asked: &Asked| {
        let reply = muster::protocol::body::RpcReply::ok("gencsr", data.clone());
        vec![asked.answer_of(GOOD, &reply.encode())]
    };
    let why = scene
        .beside_an_honest_node(but_for("gencsr", says), "failed")
        .await;
    assert!(why.contains("was not answered"), "{why}");
    assert!(scene.site.certificates(BAD).await.is_empty());
    assert_eq!(scene.site.certificates(GOOD).await.len(), 1);
}

#[tokio::test]
async fn a_node_that_another_provisioner_holds_is_left_to_it() {
    let mut scene = Scene::builtin(SHORT).await;
    let says = |asked: &Asked| vec![asked.refuses("Could not obtain provisioning lock")];
    let why = scene
        .beside_an_honest_node(but_for("gencsr", says), "locked")
        .await;
    assert!(why.contains("another provisioner works on it"), "{why}");
}

#[tokio::test]
async fn a_node_with_another_token_fails_and_the_token_stays_secret() {
    let mut scene = Scene::builtin(SHORT).await;
    let says = |asked: &Asked| vec![asked.refuses("Incorrect provision token supplied")];
    let why = scene
        .beside_an_honest_node(but_for("gencsr", says), "failed")
        .await;
    assert!(why.contains("the node does not accept the token"), "{why}");
}

#[tokio::test]
async fn the_words_of_a_node_are_cut_and_cannot_steer_a_terminal() {
    let mut scene = Scene::builtin(SHORT).await;
    let words = format!("a\u{1b}[2J\nb\u{202e}c\u{2028}{}", "y".repeat(10_000));
    let says = move |asked: &Asked| vec![asked.refuses(&words)];
    let why = scene
        .beside_an_honest_node(but_for("configure", says), "failed")
        .await;
    assert!(
        why.contains("the node refused choria_provision#configure"),
        "{why}"
    );
    assert!(why.chars().count() <= 200, "{why}");
}
