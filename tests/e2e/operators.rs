//! The command line as people and their older tools call it.

use std::collections::BTreeSet;
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

#[tokio::test]
async fn requests_are_limited_batched_and_chained() {
    let network = Network::start().await;
    let operator = network.operator();
    let names = ["n1.example.net", "n2.example.net", "n3.example.net"];
    let mut nodes = names.map(|name| Node::new(name, &network.dns));
    for node in &mut nodes {
        node.start();
    }
    for name in names {
        operator.pings(name).await;
    }
    let batched = ["req", "rpcutil", "ping", "-j", "--sort"];
    let batched = [
        &batched[..],
        &["--batch", "2", "--batch-sleep", "0", "--expect", "3"],
    ]
    .concat();
    let all = operator.run(&batched).await;
    assert_eq!(all.code, Some(0), "{all:?}");
    let result = all.json();
    let senders: Vec<_> = result["replies"].as_array().unwrap().iter().collect();
    let senders: Vec<_> = senders.iter().map(|reply| &reply["sender"]).collect();
    assert_eq!(senders, names);
    let limited = ["req", "rpcutil", "ping", "--senders", "--limit", "2"];
    let limited = operator.run(&limited).await.stdout;
    // whoever answers first comes first
    let limited: BTreeSet<&str> = limited.lines().collect();
    assert_eq!(limited, ["n1.example.net", "n2.example.net"].into());

    let one = operator
        .run(&["req", "rpcutil", "ping", "-j", "-I", names[1]])
        .await
        .stdout;
    let chained = ["req", "rpcutil", "ping", "--senders"];
    let chain = operator.run_on(&one, &chained).await;
    assert_eq!(chain.stdout, "n2.example.net\n", "{chain:?}");
    let named = [&chained[..], &["--nodes", "-"]].concat();
    let chain = operator.run_on("n3.example.net\n", &named).await;
    assert_eq!(chain.stdout, "n3.example.net\n", "{chain:?}");

    let empty = operator.run_on("", &chained).await;
    assert_eq!(
        (empty.code, empty.stdout.as_str()),
        (Some(65), ""),
        "{empty:?}"
    );
    assert!(empty.stderr.contains("--dm broadcast"), "{empty:?}");
    let gone = [&named[..], &["--expect", "2"]].concat();
    let gone = operator
        .run_on("n1.example.net\nn9.example.net\n", &gone)
        .await;
    assert_eq!(gone.code, Some(75), "{gone:?}");
    assert_eq!(gone.stdout, "n1.example.net\n");
}
