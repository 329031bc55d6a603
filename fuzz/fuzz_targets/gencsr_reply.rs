//! Any bytes as the reply of a node to `choria_provision#gencsr`: the work goes on with its request or ends, and what
//! people are told about it is one line.

#![no_main]

#[path = "support/machine.rs"]
mod machine;

use std::path::Path;
use std::sync::Arc;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use machine::Machine;
use muster::protocol::body::RpcReply;
use muster::protocol::names::Identity;
use muster_provisioner::config::Config;
use muster_provisioner::config::read;
use muster_provisioner::inventory::Inventory;
use muster_provisioner::session::Approval;
use muster_provisioner::session::Brief;
use muster_provisioner::session::Event;
use muster_provisioner::session::Reply;
use muster_provisioner::session::Session;
use muster_provisioner::session::Step;
use muster_provisioner::table::End;

static CONFIG: LazyLock<Arc<Config>> = LazyLock::new(|| {
    let text = "helper: /opt/helper\ntoken: [a, b]\nfeatures:\n  pki: true\n";
    let loaded = read(text, Path::new("/etc/provisioner.yaml"), &Machine);
    let config = loaded.unwrap().config;
    assert!(config.pki);
    Arc::new(config)
});

/// Shortly after the recording.
const NOW: i64 = 1_795_224_000;

fuzz_target!(|body: &[u8]| {
    let Ok(reply) = RpcReply::decode(body) else {
        return;
    };
    let session = Session::new(Brief {
        config: Arc::clone(&CONFIG),
        identity: Identity::new("cap1.example.net").unwrap(),
        inventory: Inventory::default(),
        approval: Approval::None,
    });
    let (session, step) = session.on(Event::Begun, NOW);
    assert!(matches!(step, Step::Call(_)));
    let (session, step) = session.on(Event::Answered(Reply::from(reply)), NOW);
    // nothing was sent that the node keeps
    assert!(session.may_stop() || session.at() == "end");
    match step {
        Step::Open { key } => assert_ne!(key, [0; 32]),
        // the next token
        Step::Call(_) => assert_eq!(session.at(), "gencsr"),
        Step::End(finish) => match finish.end {
            End::Failed { error } => {
                assert!(!error.chars().any(char::is_control), "{error:?}");
            }
            End::Locked => {}
            end => panic!("{end:?}"),
        },
        step => panic!("{step:?}"),
    }
});
