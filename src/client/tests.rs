use std::num::NonZeroUsize;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::fleet::Behaviour;
use super::fleet::Fleet;
use super::fleet::Node;
use super::fleet::client;
use super::fleet::reply;
use super::fleet::run;
use super::*;
use crate::protocol::body::RpcReply;
use crate::protocol::body::RpcRequest;
use crate::protocol::body::StatusCode;
use crate::protocol::filter::CompoundFilter;
use crate::protocol::filter::FactFilter;
use crate::protocol::filter::Filter;
use crate::protocol::filter::Operator;
use crate::protocol::names::AgentName;
use crate::protocol::names::Collective;
use crate::protocol::names::Identity;
use crate::protocol::names::RequestId;
use crate::protocol::v1::SecureRequest;
use crate::protocol::v1::Transport;
use crate::protocol::v1::decode_request;

const PONG: Behaviour = |_, rpc| Some(RpcReply::ok(&rpc.action, Map::new()));
const FAILS: Behaviour = |_, rpc| Some(RpcReply::failed(&rpc.action, StatusCode::Aborted, "no"));
const SILENT: Behaviour = |_, _| None;

fn collective() -> Collective {
    Collective::new("provisioning").unwrap()
}

fn identity(text: &str) -> Identity {
    Identity::new(text).unwrap()
}

fn search(filter: Filter) -> Search {
    Search {
        collective: collective(),
        filter,
        patience: Patience::fixed(Duration::from_secs(2)),
        expect: None,
    }
}

fn ping() -> Call {
    Call {
        agent: AgentName::new("rpcutil").unwrap(),
        action: "ping".into(),
        data: Map::new(),
        collective: collective(),
        filter: Filter::default(),
        timeout: Duration::from_secs(2),
        batch: None,
    }
}

/// The recorded messages of one scenario: subject and payload.
fn recorded(scenario: usize) -> Vec<(String, String)> {
    let file: Value =
        serde_json::from_str(include_str!("../../tests/wire/v1-provisioning.json")).unwrap();
    file["scenarios"][scenario]["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| {
            let text = |key: &str| message[key].as_str().unwrap().to_owned();
            (text("subject"), text("payload"))
        })
        .collect()
}

/// The members of a request that are the same in every run.
fn comparable(payload: &[u8]) -> (Transport, crate::protocol::Request) {
    let mut transport = Transport::decode(payload).unwrap();
    let secure = SecureRequest::decode(&transport.data).unwrap();
    assert_eq!(secure.signature, crate::protocol::v1::Signature::Unsigned);
    let mut request = decode_request(&secure.message).unwrap();
    request.id = RequestId::new("0".repeat(32)).unwrap();
    request.time = 0;
    // the recorded inbox has no process in it, ours has (spec 01 §4.1)
    let reply_to = transport.route.reply_to.take().unwrap();
    let hash = reply_to.split('.').take(3).collect::<Vec<_>>().join(".");
    transport.route.reply_to = Some(hash);
    transport.data.clear();
    (transport, request)
}

async fn discovery_equals(scenario: usize, filter: Filter) {
    let (fleet, replies) = Fleet::new();
    let client = client(&fleet);
    let discovery = search(filter);
    run(&client, replies, client.discover(&discovery, |_| {}))
        .await
        .unwrap();
    let (subject, request, route) = fleet.asked().remove(0);
    let recorded = recorded(scenario).remove(0);
    let (transport, expected) = comparable(recorded.1.as_bytes());
    assert_eq!(subject, recorded.0);
    assert_eq!(
        crate::protocol::Request {
            id: expected.id.clone(),
            time: 0,
            ..request
        },
        expected
    );
    let hash = route.reply_to.unwrap();
    assert!(
        hash.starts_with(&transport.route.reply_to.unwrap()),
        "{hash}"
    );
    assert_eq!(route.sender, transport.route.sender);
    assert_eq!(route.hops, transport.route.hops);
}

#[tokio::test(start_paused = true)]
async fn a_bare_discovery_is_the_recorded_one() {
    discovery_equals(1, Filter::default()).await;
}

#[tokio::test(start_paused = true)]
async fn a_discovery_by_fact_is_the_recorded_one() {
    let fact = FactFilter {
        fact: "dc".into(),
        operator: Operator::Equal,
        value: "dc1".into(),
    };
    let filter = Filter {
        fact: vec![fact],
        agent: vec!["rpcutil".into()],
        ..Filter::default()
    };
    discovery_equals(2, filter).await;
}

#[tokio::test(start_paused = true)]
async fn a_discovery_by_expression_is_the_recorded_one() {
    let expr = CompoundFilter {
        expr: "with(\"dc=dc1\")".into(),
    };
    let filter = Filter {
        compound: vec![vec![expr]],
        agent: vec!["rpcutil".into()],
        ..Filter::default()
    };
    discovery_equals(11, filter).await;
}

#[tokio::test(start_paused = true)]
async fn a_directed_request_is_the_recorded_one() {
    let (fleet, replies) = Fleet::new();
    let fleet = fleet.with("cap1.example.net", PONG);
    let client = client(&fleet);
    let nodes = [identity("cap1.example.net")];
    run(&client, replies, client.call(&ping(), &nodes, |_| {}))
        .await
        .unwrap();
    let (subject, request, _) = fleet.asked().remove(0);
    let recorded = recorded(44).remove(0);
    let (_, expected) = comparable(recorded.1.as_bytes());
    assert_eq!(subject, recorded.0);
    assert_eq!(
        crate::protocol::Request {
            id: expected.id.clone(),
            time: 0,
            ..request
        },
        expected
    );
}

#[test]
fn recorded_replies_are_answers() {
    for (scenario, agent) in [
        (1, "discovery"),
        (2, "discovery"),
        (11, "discovery"),
        (44, "rpcutil"),
    ] {
        let messages = recorded(scenario);
        let transport = Transport::decode(messages[0].1.as_bytes()).unwrap();
        let secure = SecureRequest::decode(&transport.data).unwrap();
        let request = decode_request(&secure.message).unwrap();
        let mut collector = Collector::directed(request.id, AgentName::new(agent).unwrap());
        collector.address(&[identity("cap1.example.net")]);
        assert!(!collector.is_complete());
        assert!(
            matches!(collector.on(messages[1].1.as_bytes()), Outcome::Answer(_)),
            "{scenario}"
        );
        assert!(collector.is_complete());
        assert!(
            matches!(
                collector.on(messages[1].1.as_bytes()),
                Outcome::Unexpected(_)
            ),
            "{scenario}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn discovery_lists_each_node_once_and_ignores_garbage() {
    let (fleet, replies) = Fleet::new();
    let twice = Node {
        after: Duration::from_millis(20),
        behaviour: PONG,
        copies: 2,
    };
    let fleet = fleet
        .with("b", PONG)
        .with_node("a", twice)
        .with_noise(b"garbage")
        .with_noise(&reply("c", &"f".repeat(32), "discovery", b"pong"))
        .with_noise(&reply("d", &format!("{:032x}", 1), "rpcutil", b"pong"));
    let client = client(&fleet);
    let mut found = Vec::new();
    let discovery = search(Filter::default());
    let result = run(
        &client,
        replies,
        client.discover(&discovery, |node| found.push(node)),
    )
    .await
    .unwrap();
    assert_eq!(result.nodes, [identity("a"), identity("b")]);
    assert_eq!(result.ignored, 3);
    assert_eq!(result.took, Duration::from_secs(2));
    assert!(found.contains(&Found {
        identity: identity("a"),
        after: Duration::from_millis(20)
    }));
}

#[tokio::test(start_paused = true)]
async fn a_sliding_discovery_ends_when_the_fleet_falls_silent() {
    let (fleet, replies) = Fleet::new();
    let after = |ms| Node {
        after: Duration::from_millis(ms),
        behaviour: PONG,
        copies: 1,
    };
    let fleet = fleet
        .with_node("a", after(100))
        .with_node("b", after(350))
        .with_node("c", after(900));
    let client = client(&fleet);
    let discovery = Search {
        patience: Patience::sliding(Duration::from_secs(2)),
        ..search(Filter::default())
    };
    let result = run(&client, replies, client.discover(&discovery, |_| {}))
        .await
        .unwrap();
    assert_eq!(result.nodes, [identity("a"), identity("b")]);
    assert_eq!(result.took, Duration::from_millis(650));
}

#[tokio::test(start_paused = true)]
async fn a_discovery_that_expects_a_number_ends_with_it() {
    let (fleet, replies) = Fleet::new();
    let fleet = fleet.with("a", PONG).with("b", PONG);
    let client = client(&fleet);
    let discovery = Search {
        expect: Some(2),
        ..search(Filter::default())
    };
    let result = run(&client, replies, client.discover(&discovery, |_| {}))
        .await
        .unwrap();
    assert_eq!(result.took, Duration::ZERO);
    assert_eq!(result.nodes.len(), 2);
}

#[test]
fn nobody_is_asked_when_the_filter_names_the_nodes() {
    let filter = |names: &[&str]| Filter {
        identity: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Filter::default()
    };
    let known = |filter: Filter| search(filter).known();
    assert_eq!(
        known(filter(&["b", "a", "b"])),
        Some(vec![identity("a"), identity("b")])
    );
    assert_eq!(known(filter(&[])), None);
    assert_eq!(known(filter(&["/a/"])), None);
    let with_class = Filter {
        cf_class: vec!["x".into()],
        ..filter(&["a"])
    };
    assert_eq!(known(with_class), None);
}

#[tokio::test(start_paused = true)]
async fn a_call_counts_answers_failures_silence_and_strangers() {
    let (fleet, replies) = Fleet::new();
    let twice = Node {
        after: Duration::ZERO,
        behaviour: PONG,
        copies: 2,
    };
    let fleet = fleet
        .with_node("a", twice)
        .with("b", FAILS)
        .with("c", SILENT)
        .with_noise(&reply("z", &format!("{:032x}", 1), "rpcutil", b"{}"))
        .with_noise(b"{");
    let client = client(&fleet);
    let nodes = [identity("a"), identity("b"), identity("c"), identity("a")];
    let mut answers = Vec::new();
    let stats = run(
        &client,
        replies,
        client.call(&ping(), &nodes, |answer| answers.push(answer)),
    )
    .await
    .unwrap();
    assert_eq!(
        (stats.discovered, stats.responses, stats.ok, stats.failed),
        (3, 2, 1, 1)
    );
    assert_eq!(stats.no_responses, [identity("c")]);
    assert_eq!(stats.unexpected, [identity("a"), identity("z")]);
    assert_eq!(stats.ignored, 3);
    assert_eq!(stats.request_time, Duration::from_secs(4));
    assert_eq!(answers.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_answers_nonsense_has_failed_and_is_not_waited_for() {
    let (fleet, replies) = Fleet::new();
    let fleet = fleet.with_noise(&reply("a", &format!("{:032x}", 1), "rpcutil", b"pong"));
    let client = client(&fleet);
    let mut answers = Vec::new();
    let nodes = [identity("a")];
    let stats = run(
        &client,
        replies,
        client.call(&ping(), &nodes, |answer| answers.push(answer)),
    )
    .await
    .unwrap();
    assert_eq!((stats.failed, stats.request_time), (1, Duration::ZERO));
    assert_eq!(answers[0].reply.statuscode, StatusCode::UnknownError);
}

#[tokio::test(start_paused = true)]
async fn batches_follow_each_other_with_one_request_id() {
    let (fleet, replies) = Fleet::new();
    let fleet = fleet
        .with("a", PONG)
        .with("b", PONG)
        .with("c", SILENT)
        .with("d", PONG)
        .with("e", PONG);
    let client = client(&fleet);
    let nodes = ["a", "b", "c", "d", "e"].map(identity);
    let batch = Batch {
        size: NonZeroUsize::new(2).unwrap(),
        pause: Duration::from_secs(1),
    };
    let call = Call {
        batch: Some(batch),
        ..ping()
    };
    let stats = run(&client, replies, client.call(&call, &nodes, |_| {}))
        .await
        .unwrap();
    assert_eq!(stats.responses, 4);
    // two pauses, and one batch that waits for its silent node
    assert_eq!(stats.request_time, Duration::from_secs(2 + 4));
    let asked = fleet.asked();
    assert_eq!(asked.len(), 5);
    assert!(
        asked
            .iter()
            .all(|(_, request, _)| request.id == asked[0].1.id)
    );
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_from_an_earlier_batch_still_counts() {
    let (fleet, replies) = Fleet::new();
    let late = Node {
        after: Duration::from_secs(5),
        behaviour: PONG,
        copies: 1,
    };
    let fleet = fleet.with_node("a", late).with("b", SILENT);
    let client = client(&fleet);
    let batch = Batch {
        size: NonZeroUsize::MIN,
        pause: Duration::ZERO,
    };
    let call = Call {
        batch: Some(batch),
        ..ping()
    };
    let nodes = [identity("a"), identity("b")];
    let stats = run(&client, replies, client.call(&call, &nodes, |_| {}))
        .await
        .unwrap();
    assert_eq!(stats.responses, 1);
    assert_eq!(stats.no_responses, [identity("b")]);
    assert!(stats.unexpected.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_call_to_nobody_and_one_that_is_too_large_are_refused_before_anything_is_sent() {
    let (fleet, _replies) = Fleet::new();
    let client = client(&fleet);
    let nobody = client.call(&ping(), &[], |_| {}).await;
    assert!(matches!(nobody, Err(ClientError::NoTargets)));
    let mut call = ping();
    call.data.insert("x".into(), "x".repeat(1 << 20).into());
    let large = client.call(&call, &[identity("a")], |_| {}).await;
    assert!(matches!(large, Err(ClientError::TooLarge { .. })));
    assert!(fleet.asked().is_empty());
}

#[tokio::test]
async fn a_request_whose_answers_go_elsewhere_is_broadcast_with_its_filter() {
    let (fleet, _replies) = Fleet::new();
    let client = client(&fleet);
    let mut call = ping();
    call.data = Map::from_iter([("a".to_owned(), json!(1))]);
    let target = crate::protocol::names::Subject::new("custom.target").unwrap();
    let id = client.send(&call, &target).await.unwrap();
    let (subject, request, route) = fleet.asked().remove(0);
    assert_eq!(subject, "provisioning.broadcast.agent.rpcutil");
    assert_eq!(request.id, id);
    assert_eq!(request.filter.agent, ["rpcutil"]);
    assert_eq!(route.reply_to.as_deref(), Some("custom.target"));
    assert_eq!(
        RpcRequest::decode(&request.body).unwrap().data,
        json!({"a": 1})
    );
}

#[test]
fn inboxes_are_those_that_brokers_allow() {
    let mailbox = Mailbox::new(&caller_id("client.example.net").unwrap(), "p1");
    let id = RequestId::new("d5394ef96c024971b24992f30203e352").unwrap();
    assert_eq!(
        mailbox.subject(&collective(), &id).unwrap().as_str(),
        "provisioning.reply.ef9a8ecf3f181f3a6f32354c5d5ad0f2.p1.d5394ef96c024971b24992f30203e352"
    );
    assert_eq!(
        mailbox.subscription(&collective()),
        "provisioning.reply.ef9a8ecf3f181f3a6f32354c5d5ad0f2.p1.*"
    );
}

#[tokio::test]
async fn a_message_that_nobody_waits_for_is_dropped() {
    let (fleet, _replies) = Fleet::new();
    let client = client(&fleet);
    assert!(!client.deliver("provisioning.reply.x.p1.nobody", bytes::Bytes::new()));
}

#[test]
fn a_limit_is_a_number_or_a_share() {
    assert_eq!("10".parse(), Ok(Limit::Count(10)));
    assert_eq!("10%".parse(), Ok(Limit::Percent(10)));
    for bad in ["", "0", "0%", "101%", "-1", "x", "1.5", "%"] {
        assert_eq!(bad.parse::<Limit>(), Err(InvalidLimit), "{bad}");
    }
    assert_eq!(Limit::Count(10).of(3), 3);
    assert_eq!(Limit::Percent(10).of(9), 0);
    assert_eq!(Limit::Percent(50).of(9), 4);
}

proptest! {
    #[test]
    fn a_limit_picks_that_many_different_nodes_of_those_given(
        names in prop::collection::vec("[a-z]{1,3}", 0..20), count in 1_usize..30, random: bool,
    ) {
        let nodes: Vec<_> = names.iter().map(|name| identity(name)).collect();
        let mut distinct = nodes.clone();
        distinct.sort();
        distinct.dedup();
        let method = if random { LimitMethod::Random } else { LimitMethod::First };
        let picked = Limit::Count(count).apply(method, nodes, |bound| bound / 2);
        prop_assert_eq!(picked.len(), count.min(distinct.len()));
        prop_assert!(picked.iter().all(|node| distinct.contains(node)));
    }

    #[test]
    fn a_deadline_exists_whatever_comes_in(timeout in 0_u64..100_000, last in prop::option::of(0_u64..1_000_000)) {
        let timeout = Duration::from_millis(timeout);
        let last = last.map(Duration::from_millis);
        prop_assert_eq!(Patience::fixed(timeout).deadline(last), timeout);
        let sliding = Patience::sliding(timeout).deadline(last);
        prop_assert!(sliding <= timeout + Duration::from_secs(2));
        prop_assert_eq!(Patience::sliding(timeout).deadline(None), timeout);
    }

    /// Each node is in one of two places, and when the last one has answered the call is complete.
    #[test]
    fn a_call_is_complete_exactly_when_every_node_has_answered(
        asked in prop::collection::btree_set("[a-d]", 1..4), answers in prop::collection::vec("[a-f]", 0..12),
    ) {
        let id = RequestId::new("0".repeat(32)).unwrap();
        let mut collector = Collector::directed(id, AgentName::new("rpcutil").unwrap());
        let nodes: Vec<_> = asked.iter().map(|name| identity(name)).collect();
        collector.address(&nodes);
        let mut delivered = 0;
        for name in &answers {
            let outcome = collector.on(&reply(name, &"0".repeat(32), "rpcutil", b"{}"));
            delivered += usize::from(matches!(outcome, Outcome::Answer(_)));
            prop_assert_eq!(collector.answered(), delivered);
            prop_assert_eq!(collector.outstanding().len() + delivered, nodes.len());
            prop_assert_eq!(collector.is_complete(), collector.outstanding().is_empty());
        }
        let all = asked.iter().all(|name| answers.contains(name));
        prop_assert_eq!(collector.is_complete(), all);
    }

    #[test]
    fn no_message_makes_a_collector_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let id = RequestId::new("0".repeat(32)).unwrap();
        let mut collector = Collector::broadcast(id, AgentName::new("discovery").unwrap());
        prop_assert!(matches!(collector.on(&bytes), Outcome::Malformed(_)));
        prop_assert_eq!(collector.ignored(), 1);
    }
}
