//! The layers of the packager, enforced as those of the agent are (tests/it/architecture.rs): nothing uses a layer above
//! its own, what is called pure has no effects, every module is listed, no file is too long. The table: src/lib.rs.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "../../../tests/it/architecture/scan.rs"]
mod scan;

use std::fs;
use std::path::Path;

use scan::Plan;

const PLAN: Plan = Plan {
    layers: &[
        &["model", "output", "signing"],
        &["archive", "compose", "deb", "product", "rpm"],
        &["compile", "diff"],
        &["assembly", "repo"],
        &["cli"],
    ],
    pure: &[
        "archive/listing",
        "compose/ingredient",
        "compose/manifest",
        "deb/ar",
        "deb/control",
        "deb/paragraph",
        "deb/spelling",
        "diff/compare",
        "diff/lines",
        "diff/render",
        "model",
        "product",
        "rpm/layout",
    ],
    effectful: &[],
    effects: &[
        "std::fs",
        "std::env",
        "std::process",
        "std::thread",
        "std::net",
        "muster::os",
        "SystemTime",
        "now_utc",
        "Instant::now",
        "rand::",
        "tempfile",
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
    assert!(seen("rpm/write.rs", "use crate::repo::Labels;"));
    assert!(seen("model/tree.rs", "use crate::product::Names;"));
    assert!(seen("product/agent.rs", "use std::fs;"));
    assert!(seen("diff/compare.rs", "std::env::var(NAME)"));
    assert!(seen("assembly/mod.rs", "use crate::{rpm, deb};"));
    assert!(seen("manager.rs", ""));
    assert!(!seen("assembly/package.rs", "use std::fs;"));
    assert!(!seen("repo/mod.rs", "use crate::diff;"));
}

#[test]
fn the_table_in_the_documentation_names_the_same_layers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let text = fs::read_to_string(path).unwrap();
    for (number, layer) in PLAN.layers.iter().enumerate() {
        let row = format!("//! | {number} |");
        let line = text.lines().find(|line| line.starts_with(&row)).unwrap();
        let mut named: Vec<&str> = line
            .split("[`")
            .skip(1)
            .filter_map(|part| part.split_once("`]"))
            .map(|(name, _)| name)
            .collect();
        named.sort_unstable();
        assert_eq!(named, *layer, "{row}");
    }
}
