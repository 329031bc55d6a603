//! Tokens, keys and passwords are where they belong and nowhere else.

use std::fs;

use crate::harness::Fleet;
use crate::harness::Network;
use crate::harness::Node;
use crate::harness::TOKEN;
use crate::harness::journey;
use crate::harness::journey::PASSWORD;
use crate::harness::program;
use crate::harness::read;
use crate::harness::run;

/// Whether a text occurs among bytes.
fn holds(bytes: &[u8], part: &str) -> bool {
    let mut windows = bytes.windows(part.len());
    windows.any(|window| window == part.as_bytes())
}

#[test]
fn the_token_is_not_in_the_program() {
    let bytes = fs::read(program()).unwrap();
    assert!(
        holds(&bytes, "muster.test"),
        "this is the program that was built with it"
    );
    assert!(!holds(&bytes, TOKEN));
}

#[tokio::test]
async fn no_secret_is_in_any_log_or_status_of_an_onboarding() {
    let (network, fleet) = (Network::start().await, Fleet::start().await);
    let mut peer = network.peer().await;
    let mut node = Node::new("n1.example.net", &network.dns);
    node.start();
    peer.event("startup", "provision_mode_server").await;
    let waiting = node.connected("provisioning").await.to_string();
    journey::configure(&mut peer, &node, &fleet).await;
    journey::restart(&mut peer, &node).await;
    let status = node.connected("normal").await.to_string();
    let log = node.log();
    assert!(log.contains(r#""level":"debug""#), "{log}");
    // a line of the key is unlike anything else
    let key = read(&node.etc().join("ssl/private.pem"));
    let key = key.lines().nth(5).unwrap();
    for (place, text) in [
        ("log", log),
        ("output", node.said()),
        ("status", status),
        ("earlier status", waiting),
    ] {
        for secret in [TOKEN, PASSWORD, key, "PRIVATE KEY"] {
            assert!(!text.contains(secret), "{secret} is in the {place}: {text}");
        }
    }
}

#[tokio::test]
async fn config_show_masks_passwords() {
    let network = Network::start().await;
    let node = Node::new("n1.example.net", &network.dns);
    let secret = format!(
        "{}plugin.choria.server.provision = false\nplugin.nats.user = node\nplugin.nats.pass = {PASSWORD}\n",
        node.settings()
    );
    crate::harness::put(&node.config(), secret);
    let config = node.config().display().to_string();
    for arguments in [
        &["config", "show", "--config", &config][..],
        &["config", "show", "--json", "--config", &config],
    ] {
        let shown = run(program(), arguments).await;
        assert_eq!(shown.code, Some(0), "{shown:?}");
        assert!(shown.stdout.contains("plugin.nats.pass"), "{shown:?}");
        assert!(!shown.stdout.contains(PASSWORD), "{shown:?}");
    }
}
