//! The provisioner ends, in order or not, and another process takes over where it was.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::harness::Crowd;
use crate::harness::Node;
use crate::harness::Site;
use crate::harness::until;
use crate::nats::NatsServer;
use crate::nats::Options;

/// Writes down every session, and waits for `go` before it answers.
const SLOW_HELPER: &str = "echo $MUSTER_SESSION >> sessions; while ! [ -e go ]; do sleep 0.05; done; echo '{\"configuration\": {\"a\": \"1\"}}'";

fn sessions(site: &Site) -> Vec<String> {
    site.text("sessions").lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_provisioner_that_ends_still_restarts_the_node_that_it_has_just_configured() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    node.slow(Duration::from_millis(400));
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    node.is_asked("configure", 0).await;
    site.signal(Signal::SIGTERM);
    assert_eq!(site.end().await, Some(0));
    assert_eq!((node.accepted().len(), node.restarts()), (1, 1));

    site.ready().await;
    let row = site.host("n1.example.net").await;
    assert_ne!(
        row["standing"], "unrestarted",
        "its restart was acknowledged"
    );
}

#[tokio::test]
async fn a_provisioner_that_ends_sends_nothing_lasting_any_more() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    let mut site = Site::scripted(&broker.url(), SLOW_HELPER, "");
    site.ready().await;
    until("the helper runs", || async {
        (sessions(&site).len() == 1).then_some(())
    })
    .await;
    site.signal(Signal::SIGTERM);
    until("it ends", || async {
        site.log().contains("stopping on a signal").then_some(())
    })
    .await;
    site.put("go", "");
    assert_eq!(site.end().await, Some(0));
    assert_eq!(node.times("configure"), 0);
    site.ready().await;
    site.stands("n1.example.net", "provisioned").await;
    let sessions = sessions(&site);
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0], sessions[1]);
}

#[tokio::test]
async fn a_process_that_was_killed_before_the_helper_answered_asks_it_the_same_question_again() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    let mut site = Site::scripted(&broker.url(), SLOW_HELPER, "");
    site.ready().await;
    until("the helper runs", || async {
        (sessions(&site).len() == 1).then_some(())
    })
    .await;
    site.kill().await;
    site.put("go", "");
    site.ready().await;
    site.stands("n1.example.net", "provisioned").await;
    let sessions = sessions(&site);
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0], sessions[1]);
    assert_eq!(node.accepted().len(), 1);
    let senders = crowd.requests("n1.example.net");
    assert!(
        senders
            .iter()
            .all(|asked| asked.sender == senders[0].sender)
    );
}

#[tokio::test]
async fn a_process_that_was_killed_after_the_request_for_a_certificate_begins_anew() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    node.mute("gencsr");
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    node.is_asked("gencsr", 0).await;
    site.kill().await;
    node.unmute();
    site.ready().await;
    site.stands("n1.example.net", "provisioned").await;
    assert_eq!((node.certificates().len(), node.restarts()), (1, 1));
}

#[tokio::test]
async fn a_process_that_was_killed_while_it_configured_gives_the_same_certificate_again() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    // it does what it is told, and its answer is lost
    node.slow(Duration::from_millis(300));
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    node.is_asked("configure", 0).await;
    site.kill().await;
    assert_eq!(node.accepted().len(), 1);
    node.slow(Duration::ZERO);
    site.ready().await;
    site.stands("n1.example.net", "provisioned").await;
    assert_eq!(node.accepted().len(), 2);
    assert_eq!(node.certificates().len(), 1);
    assert_eq!(node.restarts(), 1);
}

#[tokio::test]
async fn a_process_that_was_killed_before_the_restart_asks_for_it_and_for_nothing_else() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    node.mute("restart");
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    node.is_asked("restart", 0).await;
    site.kill().await;
    node.unmute();
    site.ready().await;
    let row = site.stands("n1.example.net", "provisioned").await;
    assert_eq!(row["source"], "journal");
    let times = ["gencsr", "configure"].map(|action| node.times(action));
    assert_eq!((times, node.restarts()), ([1, 1], 1));
    crowd.in_production("n1.example.net");
    site.stands("n1.example.net", "confirmed").await;
}

#[tokio::test]
async fn a_node_that_was_seen_in_production_is_not_asked_for_its_restart_by_the_next_process() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    node.refuses("restart", Some("not now"));
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    site.stands("n1.example.net", "unrestarted").await;
    crowd.remove("n1.example.net");
    crowd.in_production("n1.example.net");
    site.stands("n1.example.net", "confirmed").await;
    site.signal(Signal::SIGTERM);
    assert_eq!(site.end().await, Some(0));
    site.ready().await;
    assert_eq!(site.host("n1.example.net").await, serde_json::Value::Null);
}

#[tokio::test]
async fn a_provisioner_has_one_sender_for_all_its_processes_and_another_has_another() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    site.stands("n1.example.net", "provisioned").await;
    let first = site.status().await["instance"].clone();
    crowd.in_production("n1.example.net");
    site.stands("n1.example.net", "confirmed").await;
    crowd.remove("n1.example.net");
    site.signal(Signal::SIGTERM);
    assert_eq!(site.end().await, Some(0));
    let before = crowd.requests("n1.example.net").len();

    crowd.add("n1.example.net", node.behaviour());
    site.ready().await;
    assert_eq!(site.status().await["instance"], first);
    site.stands("n1.example.net", "provisioned").await;
    let requests = crowd.requests("n1.example.net");
    assert_eq!(requests[0].sender, requests[before].sender);
    let instance = first.as_str().unwrap();
    assert_eq!(requests[0].sender, format!("prov1.example.net-{instance}"));

    let mut other = Site::builtin(&broker.url(), "").await;
    other.ready().await;
    assert_ne!(other.status().await["instance"], first);
}

#[tokio::test]
async fn a_quarantine_outlives_the_process_and_ends_when_somebody_says_so() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    node.refuses("configure", Some("the disk is full"));
    let more = "table: {quarantine_after: 1, quarantine_for: 1h}\n";
    let mut site = Site::builtin(&broker.url(), more).await;
    site.ready().await;
    let row = site.stands("n1.example.net", "quarantined").await;
    assert!(
        row["why"].as_str().unwrap().contains("the disk is full"),
        "{row}"
    );
    site.signal(Signal::SIGTERM);
    assert_eq!(site.end().await, Some(0));

    let asked = crowd.requests("n1.example.net").len();
    site.ready().await;
    until("a discovery that found the node", || async {
        (site.status().await["last_discovery"]["found"] == 1).then_some(())
    })
    .await;
    let row = site.stands("n1.example.net", "quarantined").await;
    assert!(
        row["why"].as_str().unwrap().contains("the disk is full"),
        "{row}"
    );
    assert_eq!(crowd.requests("n1.example.net").len(), asked);

    node.refuses("configure", None);
    let retried = site.asks(&["retry", "n1.example.net"]).await;
    assert_eq!(retried.code, Some(0), "{retried:?}");
    site.stands("n1.example.net", "provisioned").await;
    site.signal(Signal::SIGTERM);
    assert_eq!(site.end().await, Some(0));
    crowd.remove("n1.example.net");
    site.ready().await;
    assert_ne!(site.host("n1.example.net").await["standing"], "quarantined");
}
