//! Actions with short answers: `gen25519`, `jwt`, `release_update`, `reprovision`.

use std::sync::Arc;

use aws_lc_rs::signature::ED25519;
use aws_lc_rs::signature::UnparsedPublicKey;
use muster::os::files::Attempt;
use muster::os::files::RealFiles;
use muster::os::files::faults::Call;
use muster::os::files::faults::FaultyFiles;
use muster::os::files::faults::Verdict;
use nix::errno::Errno;
use serde_json::json;

use super::ask;
use super::etc;
use super::mode;
use super::waiting;
use crate::agents::NOW;
use crate::support::node::BUILD;
use crate::support::node::TestNode;

#[tokio::test]
async fn gen25519_proves_that_the_node_has_the_other_half() {
    let node = waiting();
    let nonce = "0123456789abcdef";
    let reply = ask(&node, "gen25519", json!({"nonce": nonce})).await;
    assert_eq!(reply.statuscode.code(), 0, "{}", reply.statusmsg);
    let bytes = |name: &str| hex::decode(reply.data[name].as_str().unwrap()).unwrap();
    let public = UnparsedPublicKey::new(&ED25519, bytes("public_key"));
    public
        .verify(nonce.as_bytes(), &bytes("signature"))
        .unwrap();
    assert_eq!(reply.data["directory"], etc(&node).to_str().unwrap());
}

#[tokio::test]
async fn the_seed_is_staged_and_the_same_until_it_is_used() {
    let node = waiting();
    let first = ask(&node, "gen25519", json!({})).await.data["public_key"].clone();
    assert_eq!(
        ask(&node, "gen25519", json!({"nonce": "x"})).await.data["public_key"],
        first
    );
    assert_eq!(mode(&etc(&node).join(".muster/staged-server.seed")), 0o600);
    assert!(!etc(&node).join("server.seed").exists());
    let next = TestNode::on(&BUILD, node.end().await, NOW, Arc::new(RealFiles));
    assert_eq!(
        ask(&next, "gen25519", json!({})).await.data["public_key"],
        first
    );
}

#[tokio::test]
async fn a_nonce_beyond_its_limit_is_invalid_data() {
    let reply = ask(&waiting(), "gen25519", json!({"nonce": "x".repeat(65)})).await;
    assert_eq!(reply.statuscode.code(), 4);
    assert!(reply.statusmsg.starts_with("Validation failed: nonce"));
}

#[tokio::test]
async fn a_seed_that_cannot_be_kept_is_not_answered_with() {
    let files = FaultyFiles::new(|call: &Call<'_>| match call.attempt {
        Attempt::Write => Verdict::Refuse(Errno::ENOSPC.into()),
        _ => Verdict::SkipSync,
    });
    let node = TestNode::with_files(&BUILD, None, NOW, Arc::new(files));
    let reply = ask(&node, "gen25519", json!({})).await;
    assert_eq!((reply.statuscode.code(), &reply.data), (1, &json!({})));
    assert!(
        reply.statusmsg.starts_with("Could not create keypair: "),
        "{}",
        reply.statusmsg
    );
}

#[tokio::test]
async fn a_node_without_jwt_and_updates_says_so() {
    let mut build = BUILD;
    for (path, text) in [
        (None, "No Provisioning JWT file has been configured"),
        (
            Some("/nonexistent/provisioning.jwt"),
            "Provisioning JWT file does not exist",
        ),
    ] {
        build.provisioning.jwt_file = path;
        let node = TestNode::new(&build, None, NOW);
        let reply = ask(&node, "jwt", json!({})).await;
        assert_eq!(
            (reply.statuscode.code(), reply.statusmsg.as_str()),
            (1, text)
        );
    }
    let inputs = json!({"repository": "https://example.net", "version": "1.0.0"});
    let reply = ask(&waiting(), "release_update", inputs).await;
    let text = "Version updates is not enabled in the configuration";
    assert_eq!(
        (reply.statuscode.code(), reply.statusmsg.as_str()),
        (1, text)
    );
}

#[tokio::test]
async fn a_waiting_node_is_in_provisioning_mode_already() {
    let reply = ask(&waiting(), "reprovision", json!({})).await;
    let text = "Server is already in provisioning mode, cannot enable provisioning mode again";
    assert_eq!(
        (reply.statuscode.code(), reply.statusmsg.as_str()),
        (1, text)
    );
}
