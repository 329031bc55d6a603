//! Builds without a token, with plain text, without provisioning. To build the program anew for each takes longer than
//! all other tests, so this test program plays them: it is the same code with other constants. A long run makes them.

use std::process::ExitCode;

use muster::build_info::BUILD_INFO;
use muster::build_info::BuildInfo;
use muster::build_info::Provisioning;
use muster::transport::TlsPolicy;
use serde_json::json;

use crate::harness::ARGUMENTS;
use crate::harness::Network;
use crate::harness::Node;
use crate::harness::PLAYED;
use crate::harness::Peer;
use crate::harness::publish;
use crate::support::dns::DnsServer;
use crate::support::nats::NatsServer;
use crate::support::nats::Options;

const NAME: &str = "n1.example.net";

/// The constants of a build of `tests/e2e/buildspec.yaml`, or of `foss`.
fn build(name: &str) -> BuildInfo {
    let provisioning = Provisioning {
        srv_domain: Some("muster.test"),
        brokers: &[],
        mode_default: true,
        agent: true,
        secure: true,
        tokens: &[],
        registration_data: None,
        facts: None,
        ..BUILD_INFO.provisioning
    };
    let provisioning = match name {
        "e2e-open" => provisioning,
        "e2e-plain" => Provisioning {
            secure: false,
            registration_data: Some("/proc/self/cwd/metadata.json"),
            registration_subjects: &["provisioning.registration.data", "choria.provisioning_data"],
            ..provisioning
        },
        _ => Provisioning {
            srv_domain: None,
            mode_default: false,
            ..provisioning
        },
    };
    BuildInfo {
        secure: false,
        tls: true,
        provisioning,
        ..BUILD_INFO
    }
}

#[test]
#[ignore = "is a process of other tests"]
fn a_process_of_another_build() {
    let build = build(&std::env::var(PLAYED).unwrap());
    let arguments = std::env::var(ARGUMENTS).unwrap();
    let arguments = std::iter::once("muster").chain(arguments.lines());
    let exit = muster::cli::main(arguments.map(Into::into), &build);
    // the harness has its own exit code; ours is in the message
    assert_eq!(format!("{exit:?}"), format!("{:?}", ExitCode::SUCCESS));
}

#[tokio::test]
async fn without_a_token_anyone_may_act_and_the_log_says_so() {
    let network = Network::start().await;
    let mut peer = network.peer().await;
    let mut node = Node::new(NAME, &network.dns).of("e2e-open");
    node.start();
    let status = node.connected("provisioning").await;
    assert_eq!(status["token_required"], false);
    node.logs("this build has no provisioning token").await;
    peer.event("startup", "provision_mode_server").await;
    for inputs in [json!({}), json!({"token": "anything"})] {
        let csr = peer.ask(NAME, "choria_provision", "gencsr", inputs).await;
        assert!(csr.ok()["csr"].is_string());
    }
}

#[tokio::test]
async fn plain_text_is_spoken_where_there_is_nothing_else_and_both_subjects_are_registered_at() {
    let dns = DnsServer::start().await;
    let broker = NatsServer::start(Options::default()).await;
    publish(&dns, broker.port);
    let mut peer = Peer::join(&broker.url(), TlsPolicy::Disabled, "provisioning").await;
    let mut node = Node::new(NAME, &dns).of("e2e-plain");
    node.start();
    let status = node.connected("provisioning").await;
    assert_eq!(status["connection"]["tls"], "plain text");
    for subject in ["provisioning.registration.data", "choria.provisioning_data"] {
        let (sender, content) = peer.registration_at(subject).await;
        assert_eq!(sender, NAME);
        assert!(content.contains("X-1701"));
    }
}

#[tokio::test]
async fn tls_is_spoken_where_there_is_any() {
    let network = Network::start().await;
    let mut node = Node::new(NAME, &network.dns).of("e2e-plain");
    node.start();
    let status = node.connected("provisioning").await;
    assert_eq!(status["connection"]["tls"], "TLS, unverified");
}
