//! Who may run what, on a node without a broker: by caller, action, facts and classes, and what a file that cannot be used
//! does.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;

use muster::os::files::RealFiles;
use muster::protocol::Request;
use muster::protocol::body::RpcReply;
use serde_json::Value;
use serde_json::json;

use crate::agents::NOW;
use crate::agents::payload;
use crate::agents::request;
use crate::support::node::BUILD;
use crate::support::node::TestNode;
use crate::support::node::write;

pub(crate) const ALICE: &str = "choria=alice.mcollective";
const EVE: &str = "choria=eve.mcollective";
const DENIED: &str = "You are not authorized to call this agent or action";

/// What every node here has in its configuration.
pub(crate) const MANAGED: &str =
    "plugin.choria.server.provision = false\nidentity = cap1.example.net\n";

/// A managed node with further settings, and files below its folder.
pub(crate) fn managed(settings: &str, files: &[(&str, &str)]) -> TestNode {
    let folder = tempfile::tempdir().unwrap();
    let etc = folder.path().canonicalize().unwrap();
    fs::create_dir(etc.join("policies")).unwrap();
    let settings = settings.replace("DIR", &etc.display().to_string());
    write(&etc.join("server.conf"), &format!("{MANAGED}{settings}"));
    for (name, text) in files {
        write(&etc.join(name), &text.replace('→', "\t"));
    }
    TestNode::on(&BUILD, folder, NOW, Arc::new(RealFiles))
}

/// A request of a caller to a managed node.
pub(crate) fn asked(caller: &str, agent: &str, action: &str, data: Value) -> Request {
    Request {
        caller: caller.parse().unwrap(),
        collective: "mcollective".parse().unwrap(),
        ..request(agent, action, data)
    }
}

pub(crate) async fn send(node: &TestNode, request: &Request) -> RpcReply {
    let subject = "mcollective.node.cap1.example.net";
    let outcome = node.receive(subject, &payload(request)).await.unwrap();
    RpcReply::decode(&outcome.reply.unwrap().body).unwrap()
}

/// The text of the reply to `rpcutil#ping`.
async fn ping(node: &TestNode, caller: &str) -> String {
    send(node, &asked(caller, "rpcutil", "ping", json!({})))
        .await
        .statusmsg
}

fn etc(node: &TestNode) -> PathBuf {
    node.config_file().parent().unwrap().to_owned()
}

fn policy(node: &TestNode, text: &str) {
    write(
        &etc(node).join("policies/rpcutil.policy"),
        &text.replace('→', "\t"),
    );
}

fn concerns(node: &TestNode) -> Vec<String> {
    node.assembly.node.concerns.open()
}

#[tokio::test]
async fn without_a_policy_every_action_is_denied_and_discovery_is_answered() {
    for settings in ["", "plugin.actionpolicy.allow_unconfigured = y\n"] {
        let node = managed(settings, &[]);
        let reply = send(&node, &asked(ALICE, "rpcutil", "ping", json!({}))).await;
        assert_eq!(
            (reply.statuscode.code(), reply.statusmsg.as_str()),
            (1, DENIED)
        );
        assert_eq!(reply.data, json!({}));
        let stats = &node.assembly.node.stats;
        assert_eq!(stats.snapshot().denied, 1);
        let reason = stats.last_refusal().unwrap().reason;
        assert!(
            reason.contains("there is no policy for rpcutil"),
            "{reason}"
        );
        assert!(concerns(&node).is_empty());
        let mut discovery = asked(EVE, "discovery", "", json!({}));
        discovery.body = b"ping".to_vec();
        let outcome = node
            .receive("mcollective.node.cap1.example.net", &payload(&discovery))
            .await
            .unwrap();
        assert_eq!(outcome.reply.unwrap().body, b"pong");
    }
}

#[tokio::test]
async fn a_policy_allows_by_caller_action_and_group() {
    let node = managed(
        "",
        &[
            ("policies/groups", "ops choria=alice.mcollective\n"),
            (
                "policies/rpcutil.policy",
                "policy default deny\nallow→ops→ping→*→*\n",
            ),
        ],
    );
    assert_eq!(ping(&node, ALICE).await, "OK");
    assert_eq!(ping(&node, EVE).await, DENIED);
    let other = asked(ALICE, "rpcutil", "inventory", json!({}));
    assert_eq!(send(&node, &other).await.statusmsg, DENIED);
    let unknown = asked(EVE, "rpcutil", "nosuch", json!({}));
    assert_eq!(
        send(&node, &unknown).await.statusmsg,
        "Unknown action nosuch for agent rpcutil"
    );
    write(
        &etc(&node).join("policies/groups"),
        "ops choria=eve.mcollective\n",
    );
    assert_eq!(ping(&node, ALICE).await, DENIED);
    assert_eq!(ping(&node, EVE).await, "OK");
    assert_eq!(node.assembly.node.stats.snapshot().denied, 3);
}

#[tokio::test]
async fn a_policy_allows_by_facts_and_classes_as_they_are_now() {
    let node = managed(
        "plugin.yaml = DIR/facts.json\nclassesfile = DIR/classes.txt\n",
        &[
            ("facts.json", r#"{"environment": "production"}"#),
            ("classes.txt", "role::db\n"),
            (
                "policies/rpcutil.policy",
                "policy default deny\nallow→*→*→environment=/^dev/ or environment=test→role::web\n",
            ),
        ],
    );
    assert_eq!(ping(&node, ALICE).await, DENIED);
    write(
        &etc(&node).join("facts.json"),
        r#"{"environment": "development"}"#,
    );
    assert_eq!(ping(&node, ALICE).await, DENIED);
    write(&etc(&node).join("classes.txt"), "role::web\n");
    assert_eq!(ping(&node, ALICE).await, "OK");
}

#[tokio::test]
async fn a_changed_policy_counts_from_the_next_request() {
    let node = managed("", &[]);
    policy(&node, "allow→*→*→*→*\n");
    assert_eq!(ping(&node, ALICE).await, "OK");
    let path = etc(&node).join("policies/rpcutil.policy");
    // one of the same size and age, as a restored backup is
    let age = fs::metadata(&path).unwrap().modified().unwrap();
    let other = etc(&node).join("policies/new");
    write(&other, "deny\t*\t*\t*\t*\t\n");
    assert_eq!(
        fs::metadata(&other).unwrap().len(),
        fs::metadata(&path).unwrap().len()
    );
    fs::rename(&other, &path).unwrap();
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(age)
        .unwrap();
    assert_eq!(ping(&node, ALICE).await, DENIED);
    policy(&node, "policy default allow\n");
    assert_eq!(ping(&node, ALICE).await, "OK");
    fs::remove_file(&path).unwrap();
    assert_eq!(ping(&node, ALICE).await, DENIED);
}

#[tokio::test]
async fn a_policy_that_cannot_be_used_denies_and_is_a_concern_until_it_is_mended() {
    let node = managed(
        "plugin.actionpolicy.enable_default = y\nplugin.actionpolicy.allow_unconfigured = y\n",
        &[("policies/default.policy", "policy default allow\n")],
    );
    assert_eq!(ping(&node, ALICE).await, "OK");
    let path = etc(&node).join("policies/rpcutil.policy");
    for (text, complaint) in [
        (
            "policy default allow\ndeny * * * *\n",
            ":2: the columns of a rule",
        ),
        ("policy default allow\n\0", ":2: it holds the character"),
        ("allow→*→*→dc=/(/→*\n", ":1: \"dc=/(/\" is no pattern"),
        (
            "policy default allow\ndeny→nobody→*→*→*\n",
            ":2: \"nobody\" is denied",
        ),
    ] {
        policy(&node, text);
        assert_eq!(ping(&node, ALICE).await, DENIED);
        let open = concerns(&node);
        assert_eq!(open.len(), 1, "{open:?}");
        let wanted = format!("policy rpcutil: {}{complaint}", path.display());
        assert!(open[0].starts_with(&wanted), "{open:?}");
    }
    policy(&node, "policy default allow\n");
    assert_eq!(ping(&node, ALICE).await, "OK");
    assert!(concerns(&node).is_empty());
}

#[tokio::test]
async fn what_is_no_readable_file_denies_too() {
    let node = managed("", &[]);
    let path = etc(&node).join("policies/rpcutil.policy");
    let broken = async |complaint: &str| {
        assert_eq!(ping(&node, ALICE).await, DENIED);
        let open = concerns(&node).join("; ");
        assert!(open.contains(complaint), "{open}");
    };
    symlink("/nonexistent", &path).unwrap();
    broken("a link that leads nowhere").await;
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    broken("not a regular file").await;
    fs::remove_dir(&path).unwrap();
    // sparse: had it all been read, this would take its time
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    broken("larger than 262144 bytes").await;
    fs::remove_file(&path).unwrap();
    assert_eq!(ping(&node, ALICE).await, DENIED);
    assert!(concerns(&node).is_empty());
}

#[tokio::test]
async fn faults_of_policies_and_groups_are_known_from_the_start() {
    let node = managed(
        "",
        &[
            ("policies/rpcutil.policy", "nonsense\n"),
            ("policies/choria_util.policy", "allow→ops→*→*→*\n"),
            ("policies/groups", "ops\n"),
        ],
    );
    let open = concerns(&node);
    assert_eq!(open.len(), 2, "{open:?}");
    assert!(open[0].contains("policies/groups:1: "), "{open:?}");
    assert!(open[1].contains("policies/rpcutil.policy:1: "), "{open:?}");
    policy(&node, "policy default deny\n");
    write(
        &etc(&node).join("policies/groups"),
        "admins choria=root.mcollective\n",
    );
    node.assembly.guard.look();
    let open = concerns(&node);
    assert_eq!(open.len(), 1, "{open:?}");
    assert!(
        open[0].contains("\"ops\" is neither a caller id nor a group"),
        "{open:?}"
    );
}

#[tokio::test]
async fn the_default_policy_stands_in_where_it_is_enabled() {
    let files = [("policies/site.policy", "policy default allow\n")];
    let enabled =
        "plugin.actionpolicy.default_name = site\nplugin.actionpolicy.enable_default = y\n";
    let node = managed(enabled, &files);
    assert_eq!(ping(&node, ALICE).await, "OK");
    policy(&node, "policy default deny\n");
    assert_eq!(ping(&node, ALICE).await, DENIED);
    let node = managed("plugin.actionpolicy.default_name = site\n", &files);
    assert_eq!(ping(&node, ALICE).await, DENIED);
}

#[tokio::test]
async fn a_file_without_default_says_what_the_setting_says() {
    let files = [(
        "policies/rpcutil.policy",
        "deny→choria=eve.mcollective→*→*→*\n",
    )];
    let node = managed("", &files);
    assert_eq!(ping(&node, ALICE).await, DENIED);
    let node = managed("plugin.actionpolicy.allow_unconfigured = y\n", &files);
    assert_eq!(ping(&node, ALICE).await, "OK");
    assert_eq!(ping(&node, EVE).await, DENIED);
}

#[tokio::test]
async fn a_provider_that_is_not_evaluated_denies_everything_and_says_so() {
    for provider in ["rego_policy", "aaasvc", "aaasvc_policy"] {
        let node = managed(
            &format!("rpcauthprovider = {provider}\n"),
            &[("policies/rpcutil.policy", "policy default allow\n")],
        );
        assert_eq!(ping(&node, ALICE).await, DENIED);
        let open = concerns(&node);
        assert_eq!(open.len(), 1, "{open:?}");
        assert!(
            open[0].starts_with("authorization: rpcauthprovider is "),
            "{open:?}"
        );
    }
}

#[tokio::test]
async fn nobody_needs_a_policy_while_the_node_waits_or_authorization_is_off() {
    let node = managed(
        "rpcauthorization = 0\n",
        &[("policies/rpcutil.policy", "nonsense")],
    );
    assert_eq!(ping(&node, EVE).await, "OK");
    assert!(concerns(&node).is_empty());
    let waiting = TestNode::new(&BUILD, Some("rpcauthorization = 1\n"), NOW);
    let reply = crate::agents::call(&waiting, &request("rpcutil", "ping", json!({}))).await;
    assert_eq!(reply.statusmsg, "OK");
}

#[tokio::test]
async fn a_body_for_another_agent_is_denied_and_counted_whatever_the_policy() {
    let node = managed("", &[("policies/rpcutil.policy", "policy default allow\n")]);
    let mut request = asked(ALICE, "rpcutil", "ping", json!({}));
    request.body = asked(ALICE, "choria_util", "info", json!({})).body;
    assert_eq!(send(&node, &request).await.statusmsg, DENIED);
    assert_eq!(node.assembly.node.stats.snapshot().denied, 1);
}

#[test]
fn the_name_of_a_policy_never_leaves_its_directory() {
    // an agent's name is checked before it reaches any path
    for bad in ["../x", "a/b", "", ".", "a.b"] {
        assert!(
            bad.parse::<muster::protocol::names::AgentName>().is_err(),
            "{bad}"
        );
    }
}
