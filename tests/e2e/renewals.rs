//! Certificates in Puppet's directory, and what becomes of a node while they change: it stays the same process.

use rcgen::date_time_ymd;
use serde_json::Value;

use crate::harness::Fleet;
use crate::harness::Node;
use crate::harness::put;
use crate::support::dns::DnsServer;
use crate::support::nats::Authority;
use crate::support::nats::Given;
use crate::support::nats::NatsServer;
use crate::support::nats::Options;
use crate::support::nats::Tls;

const NAME: &str = "n1.example.net";

/// A member of the fleet whose certificates are where Puppet puts them.
async fn member(port: u16, extra: &str) -> Node {
    let dns = DnsServer::start().await;
    let node = Node::new(NAME, &dns);
    let config = format!(
        "{}plugin.choria.server.provision = false\nrpcauthorization = false\n\
         plugin.choria.middleware_hosts = nats://localhost:{port}\n\
         plugin.choria.ssldir = {}\nplugin.muster.certificate_interval = 200ms\n{extra}",
        node.settings(),
        node.file("ssl").display()
    );
    put(&node.config(), config);
    node
}

/// Puts certificate and key in place, and the CA beside them.
fn place(node: &Node, ca: &Authority, own: &(String, String)) {
    put(&node.file("ssl/certs/ca.pem"), ca.pem());
    put(&node.file(&format!("ssl/certs/{NAME}.pem")), &own.0);
    put(&node.file(&format!("ssl/private_keys/{NAME}.pem")), &own.1);
}

/// A certificate until the first day of a year.
fn until(ca: &Authority, year: i32) -> (String, String) {
    ca.issue_with(NAME, &[NAME], |params| {
        params.not_after = date_time_ymd(year, 1, 1);
    })
}

fn problem(status: &Value, words: &str) -> bool {
    status["problems"].to_string().contains(words)
}

#[tokio::test]
async fn a_certificate_is_renewed_while_the_node_runs() {
    let fleet = Fleet::start().await;
    let mut node = member(fleet.broker.port, "").await;
    place(&node, &fleet.authority, &until(&fleet.authority, 2090));
    node.start();
    let status = node.connected("normal").await;
    assert_eq!(status["connection"]["tls"], "TLS, verified");
    assert_eq!(status["certificate_expires"], "2090-01-01T00:00:00Z");
    let pid = node.pid();
    fleet.operator().pings(NAME).await;

    place(&node, &fleet.authority, &until(&fleet.authority, 2091));
    let renewed = |it: &Value| it["certificate_expires"] == "2091-01-01T00:00:00Z";
    let status = node.status_where("the new end", renewed).await;
    assert_eq!(status["connection"]["state"], "connected");
    assert_eq!(status["problems"], serde_json::json!([]));
    fleet.operator().pings(NAME).await;
    assert_eq!(node.pid(), pid);
    let log = node.log();
    assert!(log.contains("the renewed certificate is in use"), "{log}");
    assert!(!log.contains("lost the connection"), "{log}");
    assert!(!log.contains("PRIVATE KEY"), "{log}");
}

#[tokio::test]
async fn a_certificate_of_another_node_is_not_taken_while_one_runs() {
    let fleet = Fleet::start().await;
    let mut node = member(fleet.broker.port, "").await;
    let own = until(&fleet.authority, 2090);
    place(&node, &fleet.authority, &own);
    node.start();
    node.connected("normal").await;
    let other = fleet.authority.issue("n2.example.net", &["n2.example.net"]);
    place(&node, &fleet.authority, &other);
    let words = "is for n2.example.net, not for n1.example.net";
    let status = node
        .status_where("the concern", |it| problem(it, words))
        .await;
    assert_eq!(status["connection"]["state"], "connected");
    assert_eq!(status["certificate_expires"], "2090-01-01T00:00:00Z");
    fleet.operator().pings(NAME).await;
    place(&node, &fleet.authority, &own);
    node.status_where("no concern", |it| !problem(it, "certificate"))
        .await;
}

/// The broker decides, and what it says is in the status; a new certificate ends it, without a restart.
#[tokio::test]
async fn a_node_starts_with_an_expired_certificate_and_waits_for_another() {
    let fleet = Fleet::start().await;
    let mut node = member(fleet.broker.port, "").await;
    place(&node, &fleet.authority, &until(&fleet.authority, 2021));
    node.start();
    let status = node
        .status_where("both reasons", |it| {
            problem(it, "ended on 2021-01-01T00:00:00Z")
                && it["connection"]["last_error"]
                    .to_string()
                    .contains("certificate of this node")
        })
        .await;
    assert_eq!(status["connection"]["state"], "connecting");
    assert_eq!(status["certificate_expires"], "2021-01-01T00:00:00Z");
    place(&node, &fleet.authority, &until(&fleet.authority, 2090));
    node.connected("normal").await;
    node.status_where("no concern", |it| !problem(it, "certificate"))
        .await;
}

#[tokio::test]
async fn files_that_cannot_be_used_end_the_start_with_their_path() {
    let fleet = Fleet::start().await;
    let authority = &fleet.authority;
    let (good, other) = (until(authority, 2090), until(authority, 2090));
    for (own, told) in [
        (
            (good.0.clone(), other.1),
            "does not belong to the private key",
        ),
        ((String::new(), good.1.clone()), "contains no certificate"),
        ((good.0, String::new()), "it holds no private key"),
    ] {
        let mut node = member(fleet.broker.port, "").await;
        place(&node, authority, &own);
        let (code, said) = node.fails().await;
        assert_eq!(code, Some(78), "{said}");
        assert!(said.contains(told) && said.contains(NAME), "{said}");
    }
    let mut node = member(fleet.broker.port, "").await;
    let (code, said) = node.fails().await;
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("ssl/certs/n1.example.net.pem"), "{said}");
}

#[tokio::test]
async fn providers_that_are_not_built_are_refused_by_name() {
    for provider in ["pkcs11", "certmanager"] {
        let extra = format!("plugin.security.provider = {provider}\n");
        let mut node = member(4222, &extra).await;
        let (code, said) = node.fails().await;
        assert_eq!(code, Some(78), "{said}");
        let words = format!("plugin.security.provider = {provider} is not supported");
        assert!(said.contains(&words), "{said}");
    }
}

#[tokio::test]
async fn a_broker_with_the_wrong_name_is_in_the_status() {
    let fleet = Authority::new();
    let given = Given {
        own: fleet.issue("broker", &["broker.example.net"]),
        clients: Some(fleet.pem()),
    };
    let broker = NatsServer::start(Options {
        tls: Tls::Given(&given),
        ..Options::default()
    })
    .await;
    let mut node = member(broker.port, "").await;
    place(&node, &fleet, &until(&fleet, 2090));
    node.start();
    node.status_where("both names", |it| {
        it["connection"]["last_error"]
            .to_string()
            .contains("is for broker.example.net, not for localhost")
    })
    .await;
}
