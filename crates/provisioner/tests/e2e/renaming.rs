//! What a helper may decide beside a configuration: another name, an end, later.

use std::time::Duration;

use crate::harness::Crowd;
use crate::harness::Node;
use crate::harness::Site;
use crate::nats::NatsServer;
use crate::nats::Options;

const NO_PKI: &str = "features: {pki: false}\n";

#[tokio::test]
async fn a_node_with_a_new_name_is_followed_to_production() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "blank.example.net");
    let script = "echo '{\"configuration\": {\"identity\": \"web1.example.net\"}}'";
    let mut site = Site::scripted(&broker.url(), script, NO_PKI);
    site.ready().await;
    let row = site.stands("blank.example.net", "provisioned").await;
    assert_eq!(row["becomes"], "web1.example.net");
    assert_eq!(node.setting("identity"), "web1.example.net");
    crowd.in_production("web1.example.net");
    let row = site.stands("blank.example.net", "confirmed").await;
    assert!(
        row["why"].as_str().unwrap().contains("as web1.example.net"),
        "{row}"
    );
    assert_eq!(site.status().await["confirmed_total"], 1);
}

#[tokio::test]
async fn the_built_in_helper_gives_the_new_name_its_certificate() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "blank.example.net");
    let mut site = Site::builtin(&broker.url(), "").await;
    site.put(
        "template.toml",
        "[configuration]\nidentity = \"web1.example.net\"\n",
    );
    site.ready().await;
    site.stands("blank.example.net", "provisioned").await;
    assert_eq!(node.certificates().len(), 1);
    let listed = site
        .types(&["ca", "list", site.file("ca").to_str().unwrap()])
        .await;
    assert!(listed.out.contains("web1.example.net"), "{listed:?}");
    assert!(!listed.out.contains("blank.example.net"), "{listed:?}");
}

#[tokio::test]
async fn a_node_that_is_not_wanted_is_shut_down() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    let script = "echo '{\"shutdown\": true, \"msg\": \"retired\"}'";
    let mut site = Site::scripted(&broker.url(), script, NO_PKI);
    site.ready().await;
    let row = site.stands("n1.example.net", "shutdown").await;
    assert!(row["why"].as_str().unwrap().contains("retired"), "{row}");
    assert_eq!((node.times("shutdown"), node.times("configure")), (1, 0));
}

#[tokio::test]
async fn a_deferred_node_is_asked_about_again_when_the_helper_said() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    Node::join(&crowd, "n1.example.net");
    let script = "if [ -e known ]; then echo '{\"configuration\": {\"a\": \"1\"}}'; else echo '{\"defer\": true, \"msg\": \"not in the inventory yet\", \"retry_after\": 2}'; fi";
    let mut site = Site::scripted(&broker.url(), script, NO_PKI);
    site.ready().await;
    let row = site.stands("n1.example.net", "deferred").await;
    let why = row["why"].as_str().unwrap();
    assert!(
        why.contains("the helper says: not in the inventory yet"),
        "{why}"
    );
    assert_eq!(
        (row["failures"].as_u64(), &row["deferred"]),
        (Some(0), &"not in the inventory yet".into())
    );
    assert!(row["next_try_seconds"].as_u64() <= Some(2), "{row}");
    site.put("known", "");
    site.stands("n1.example.net", "provisioned").await;
}

#[tokio::test]
async fn the_fields_of_a_subject_reach_the_node() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    let more = "csr: {C: NL, ST: Utrecht, L: Zeist, O: Example, OU: Web}\n";
    let mut site = Site::builtin(&broker.url(), more).await;
    site.ready().await;
    site.stands("n1.example.net", "provisioned").await;
    node.is_asked("gencsr", 0).await;
    let requests = crowd.requests("n1.example.net");
    let asked = requests
        .iter()
        .find(|asked| asked.action == "gencsr")
        .unwrap();
    let fields = ["cn", "C", "ST", "L", "O", "OU"].map(|field| asked.data[field].as_str().unwrap());
    assert_eq!(
        fields,
        ["n1.example.net", "NL", "Utrecht", "Zeist", "Example", "Web"]
    );
}

#[tokio::test]
async fn a_configuration_of_the_reference_runs_as_it_is() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    node.takes("toomanysecrets");
    let mut site = Site::scripted(
        &broker.url(),
        "cat > asked.json; echo '{\"defer\": false, \"msg\": \"\", \"configuration\": {\"plugin.choria.server.provision\": \"false\"}}'",
        "",
    );
    let text = include_str!("../../../../examples/provisioner/reference.yaml");
    let text = text
        .replace(
            "/etc/choria-provisioner/helper",
            site.file("helper").to_str().unwrap(),
        )
        .replace(
            "/var/log/choria-provisioner.log",
            site.file("own.log").to_str().unwrap(),
        )
        // another test may have the port
        .replace("monitor_port: 8080", "monitor_port: 0");
    site.put(
        "provisioner.yaml",
        &format!(
            "{text}\nstate_directory: {}\ncontrol_socket: {}\n",
            site.file("state").display(),
            site.socket().display()
        ),
    );
    site.ready().await;
    site.stands("n1.example.net", "provisioned").await;
    assert_eq!(node.setting("plugin.choria.server.provision"), "false");
    let asked: serde_json::Value = serde_json::from_str(&site.text("asked.json")).unwrap();
    assert!(
        asked["csr"]["csr"]
            .as_str()
            .unwrap()
            .contains("BEGIN CERTIFICATE REQUEST")
    );
    assert!(
        site.text("own.log").contains("jwt_verify_cert"),
        "it says what has no effect"
    );
    tokio::time::timeout(Duration::from_secs(20), site.kill())
        .await
        .unwrap();
}
