//! The files that are shipped, and the command that judges such files.

use std::path::Path;

use crate::harness::Node;
use crate::harness::program;
use crate::harness::put;
use crate::harness::run;
use crate::support::dns::DnsServer;

/// A configuration of the packages, as one of the name `muster` has it.
fn shipped(file: &str) -> String {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/agent"));
    let mut text = std::fs::read_to_string(folder.join(file)).unwrap();
    for (name, value) in [
        ("{{name}}", "muster"),
        ("{{binary}}", "/usr/bin/muster"),
        ("{{etcdir}}", "/etc/muster"),
        ("{{statedir}}", "/var/lib/muster"),
        ("{{logdir}}", "/var/log/muster"),
        ("{{rundir}}", "/run/muster"),
    ] {
        text = text.replace(name, value);
    }
    assert!(!text.contains("{{"), "{text}");
    text
}

#[tokio::test]
async fn the_shipped_configuration_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.conf");
    put(&file, shipped("server.conf"));
    for plugin in ["muster.cfg", "choria.cfg"] {
        put(
            &folder.path().join("plugin.d").join(plugin),
            shipped(plugin),
        );
    }
    let checked = run(program(), &["config", "check", file.to_str().unwrap()]).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(!checked.stdout.contains("warning"), "{checked:?}");
}

#[tokio::test]
async fn every_mistake_is_told_with_its_line() {
    let dns = DnsServer::start().await;
    let node = Node::new("n1.example.net", &dns);
    put(
        &node.config(),
        "loglevel = loud\n\nregisterinterval = often\nplugin.choria.no_such_key = 1\n",
    );
    let file = node.config().display().to_string();
    let checked = run(program(), &["config", "check", &file]).await;
    assert_eq!(checked.code, Some(78), "{checked:?}");
    for line in [1, 3] {
        assert!(
            checked.stdout.contains(&format!("{file}:{line}")),
            "{checked:?}"
        );
    }
}

#[tokio::test]
async fn an_unknown_key_is_a_warning() {
    let dns = DnsServer::start().await;
    let node = Node::new("n1.example.net", &dns);
    put(&node.config(), format!("{}logfle = x\n", node.settings()));
    let file = node.config().display().to_string();
    let checked = run(program(), &["config", "check", &file]).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(
        checked.stdout.contains("warning") && checked.stdout.contains("logfle"),
        "{checked:?}"
    );
}

#[tokio::test]
async fn a_missing_file_is_not_a_good_one() {
    let checked = run(program(), &["config", "check", "/no/such/server.conf"]).await;
    assert_eq!(checked.code, Some(66), "{checked:?}");
}
