//! Two provisioners, nobody between them but the locks of the nodes.

use std::collections::BTreeSet;
use std::time::Duration;

use muster_fleet::Fleet;
use muster_fleet::Until;
use muster_fleet::options::Production;
use serde_json::Value;

use crate::harness::Crowd;
use crate::harness::Node;
use crate::harness::PATIENCE;
use crate::harness::Site;
use crate::harness::until;
use crate::nats::NatsServer;
use crate::nats::Options;

async fn two(broker: &NatsServer, more: &str) -> [Site; 2] {
    let mut sites = [
        Site::builtin(&broker.url(), more).await,
        Site::builtin(&broker.url(), more).await,
    ];
    for site in &mut sites {
        site.ready().await;
    }
    sites
}

/// How often each provisioner said that it failed.
async fn failures(sites: &[Site; 2]) -> [Value; 2] {
    let [one, other] = sites;
    [
        one.status().await["failed_total"].clone(),
        other.status().await["failed_total"].clone(),
    ]
}

#[tokio::test]
async fn each_node_gets_one_certificate_from_whoever_holds_its_lock() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let sites = two(&broker, "").await;
    let names: Vec<String> = (0..20).map(|n| format!("n{n}.example.net")).collect();
    let nodes: Vec<Node> = names
        .iter()
        .map(|name| Node::join_diligent(&crowd, name))
        .collect();
    for (name, node) in names.iter().zip(&nodes) {
        // long enough for the other to come along
        node.slow(Duration::from_millis(100));
        crowd.startup(name);
    }
    until("every node is in production", || async {
        nodes.iter().all(|node| node.restarts() > 0).then_some(())
    })
    .await;
    for site in &sites {
        site.status_where("nobody in work", |status| status["busy"] == 0)
            .await;
    }
    let mut winners = BTreeSet::new();
    for node in &nodes {
        let senders: BTreeSet<String> = node
            .accepted()
            .into_iter()
            .map(|asked| asked.sender)
            .collect();
        assert_eq!(senders.len(), 1, "one of the two configured it");
        assert_eq!((node.certificates().len(), node.restarts()), (1, 1));
        winners.extend(senders);
    }
    assert_eq!(winners.len(), 2, "both had something to do");
    assert_eq!(failures(&sites).await, [0, 0]);
    let [one, other] = &sites;
    let provisioned = [one.status().await, other.status().await]
        .map(|status| status["provisioned_total"].as_u64().unwrap());
    assert_eq!(provisioned.iter().sum::<u64>(), 20);
}

#[tokio::test]
async fn who_does_not_get_the_lock_waits_and_counts_no_failure() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join_hidden(&crowd, "n1.example.net");
    node.mute("configure");
    let more = "deadlines: {probe: 1s, step: 3s}\n";
    let [winner, loser] = two(&broker, more).await;
    assert_eq!(loser.asks(&["pause"]).await.code, Some(0));
    crowd.startup("n1.example.net");
    node.is_asked("configure", 0).await;
    assert_eq!(loser.asks(&["resume"]).await.code, Some(0));
    let row = loser.stands("n1.example.net", "locked").await;
    assert_eq!(
        (&row["failures"], &row["last_error"]),
        (&Value::from(0), &Value::Null)
    );
    let wait = row["next_try_seconds"].as_u64().unwrap();
    assert!((60..=180).contains(&wait), "{row}");
    let shown = loser.asks(&["hosts"]).await;
    assert!(
        shown.out.contains("another provisioner works on it"),
        "{shown:?}"
    );
    node.unmute();
    winner.stands("n1.example.net", "provisioned").await;
    crowd.in_production("n1.example.net");
    winner.stands("n1.example.net", "confirmed").await;
    let row = loser.stands("n1.example.net", "confirmed").await;
    assert!(
        row["why"].as_str().unwrap().contains("somebody else"),
        "{row}"
    );
    assert_eq!(failures(&[winner, loser]).await, [0, 0]);
}

#[tokio::test]
async fn nodes_that_run_the_agent_come_to_production_with_one_certificate_each() {
    let broker = NatsServer::start(Options::default()).await;
    let sites = [
        Site::builtin(&broker.url(), "").await,
        Site::builtin(&broker.url(), "").await,
    ];
    let hosts = broker.url();
    let template = format!(
        "[configuration]\n\"plugin.choria.server.provision\" = \"false\"\n\
         \"plugin.choria.middleware_hosts\" = \"{hosts}\"\ncollectives = \"mcollective\"\n\
         main_collective = \"mcollective\"\n\"plugin.security.provider\" = \"file\"\n\
         \"plugin.security.file.certificate\" = \"{{{{ ssldir }}}}/certificate.pem\"\n\
         \"plugin.security.file.key\" = \"{{{{ ssldir }}}}/private.pem\"\n\
         \"plugin.security.file.ca\" = \"{{{{ ssldir }}}}/ca.pem\"\n"
    );
    let mut sites = sites;
    for site in &mut sites {
        site.put("template.toml", &template);
        site.ready().await;
    }
    let mut options = muster_fleet::Options::new(10, hosts.parse().unwrap());
    options.token = Some(muster::secret::Secret::new("s3cret".to_owned()));
    options.production = Some(Production::At(hosts.parse().unwrap()));
    options.keys = Some(keys(&sites[0]));
    let fleet = Fleet::start(options).await.unwrap();
    fleet.wait_until(Until::Confirmed, PATIENCE).await.unwrap();
    for site in &sites {
        site.status_where("nobody in work", |status| status["busy"] == 0)
            .await;
    }
    let ledgers = sites.each_ref().map(|site| site.text("ca/ledger.jsonl"));
    for place in fleet.places() {
        let node = fleet.node(&place.identity).unwrap();
        let certificate = certificate(&node.directory);
        let flat = certificate.trim().replace('\n', "\\n");
        let of: Vec<bool> = ledgers
            .iter()
            .map(|ledger| ledger.contains(&flat))
            .collect();
        assert_eq!(
            of.iter().filter(|of| **of).count(),
            1,
            "{} has one of theirs",
            place.identity
        );
    }
    assert_eq!(failures(&sites).await, [0, 0]);
    fleet.stop().await;
}

/// Keys made beforehand: a node that makes its own is slow on a busy machine.
fn keys(site: &Site) -> std::path::PathBuf {
    let path = site.file("keys.pem");
    let pool = muster_fleet::keys::KeyPool::generate(2, |_| {}).unwrap();
    pool.write(&path).unwrap();
    path
}

/// The certificate that a node has in use: the first of the file.
fn certificate(directory: &std::path::Path) -> String {
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() == "certificate.pem" {
                return std::fs::read_to_string(path).unwrap();
            }
        }
    }
    panic!("{} has no certificate", directory.display())
}

#[tokio::test]
async fn a_worker_does_not_wait_for_a_node_that_another_took_to_production() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join_hidden(&crowd, "n1.example.net");
    node.mute("gencsr");
    let mut site = Site::builtin(&broker.url(), "deadlines: {probe: 300ms}\n").await;
    site.ready().await;
    crowd.startup("n1.example.net");
    node.is_asked("gencsr", 0).await;
    // a request for a certificate has 20 s
    crowd.remove("n1.example.net");
    crowd.in_production("n1.example.net");
    let row = site.stands("n1.example.net", "confirmed").await;
    assert!(
        row["why"].as_str().unwrap().contains("somebody else"),
        "{row}"
    );
    assert_eq!((&row["failures"], node.times("gencsr")), (&0.into(), 1));
}

#[tokio::test]
async fn without_certificates_each_node_is_configured_by_one_of_the_two() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let names: Vec<String> = (0..10).map(|n| format!("n{n}.example.net")).collect();
    let nodes: Vec<Node> = names
        .iter()
        .map(|name| Node::join_diligent(&crowd, name))
        .collect();
    for node in &nodes {
        node.slow(Duration::from_millis(100));
    }
    let script = "echo '{\"configuration\": {\"a\": \"1\"}}'";
    let mut sites =
        [(); 2].map(|()| Site::scripted(&broker.url(), script, "features: {pki: false}\n"));
    for site in &mut sites {
        site.ready().await;
    }
    until("every node is in production", || async {
        nodes.iter().all(|node| node.restarts() > 0).then_some(())
    })
    .await;
    for site in &sites {
        site.status_where("nobody in work", |status| status["busy"] == 0)
            .await;
    }
    for node in &nodes {
        assert_eq!((node.accepted().len(), node.restarts()), (1, 1));
    }
    assert_eq!(failures(&sites).await, [0, 0]);
}
