//! `policy.toml`: the administrator of the machine outranks the provisioner (design D2).

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;

use super::IDENTITY;
use super::ask;
use super::config;
use super::csr;
use super::etc;
use super::inputs;
use super::plain_settings;
use super::snapshot;
use super::waiting_with_key;
use crate::support::authority::Authority;
use crate::support::node::TestNode;
use crate::support::node::write;

fn policy(node: &TestNode, text: &str) {
    write(&etc(node).join("policy.toml"), text);
}

async fn configure(node: &TestNode, key: &str, value: &str) -> String {
    let mut settings = plain_settings();
    settings.insert(key.into(), json!(value));
    let inputs = json!({"config": config(&settings)});
    ask(node, "configure", inputs).await.statusmsg
}

/// Configuring is refused with this reason and without a trace, everything else goes on.
async fn only_configure_is_refused(node: &TestNode, text: &str) {
    let before = snapshot(&etc(node));
    let message = configure(node, "registerinterval", "300").await;
    let start = "Could not write config: the policy of this node cannot be followed: the policy of this node";
    assert!(
        message.starts_with(start) && message.contains(text),
        "{message}"
    );
    assert_eq!(ask(node, "gencsr", json!({})).await.statusmsg, "OK");
    let jwt = ask(node, "jwt", json!({})).await.statusmsg;
    assert_eq!(jwt, "No Provisioning JWT file has been configured");
    assert_eq!(snapshot(&etc(node)), before);
}

#[tokio::test]
async fn a_policy_that_cannot_be_followed_refuses_configure_alone() {
    let node = waiting_with_key().await;
    let path = etc(&node).join("policy.toml");
    for (text, reason) in [
        ("allow_keys = [", "policy.toml:1: "),
        ("\nunknown = 1\n", "policy.toml:2: "),
        ("[limits]\nconfig = 1000000\n", "policy.toml:2: "),
        ("# \u{fffd}\nallow_keys = 1\n", "policy.toml:2: "),
    ] {
        policy(&node, text);
        only_configure_is_refused(&node, reason).await;
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    only_configure_is_refused(&node, "cannot be read: not a regular file").await;
    fs::remove_dir(&path).unwrap();
    symlink("/nonexistent/policy.toml", &path).unwrap();
    only_configure_is_refused(&node, "cannot be read: ").await;
    fs::remove_file(&path).unwrap();
    fs::File::create(&path).unwrap().set_len(1 << 20).unwrap();
    only_configure_is_refused(&node, "cannot be read: larger than").await;
    fs::remove_file(&path).unwrap();
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    fs::rename(&path, etc(&node).join("pipe")).unwrap();
    symlink(etc(&node).join("pipe"), &path).unwrap();
    let message = configure(&node, "registerinterval", "300").await;
    assert!(
        message.ends_with("cannot be read: not a regular file"),
        "{message}"
    );
}

#[tokio::test]
async fn keys_are_denied_and_allowed_by_pattern() {
    let node = waiting_with_key().await;
    policy(&node, "deny_keys = [\"plugin.nats.*\"]\n");
    let message = configure(&node, "plugin.nats.user", "x").await;
    assert_eq!(
        message,
        "Could not write config: the policy of this node denies the key \"plugin.nats.user\""
    );
    policy(
        &node,
        "allow_keys = [\"identity\", \"plugin.choria.*\", \"rpcauthorization\"]\n",
    );
    let message = configure(&node, "ttl", "60").await;
    assert_eq!(
        message,
        "Could not write config: the policy of this node does not allow the key \"ttl\""
    );
    assert_eq!(
        configure(&node, "plugin.choria.use_srv", "false").await,
        "OK"
    );
    policy(&node, "allow_dangerous_keys = [\"libdir\"]\n");
    assert_eq!(configure(&node, "libdir", "/opt/choria").await, "OK");
}

#[tokio::test]
async fn the_state_directory_stays_even_where_the_policy_lets_its_key_pass() {
    let node = waiting_with_key().await;
    policy(&node, "allow_dangerous_keys = [\"plugin.muster.*\"]\n");
    let message = configure(&node, "plugin.muster.state_dir", "/var/lib/muster").await;
    assert!(
        message.ends_with("the state directory cannot be changed over the network"),
        "{message}"
    );
}

#[tokio::test]
async fn limits_are_lowered() {
    let node = waiting_with_key().await;
    policy(
        &node,
        "[limits]\nconfig = 20\npolicy_files = 1\npolicy_file = 2\ncn = 5\nsubject = 4\ntoken = 12\n",
    );
    let message = configure(&node, "registerinterval", "300").await;
    assert_eq!(message, "Validation failed: config is longer than 20 bytes");
    for (inputs, text) in [
        (
            json!({"cn": "abcdef"}),
            "Validation failed: cn is longer than 5 characters",
        ),
        (
            json!({"OU": "abcde"}),
            "Validation failed: OU is longer than 4 characters",
        ),
    ] {
        let reply = ask(&node, "gencsr", inputs).await;
        assert_eq!(
            (reply.statuscode.code(), reply.statusmsg.as_str()),
            (4, text)
        );
    }
    policy(&node, "[limits]\npolicy_files = 1\npolicy_file = 2\n");
    for (files, text) in [
        (
            json!({"a.policy": "1", "b.policy": "2"}),
            "there are more than 1 files",
        ),
        (
            json!({"a.policy": "123"}),
            "\"a.policy\" is longer than 2 bytes",
        ),
    ] {
        let inputs = json!({"config": config(&plain_settings()), "action_policies": files});
        let message = ask(&node, "configure", inputs).await.statusmsg;
        assert_eq!(message, format!("Could not save Action Policies: {text}"));
    }
}

#[tokio::test]
async fn a_token_beyond_the_administrators_limit_is_not_even_looked_at() {
    let node = super::waiting();
    policy(&node, "[limits]\ntoken = 12\n");
    let reply = ask(&node, "jwt", json!({})).await;
    assert_eq!(reply.statusmsg, "Incorrect provision token supplied");
}

#[tokio::test]
async fn private_keys_and_directories_follow_the_policy() {
    let node = waiting_with_key().await;
    let ca = Authority::new();
    let certificate = ca.sign(&csr(&node).await, IDENTITY);
    let elsewhere = tempfile::tempdir().unwrap();
    let place = elsewhere.path().canonicalize().unwrap();
    policy(
        &node,
        &format!("accept_private_keys = false\nssl_directories = [{place:?}]\n"),
    );
    let mut inputs = inputs(&node, &certificate, &ca);
    inputs["config"] = config(&plain_settings());
    inputs["ssldir"] = json!(place.join("node"));
    let mut with_key = inputs.clone();
    with_key["key"] = json!("-----BEGIN RSA PRIVATE KEY-----");
    with_key["ecdh_public"] = json!("ab".repeat(32));
    let message = ask(&node, "configure", with_key).await.statusmsg;
    assert_eq!(
        message,
        "TLS Setup Failed: the policy of this node does not accept private keys"
    );
    assert_eq!(ask(&node, "configure", inputs).await.statusmsg, "OK");
    assert!(place.join("node/private.pem").exists());
}
