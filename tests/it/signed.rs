//! A node on a signed network: whom it believes, what it tells a caller that it knows, and what it tells its operator.

use std::path::PathBuf;

use muster::protocol::Request;
use muster::protocol::Route;
use muster::protocol::body::RpcReply;
use muster::protocol::v1;
use muster::security::request::RequestError;
use muster::security::request::Signer;
use muster::server::refusal::Refusal;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::KeyPair;
use serde_json::json;

use crate::agents::NOW;
use crate::agents::payload;
use crate::agents::request;
use crate::support::nats::Authority;
use crate::support::node::BUILD;
use crate::support::node::Outcome;
use crate::support::node::TestNode;
use crate::support::node::write;

const NODE: &str = "mcollective.node.cap1.example.net";

/// A provisioned node of a build that asks for signatures, and the authority that it believes.
struct Network {
    authority: Authority,
    node: TestNode,
}

impl Network {
    fn new() -> Self {
        let network = Self {
            authority: Authority::new(),
            node: node(),
        };
        write(&network.ca(), &network.authority.pem());
        network
    }

    fn ca(&self) -> PathBuf {
        self.node.folder.path().join("ca.pem")
    }

    async fn send(&self, signer: &Signer, request: &Request) -> Result<Outcome, Refusal> {
        self.node.receive(NODE, &signed(signer, request)).await
    }

    /// What the node finds wrong with itself.
    fn concerns(&self) -> Vec<String> {
        self.node.assembly.node.concerns.open()
    }
}

fn node() -> TestNode {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem").display().to_string();
    let mut build = BUILD;
    build.secure = true;
    let config = format!(
        "plugin.choria.server.provision = false\nidentity = cap1.example.net\nrpcauthorization = 0\n\
         plugin.security.provider = file\nplugin.security.file.ca = {ca}\n"
    );
    write(&folder.path().join("server.conf"), &config);
    let files = std::sync::Arc::new(muster::os::files::RealFiles);
    TestNode::on(&build, folder, NOW, files)
}

/// Somebody with a certificate of this authority.
fn operator(authority: &Authority, name: &str) -> Signer {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let certificate = params.signed_by(&key, &authority.0).unwrap().pem();
    Signer::from_pem(&certificate, &key.serialize_pem()).unwrap()
}

fn ask(agent: &str, action: &str) -> Request {
    Request {
        caller: "choria=op.mcollective".parse().unwrap(),
        collective: "mcollective".parse().unwrap(),
        ..request(agent, action, json!({}))
    }
}

fn signed(signer: &Signer, request: &Request) -> Vec<u8> {
    let route = Route {
        reply_to: Some("mcollective.reply.tester.1".into()),
        ..Route::default()
    };
    let secure = signer.sign(v1::encode_request(request)).unwrap();
    v1::Transport {
        data: secure.encode(),
        route,
    }
    .encode()
}

fn reply(outcome: Outcome) -> RpcReply {
    RpcReply::decode(&outcome.reply.unwrap().body).unwrap()
}

#[tokio::test]
async fn a_signed_request_is_answered_and_an_unsigned_one_is_not() {
    let network = Network::new();
    let op = operator(&network.authority, "op.mcollective");
    let answered = network.send(&op, &ask("rpcutil", "ping")).await.unwrap();
    assert_eq!(reply(answered).data["pong"], NOW);
    let unsigned = network
        .node
        .receive(NODE, &payload(&ask("rpcutil", "ping")))
        .await;
    assert!(matches!(unsigned, Err(Refusal::Unsigned)));
    let stats = network.node.assembly.node.stats.snapshot();
    assert_eq!((stats.valid, stats.invalid, stats.unverified), (1, 1, 1));
}

#[tokio::test]
async fn discovery_too_is_answered_only_to_whom_the_node_believes() {
    let network = Network::new();
    let mut ping = ask("discovery", "ping");
    ping.body = b"ping".to_vec();
    let stranger = operator(&Authority::new(), "op.mcollective");
    network.send(&stranger, &ping).await.unwrap_err();
    let op = operator(&network.authority, "op.mcollective");
    assert_eq!(
        network.send(&op, &ping).await.unwrap().reply.unwrap().body,
        b"pong"
    );
}

#[tokio::test]
async fn a_known_caller_is_told_that_an_agent_is_not_here_and_nobody_else_is() {
    let network = Network::new();
    let op = operator(&network.authority, "op.mcollective");
    let answered = network.send(&op, &ask("scout", "checks")).await.unwrap();
    let answered = reply(answered);
    assert_eq!(answered.statusmsg, "Unknown agent scout");
    assert_eq!(answered.statuscode.code(), 2);
    let stranger = operator(&Authority::new(), "op.mcollective");
    network
        .send(&stranger, &ask("scout", "checks"))
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_known_caller_is_told_that_the_node_is_busy() {
    let network = Network::new();
    let op = operator(&network.authority, "op.mcollective");
    let dispatcher = &network.node.assembly.dispatcher;
    let accepted = dispatcher
        .accept(NODE, &signed(&op, &ask("rpcutil", "ping")))
        .unwrap();
    let body = dispatcher.busy(&accepted).body.unwrap();
    assert_eq!(RpcReply::decode(&body).unwrap().statuscode.code(), 1);
    let open = TestNode::new(&BUILD, None, NOW);
    let dispatcher = &open.assembly.dispatcher;
    let unsigned = payload(&request("rpcutil", "ping", json!({})));
    let accepted = dispatcher
        .accept("provisioning.node.cap1.example.net", &unsigned)
        .unwrap();
    assert_eq!(dispatcher.busy(&accepted).body, None);
}

#[tokio::test]
async fn a_forged_copy_does_not_suppress_the_genuine_request() {
    let network = Network::new();
    let op = operator(&network.authority, "op.mcollective");
    let eve = operator(&network.authority, "eve.mcollective");
    let ping = ask("rpcutil", "ping");
    let forged = network.send(&eve, &ping).await;
    assert!(matches!(
        forged,
        Err(Refusal::Unverified {
            err: RequestError::Name { .. },
            ..
        })
    ));
    network.send(&op, &ping).await.unwrap();
    assert!(matches!(
        network.send(&op, &ping).await,
        Err(Refusal::Replayed)
    ));
}

#[tokio::test]
async fn a_replaced_ca_counts_from_the_next_request_on() {
    let network = Network::new();
    let op = operator(&network.authority, "op.mcollective");
    let (next, other) = (Authority::new(), network.node.folder.path().join("next"));
    let newcomer = operator(&next, "op.mcollective");
    network
        .send(&newcomer, &ask("rpcutil", "ping"))
        .await
        .unwrap_err();
    write(
        &other,
        &format!("{}{}", network.authority.pem(), next.pem()),
    );
    std::fs::rename(&other, network.ca()).unwrap();
    network
        .send(&newcomer, &ask("rpcutil", "ping"))
        .await
        .unwrap();
    network.send(&op, &ask("rpcutil", "ping")).await.unwrap();
    write(&other, &next.pem());
    std::fs::rename(&other, network.ca()).unwrap();
    network
        .send(&newcomer, &ask("rpcutil", "ping"))
        .await
        .unwrap();
    network
        .send(&op, &ask("rpcutil", "ping"))
        .await
        .unwrap_err();
}

#[tokio::test]
async fn without_a_usable_ca_nobody_is_believed_and_the_operator_is_told() {
    let network = Network::new();
    let op = operator(&network.authority, "op.mcollective");
    for broken in [
        "",
        "nothing of the kind",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        &"x".repeat(2 * 1024 * 1024),
    ] {
        write(&network.ca(), broken);
        let refused = network.send(&op, &ask("rpcutil", "ping")).await;
        assert!(matches!(refused, Err(Refusal::NoRoots)));
        let concerns = network.concerns();
        assert!(
            concerns
                .iter()
                .any(|it| it.starts_with("CA for requests: ")),
            "{concerns:?}"
        );
    }
    std::fs::remove_file(network.ca()).unwrap();
    let refused = network.send(&op, &ask("rpcutil", "ping")).await;
    assert!(matches!(refused, Err(Refusal::NoRoots)));
    write(&network.ca(), &network.authority.pem());
    network.send(&op, &ask("rpcutil", "ping")).await.unwrap();
    assert_eq!(network.concerns(), Vec::<String>::new());
}

#[tokio::test]
async fn a_refused_request_tells_the_operator_why_and_who_it_claimed_to_be_from() {
    let network = Network::new();
    let stranger = operator(&Authority::new(), "op.mcollective");
    network
        .send(&stranger, &ask("rpcutil", "ping"))
        .await
        .unwrap_err();
    let last = network.node.assembly.node.stats.last_refusal().unwrap();
    assert_eq!(last.time, NOW);
    assert_eq!(
        last.reason,
        "the signature of the request is not believed: the certificate of the caller was not signed by a CA of this node, \
         it claims to be from choria=op.mcollective"
    );
}

#[tokio::test]
async fn a_clock_that_says_1970_lets_nobody_in_and_is_told() {
    let network = Network::new();
    let op = operator(&network.authority, "op.mcollective");
    network.node.clock.advance(-NOW);
    let refused = network.send(&op, &ask("rpcutil", "ping")).await;
    assert!(matches!(refused, Err(Refusal::Expired { offset }) if offset == -NOW));
    assert_eq!(network.node.assembly.node.stats.clock_offset(), -NOW);
}
