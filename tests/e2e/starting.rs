//! What stands in the way of a start is told, with a code that says which kind it is; what does not is worked around and
//! told too.

use std::fs;

use serde_json::json;

use crate::harness::Network;
use crate::harness::Node;
use crate::harness::program;
use crate::harness::put;
use crate::harness::run;
use crate::support::dns::DnsServer;

async fn node() -> Node {
    let dns = DnsServer::start().await;
    Node::new("n1.example.net", &dns)
}

#[tokio::test]
async fn a_bad_value_ends_the_start_with_file_and_line() {
    let mut node = node().await;
    put(
        &node.config(),
        "identity = n1.example.net\nloglevel = loud\n",
    );
    let (code, said) = node.fails().await;
    assert_eq!(code, Some(78));
    let place = format!("{}:2", node.config().display());
    assert!(said.contains(&place) && said.contains("loglevel"), "{said}");
}

#[tokio::test]
async fn a_bad_value_in_the_plugin_directory_is_found_there() {
    let mut node = node().await;
    let file = node.etc().join("plugin.d/muster.cfg");
    put(&file, "# where names are asked for\nresolver = nowhere\n");
    let (code, said) = node.fails().await;
    assert_eq!(code, Some(78));
    assert!(said.contains(&format!("{}:2", file.display())), "{said}");
}

#[tokio::test]
async fn a_configuration_that_is_no_file_is_told() {
    let mut node = node().await;
    fs::remove_file(node.config()).unwrap();
    fs::create_dir(node.config()).unwrap();
    let (code, said) = node.fails().await;
    assert_eq!(code, Some(66));
    assert!(said.contains("server.conf"), "{said}");
}

#[tokio::test]
async fn a_missing_directory_and_a_missing_argument_are_told() {
    let missing = run(
        program(),
        &["server", "run", "--config", "/no/such/server.conf"],
    )
    .await;
    assert_eq!(missing.code, Some(66), "{missing:?}");
    assert!(missing.stderr.contains("/no/such"), "{missing:?}");
    let nothing = run(program(), &["server", "run"]).await;
    assert_eq!(nothing.code, Some(64), "{nothing:?}");
}

#[tokio::test]
async fn a_build_that_cannot_provision_does_not_start_on_nothing() {
    let mut node = node().await.of("foss");
    fs::remove_file(node.config()).unwrap();
    let (code, said) = node.fails().await;
    assert_eq!(code, Some(78), "{said}");
    assert!(
        said.contains("provisioning is disabled in this build"),
        "{said}"
    );
}

#[tokio::test]
async fn a_build_that_cannot_provision_does_not_become_a_zombie() {
    let mut node = node().await.of("foss");
    let asks = format!("{}plugin.choria.server.provision = true\n", node.settings());
    put(&node.config(), asks);
    let (code, said) = node.fails().await;
    assert_eq!(code, Some(78), "{said}");
    assert!(
        said.contains("this build knows no provisioning brokers"),
        "{said}"
    );
}

#[tokio::test]
async fn a_second_process_on_the_same_configuration_is_refused() {
    let mut node = node().await;
    node.start();
    node.status_where("a mode", |it| it["mode"] == "provisioning")
        .await;
    let config = node.config().display().to_string();
    let second = run(program(), &["server", "run", "--config", &config]).await;
    assert_eq!(second.code, Some(75), "{second:?}");
    let holder = format!("process {}", node.pid());
    assert!(second.stderr.contains(&holder), "{second:?}");
}

#[tokio::test]
async fn a_log_in_a_missing_directory_ends_the_start() {
    let mut node = node().await;
    let elsewhere = node.file("no/such/log");
    put(
        &node.config(),
        format!("logfile = {}\n", elsewhere.display()),
    );
    let (code, said) = node.fails().await;
    assert_eq!(code, Some(73));
    assert!(said.contains(elsewhere.to_str().unwrap()), "{said}");
}

/// Whoever comes in the morning reads the log, not what a terminal showed.
#[tokio::test]
async fn a_start_that_ends_is_in_the_log_too() {
    let mut node = node().await;
    let asks = format!(
        "{}plugin.choria.server.provision = false\n",
        node.settings()
    );
    put(
        &node.config(),
        format!("{asks}plugin.choria.use_srv = false\n"),
    );
    let (code, said) = node.fails().await;
    assert_eq!(code, Some(78), "{said}");
    let log = node.log();
    for words in ["cannot start", "no brokers are known"] {
        assert!(log.contains(words), "{log}");
    }
}

/// It is the one thing that a crash does not explain, so it is told until somebody has looked.
#[tokio::test]
async fn a_journal_that_was_set_aside_is_told_at_every_start_until_it_is_removed() {
    let mut node = node().await;
    put(&node.etc().join(".muster/journal.commit"), "garbage");
    let aside = node.etc().join(".muster/journal.damaged");
    let told = |it: &serde_json::Value| it["problems"].to_string().contains("journal: ");
    for _ in 0..2 {
        node.start();
        node.status_where("the concern", told).await;
        assert!(aside.exists());
        node.kill().await;
    }
    node.logs("an unreadable journal was set aside").await;
    fs::remove_file(&aside).unwrap();
    fs::remove_file(node.file("var/status.json")).unwrap();
    node.start();
    node.status_where("no concern", |it| it["mode"].is_string() && !told(it))
        .await;
}

#[tokio::test]
async fn a_node_with_unreadable_facts_joins_and_says_so() {
    let network = Network::start().await;
    let mut node = Node::new("n1.example.net", &network.dns);
    fs::remove_file(node.file("facts.json")).unwrap();
    fs::create_dir(node.file("facts.json")).unwrap();
    node.start();
    node.connected("provisioning").await;
    let problem = "cannot read facts file /proc/self/cwd/facts.json";
    node.status_where("the problem", |it| {
        it["problems"].to_string().contains(problem)
    })
    .await;
    node.logs(problem).await;
    network.operator().pings("n1.example.net").await;
    fs::remove_dir(node.file("facts.json")).unwrap();
    put(&node.file("facts.json"), r#"{"role":"web"}"#);
    node.status_where("no problem", |it| it["problems"] == json!([]))
        .await;
}

#[tokio::test]
async fn a_node_without_metadata_joins_and_says_so() {
    let network = Network::start().await;
    let mut node = Node::new("n1.example.net", &network.dns);
    fs::remove_file(node.file("metadata.json")).unwrap();
    node.start();
    node.connected("provisioning").await;
    let problem = "cannot read the registration file /proc/self/cwd/metadata.json";
    node.status_where("the problem", |it| {
        it["problems"].to_string().contains(problem)
    })
    .await;
    node.logs("something on this node needs attention").await;
    network.operator().pings("n1.example.net").await;
}
