//! The layers of the fleet, enforced as those of the agent are (tests/it/architecture.rs).

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
        &["exchange", "keys", "machine", "options"],
        &["flags", "roster"],
        &["junk", "ledger", "temper"],
        &["report", "world"],
        &["group", "line"],
        &["incarnation"],
        &["member"],
        &["fleet"],
        &["cli"],
    ],
    // the same seed makes the same fleet
    pure: &["options", "roster", "temper"],
    effectful: &[],
    effects: &[
        "tokio::",
        "std::fs",
        "std::env",
        "SystemTime",
        "Instant::now",
        "rand::rng(",
        "rand::random",
    ],
};

#[test]
fn every_module_keeps_to_its_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let complaints = PLAN.complaints(&root);
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}
