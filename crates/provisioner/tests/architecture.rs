//! The layers of the provisioner, enforced as those of the agent are (tests/it/architecture.rs): nothing uses a layer above
//! its own, what is called pure has no effects, every module is listed, no file is too long.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "../../../tests/it/architecture/scan.rs"]
mod scan;

use std::path::Path;

use scan::Plan;

const PLAN: Plan = Plan {
    layers: &[
        &["config", "door", "inventory", "journal"],
        &["admission", "table", "vetting"],
        &["find", "helper", "pace"],
        &["authority", "control", "session"],
        &["connection", "metrics"],
        &["drive"],
        &["engine"],
        &["cli"],
    ],
    pure: &[
        "admission",
        "authority/template",
        "config",
        "control/command",
        "control/plan",
        "control/standing",
        "control/status",
        "find",
        "helper/case",
        "helper/contract",
        "helper/words",
        "inventory",
        "journal/books",
        "journal/parse",
        "journal/record",
        "pace",
        "session",
        "table",
        "vetting",
    ],
    effectful: &["config/load", "config/machine"],
    // addresses are values, and may be parsed
    effects: &[
        "tokio",
        "std::fs",
        "std::env",
        "std::process",
        "std::thread",
        "TcpStream",
        "TcpListener",
        "UdpSocket",
        "ToSocketAddrs",
        "UnixStream",
        "muster::os",
        "SystemTime",
        "now_utc",
        "Instant::now",
        "rand::",
    ],
};

#[test]
fn every_module_keeps_to_its_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let complaints = PLAN.complaints(&root);
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn the_check_sees_what_it_is_there_for() {
    let seen = |place, text: &str| !PLAN.complaints_about(place, text).is_empty();
    assert!(seen("table/book.rs", "use crate::engine::Engine;"));
    assert!(seen("config.rs", "use crate::table::Row;"));
    assert!(seen(
        "helper/contract/judge.rs",
        "use tokio::time::Instant;"
    ));
    assert!(seen("control/plan.rs", "std::env::var(NAME)"));
    assert!(seen("drive/mod.rs", "use crate::{table, pace};"));
    assert!(seen("manager.rs", ""));
    assert!(!seen("control/serve.rs", "use tokio::net::UnixStream;"));
    assert!(!seen("config/machine.rs", "use std::fs;"));
    assert!(!seen("config/forms.rs", "use std::net::SocketAddr;"));
    assert!(!seen("engine/mod.rs", "use crate::table::Row;"));
}
