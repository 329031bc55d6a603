//! What the agents answer, on a node without a broker.

use muster::protocol::Request;
use muster::protocol::Route;
use muster::protocol::body::RpcReply;
use muster::protocol::body::RpcRequest;
use muster::protocol::filter::Filter;
use muster::protocol::v1;
use muster::server::refusal::Refusal;
use serde_json::Value;
use serde_json::json;

use crate::support::node::BUILD;
use crate::support::node::TestNode;
use crate::support::node::write;

pub(crate) const NOW: i64 = 1_795_222_372;

/// A request to one agent of the node, as an operator's client sends it.
pub(crate) fn request(agent: &str, action: &str, data: Value) -> Request {
    Request {
        id: format!("{:032x}", rand::random::<u128>()).parse().unwrap(),
        sender: "client.example.net".parse().unwrap(),
        caller: "choria=client.example.net".parse().unwrap(),
        collective: "provisioning".parse().unwrap(),
        agent: agent.parse().unwrap(),
        ttl: 60,
        time: NOW,
        filter: Filter::default(),
        body: RpcRequest {
            agent: agent.into(),
            action: action.into(),
            data,
        }
        .encode(),
    }
}

/// The request as bytes on the wire.
pub(crate) fn payload(request: &Request) -> Vec<u8> {
    let route = Route {
        reply_to: Some("provisioning.reply.tester.1".into()),
        ..Route::default()
    };
    v1::Transport {
        data: v1::SecureRequest::unsigned(v1::encode_request(request)).encode(),
        route,
    }
    .encode()
}

/// Sends the request to the node itself and reads the RPC reply.
pub(crate) async fn call(node: &TestNode, request: &Request) -> RpcReply {
    let outcome = node.receive(NODE, &payload(request)).await.unwrap();
    RpcReply::decode(&outcome.reply.unwrap().body).unwrap()
}

pub(crate) const NODE: &str = "provisioning.node.cap1.example.net";

#[tokio::test]
async fn a_request_is_acted_upon_once() {
    let node = TestNode::new(&BUILD, None, NOW);
    let request = request("rpcutil", "ping", json!({}));
    assert_eq!(call(&node, &request).await.data["pong"], NOW);
    let again = node.receive(NODE, &payload(&request)).await;
    assert!(matches!(again, Err(Refusal::Replayed)));
    assert_eq!(node.assembly.node.stats.snapshot().replayed, 1);
}

#[tokio::test]
async fn the_same_request_id_with_another_time_is_another_request() {
    let node = TestNode::new(&BUILD, None, NOW);
    let mut request = request("rpcutil", "ping", json!({}));
    call(&node, &request).await;
    request.time += 1;
    call(&node, &request).await;
}

#[tokio::test]
async fn a_request_for_another_agents_subject_is_refused() {
    let node = TestNode::new(&BUILD, None, NOW);
    let payload = payload(&request("rpcutil", "ping", json!({})));
    for subject in [
        "provisioning.broadcast.agent.discovery",
        "mcollective.broadcast.agent.rpcutil",
        "provisioning.x",
    ] {
        assert!(
            matches!(
                node.receive(subject, &payload).await,
                Err(Refusal::Misdirected)
            ),
            "{subject}"
        );
    }
    node.receive("provisioning.broadcast.agent.rpcutil", &payload)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_body_for_another_agent_is_not_authorized() {
    let node = TestNode::new(&BUILD, None, NOW);
    let mut request = request("rpcutil", "ping", json!({}));
    request.body = RpcRequest {
        agent: "choria_util".into(),
        action: "info".into(),
        data: json!({}),
    }
    .encode();
    let reply = call(&node, &request).await;
    assert_eq!(
        reply.statusmsg,
        "You are not authorized to call this agent or action"
    );
}

#[tokio::test]
async fn facts_are_read_again_when_their_file_changes() {
    let folder = tempfile::tempdir().unwrap();
    let facts = folder.path().join("facts.json");
    write(&facts, r#"{"role":"web"}"#);
    let mut build = BUILD;
    build.provisioning.facts = Some(Box::leak(facts.display().to_string().into_boxed_str()));
    let node = TestNode::new(&build, None, NOW);
    let fact = async || {
        call(
            &node,
            &request("rpcutil", "get_fact", json!({"fact": "role"})),
        )
        .await
        .data["value"]
            .clone()
    };
    assert_eq!(fact().await, "web");
    write(&facts, r#"{"role":"database"}"#);
    assert_eq!(fact().await, "database");
    write(&facts, "{");
    assert_eq!(fact().await, "database");
    assert_eq!(node.assembly.node.knowledge.problems().len(), 1);
    std::fs::remove_file(&facts).unwrap();
    assert_eq!(fact().await, Value::Null);
}

#[tokio::test]
async fn a_reply_that_is_too_large_becomes_an_error_reply() {
    let node = TestNode::new(&BUILD, None, NOW);
    let request = request("rpcutil", "inventory", json!({}));
    let dispatcher = &node.assembly.dispatcher;
    let accepted = dispatcher.accept(NODE, &payload(&request)).unwrap();
    let payload = dispatcher.reply(&accepted, vec![b'x'; 10_000], "", 5_000);
    assert!(payload.len() < 5_000);
    let transport = v1::Transport::decode(&payload).unwrap();
    let reply =
        v1::decode_reply(&v1::SecureReply::decode(&transport.data).unwrap().message).unwrap();
    assert_eq!(RpcReply::decode(&reply.body).unwrap().statuscode.code(), 5);
}

#[tokio::test]
async fn replies_are_sent_only_where_replies_are_read() {
    let node = TestNode::new(&BUILD, None, NOW);
    let send = async |reply_to: Option<&str>| {
        let request = request("rpcutil", "ping", json!({}));
        let route = Route {
            reply_to: reply_to.map(str::to_owned),
            ..Route::default()
        };
        let data = v1::SecureRequest::unsigned(v1::encode_request(&request)).encode();
        node.receive(NODE, &v1::Transport { data, route }.encode())
            .await
            .map(drop)
    };
    assert!(matches!(send(None).await, Err(Refusal::NoReplySubject)));
    for bad in [
        "choria.lifecycle.event.startup.server",
        "a b",
        "provisioning.node.other",
        "$SYS.reply.x",
    ] {
        assert!(
            matches!(send(Some(bad)).await, Err(Refusal::ReplySubject)),
            "{bad}"
        );
    }
    send(Some("mcollective.reply.x.1")).await.unwrap();
}

#[tokio::test]
async fn a_node_on_a_signed_network_answers_no_unsigned_request() {
    let mut build = BUILD;
    build.secure = true;
    let config = "plugin.choria.server.provision = false\nidentity = cap1.example.net\nrpcauthorization = 0\n";
    let node = TestNode::new(&build, Some(config), NOW);
    let mut request = request("rpcutil", "ping", json!({}));
    request.collective = "mcollective".parse().unwrap();
    let refused = node
        .receive("mcollective.node.cap1.example.net", &payload(&request))
        .await;
    assert!(matches!(refused, Err(Refusal::Unsigned)));
}

#[tokio::test]
async fn without_policies_an_authorized_network_denies_every_action() {
    let config = "plugin.choria.server.provision = false\nidentity = cap1.example.net\n";
    let node = TestNode::new(&BUILD, Some(config), NOW);
    let mut request = request("rpcutil", "ping", json!({}));
    request.collective = "mcollective".parse().unwrap();
    let outcome = node
        .receive("mcollective.node.cap1.example.net", &payload(&request))
        .await
        .unwrap();
    let reply = RpcReply::decode(&outcome.reply.unwrap().body).unwrap();
    assert_eq!(
        reply.statusmsg,
        "You are not authorized to call this agent or action"
    );
}

#[tokio::test]
async fn inputs_that_are_not_an_object_are_invalid_data() {
    let node = TestNode::new(&BUILD, None, NOW);
    for data in [json!(["dc"]), json!("dc"), json!(1)] {
        let reply = call(&node, &request("rpcutil", "get_fact", data)).await;
        assert_eq!(reply.statuscode.code(), 4, "{}", reply.statusmsg);
    }
}
