//! The layers of design §2, enforced: nothing uses a layer above its own, core modules have no effects, every module is
//! listed. The scan is textual, so a path must be written as `crate::module…`, one per line; grouped imports are refused
//! to keep it honest.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

const LAYERS: &[&[&str]] = &[
    &["build_info", "report", "secret"],
    &["config", "protocol", "security", "facts"],
    &["os", "transport", "telemetry"],
    &["rpc", "client"],
    &["agents"],
    &["server"],
    &["operator"],
    &["cli"],
];

/// Layers 0 and 1 take bytes, values and `now`.
const EFFECTS: &[&str] = &[
    "tokio",
    "std::fs",
    "std::env",
    "std::net",
    "SystemTime",
    "Instant::now",
    "rand::",
];

/// A file is aimed at 250 production lines; past this it must be split.
const LONGEST_FILE: usize = 450;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The lines of production code: without comments, up to the first test module.
fn production(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| *line != "#[cfg(test)]")
        .map(|(number, line)| (number + 1, line.trim_start()))
        .filter(|(_, line)| !line.starts_with("//"))
}

fn complaints_about(module: &str, place: &str, text: &str) -> Vec<String> {
    let Some(layer) = layer_of(module) else {
        return vec![format!("{place}: module `{module}` is in no layer")];
    };
    let mut complaints = Vec::new();
    for (number, line) in production(text) {
        if line.contains("use crate::{") || line.contains("pub use crate::{") {
            complaints.push(format!(
                "{place}:{number}: grouped imports hide paths from this test"
            ));
        }
        for (at, _) in line.match_indices("crate::") {
            let name: String = line[at + "crate::".len()..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            match layer_of(&name) {
                Some(other) if other <= layer => {}
                Some(_) => complaints.push(format!(
                    "{place}:{number}: `{module}` must not use `{name}` above it"
                )),
                None => {
                    complaints.push(format!("{place}:{number}: `crate::{name}` is in no layer"));
                }
            }
        }
        if layer <= 1 {
            for effect in EFFECTS.iter().filter(|effect| line.contains(**effect)) {
                complaints.push(format!(
                    "{place}:{number}: core module `{module}` uses `{effect}`"
                ));
            }
        }
    }
    let length = production(text).count();
    if length > LONGEST_FILE {
        complaints.push(format!(
            "{place}: {length} lines of code, {LONGEST_FILE} at most"
        ));
    }
    complaints
}

#[test]
fn every_module_keeps_to_its_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut complaints = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap().to_path_buf();
        let first = relative
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap()
            .to_owned();
        let module = first.trim_end_matches(".rs");
        if ["lib", "main"].contains(&module) || relative.ends_with("tests.rs") {
            continue;
        }
        complaints.extend(complaints_about(
            module,
            &relative.display().to_string(),
            &fs::read_to_string(&file).unwrap(),
        ));
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn the_check_sees_what_it_is_there_for() {
    let seen = |module, text| !complaints_about(module, "planted", text).is_empty();
    assert!(seen("protocol", "use crate::server::mode;"));
    assert!(seen("protocol", "let file = std::fs::read(path);"));
    assert!(seen("rpc", "use crate::{os, facts};"));
    assert!(seen("helpers", ""));
    assert!(seen("rpc", "use crate::unlisted::Thing;"));
    assert!(!seen("rpc", "use crate::protocol::Request;"));
    assert!(!seen(
        "protocol",
        "// crate::server explains this\nuse crate::secret::Secret;"
    ));
}
