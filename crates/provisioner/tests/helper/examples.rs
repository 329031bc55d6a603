//! The examples of `examples/helpers`, with the tools that they use.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test support"
)]

mod site;

use std::path::Path;
use std::process::Stdio;

use muster::config::Defaults;
use muster::config::Raw;
use muster::config::Settings;
use muster::config::Source;
use muster::config::render::render;
use muster_provisioner::helper::CsrReply;
use muster_provisioner::helper::Decision;
use muster_provisioner::helper::HelperError;
use muster_provisioner::helper::Outfit;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use self::site::Site;
use self::site::request;
use super::support::case;
use super::support::case_with;
use super::support::program;

async fn ask(words: &[String], csr: CsrReply) -> Result<Decision, HelperError> {
    program(words.to_vec(), 60)
        .decide(&case_with(Some(csr)))
        .await
}

async fn configured(words: &[String], csr: CsrReply) -> Outfit {
    match ask(words, csr).await.unwrap() {
        Decision::Configure(outfit) => *outfit,
        other => panic!("{other:?}"),
    }
}

async fn deferred(words: &[String], csr: CsrReply) -> String {
    match ask(words, csr).await.unwrap() {
        Decision::Defer {
            message,
            retry_after,
        } => {
            assert!(retry_after.is_some());
            message
        }
        other => panic!("{other:?}"),
    }
}

/// What every example must do.
async fn keeps_the_rules(site: &Site, words: &[String]) {
    signs_for_the_node(site, words).await;
    gives_the_same_again(words).await;
    refuses_what_it_must(words).await;
    survives_nonsense(words).await;
}

async fn signs_for_the_node(site: &Site, words: &[String]) {
    let key = rcgen::KeyPair::generate().unwrap();
    let csr = request(
        &key,
        "n1.example.net",
        &["n1.example.net", "broker.example.net"],
    );
    let outfit = configured(words, csr).await;
    site.vouches_for(&outfit.certificate, &key, "n1.example.net");
    assert_eq!(outfit.ca, site.authority());
    assert!(outfit.key.is_none());
    for (setting, value) in [
        ("identity", "n1.example.net"),
        ("plugin.choria.server.provision", "false"),
        (
            "plugin.choria.middleware_hosts",
            "nats://broker.example.net:4222",
        ),
        ("plugin.security.provider", "file"),
        (
            "plugin.security.file.certificate",
            "/etc/choria/ssl/certificate.pem",
        ),
        ("plugin.security.file.key", "/etc/choria/ssl/private.pem"),
        ("plugin.security.file.ca", "/etc/choria/ssl/ca.pem"),
    ] {
        assert_eq!(outfit.configuration[setting], value, "{setting}");
    }
    a_node_can_follow(&outfit);
}

/// What the node does with a configuration: it writes it as a file and reads that. Nothing about it even looks wrong.
fn a_node_can_follow(outfit: &Outfit) {
    let text = render(&outfit.configuration, "provisioned").unwrap();
    let raw = Raw::read(Some(&Source::new("server.conf", text)), &[]);
    let defaults = Defaults {
        collectives: &["mcollective"],
        directory: Path::new("/etc/choria"),
        home: None,
    };
    let resolved = Settings::resolve(&raw, &defaults).unwrap();
    assert!(resolved.warnings.is_empty(), "{:?}", resolved.warnings);
}

/// The session is the same in all these questions.
async fn gives_the_same_again(words: &[String]) {
    let key = rcgen::KeyPair::generate().unwrap();
    let csr = request(&key, "n1.example.net", &[]);
    let first = configured(words, csr.clone()).await;
    let again = configured(words, csr).await;
    assert_eq!(first.certificate, again.certificate);
    // another key under the same session must not get the first one's certificate
    let other = rcgen::KeyPair::generate().unwrap();
    let another = configured(words, request(&other, "n1.example.net", &[])).await;
    assert_ne!(first.certificate, another.certificate);
}

async fn refuses_what_it_must(words: &[String]) {
    let key = rcgen::KeyPair::generate().unwrap();
    let message = deferred(words, request(&key, "n2.example.net", &[])).await;
    assert!(message.contains("another name"), "{message}");

    let mut forged = request(&key, "n1.example.net", &[]);
    forged.csr = site::with_a_wrong_signature(&forged.csr);
    let message = deferred(words, forged).await;
    assert!(
        message.contains("not signed with its own key") || message.contains("fail"),
        "{message}"
    );

    let nonsense = CsrReply {
        csr: "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"
            .into(),
        ..request(&key, "n1.example.net", &[])
    };
    deferred(words, nonsense).await;

    let nowhere = CsrReply {
        ssldir: String::new(),
        ..request(&key, "n1.example.net", &[])
    };
    deferred(words, nowhere).await;

    let without = program(words.to_vec(), 60).decide(&case()).await.unwrap();
    assert!(matches!(without, Decision::Defer { .. }), "{without:?}");
}

/// By hand, as somebody who tries it out would.
async fn survives_nonsense(words: &[String]) {
    for question in ["", "no json", "[]", "{}"] {
        let mut child = Command::new(&words[0])
            .args(&words[1..])
            .env_remove("MUSTER_SESSION")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(question.as_bytes()).await.unwrap();
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["defer"], true, "{question:?}");
    }
}

#[tokio::test]
async fn the_shell_example_signs_with_openssl() {
    site::needs(&[("openssl", "openssl"), ("jq", "jq")]);
    let site = Site::new();
    keeps_the_rules(&site, &site.helper("openssl.sh", &[&site.directory()])).await;
}

#[tokio::test]
async fn the_python_example_signs_with_openssl() {
    site::needs(&[("openssl", "openssl"), ("python3", "python3")]);
    let site = Site::new();
    let words = site.helper("helper.py", &[&site.directory()]);
    keeps_the_rules(&site, &words).await;

    site.add("roles/web.json", r#"{"loglevel":"debug"}"#);
    let key = rcgen::KeyPair::generate().unwrap();
    let outfit = configured(&words, request(&key, "n1.example.net", &[])).await;
    assert_eq!(outfit.configuration["loglevel"], "debug");
}

#[tokio::test]
async fn the_cfssl_example_has_a_server_sign() {
    site::needs(&[
        ("cfssl", "golang-cfssl"),
        ("openssl", "openssl"),
        ("python3", "python3"),
    ]);
    let site = Site::new();
    let mut server = site.cfssl().await;
    let words = site.helper(
        "cfssl.py",
        &[
            "--server",
            &server.url,
            "--ca",
            &format!("{}/ca.pem", site.directory()),
            "--configuration",
            &format!("{}/configuration.json", site.directory()),
            "--issued",
            &format!("{}/issued", site.directory()),
        ],
    );
    keeps_the_rules(&site, &words).await;

    server.process.kill().await.unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let message = deferred(&words, request(&key, "n1.example.net", &[])).await;
    assert!(message.contains("cfssl integration failed"), "{message}");
}

#[tokio::test]
async fn an_authority_that_cannot_sign_makes_nodes_wait() {
    site::needs(&[("openssl", "openssl"), ("jq", "jq"), ("python3", "python3")]);
    let site = Site::new();
    site.add("ca.key", "no key");
    for name in ["openssl.sh", "helper.py"] {
        let key = rcgen::KeyPair::generate().unwrap();
        let words = site.helper(name, &[&site.directory()]);
        deferred(&words, request(&key, "n1.example.net", &[])).await;
    }
}
