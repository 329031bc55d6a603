//! SIGHUP: another configuration, the same table.

use nix::sys::signal::Signal;

use crate::harness::Crowd;
use crate::harness::Node;
use crate::harness::Site;
use crate::nats::NatsServer;
use crate::nats::Options;

const TAKEN_OVER: &str = "the configuration was taken over";
const NOT_TAKEN_OVER: &str = "the configuration was not taken over";
const QUICK: &str = "table: {backoff_min: 100ms, backoff_max: 200ms, quarantine_after: 100}\n";

/// The lines that a built-in site was configured with.
fn builtin(site: &Site) -> String {
    format!(
        "helper: builtin\nbuiltin:\n  ca_directory: {}\n  template: {}\n",
        site.file("ca").display(),
        site.file("template.toml").display()
    )
}

#[tokio::test]
async fn a_changed_template_is_for_the_next_node() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let first = Node::join(&crowd, "n1.example.net");
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    site.stands("n1.example.net", "provisioned").await;
    assert_eq!(first.setting("registerinterval"), "300");
    site.put(
        "template.toml",
        "[configuration]\nregisterinterval = \"77\"\n",
    );
    site.reloads(TAKEN_OVER).await;
    let second = Node::join_hidden(&crowd, "n2.example.net");
    crowd.startup("n2.example.net");
    site.stands("n2.example.net", "provisioned").await;
    assert_eq!(second.setting("registerinterval"), "77");
    let row = site.host("n1.example.net").await;
    assert_eq!(row["standing"], "provisioned", "the table is kept");
}

#[tokio::test]
async fn another_helper_is_asked_from_then_on() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    let mut site = Site::scripted(
        &broker.url(),
        "echo no; exit 1",
        &format!("features: {{pki: false}}\n{QUICK}"),
    );
    site.ready().await;
    site.says_why("n1.example.net", "could not invoke configure helper")
        .await;
    let better = site.helper("better", "echo '{\"configuration\": {\"a\": \"1\"}}'");
    site.configure(&format!(
        "helper: {}\nfeatures: {{pki: false}}\n{QUICK}",
        better.display()
    ));
    site.reloads(TAKEN_OVER).await;
    site.stands("n1.example.net", "provisioned").await;
    assert_eq!(node.setting("a"), "1");
}

#[tokio::test]
async fn a_repaired_site_is_tried_at_once_after_a_reload() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    let script = "echo '{\"configuration\": {\"a\": \"1\"}}'";
    let mut site = Site::scripted(&broker.url(), script, "features: {pki: false}\n");
    std::fs::remove_file(site.file("helper")).unwrap();
    site.helper("spare", script);
    std::fs::copy(site.file("spare"), site.file("helper")).unwrap();
    site.ready().await;
    site.stands("n1.example.net", "provisioned").await;
    std::fs::remove_file(site.file("helper")).unwrap();
    crowd.in_production("n1.example.net");
    site.stands("n1.example.net", "confirmed").await;
    crowd.startup("n1.example.net");
    site.status_where("a fault of the site", |status| {
        status["site_fault"].is_string()
    })
    .await;
    std::fs::copy(site.file("spare"), site.file("helper")).unwrap();
    site.reloads(TAKEN_OVER).await;
    let fault = site.status().await["site_fault"].clone();
    assert_eq!(
        fault,
        serde_json::Value::Null,
        "nobody waits for the next trial"
    );
    site.stands("n1.example.net", "provisioned").await;
    assert_eq!(node.restarts(), 2);
}

#[tokio::test]
async fn another_token_is_used_from_then_on() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let node = Node::join(&crowd, "n1.example.net");
    node.takes("newer");
    let mut site = Site::builtin(&broker.url(), QUICK).await;
    site.ready().await;
    site.says_why("n1.example.net", "the node does not accept the token")
        .await;
    site.configure(&format!("{}token: newer\n{QUICK}", builtin(&site)));
    site.reloads(TAKEN_OVER).await;
    site.stands("n1.example.net", "provisioned").await;
    assert!(!site.log().contains("newer") && !site.log().contains("s3cret"));
}

#[tokio::test]
async fn a_name_that_was_put_on_the_deny_list_gets_no_certificate() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    site.configure(&format!("{}cert_deny_list: ['^db']\n", builtin(&site)));
    site.reloads(TAKEN_OVER).await;
    let node = Node::join_hidden(&crowd, "db1.example.net");
    crowd.startup("db1.example.net");
    let row = site.says_why("db1.example.net", "denied").await;
    assert_eq!(row["standing"], "failed");
    assert_eq!(node.times("configure"), 0);
}

#[tokio::test]
async fn a_node_in_the_queue_that_is_no_longer_wanted_is_left_alone() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    assert_eq!(site.asks(&["pause"]).await.code, Some(0));
    let node = Node::join_hidden(&crowd, "lab1.example.net");
    crowd.startup("lab1.example.net");
    site.stands("lab1.example.net", "queued").await;
    site.configure(&format!("{}identities: ['prod.*']\n", builtin(&site)));
    site.reloads(TAKEN_OVER).await;
    assert_eq!(site.asks(&["resume"]).await.code, Some(0));
    site.stands("lab1.example.net", "not_ours").await;
    assert_eq!(node.times("gencsr"), 0);
}

#[tokio::test]
async fn a_wrong_configuration_changes_nothing() {
    let broker = NatsServer::start(Options::default()).await;
    let crowd = Crowd::join(&broker.url()).await;
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    let before = site.status().await;
    site.configure(&format!("{}wrokers: 3\ninterval: 5s\n", builtin(&site)));
    site.reloads(NOT_TAKEN_OVER).await;
    site.logs(&[NOT_TAKEN_OVER, "wrokers", "interval is too small"])
        .await;
    site.configure(&builtin(&site));
    site.put("template.toml", "[configuration\n");
    site.reloads(NOT_TAKEN_OVER).await;
    let after = site.status().await;
    assert_eq!(before["config_loaded_at"], after["config_loaded_at"]);
    let node = Node::join_hidden(&crowd, "n1.example.net");
    crowd.startup("n1.example.net");
    site.stands("n1.example.net", "provisioned").await;
    assert_eq!(node.setting("registerinterval"), "300");
}

#[tokio::test]
async fn settings_that_need_a_restart_are_named() {
    let broker = NatsServer::start(Options::default()).await;
    let mut site = Site::builtin(&broker.url(), "").await;
    site.ready().await;
    site.configure(&format!(
        "{}site: other\nmonitor_listen: 127.0.0.1:0\nworkers: 2\n",
        builtin(&site)
    ));
    site.reloads(TAKEN_OVER).await;
    for setting in ["setting=site", "setting=monitor_listen"] {
        site.logs(&["takes effect at the next start only", setting])
            .await;
    }
    assert!(!site.log().contains("setting=workers"));
    let status = site.status().await;
    assert_eq!(status["workers"], 2, "what can change at once does");
    site.signal(Signal::SIGTERM);
    assert_eq!(site.end().await, Some(0));
}
