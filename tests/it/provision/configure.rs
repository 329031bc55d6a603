//! `configure` that succeeds.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use muster::config::CertificateFiles;
use muster::config::Owner;
use muster::config::Settings;
use muster::os::files::Attempt;
use muster::os::files::RealFiles;
use muster::os::files::faults::Call;
use muster::os::files::faults::FaultyFiles;
use muster::os::files::faults::Verdict;
use muster::os::transaction;
use muster::os::transaction::GenerationState;
use muster::protocol::lifecycle;
use muster::security::key::RsaKey;
use muster::server::material;
use muster::server::mode::Mode;
use muster::server::start;
use serde_json::Value;
use serde_json::json;
use tokio::sync::Notify;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::IDENTITY;
use super::ask;
use super::config;
use super::csr;
use super::etc;
use super::inputs;
use super::mode;
use super::plain_settings;
use super::settings;
use super::waiting;
use crate::agents::NODE;
use crate::agents::NOW;
use crate::agents::payload;
use crate::agents::request;
use crate::support::authority::Authority;
use crate::support::node::BUILD;
use crate::support::node::TOKEN;
use crate::support::node::TestNode;
use crate::support::node::write;

fn spki(certificate: &str) -> Vec<u8> {
    let (_, block) = x509_parser::pem::parse_x509_pem(certificate.as_bytes()).unwrap();
    let (_, certificate) = X509Certificate::from_der(&block.contents).unwrap();
    certificate.public_key().raw.to_vec()
}

pub(super) fn live_key(etc: &Path) -> RsaKey {
    RsaKey::from_pem(&fs::read_to_string(etc.join("ssl/private.pem")).unwrap()).unwrap()
}

/// Takes the node through `gencsr` and `configure`.
async fn configured(node: &TestNode) -> (Authority, String) {
    let ca = Authority::new();
    let certificate = ca.sign(&csr(node).await, IDENTITY);
    let reply = ask(node, "configure", inputs(node, &certificate, &ca)).await;
    assert_eq!(reply.statusmsg, "OK");
    (ca, certificate)
}

pub(super) fn server_token(purpose: &str, public_key: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(&json!({"alg": "EdDSA", "typ": "JWT"}));
    let claims = part(&json!({"purpose": purpose, "public_key": public_key}));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([7; 64]))
}

#[tokio::test]
async fn everything_is_written_with_the_modes_of_the_table() {
    let node = waiting();
    let (ca, certificate) = configured(&node).await;
    let etc = etc(&node);
    for (path, file_mode) in [
        ("server.conf", 0o600),
        ("ssl", 0o700),
        ("ssl/certificate.pem", 0o644),
        ("ssl/ca.pem", 0o644),
        ("ssl/private.pem", 0o600),
        ("policies", 0o700),
        ("policies/rpcutil.policy", 0o400),
        ("policies/rego", 0o700),
        ("policies/rego/choria.rego", 0o400),
    ] {
        assert_eq!(mode(&etc.join(path)), file_mode, "{path}");
    }
    let text = |path: &str| fs::read_to_string(etc.join(path)).unwrap();
    assert_eq!(text("ssl/certificate.pem"), certificate);
    assert_eq!(text("ssl/ca.pem"), ca.pem);
    assert_eq!(text("policies/rpcutil.policy"), "policy default deny\n");
    assert!(text("ssl/private.pem").starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
    assert_eq!(live_key(&etc).public_spki(), spki(&certificate));
    assert!(!etc.join("ssl/csr.pem").exists(), "its key is in use");
    assert!(!etc.join("server.jwt").exists());
}

#[tokio::test]
async fn the_file_is_sorted_names_its_author_and_is_counted_in_lines() {
    let node = waiting();
    let mut request = request(
        "choria_provision",
        "configure",
        json!({"token": TOKEN, "config": config(&plain_settings())}),
    );
    request.id = "0123456789abcdef0123456789abcdef".parse().unwrap();
    let outcome = node.receive(NODE, &payload(&request)).await.unwrap();
    assert_eq!(outcome.answer.announce, Some(lifecycle::Kind::Provisioned));
    assert!(outcome.answer.then.is_none());
    let body = muster::protocol::body::RpcReply::decode(&outcome.reply.unwrap().body).unwrap();
    let path = node.config_file();
    assert_eq!(
        body.data["message"],
        format!("Wrote 5 lines to {}", path.display())
    );
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        "# configuration file written in request 0123456789abcdef0123456789abcdef from \
         choria=client.example.net (client.example.net) at 2026-11-21T00:52:52Z\n\
         identity=cap1.example.net\n\
         plugin.choria.middleware_hosts=broker.example.net:4222\n\
         plugin.choria.server.provision=false\n\
         rpcauthorization=0\n"
    );
}

#[tokio::test]
async fn an_identity_that_is_left_out_stays_the_one_in_use() {
    let node = waiting();
    let mut settings = plain_settings();
    settings.remove("identity");
    let reply = ask(&node, "configure", json!({"config": config(&settings)})).await;
    assert_eq!(reply.statuscode.code(), 0, "{}", reply.statusmsg);
    let text = fs::read_to_string(node.config_file()).unwrap();
    assert!(text.contains("\nidentity=cap1.example.net\n"), "{text}");
}

#[tokio::test]
async fn another_identity_is_taken_although_the_certificate_has_other_names() {
    let node = waiting();
    let ca = Authority::new();
    let certificate = ca.sign(&csr(&node).await, "web1.example.net");
    let mut inputs = inputs(&node, &certificate, &ca);
    let mut settings = settings(&node);
    settings.insert("identity".into(), json!("web2.example.net"));
    inputs["config"] = config(&settings);
    assert_eq!(ask(&node, "configure", inputs).await.statusmsg, "OK");
}

/// What a start in normal mode reads is there and can be used.
fn has_its_certificate(settings: &Settings) {
    let owner = Owner {
        certname: IDENTITY,
        root: true,
        home: None,
    };
    let security = &settings.security;
    let files = CertificateFiles::needed(&BUILD, security, &owner).unwrap();
    let material = material::load(&files.unwrap(), &security.terms()).unwrap();
    assert!(material.is_for(IDENTITY));
    assert!(material.signing_key().is_some(), "its key can sign");
}

#[tokio::test]
async fn what_was_written_starts_in_normal_mode_with_tls() {
    let node = waiting();
    configured(&node).await;
    let (mode, resolved) = start::configuration(&node.config_file(), &BUILD).unwrap();
    assert!(matches!(mode, Mode::Normal(_)));
    assert_eq!(
        resolved.settings.identity.as_ref().unwrap().as_str(),
        IDENTITY
    );
    has_its_certificate(&resolved.settings);
}

#[tokio::test]
async fn a_certificate_of_version_1_is_taken_and_the_node_starts_with_it() {
    let node = waiting();
    let ca = Authority::new();
    let certificate = ca.sign_version_1(&csr(&node).await, IDENTITY);
    let reply = ask(&node, "configure", inputs(&node, &certificate, &ca)).await;
    assert_eq!(reply.statusmsg, "OK");
    let (_, resolved) = start::configuration(&node.config_file(), &BUILD).unwrap();
    has_its_certificate(&resolved.settings);
}

#[tokio::test]
async fn a_configure_whose_reply_was_lost_can_be_repeated() {
    let node = waiting();
    let (ca, certificate) = configured(&node).await;
    let key = live_key(&etc(&node)).public_spki();
    let again = ask(&node, "configure", inputs(&node, &certificate, &ca)).await;
    assert_eq!(again.statusmsg, "OK");
    assert_eq!(live_key(&etc(&node)).public_spki(), key);
}

#[tokio::test]
async fn after_a_configure_the_next_request_is_for_a_new_key() {
    let node = waiting();
    let first = csr(&node).await;
    let (_, certificate) = configured(&node).await;
    let second = csr(&node).await;
    assert_ne!(first, second);
    assert_eq!(
        live_key(&etc(&node)).public_spki(),
        spki(&certificate),
        "the one in use stays"
    );
    let ca = Authority::new();
    let renewed = ca.sign(&second, IDENTITY);
    let reply = ask(&node, "configure", inputs(&node, &renewed, &ca)).await;
    assert_eq!(reply.statusmsg, "OK");
    assert_eq!(live_key(&etc(&node)).public_spki(), spki(&renewed));
}

#[tokio::test]
async fn a_directory_for_certificates_alone_means_nothing() {
    let node = waiting();
    for ssldir in [
        etc(&node).join("ssl").display().to_string(),
        "/tmp/elsewhere".into(),
    ] {
        let inputs = json!({"config": config(&plain_settings()), "ssldir": ssldir});
        assert_eq!(ask(&node, "configure", inputs).await.statusmsg, "OK");
    }
    assert!(!etc(&node).join("ssl").exists());
}

#[tokio::test]
async fn certificates_may_go_to_another_directory_of_the_node() {
    let node = waiting();
    let ca = Authority::new();
    let certificate = ca.sign(&csr(&node).await, IDENTITY);
    let place = etc(&node).join("pki/choria");
    let mut inputs = inputs(&node, &certificate, &ca);
    inputs["ssldir"] = json!(place);
    inputs["config"] = json!(
        inputs["config"]
            .as_str()
            .unwrap()
            .replace("/ssl/", "/pki/choria/")
    );
    assert_eq!(ask(&node, "configure", inputs).await.statusmsg, "OK");
    assert_eq!(mode(&place.join("private.pem")), 0o600);
}

/// No provisioner can send them, so it must not take them away.
#[tokio::test]
async fn new_policies_leave_the_groups_of_the_administrator() {
    let node = waiting();
    let policies = etc(&node).join("policies");
    fs::create_dir(&policies).unwrap();
    write(&policies.join("groups"), "ops choria=op.mcollective\n");
    write(&policies.join("old.policy"), "policy default deny\n");
    let inputs = json!({
        "config": config(&plain_settings()),
        "action_policies": {"rpcutil.policy": "policy default deny\n"},
    });
    assert_eq!(ask(&node, "configure", inputs).await.statusmsg, "OK");
    let groups = fs::read_to_string(policies.join("groups")).unwrap();
    assert_eq!(groups, "ops choria=op.mcollective\n");
    assert!(!policies.join("old.policy").exists());
}

#[tokio::test]
async fn new_policies_replace_all_old_ones_and_none_replace_none() {
    let node = waiting();
    let base = json!({"config": config(&plain_settings())});
    let send = async |actions: Value, opa: Value| {
        let mut inputs = base.clone();
        inputs["action_policies"] = actions;
        inputs["opa_policies"] = opa;
        assert_eq!(ask(&node, "configure", inputs).await.statusmsg, "OK");
        let mut found: Vec<String> = super::snapshot(&etc(&node).join("policies"))
            .into_keys()
            .filter(|path| path.is_file())
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        found.sort();
        found
    };
    let both = send(
        json!({"a.policy": "#1", "b.policy": "#2"}),
        json!({"x.rego": "3"}),
    )
    .await;
    assert_eq!(both, ["a.policy", "b.policy", "x.rego"]);
    assert_eq!(send(json!({}), json!({})).await, both);
    assert_eq!(
        send(json!({"": "x", "c.policy": ""}), json!({})).await,
        both,
        "skipped"
    );
    assert_eq!(
        send(json!({}), json!({"y.rego": "4"})).await,
        ["a.policy", "b.policy", "y.rego"]
    );
    assert_eq!(
        send(json!({"c.policy": "#5"}), json!({})).await,
        ["c.policy"]
    );
}

#[tokio::test]
async fn a_server_token_is_written_together_with_its_seed() {
    let node = waiting();
    let public = ask(&node, "gen25519", json!({})).await.data["public_key"].clone();
    let token = server_token("choria_server", &public);
    let inputs = json!({"config": config(&plain_settings()), "server_jwt": token});
    for round in ["first", "repeated"] {
        let reply = ask(&node, "configure", inputs.clone()).await;
        assert_eq!(reply.statusmsg, "OK", "{round}");
        let etc = etc(&node);
        assert_eq!(fs::read_to_string(etc.join("server.jwt")).unwrap(), token);
        assert_eq!(
            fs::read_to_string(etc.join("server.seed")).unwrap().len(),
            64
        );
        assert_eq!(mode(&etc.join("server.jwt")), 0o600);
        assert_eq!(mode(&etc.join("server.seed")), 0o600);
        assert!(!etc.join(".muster/staged-server.seed").exists());
    }
    assert_ne!(
        ask(&node, "gen25519", json!({})).await.data["public_key"],
        public
    );
}

#[tokio::test]
async fn a_file_that_is_replaced_keeps_its_mode_and_is_kept_as_the_one_before() {
    use std::os::unix::fs::PermissionsExt as _;
    let old = "plugin.choria.server.provision = true\nidentity = cap1.example.net\n";
    let node = TestNode::new(&BUILD, Some(old), NOW);
    fs::set_permissions(node.config_file(), fs::Permissions::from_mode(0o640)).unwrap();
    configured(&node).await;
    assert_eq!(mode(&node.config_file()), 0o640);
    let state = etc(&node).join(".muster");
    let current = transaction::current(&RealFiles, &state).unwrap().unwrap();
    assert_eq!((current.number, current.state), (1, GenerationState::Trial));
    transaction::rollback(&RealFiles, &state, NOW).unwrap();
    assert_eq!(fs::read_to_string(node.config_file()).unwrap(), old);
    assert!(!etc(&node).join("ssl/private.pem").exists());
}

#[tokio::test]
async fn the_administrators_own_settings_of_this_program_survive() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().canonicalize().unwrap().join("state");
    let text = format!(
        "plugin.choria.server.provision = true\nidentity = cap1.example.net\nplugin.muster.state_dir = {}\n",
        state.display()
    );
    write(&folder.path().join("server.conf"), &text);
    let node = TestNode::on(&BUILD, folder, NOW, Arc::new(RealFiles));
    configured(&node).await;
    assert_eq!(
        transaction::current(&RealFiles, &state)
            .unwrap()
            .unwrap()
            .number,
        1
    );
    let (_, resolved) = start::configuration(&node.config_file(), &BUILD).unwrap();
    assert_eq!(resolved.settings.muster.state_dir, state);
}

#[tokio::test]
async fn two_configures_of_one_provisioner_at_once_are_done_one_after_the_other() {
    let node = waiting();
    let ca = Authority::new();
    let certificate = ca.sign(&csr(&node).await, IDENTITY);
    let inputs = || inputs(&node, &certificate, &ca);
    let (one, two, csr) = tokio::join!(
        ask(&node, "configure", inputs()),
        ask(&node, "configure", inputs()),
        ask(&node, "gencsr", json!({})),
    );
    for reply in [one, two, csr] {
        assert_eq!(reply.statusmsg, "OK");
    }
    assert_eq!(live_key(&etc(&node)).public_spki(), spki(&certificate));
    let state = etc(&node).join(".muster");
    assert_eq!(
        transaction::current(&RealFiles, &state)
            .unwrap()
            .unwrap()
            .number,
        2
    );
}

#[tokio::test]
async fn the_node_answers_others_while_it_waits_for_the_disk() {
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let reached = Arc::new(Notify::new());
    let commit_point = Arc::clone(&reached);
    let files = FaultyFiles::new(move |call: &Call<'_>| {
        if call.attempt == Attempt::Replace && call.path.ends_with("journal.commit") {
            commit_point.notify_one();
            wait.lock().unwrap().recv_timeout(DEADLINE).unwrap();
        }
        Verdict::SkipSync
    });
    let node = TestNode::with_files(&BUILD, None, NOW, Arc::new(files));
    let inputs = json!({"config": config(&plain_settings())});
    let meanwhile = async {
        reached.notified().await;
        let reply = ask(&node, "jwt", json!({})).await;
        go.send(()).unwrap();
        reply
    };
    let (configured, other) = tokio::join!(ask(&node, "configure", inputs), meanwhile);
    assert_eq!(configured.statusmsg, "OK");
    assert_eq!(other.statuscode.code(), 1);
}

const DEADLINE: Duration = Duration::from_secs(20);
