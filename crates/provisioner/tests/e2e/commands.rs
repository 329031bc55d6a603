//! What an operator sees, and with which exit codes.

use std::os::unix::fs::PermissionsExt as _;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::harness::Crowd;
use crate::harness::Node;
use crate::harness::Site;
use crate::nats::NatsServer;
use crate::nats::Options;

#[tokio::test]
async fn hosts_and_status_tell_what_is_there() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    Node::join(&crowd, "n1.example.net");
    let mut site = Site::builtin(&broker.url(), "site: TEST\n").await;
    site.ready().await;
    site.stands("n1.example.net", "provisioned").await;
    let shown = site.asks(&["hosts"]).await;
    assert_eq!(shown.code, Some(0));
    for part in ["IDENTITY", "n1.example.net", "provisioned"] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    let none = site.asks(&["hosts", "--state", "failed", "--json"]).await;
    assert_eq!((none.code, none.out.trim()), (Some(0), "[]"));
    let status = site.asks(&["status"]).await;
    assert_eq!(status.code, Some(0));
    for part in [
        "Ready: yes",
        "1 provisioned",
        "Site: TEST",
        &broker.port.to_string(),
    ] {
        assert!(status.out.contains(part), "{part}: {}", status.out);
    }
    let document = site.status().await;
    assert_eq!(
        (&document["site"], &document["connected"]),
        (&"TEST".into(), &true.into())
    );
}

#[tokio::test]
async fn a_watch_for_programs_is_one_document_on_each_line() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    let mut watch = site.watches(&["hosts", "--watch", "--json"]);
    let first: Value = serde_json::from_str(&watch.line().await).unwrap();
    assert_eq!(first, Value::Array(Vec::new()));
    Node::join_hidden(&crowd, "n1.example.net");
    crowd.startup("n1.example.net");
    loop {
        let rows: Value = serde_json::from_str(&watch.line().await).unwrap();
        if rows[0]["identity"] == "n1.example.net" && rows[0]["standing"] == "provisioned" {
            break;
        }
    }
    assert_eq!(watch.interrupt().await, Some(0));
}

#[tokio::test]
async fn orders_that_cannot_be_carried_out_say_why() {
    let broker = NatsServer::start(Options::default()).await;
    let mut site = Site::builtin(&broker.url(), "").await;
    let away = site.asks(&["status"]).await;
    assert_eq!(away.code, Some(69), "{away:?}");
    assert!(away.err.contains("control.sock"), "{away:?}");
    site.ready().await;
    for (words, code, text) in [
        (
            vec!["retry", "nobody.example.net"],
            1,
            "no such node is known",
        ),
        (
            vec!["approve", "nobody.example.net"],
            1,
            "does not wait for an approval",
        ),
        (vec!["retry", "no body"], 64, "no body"),
        (
            vec!["pause", "--reason", ""],
            64,
            "a reason has 1 to 200 characters",
        ),
        (vec!["hosts", "--state", "lost"], 64, "not one of"),
    ] {
        let said = site.asks(&words).await;
        assert_eq!(said.code, Some(code), "{words:?} {said:?}");
        assert!(said.err.contains(text), "{words:?} {said:?}");
    }
}

#[tokio::test]
async fn the_control_socket_is_for_its_owner_alone_and_goes_with_the_process() {
    let broker = NatsServer::start(Options::default()).await;
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    let mode = std::fs::metadata(site.socket())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    for private in ["state", "state/journal.jsonl"] {
        let mode = std::fs::metadata(site.file(private))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{private} {mode:o}");
    }
    site.signal(Signal::SIGTERM);
    assert_eq!(site.end().await, Some(0));
    assert!(!site.socket().exists());
    assert_eq!(site.asks(&["hosts"]).await.code, Some(69));
}

#[tokio::test]
async fn the_process_writes_its_id_and_takes_it_away() {
    let broker = NatsServer::start(Options::default()).await;
    let mut site = Site::builtin(&broker.url(), "").await;
    let pid = site.file("pid");
    site.start_with(&["--pid", pid.to_str().unwrap()]);
    site.status_where("an answer", Value::is_object).await;
    site.text("pid").trim().parse::<u32>().unwrap();
    site.signal(Signal::SIGINT);
    assert_eq!(site.end().await, Some(0));
    assert!(!pid.exists());
}
