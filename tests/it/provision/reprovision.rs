//! `reprovision`: from the fleet back to a provisioner, when everything that takes is there, and otherwise not at all.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::time::Duration;

use muster::build_info::BuildInfo;
use muster::os::files::Attempt;
use muster::os::files::RealFiles;
use muster::os::files::faults::Call;
use muster::os::files::faults::FaultyFiles;
use muster::os::files::faults::Verdict;
use muster::os::lock::Lock;
use muster::os::transaction;
use muster::os::transaction::GenerationState;
use muster::os::transaction::InPlace;
use muster::os::transaction::Transaction;
use muster::protocol::body::RpcReply;
use muster::rpc::Then;
use muster::secret::Secret;
use nix::errno::Errno;
use serde_json::Value;
use serde_json::json;

use super::IDENTITY;
use super::ask;
use super::config;
use super::csr;
use super::etc;
use super::in_fleet;
use super::in_fleet_as;
use super::inputs;
use super::plain_settings;
use super::snapshot;
use super::waiting;
use crate::agents::NOW;
use crate::support::authority::Authority;
use crate::support::dns::DnsServer;
use crate::support::dns::SrvRecord;
use crate::support::node::BUILD;
use crate::support::node::TestNode;
use crate::support::node::write;

const FLEET: &str = "\
# written by hand
collectives = one,two
identity = cap1.example.net
loglevel = warn
logfile = /var/log/muster.log
plugin.choria.middleware_hosts = broker.example.net:4222
plugin.choria.registration.file_content.data = /etc/muster/metadata.json
plugin.choria.registration.file_content.target = one.registration
plugin.choria.server.provision = false
plugin.choria.status_file_path = /run/muster/status.json
plugin.nats.pass = hunter2
plugin.nats.user = node
registration = file_content
rpcauthorization = 0
";

fn member() -> TestNode {
    TestNode::new(&BUILD, Some(FLEET), NOW)
}

/// The delay of a reply that announces a restart.
fn delay(reply: &RpcReply, then: Option<Then>) -> Duration {
    assert_eq!(reply.statuscode.code(), 0, "{}", reply.statusmsg);
    let delay = match then {
        Some(Then::Restart { delay }) => Some(delay),
        Some(Then::Shutdown { .. }) | None => None,
    };
    let delay = delay.unwrap();
    let message = format!("Restarting after {}s", delay.as_secs());
    assert_eq!(reply.data, json!({"message": message}));
    delay
}

/// Asks, and fails unless it is refused with this text and nothing at all has changed.
async fn refused(node: &TestNode, text: &str) {
    // that somebody wanted to write leaves the lock of those who do
    let visible = || {
        let mut found = snapshot(&etc(node));
        found.retain(|path, _| !path.ends_with("transaction.lock"));
        found
    };
    let before = visible();
    let (reply, then) = in_fleet_as(node, "one", "reprovision", json!({})).await;
    assert_eq!(reply.statuscode.code(), 1, "{}", reply.statusmsg);
    assert!(
        reply.statusmsg.contains(text),
        "{text}: {}",
        reply.statusmsg
    );
    assert_eq!((reply.data, then), (json!({}), None), "{text}");
    assert!(visible() == before, "{text}");
}

#[tokio::test]
async fn a_member_of_the_fleet_keeps_its_name_log_registration_and_status_and_waits() {
    let node = member();
    let (reply, then) = in_fleet_as(&node, "one", "reprovision", json!({})).await;
    delay(&reply, then);
    let text = fs::read_to_string(node.config_file()).unwrap();
    let (header, settings) = text.split_once('\n').unwrap();
    let start = "# configuration file written in request ";
    assert!(header.starts_with(start), "{header}");
    assert!(header.contains(" from choria=client.example.net (client.example.net) at 2026-"));
    assert_eq!(
        settings,
        "\
identity=cap1.example.net
logfile=/var/log/muster.log
loglevel=warn
plugin.choria.registration.file_content.data=/etc/muster/metadata.json
plugin.choria.registration.file_content.target=one.registration
plugin.choria.server.provision=1
plugin.choria.status_file_path=/run/muster/status.json
registration=file_content
"
    );
    let node = node.restart(NOW + 11);
    assert!(node.foundation.mode.is_provisioning());
    assert_eq!(node.foundation.identity.as_str(), IDENTITY);
    assert_eq!(ask(&node, "gencsr", json!({})).await.statusmsg, "OK");
}

#[tokio::test]
async fn the_restart_comes_two_to_eleven_seconds_later() {
    let node = member();
    for _ in 0..30 {
        let (reply, then) = in_fleet_as(&node, "one", "reprovision", json!({})).await;
        let seconds = delay(&reply, then).as_secs();
        assert!((2..=11).contains(&seconds), "{seconds}");
    }
}

#[tokio::test]
async fn a_name_that_the_file_does_not_say_is_kept_too() {
    let text = FLEET.replace("identity = cap1.example.net\n", "");
    let node = TestNode::new(&BUILD, Some(&text), NOW);
    let (reply, then) = in_fleet_as(&node, "one", "reprovision", json!({})).await;
    delay(&reply, then);
    let text = fs::read_to_string(node.config_file()).unwrap();
    assert!(text.contains("\nidentity=cap1.example.net\n"), "{text}");
}

#[tokio::test]
async fn a_wrong_token_comes_before_any_proof() {
    let mut build = BUILD;
    build.provisioning.brokers = &[];
    let node = TestNode::new(&build, Some(FLEET), NOW);
    for token in [json!("wrong"), json!(""), Value::Null] {
        let inputs = json!({"token": token});
        let (reply, then) = in_fleet_as(&node, "one", "reprovision", inputs).await;
        assert_eq!(reply.statusmsg, "Incorrect provision token supplied");
        assert_eq!(then, None);
    }
}

#[tokio::test]
async fn a_build_that_could_not_wait_keeps_its_node_in_the_fleet() {
    let present = tempfile::tempdir().unwrap();
    let present = present.path().join("provisioning.jwt");
    write(&present, "x");
    let present: &'static str = Box::leak(present.display().to_string().into_boxed_str());
    let with = |change: fn(&mut BuildInfo)| {
        let mut build = BUILD;
        change(&mut build);
        build
    };
    for (build, text) in [
        (
            with(|build| build.provisioning.brokers = &[]),
            "this build knows no provisioning brokers",
        ),
        (
            with(|build| build.provisioning.ca = Some("no certificate")),
            "the node would not start to wait for a provisioner: TLS cannot be set up",
        ),
        (
            with(|build| build.provisioning.brokers = &["nats://no.such.host.invalid:4222"]),
            "the provisioning brokers cannot be found: no.such.host.invalid has no address",
        ),
    ] {
        refused(&TestNode::new(&build, Some(FLEET), NOW), text).await;
    }
    let mut build = BUILD;
    build.provisioning.jwt_file = Some(present);
    let node = TestNode::new(&build, Some(FLEET), NOW);
    refused(&node, "a provisioning JWT is installed").await;
}

#[tokio::test]
async fn a_setting_elsewhere_that_keeps_the_node_in_its_fleet_is_noticed() {
    let node = member();
    let folder = etc(&node).join("plugin.d");
    fs::create_dir(&folder).unwrap();
    write(&folder.join("choria.cfg"), "server.provision = false\n");
    refused(
        &node,
        "a file in plugin.d or the environment says otherwise",
    )
    .await;
    write(
        &folder.join("choria.cfg"),
        "status_update_interval = soon\n",
    );
    refused(&node, "the node would not start to wait for a provisioner").await;
    fs::remove_file(folder.join("choria.cfg")).unwrap();
    fs::create_dir(folder.join("choria.cfg")).unwrap();
    refused(&node, "the node's configuration cannot be read").await;
}

#[tokio::test]
async fn settings_that_no_file_can_hold_are_not_lost_on_the_way() {
    let text = FLEET.replace("/var/log/muster.log", "/var/log/a\tb.log");
    let node = TestNode::new(&BUILD, Some(&text), NOW);
    refused(
        &node,
        "Could not write config: the settings to keep cannot be written",
    )
    .await;
}

#[tokio::test]
async fn the_administrator_can_close_the_way_and_must_leave_one_to_be_configured() {
    let node = member();
    let policy = etc(&node).join("policy.toml");
    write(&policy, "allow_reprovision = false\n");
    let text = "Cannot enable provisioning mode: the policy of this node does not allow it to be reprovisioned over the network";
    refused(&node, text).await;
    write(&policy, "allow_reprovision = 7\n");
    refused(&node, "no provisioner could configure it").await;
    write(&policy, "allow_reprovision = true\n");
    let (reply, then) = in_fleet_as(&node, "one", "reprovision", json!({})).await;
    delay(&reply, then);
}

#[tokio::test]
async fn a_node_whose_provisioners_dns_does_not_know_stays_in_its_fleet() {
    let dns = DnsServer::start().await;
    let mut build = BUILD;
    build.provisioning.brokers = &[];
    build.provisioning.srv_domain = Some("muster.test");
    let config = format!("{FLEET}plugin.muster.resolver = {}\n", dns.address);
    let node = TestNode::new(&build, Some(&config), NOW);
    let text = "the provisioning brokers cannot be found: no brokers are found: no usable SRV records at _choria-provisioner._tcp.muster.test";
    refused(&node, text).await;
    dns.publish(vec![SrvRecord::new(
        "_choria-provisioner._tcp.muster.test",
        10,
        4222,
        "no.such.host.invalid",
    )]);
    refused(&node, "no.such.host.invalid has no address").await;
    dns.publish(vec![SrvRecord::new(
        "_choria-provisioner._tcp.muster.test",
        10,
        4222,
        "localhost",
    )]);
    let (reply, then) = in_fleet_as(&node, "one", "reprovision", json!({})).await;
    delay(&reply, then);
    let text = fs::read_to_string(node.config_file()).unwrap();
    let resolver = format!("\nplugin.muster.resolver={}\n", dns.address);
    assert!(text.contains(&resolver), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_name_server_that_says_nothing_is_not_waited_for_longer_than_the_caller_does() {
    // a socket that nobody reads from
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut build = BUILD;
    build.provisioning.brokers = &[];
    build.provisioning.srv_domain = Some("muster.test");
    let address = silent.local_addr().unwrap();
    let config = format!("{FLEET}plugin.muster.resolver = {address}\n");
    let node = TestNode::new(&build, Some(&config), NOW);
    let started = tokio::time::Instant::now();
    refused(&node, "the provisioning brokers cannot be found").await;
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn files_that_cannot_be_written_are_told_and_stay() {
    for attempt in [Attempt::Create, Attempt::Write, Attempt::Replace] {
        let files = FaultyFiles::new(move |call: &Call<'_>| {
            if call.attempt == attempt {
                Verdict::Refuse(Errno::EROFS.into())
            } else {
                Verdict::SkipSync
            }
        });
        let node = TestNode::with_files(&BUILD, Some(FLEET), NOW, Arc::new(files));
        let before = fs::read(node.config_file()).unwrap();
        let (reply, then) = in_fleet_as(&node, "one", "reprovision", json!({})).await;
        assert_eq!((reply.statuscode.code(), then), (1, None));
        let start = "Could not write config: the configuration file cannot be replaced: ";
        assert!(reply.statusmsg.starts_with(start), "{}", reply.statusmsg);
        assert!(reply.statusmsg.contains("Read-only file system"));
        assert_eq!(fs::read(node.config_file()).unwrap(), before);
    }
}

#[tokio::test]
async fn a_link_to_the_configuration_stays_a_link() {
    let node = member();
    let (file, real) = (node.config_file(), etc(&node).join("real.conf"));
    fs::rename(&file, &real).unwrap();
    symlink(&real, &file).unwrap();
    let (reply, then) = in_fleet_as(&node, "one", "reprovision", json!({})).await;
    delay(&reply, then);
    assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
    let text = fs::read_to_string(&real).unwrap();
    assert!(text.contains("plugin.choria.server.provision=1\n"));
    fs::remove_file(&file).unwrap();
    symlink("/nowhere/at/all", &file).unwrap();
    refused(&node, "cannot determine full path to config file").await;
}

#[tokio::test]
async fn a_repeated_request_writes_nothing_and_is_answered_with_the_restart_that_is_due() {
    let node = member();
    let (reply, then) = in_fleet_as(&node, "one", "reprovision", json!({})).await;
    delay(&reply, then);
    let first = snapshot(&etc(&node));
    let (reply, then) = in_fleet_as(&node, "one", "reprovision", json!({})).await;
    delay(&reply, then);
    assert_eq!(snapshot(&etc(&node)), first);
    assert_eq!(node.assembly.generations.unknown(), None, "one restart");
    let state = etc(&node).join(".muster");
    transaction::rollback(&RealFiles, &state, NOW).unwrap();
    assert_eq!(fs::read_to_string(node.config_file()).unwrap(), FLEET);
}

#[tokio::test]
async fn a_restart_that_is_asked_for_meanwhile_is_refused_because_it_would_not_leave_provisioning()
{
    let node = member();
    let (reply, then) = in_fleet_as(&node, "one", "reprovision", json!({})).await;
    delay(&reply, then);
    let (reply, then) = in_fleet_as(&node, "one", "restart", json!({"splay": 1})).await;
    assert_eq!(
        reply.statusmsg,
        format!(
            "Configuration {} enables provisioning, restart cannot continue",
            node.config_file().display()
        )
    );
    assert_eq!(then, None);
}

#[tokio::test]
async fn the_file_replaced_is_kept_and_nothing_else_is_touched() {
    let node = configured(&Authority::new()).await;
    let before = readable(&node);
    let (reply, then) = in_fleet(&node, "reprovision", json!({})).await;
    delay(&reply, then);
    let mut changed = readable(&node);
    changed.retain(|path, content| before.get(path) != Some(content));
    assert_eq!(
        changed.into_keys().collect::<Vec<_>>(),
        [node.config_file()]
    );
    let state = etc(&node).join(".muster");
    let current = transaction::current(&RealFiles, &state).unwrap().unwrap();
    assert_eq!(current.state, GenerationState::Committed, "no trial");
    let kept = transaction::kept(&RealFiles, &state).unwrap().unwrap();
    assert_eq!(kept.returning, [node.config_file()]);
    assert_eq!(kept.generation.unwrap().number, 1);
    transaction::rollback(&RealFiles, &state, NOW).unwrap();
    assert_eq!(readable(&node), before);
}

#[tokio::test]
async fn a_node_goes_round_and_each_generation_keeps_the_one_before() {
    let node = configured(&Authority::new()).await;
    let fleet = readable(&node);
    let (reply, then) = in_fleet(&node, "reprovision", json!({})).await;
    delay(&reply, then);
    let node = node.restart(NOW);
    assert!(node.foundation.mode.is_provisioning());
    let other = Authority::new();
    let certificate = other.sign(&csr(&node).await, IDENTITY);
    let waits = readable(&node);
    let reply = ask(&node, "configure", inputs(&node, &certificate, &other)).await;
    assert_eq!(reply.statusmsg, "OK");
    let node = node.restart(NOW);
    assert!(!node.foundation.mode.is_provisioning());
    let renewed = readable(&node);
    let ssl = etc(&node).join("ssl");
    let in_place = |name: &str| fs::read_to_string(ssl.join(name)).unwrap();
    assert_eq!(in_place("certificate.pem"), certificate);
    assert_eq!(in_place("ca.pem"), other.pem);

    let state = etc(&node).join(".muster");
    let back = || transaction::rollback(&RealFiles, &state, NOW).unwrap();
    back();
    assert_eq!(readable(&node), waits, "waiting, with what it had before");
    back();
    assert_eq!(readable(&node), renewed, "and there again");
    assert_ne!(waits, fleet);
}

#[tokio::test]
async fn another_process_that_changes_the_files_is_waited_for_and_then_given_way_to() {
    let node = member();
    let state = etc(&node).join(".muster");
    let writing = Lock::to_write(&state, Duration::ZERO).unwrap();
    let foreign = Transaction::new(GenerationState::Committed, NOW);
    let file = etc(&node).join("of-another.conf");
    foreign
        .file(file, Secret::new(b"x".to_vec()), 0o600)
        .commit(&RealFiles, &state)
        .unwrap();
    drop(writing);
    assert_eq!(node.assembly.generations.unknown(), Some(1));
    let (reply, then) = in_fleet_as(&node, "one", "reprovision", json!({})).await;
    let text = "generation 1 was put in place meanwhile";
    assert!(reply.statusmsg.ends_with(text), "{}", reply.statusmsg);
    assert_eq!(then, None);
    node.assembly.generations.knows(InPlace::Number(1));
    let (reply, then) = in_fleet_as(&node, "one", "reprovision", json!({})).await;
    delay(&reply, then);
}

#[tokio::test]
async fn a_configuration_that_was_broken_by_hand_can_still_be_left() {
    let node = member();
    write(&node.config_file(), "loglevel = debug\nttl = soon\n");
    let (reply, then) = in_fleet_as(&node, "one", "reprovision", json!({})).await;
    delay(&reply, then);
    assert!(node.restart(NOW).foundation.mode.is_provisioning());
}

/// A node that a provisioner took through everything, in its fleet.
pub(super) async fn configured(ca: &Authority) -> TestNode {
    let node = waiting();
    let certificate = ca.sign(&csr(&node).await, IDENTITY);
    let reply = ask(&node, "configure", inputs(&node, &certificate, ca)).await;
    assert_eq!(reply.statusmsg, "OK");
    let node = node.restart(NOW);
    assert!(!node.foundation.mode.is_provisioning());
    node
}

/// All but what the node keeps for itself.
fn readable(node: &TestNode) -> super::Snapshot {
    let mut found = snapshot(&etc(node));
    found.retain(|path, _| !path.starts_with(etc(node).join(".muster")));
    found
}

#[tokio::test]
async fn restart_and_shutdown_of_a_member_follow_the_same_rules_as_of_a_waiting_node() {
    let node = configured(&Authority::new()).await;
    let (reply, then) = in_fleet(&node, "restart", json!({"splay": 1})).await;
    assert_eq!(reply.data["message"], "Restarting Choria Server after 2s");
    let delay = Duration::from_secs(2);
    assert_eq!(then, Some(Then::Restart { delay }));
    for _ in 0..20 {
        let (_, then) = in_fleet(&node, "restart", json!({})).await;
        let Some(Then::Restart { delay }) = then else {
            panic!("{then:?}");
        };
        assert!((2..=11).contains(&delay.as_secs()));
        let (reply, then) = in_fleet(&node, "shutdown", json!({})).await;
        let Some(Then::Shutdown { delay }) = then else {
            panic!("{then:?}");
        };
        assert!((1..=9).contains(&delay.as_secs()));
        let message = format!("Shutting Choria Server down after {}s", delay.as_secs());
        assert_eq!(reply.data["message"], message);
    }
    let path = node.config_file();
    let works = fs::read_to_string(&path).unwrap();
    let unparsable = format!(
        "Configuration {} could not be parsed, restart cannot continue: ",
        path.display()
    );
    let provisions = format!(
        "Configuration {} enables provisioning, restart cannot continue",
        path.display()
    );
    for (text, refusal) in [
        (format!("{works}ttl = soon\n"), &unparsable),
        (
            works.replace("provision=false", "provision=true"),
            &provisions,
        ),
        (
            works.replace("plugin.choria.server.provision=false", ""),
            &provisions,
        ),
        (
            format!("{works}plugin.security.file.ca = /nonexistent\n"),
            &unparsable,
        ),
    ] {
        write(&path, &text);
        let (reply, then) = in_fleet(&node, "restart", json!({"splay": 1})).await;
        assert_eq!((reply.statuscode.code(), then), (1, None));
        assert!(
            reply.statusmsg.starts_with(refusal.as_str()),
            "{}",
            reply.statusmsg
        );
        let (_, then) = in_fleet(&node, "shutdown", json!({})).await;
        assert!(
            matches!(then, Some(Then::Shutdown { .. })),
            "to stop needs no configuration"
        );
    }
}

#[tokio::test]
async fn a_waiting_node_that_was_configured_has_a_way_back_only_after_its_restart() {
    let node = waiting();
    let settings = json!({"config": config(&plain_settings())});
    assert_eq!(ask(&node, "configure", settings).await.statusmsg, "OK");
    let reply = ask(&node, "reprovision", json!({})).await;
    assert_eq!(
        reply.statusmsg,
        "Server is already in provisioning mode, cannot enable provisioning mode again"
    );
}
