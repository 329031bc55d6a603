//! Who is found, who is let in, and with which token.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::harness::Crowd;
use crate::harness::Node;
use crate::harness::Site;
use crate::harness::said;
use crate::nats::NatsServer;
use crate::nats::Options;

#[tokio::test]
async fn tokens_are_tried_in_their_order() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    node.takes("older");
    let mut site = Site::builtin(&broker.url(), "token: [newest, older, oldest]\n").await;
    site.ready().await;
    site.stands("n1.example.net", "provisioned").await;
    let requests = crowd.requests("n1.example.net");
    let tokens: Vec<_> = requests
        .iter()
        .filter_map(|asked| asked.data.get("token"))
        .map(|token| token.as_str().unwrap())
        .collect();
    assert_eq!(tokens, ["newest", "older", "older", "older"]);
}

#[tokio::test]
async fn a_wrong_token_is_shown_as_what_it_is() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    node.takes("another");
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    let row = site.stands("n1.example.net", "failed").await;
    assert_eq!(row["last_error"], "the node does not accept the token");
    let shown = site.asks(&["hosts"]).await;
    assert!(
        shown.out.contains("the node does not accept the token"),
        "{shown:?}"
    );
    assert!(!shown.out.contains("s3cret") && !site.log().contains("s3cret"));
}

#[tokio::test]
async fn a_restart_is_asked_for_with_each_token_too() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    node.takes("older");
    node.refuses("restart", Some("not now"));
    let more = "token: [newest, older]\ntable: {backoff_min: 100ms, backoff_max: 200ms}\n";
    let mut site = Site::builtin(&broker.url(), more).await;
    site.ready().await;
    site.stands("n1.example.net", "unrestarted").await;
    node.refuses("restart", None);
    site.stands("n1.example.net", "provisioned").await;
}

#[tokio::test]
async fn only_the_names_that_are_wanted_are_asked_anything() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    Node::join(&crowd, "web1.example.net");
    Node::join(&crowd, "xweb1.example.net");
    let more = "identities: ['web\\d+\\.example\\.net']\nmonitor_listen: 127.0.0.1:0\n";
    let mut site = Site::builtin(&broker.url(), more).await;
    site.ready().await;
    site.stands("web1.example.net", "provisioned").await;
    let counted = "choria_provisioner_messages_refused_total{reason=\"not_ours\",site=\"\"} 1";
    site.page_says("/metrics", 200, counted).await;
    assert_eq!(crowd.asked("xweb1.example.net"), [""; 0]);
}

#[tokio::test]
async fn a_node_with_other_facts_is_shown_and_left_alone() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let theirs = Node::join(&crowd, "n1.example.net");
    theirs.facts(json!({"dc": "dc2"}));
    let ours = Node::join(&crowd, "n2.example.net");
    let mut site = Site::builtin(&broker.url(), "facts: [dc=dc1, role=web]\n").await;
    site.ready().await;
    site.stands("n2.example.net", "provisioned").await;
    let row = site.stands("n1.example.net", "not_ours").await;
    let why = row["why"].as_str().unwrap();
    assert!(why.contains("its facts do not say dc==dc1"), "{why}");
    assert_eq!((theirs.times("gencsr"), ours.restarts()), (0, 1));
}

#[tokio::test]
async fn a_registration_on_either_subject_tells_of_a_node() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    for (name, subject) in [
        ("n1.example.net", "provisioning.registration.data"),
        ("n2.example.net", "choria.provisioning_data"),
    ] {
        Node::join_hidden(&crowd, name);
        crowd.registration(name, subject);
        let row = site.stands(name, "provisioned").await;
        assert_eq!(row["source"], "registration", "{subject}");
    }
}

#[tokio::test]
async fn an_event_in_the_older_format_tells_of_a_node() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    Node::join_hidden(&crowd, "n1.example.net");
    crowd.startup_of_old("n1.example.net");
    let row = site.stands("n1.example.net", "provisioned").await;
    assert_eq!(row["source"], "startup");
}

#[tokio::test]
async fn an_answer_to_a_discovery_counts_however_late_it_is() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    Node::join(&crowd, "quick.example.net");
    let late = Node::join_hidden(&crowd, "late.example.net");
    // the reference stops listening 300 ms after the last answer, and 2 s after its question
    crowd.add_late(
        "late.example.net",
        late.behaviour(),
        Duration::from_millis(2_500),
    );
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    site.stands("quick.example.net", "provisioned").await;
    let row = site.stands("late.example.net", "provisioned").await;
    assert_eq!(row["source"], "discovery");
    assert_eq!(crowd.discoveries(), 1);
    assert_eq!(site.status().await["last_discovery"]["found"], 2);
}

#[tokio::test]
async fn an_answer_that_is_none_is_as_good_as_silence() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    crowd.add("n1.example.net", Arc::new(|_| vec![said("no transport")]));
    let more = "deadlines: {probe: 200ms}\nmonitor_listen: 127.0.0.1:0\n";
    let mut site = Site::builtin(&broker.url(), more).await;
    site.ready().await;
    let row = site.stands("n1.example.net", "silent").await;
    assert_eq!(row["failures"], 0);
}
