//! `gencsr`.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use muster::os::files::Attempt;
use muster::os::files::Files;
use muster::os::files::RealFiles;
use muster::os::files::faults::Call;
use muster::os::files::faults::FaultyFiles;
use muster::os::files::faults::Verdict;
use nix::errno::Errno;
use serde_json::json;
use x509_parser::prelude::FromDer as _;
use x509_parser::prelude::X509CertificationRequest;

use super::IDENTITY;
use super::ask;
use super::csr;
use super::etc;
use super::mode;
use super::snapshot;
use super::waiting;
use crate::agents::NOW;
use crate::support::node::BUILD;
use crate::support::node::TestNode;
use crate::support::node::write;

fn subject(csr: &str) -> String {
    let (_, block) = x509_parser::pem::parse_x509_pem(csr.as_bytes()).unwrap();
    let (_, request) = X509CertificationRequest::from_der(&block.contents).unwrap();
    request.verify_signature().unwrap();
    request.certification_request_info.subject.to_string()
}

#[tokio::test]
async fn the_answer_holds_request_public_key_and_directory() {
    let node = waiting();
    let reply = ask(&node, "gencsr", json!({})).await;
    assert_eq!(
        (reply.statuscode.code(), reply.statusmsg.as_str()),
        (0, "OK")
    );
    assert_eq!(
        subject(reply.data["csr"].as_str().unwrap()),
        format!("CN={IDENTITY}")
    );
    let public = reply.data["public_key"].as_str().unwrap();
    assert!(public.starts_with("-----BEGIN PUBLIC KEY-----\n"));
    assert_eq!(
        reply.data["ssldir"],
        etc(&node).join("ssl").to_str().unwrap()
    );
}

#[tokio::test]
async fn every_field_of_the_subject_arrives_the_state_too() {
    let inputs = json!({
        "cn": "other.example.net", "C": "MT", "ST": "Malta", "L": "Valletta", "O": "Example", "OU": "Ops",
    });
    let reply = ask(&waiting(), "gencsr", inputs).await;
    assert_eq!(
        subject(reply.data["csr"].as_str().unwrap()),
        "C=MT, ST=Malta, L=Valletta, O=Example, OU=Ops, CN=other.example.net"
    );
}

#[tokio::test]
async fn the_same_subject_gets_the_same_request() {
    let node = waiting();
    assert_eq!(csr(&node).await, csr(&node).await);
}

#[tokio::test]
async fn the_request_is_kept_for_people_and_the_key_for_nobody_else() {
    let node = waiting();
    let csr = csr(&node).await;
    let ssl = etc(&node).join("ssl");
    assert_eq!(mode(&ssl), 0o700);
    assert_eq!(fs::read_to_string(ssl.join("csr.pem")).unwrap(), csr);
    assert_eq!(mode(&ssl.join("csr.pem")), 0o644);
    assert!(
        !ssl.join("private.pem").exists(),
        "live only with its certificate"
    );
    let state = etc(&node).join(".muster");
    assert_eq!(mode(&state), 0o700);
    assert_eq!(mode(&state.join("staged-private.pem")), 0o600);
}

#[tokio::test]
async fn the_staged_key_outlives_the_process() {
    let node = waiting();
    let first = csr(&node).await;
    let next = TestNode::on(&BUILD, node.end().await, NOW, Arc::new(RealFiles));
    assert_eq!(csr(&next).await, first);
}

#[tokio::test]
async fn a_staged_key_that_was_damaged_is_made_anew() {
    let node = waiting();
    let first = csr(&node).await;
    write(&etc(&node).join(".muster/staged-private.pem"), "-----BEGIN");
    let next = TestNode::on(&BUILD, node.end().await, NOW, Arc::new(RealFiles));
    assert_ne!(csr(&next).await, first);
}

#[tokio::test]
async fn a_subject_outside_its_grammar_is_invalid_data_and_nothing_is_written() {
    let node = waiting();
    let before = snapshot(&etc(&node));
    for (inputs, text) in [
        (
            json!({"cn": "a".repeat(100_000)}),
            "Validation failed: cn is longer than 80 characters",
        ),
        (json!({"cn": "a b"}), "Validation failed: cn is not a name"),
        (json!({"cn": "a\nb"}), "Validation failed: cn is not a name"),
        (
            json!({"C": "mt"}),
            "Validation failed: C is not two capital letters",
        ),
        (
            json!({"ST": "x".repeat(51)}),
            "Validation failed: ST is longer than 50 characters",
        ),
        (json!({"L": "a/b"}), "Validation failed: L has characters"),
        (json!({"O": "a\0"}), "Validation failed: O has characters"),
        (json!({"OU": "a=b"}), "Validation failed: OU has characters"),
        (
            json!({"cn": 1}),
            "Could not parse request data for choria_provision#gencsr: ",
        ),
    ] {
        let reply = ask(&node, "gencsr", inputs).await;
        assert_eq!(reply.statuscode.code(), 4, "{text}");
        assert!(reply.statusmsg.starts_with(text), "{}", reply.statusmsg);
        assert_eq!(reply.data, json!({}));
    }
    assert_eq!(snapshot(&etc(&node)), before);
}

/// Files below `ssl` whose operations of one kind fail.
fn broken(attempt: Attempt, errno: Errno) -> Arc<dyn Files> {
    Arc::new(FaultyFiles::new(move |call: &Call<'_>| {
        let ssl = call.path.components().any(|part| part.as_os_str() == "ssl");
        if ssl && call.attempt == attempt {
            Verdict::Refuse(errno.into())
        } else {
            Verdict::SkipSync
        }
    }))
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let files = broken(Attempt::CreateDirectory, Errno::EROFS);
    let node = TestNode::with_files(&BUILD, None, NOW, files);
    let reply = ask(&node, "gencsr", json!({})).await;
    assert_eq!(reply.statuscode.code(), 1);
    let text = format!(
        "Could not create SSL Directory {}: ",
        etc(&node).join("ssl").display()
    );
    assert!(reply.statusmsg.starts_with(&text), "{}", reply.statusmsg);
    assert!(reply.statusmsg.contains("Read-only file system"));
}

#[tokio::test]
async fn a_directory_that_is_a_link_is_refused_before_configure_would() {
    let node = waiting();
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(elsewhere.path(), etc(&node).join("ssl")).unwrap();
    let reply = ask(&node, "gencsr", json!({})).await;
    assert!(
        reply.statusmsg.ends_with("it is not a directory"),
        "{}",
        reply.statusmsg
    );
    assert!(snapshot(elsewhere.path()).is_empty());
}

#[tokio::test]
async fn a_request_that_cannot_be_stored_leaves_nothing_behind() {
    for (attempt, errno) in [
        (Attempt::Create, Errno::EACCES),
        (Attempt::Write, Errno::ENOSPC),
        (Attempt::SyncFile, Errno::EIO),
        (Attempt::Replace, Errno::EROFS),
    ] {
        let node = TestNode::with_files(&BUILD, None, NOW, broken(attempt, errno));
        let reply = ask(&node, "gencsr", json!({})).await;
        assert_eq!(reply.statuscode.code(), 1, "{errno}");
        assert!(
            reply.statusmsg.starts_with("Could not store CSR: "),
            "{}",
            reply.statusmsg
        );
        assert!(snapshot(&etc(&node).join("ssl")).is_empty(), "{errno}");
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_kept_is_an_answer_and_tried_again_the_next_time() {
    let full = Arc::new(AtomicBool::new(true));
    let disk = Arc::clone(&full);
    let files = FaultyFiles::new(move |call: &Call<'_>| {
        if call.attempt == Attempt::Write && disk.load(Ordering::SeqCst) {
            Verdict::Refuse(Errno::ENOSPC.into())
        } else {
            Verdict::SkipSync
        }
    });
    let node = TestNode::with_files(&BUILD, None, NOW, Arc::new(files));
    let reply = ask(&node, "gencsr", json!({})).await;
    let text = "Could not create private key: the key could not be kept";
    assert!(reply.statusmsg.starts_with(text), "{}", reply.statusmsg);
    full.store(false, Ordering::SeqCst);
    assert_eq!(ask(&node, "gencsr", json!({})).await.statuscode.code(), 0);
}

#[tokio::test]
async fn a_panic_while_a_key_is_made_does_not_keep_callers_waiting() {
    let files = FaultyFiles::new(|call: &Call<'_>| {
        assert!(
            !call.path.ends_with(".muster/staged-private.pem"),
            "as a defect would"
        );
        Verdict::SkipSync
    });
    let node = TestNode::with_files(&BUILD, None, NOW, Arc::new(files));
    let reply = ask(&node, "gencsr", json!({})).await;
    assert_eq!(
        reply.statusmsg,
        "Could not create private key: no key could be generated"
    );
}
