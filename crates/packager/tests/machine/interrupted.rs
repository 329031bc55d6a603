//! A run that ends in its middle: what is there is whole, and the next run clears up.

use std::fs;
use std::path::Path;

use crate::long;
use crate::shell::run;
use crate::shell::sh;
use crate::site::BUILDS;
use crate::site::NEW;
use crate::site::checkout;
use crate::site::package;
use crate::site::site;
use crate::twice::files;

/// Starts a run and ends it with a signal once a condition on its folder `out` holds.
fn cut(folder: &Path, signal: &str, condition: &str) {
    let mut whole = package(&BUILDS[0], &checkout(), NEW);
    whole.args(BUILDS[0].binary()).arg("--output").arg("out");
    let mut shell = sh(&format!(
        "\"$@\" >log 2>&1 & run=$!
         until {{ {condition}; }} || ! kill -0 $run 2>/dev/null; do :; done
         kill -s {signal} $run 2>/dev/null || true
         wait $run || true"
    ));
    shell
        .arg("sh")
        .arg(whole.get_program())
        .args(whole.get_args());
    for name in ["MUSTER_BUILDSPEC", "MUSTER_BUILD", "CARGO_TARGET_DIR"] {
        shell.env_remove(name);
    }
    run(shell.current_dir(folder)).ok();
}

fn finish(folder: &Path) {
    run(package(&BUILDS[0], &checkout(), NEW)
        .args(BUILDS[0].binary())
        .args(["--output", "out"])
        .current_dir(folder))
    .ok();
}

#[test]
fn an_interrupted_run_leaves_no_half_package() {
    if !long() {
        return;
    }
    site();
    let folder = tempfile::tempdir().unwrap();
    finish(folder.path());
    let out = folder.path().join("out");
    let whole = files(&out);
    let mut in_the_middle = 0;
    // while packages are made, and while the first and the second are written: work in progress has hidden names
    for (signal, count) in [("KILL", 0), ("INT", 1), ("KILL", 1), ("KILL", 2)] {
        fs::remove_dir_all(&out).unwrap();
        let moment = format!("[ -d out ] && [ $(find out -type f -size +0 | wc -l) -ge {count} ]");
        cut(folder.path(), signal, &moment);
        let left = files(&out);
        for (name, bytes) in &left {
            assert!(
                whole[name] == *bytes,
                "{name} is not whole after {signal} at {count}"
            );
        }
        in_the_middle += usize::from(left.len() < whole.len());
    }
    assert!(in_the_middle > 1, "too few runs were cut");
    finish(folder.path());
    assert_eq!(
        files(&out).keys().collect::<Vec<_>>(),
        whole.keys().collect::<Vec<_>>()
    );
    let all = fs::read_dir(&out).unwrap();
    assert_eq!(all.count(), whole.len(), "work in progress was left");
}
