//! The layers of design §2, enforced: nothing uses a layer above its own, core modules have no effects, every module is
//! listed, no file is too long.

use std::path::Path;

mod scan;

use scan::Plan;

/// Layers 0 and 1 take bytes, values and `now`.
const PLAN: Plan = Plan {
    layers: &[
        &["build_info", "report", "secret"],
        &["config", "protocol", "security", "facts"],
        &["os", "transport", "telemetry"],
        &["rpc", "client"],
        &["agents"],
        &["company"],
        &["server"],
        &["operator"],
        &["cli"],
    ],
    pure: &[
        "build_info",
        "report",
        "secret",
        "config",
        "protocol",
        "security",
        "facts",
    ],
    effectful: &[],
    effects: &[
        "tokio",
        "std::fs",
        "std::env",
        "std::net",
        "SystemTime",
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
    assert!(seen("protocol/v1.rs", "use crate::server::mode;"));
    assert!(seen("protocol.rs", "let file = std::fs::read(path);"));
    assert!(seen("rpc.rs", "use crate::{os, facts};"));
    assert!(seen("helpers.rs", ""));
    assert!(seen("rpc.rs", "use crate::unlisted::Thing;"));
    assert!(seen("rpc.rs", &"let x = 1;\n".repeat(451)));
    assert!(!seen("rpc.rs", &"let x = 1;\n".repeat(450)));
    assert!(!seen("os/files.rs", "let file = std::fs::read(path);"));
    assert!(!seen("rpc.rs", "use crate::protocol::Request;"));
    assert!(!seen(
        "protocol.rs",
        "// crate::server explains this\nuse crate::secret::Secret;"
    ));
}
