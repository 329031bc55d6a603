//! Where the configuration is: behind links, given relative to the working directory.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use muster::os::files::RealFiles;
use muster::os::transaction;
use muster::server::StartError;
use muster::server::start;
use serde_json::json;

use super::ask;
use super::config;
use super::etc;
use super::plain_settings;
use super::snapshot;
use super::waiting;
use crate::agents::NOW;
use crate::support::node::BUILD;
use crate::support::node::TestNode;
use crate::support::node::write;

const OLD: &str = "plugin.choria.server.provision = true\nidentity = cap1.example.net\n";

fn linked(target: &Path) -> TestNode {
    let folder = tempfile::tempdir().unwrap();
    symlink(target, folder.path().join("server.conf")).unwrap();
    TestNode::on(&BUILD, folder, NOW, Arc::new(RealFiles))
}

async fn configure(node: &TestNode) -> String {
    let inputs = json!({"config": config(&plain_settings())});
    ask(node, "configure", inputs).await.statusmsg
}

#[tokio::test]
async fn a_configuration_file_that_is_a_link_is_replaced_where_it_is() {
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().canonicalize().unwrap().join("real.conf");
    write(&target, OLD);
    let node = linked(&target);
    assert_eq!(configure(&node).await, "OK");
    assert_eq!(fs::read_link(node.config_file()).unwrap(), target);
    let text = fs::read_to_string(&target).unwrap();
    assert!(
        text.contains("\nplugin.choria.server.provision=false\n"),
        "{text}"
    );
    assert_eq!(
        snapshot(elsewhere.path()).len(),
        1,
        "nothing is left beside it"
    );
    transaction::rollback(&RealFiles, &etc(&node).join(".muster"), NOW).unwrap();
    assert_eq!(fs::read_to_string(&target).unwrap(), OLD);
}

#[tokio::test]
async fn a_configuration_file_that_is_a_link_to_nowhere_is_refused() {
    let node = linked(Path::new("/nonexistent/server.conf"));
    let message = configure(&node).await;
    let text = "Could not write config: cannot determine full path to config file: ";
    assert!(message.starts_with(text), "{message}");
}

#[tokio::test]
async fn a_policies_directory_with_a_link_in_it_is_refused_whole() {
    let node = waiting();
    let policies = etc(&node).join("policies");
    fs::create_dir(&policies).unwrap();
    symlink("/etc/hostname", policies.join("a.policy")).unwrap();
    let before = snapshot(&policies);
    let inputs = json!({
        "config": config(&plain_settings()),
        "action_policies": {"a.policy": "# x"},
    });
    let reply = ask(&node, "configure", inputs).await;
    assert!(
        reply.statusmsg.contains("is a symbolic link"),
        "{}",
        reply.statusmsg
    );
    assert_eq!(snapshot(&policies), before);
    assert!(!node.config_file().exists());
}

#[test]
fn the_directory_of_the_configuration_is_named_by_its_real_path() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().canonicalize().unwrap().join("real");
    fs::create_dir(&real).unwrap();
    let link = folder.path().join("link");
    symlink(&real, &link).unwrap();
    let expected = real.join("server.conf");
    assert_eq!(
        start::config_file(&link.join("server.conf")).unwrap(),
        expected
    );
    assert_eq!(start::config_file(&expected).unwrap(), expected);
    assert_eq!(
        start::config_file(&real.join("../link/./server.conf")).unwrap(),
        expected
    );
    // the file itself may be a link, which is resolved when it is replaced
    symlink("other.conf", &expected).unwrap();
    assert_eq!(
        start::config_file(&link.join("server.conf")).unwrap(),
        expected
    );
}

#[test]
fn a_relative_path_is_taken_from_the_working_directory() {
    let here = std::env::current_dir().unwrap().canonicalize().unwrap();
    let expected = here.join("server.conf");
    assert_eq!(
        start::config_file(Path::new("server.conf")).unwrap(),
        expected
    );
    assert_eq!(
        start::config_file(Path::new("./tests/../server.conf")).unwrap(),
        expected
    );
}

#[test]
fn a_directory_that_does_not_exist_is_told() {
    let missing = start::config_file(Path::new("/nonexistent/server.conf"));
    assert!(matches!(missing, Err(StartError::NoDirectory { .. })));
}

#[tokio::test]
async fn a_node_whose_directory_is_behind_a_link_is_configured() {
    let folder = tempfile::tempdir().unwrap();
    let outer = tempfile::tempdir().unwrap();
    let link = outer.path().join("etc");
    symlink(folder.path(), &link).unwrap();
    // what the command line does with `--config`
    let config_file = start::config_file(&link.join("server.conf")).unwrap();
    let node = TestNode::on(&BUILD, folder, NOW, Arc::new(RealFiles));
    assert_eq!(node.config_file(), config_file);
    assert_eq!(configure(&node).await, "OK");
    assert!(link.join("server.conf").exists());
}
