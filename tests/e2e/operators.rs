//! The command line as people and their older tools call it.

use std::os::unix::fs::symlink;

use serde_json::json;

use crate::harness::Network;
use crate::harness::Node;
use crate::harness::program;
use crate::harness::run;

#[tokio::test]
async fn called_as_choria_it_finds_nodes_for_older_clients() {
    let network = Network::start().await;
    let mut node = Node::new("n1.example.net", &network.dns);
    node.start();
    network.operator().pings("n1.example.net").await;
    let folder = tempfile::tempdir().unwrap();
    let choria = folder.path().join("choria");
    symlink(program(), &choria).unwrap();
    let config = network.operator();
    let config = config.config();
    let mut arguments = vec!["discover", "-j", "--silent", "--config", &config];
    arguments.extend(["-T", "provisioning", "-A", "choria_provision"]);
    arguments.extend(["-F", "role=web", "-F", "cpus>=4", "--dm", "broadcast"]);
    let found = run(&choria, &arguments).await;
    assert_eq!(found.code, Some(0), "{found:?}");
    assert_eq!(found.json(), json!(["n1.example.net"]));
    arguments.extend(["-I", "/^other/"]);
    assert_eq!(run(&choria, &arguments).await.json(), json!([]));
}

#[tokio::test]
async fn an_operator_is_told_what_is_wrong() {
    let network = Network::start().await;
    let operator = network.operator();
    let silent = operator
        .run(&["ping", "-I", "nobody.example.net", "--timeout", "1"])
        .await;
    assert_eq!(silent.code, Some(1), "{silent:?}");
    let unknown = operator
        .run(&["req", "choria_provision", "explode", "-I", "x"])
        .await;
    assert_eq!(unknown.code, Some(64), "{unknown:?}");
    let invalid = [
        "req",
        "choria_provision",
        "restart",
        "splay=soon",
        "-I",
        "x",
    ];
    let invalid = operator.run(&invalid).await;
    assert!(invalid.stderr.contains("splay"), "{invalid:?}");
    assert_ne!(invalid.code, Some(0));
}
