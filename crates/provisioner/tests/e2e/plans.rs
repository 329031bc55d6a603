//! `plan`: what a node would become, and nothing done. `approve`: a person's word before a second certificate.

use serde_json::Value;

use crate::harness::Crowd;
use crate::harness::Node;
use crate::harness::Site;
use crate::harness::until;
use crate::nats::NatsServer;
use crate::nats::Options;

#[tokio::test]
async fn the_built_in_helper_plans_without_signing() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join_hidden(&crowd, "n1.example.net");
    let mut site = Site::builtin(&broker.url(), "").await;
    site.put(
        "template.toml",
        "[configuration]\nregisterinterval = \"300\"\n\"plugin.nats.pass\" = \"hunter2\"\n",
    );
    site.ready().await;
    let issued = site
        .types(&["ca", "list", site.file("ca").to_str().unwrap()])
        .await;
    let before = directory(&site);
    let planned = site.asks(&["plan", "n1.example.net", "--json"]).await;
    assert_eq!(planned.code, Some(0), "{planned:?}");
    let plan: Value = serde_json::from_str(&planned.out).unwrap();
    assert_eq!(plan["decision"], "configure");
    let change = |key: &str| {
        let changes = plan["changes"].as_array().unwrap();
        changes.iter().find(|change| change["key"] == key).unwrap()["new"].clone()
    };
    assert_eq!(change("registerinterval"), "300");
    assert_eq!(change("plugin.nats.pass"), "*****");
    assert!(!planned.out.contains("hunter2"));
    let shown = site.asks(&["plan", "n1.example.net"]).await;
    assert!(shown.out.contains("+ registerinterval = 300"), "{shown:?}");
    assert!(!shown.out.contains("hunter2"));
    assert!(
        shown.out.contains("note: nothing is signed for a plan"),
        "{shown:?}"
    );
    assert_eq!(directory(&site), before, "{issued:?}");
    assert_eq!((node.times("configure"), node.restarts()), (0, 0));
    assert_eq!(site.host("n1.example.net").await, Value::Null);
}

/// The files of the authority and what is in them.
fn directory(site: &Site) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(site.file("ca")).unwrap();
    let mut files: Vec<_> = files
        .map(|file| file.unwrap())
        .filter(|file| file.file_type().unwrap().is_file())
        .map(|file| {
            let bytes = std::fs::read(file.path()).unwrap();
            (file.file_name().into_string().unwrap(), bytes)
        })
        .collect();
    files.sort();
    assert!(
        files.iter().any(|(name, _)| name.contains("ledger")),
        "{files:?}"
    );
    files
}

#[tokio::test]
async fn a_program_is_asked_for_its_plan_without_a_request_to_sign() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join_hidden(&crowd, "n1.example.net");
    let script = "cat > asked.json; echo '{\"msg\": \"a web server\", \"configuration\": {\"role\": \"web\", \"site.token\": \"hunter2\"}}'";
    let mut site = Site::scripted(&broker.url(), script, "");
    site.ready().await;
    let planned = site.asks(&["plan", "n1.example.net"]).await;
    assert_eq!(planned.code, Some(0), "{planned:?}");
    assert!(
        planned.out.contains("would be configured: a web server"),
        "{planned:?}"
    );
    assert!(planned.out.contains("+ role = web"), "{planned:?}");
    assert!(planned.out.contains("+ site.token = *****"), "{planned:?}");
    let asked: Value = serde_json::from_str(&site.text("asked.json")).unwrap();
    assert_eq!(
        (&asked["identity"], &asked["csr"]),
        (&"n1.example.net".into(), &Value::Null)
    );
    assert_eq!((node.times("configure"), node.restarts()), (0, 0));
}

#[tokio::test]
async fn a_plan_of_a_node_that_does_not_answer_says_so() {
    let broker = NatsServer::start(Options::default()).await;
    let more = "deadlines: {probe: 200ms}\n";
    let mut site = Site::builtin(&broker.url(), more).await;
    site.ready().await;
    let planned = site.asks(&["plan", "nobody.example.net"]).await;
    assert_eq!(planned.code, Some(1), "{planned:?}");
    assert!(
        planned.err.contains("the node does not answer"),
        "{planned:?}"
    );
}

/// A confirmed node starts with another key, and says so until it is heard: what is said twice in a second is not.
async fn starts_anew(crowd: &Crowd, node: &Node, site: &Site) {
    node.reinstalled();
    until("its start is heard", || async {
        crowd.startup("n1.example.net");
        let row = site.host("n1.example.net").await;
        (row["standing"] != "confirmed").then_some(())
    })
    .await;
}

/// A site whose node was provisioned, is confirmed, and comes back with another key.
async fn reinstalled(reissue: &str) -> (NatsServer, Crowd, Node, Site) {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join_hidden(&crowd, "n1.example.net");
    let mut site = Site::builtin(&broker.url(), &format!("reissue: {reissue}\n")).await;
    site.ready().await;
    crowd.startup("n1.example.net");
    site.stands("n1.example.net", "provisioned").await;
    crowd.in_production("n1.example.net");
    site.stands("n1.example.net", "confirmed").await;
    starts_anew(&crowd, &node, &site).await;
    (broker, crowd, node, site)
}

#[tokio::test]
async fn a_name_with_a_certificate_gets_another_once_a_person_approves() {
    let (_broker, crowd, node, site) = reinstalled("ask").await;
    let row = site.stands("n1.example.net", "approval").await;
    let why = row["why"].as_str().unwrap();
    assert!(
        why.contains("holds a certificate with another key"),
        "{why}"
    );
    assert_eq!(node.accepted().len(), 1);
    let approved = site.asks(&["approve", "n1.example.net"]).await;
    assert_eq!(approved.code, Some(0), "{approved:?}");
    site.stands("n1.example.net", "provisioned").await;
    assert_eq!(node.certificates().len(), 2);

    crowd.in_production("n1.example.net");
    site.stands("n1.example.net", "confirmed").await;
    starts_anew(&crowd, &node, &site).await;
    site.stands("n1.example.net", "approval").await;
    assert_eq!(node.accepted().len(), 2, "an approval is good once");
}

#[tokio::test]
async fn a_name_with_a_certificate_gets_no_other_where_that_is_refused() {
    let (_broker, _crowd, node, site) = reinstalled("refuse").await;
    let row = site.stands("n1.example.net", "refused").await;
    assert!(
        row["why"].as_str().unwrap().contains("another key"),
        "{row}"
    );
    assert_eq!(node.accepted().len(), 1);
    let approved = site.asks(&["approve", "n1.example.net"]).await;
    assert_eq!(approved.code, Some(1), "{approved:?}");
    assert!(
        approved.err.contains("does not wait for an approval"),
        "{approved:?}"
    );
}
