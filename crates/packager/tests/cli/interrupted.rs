//! A run that is killed leaves whole packages and what the next run sweeps away.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;

use crate::desk::BUILDSPEC;
use crate::desk::Desk;
use crate::machines::program;

const MANY: usize = 16;

/// A desk with many packages, so that there is time to kill.
fn desk() -> Desk {
    let desk = Desk::new();
    let mut text = BUILDSPEC.split_once("    el_64:").unwrap().0.to_owned();
    for number in 0..MANY {
        writeln!(
            text,
            "    p{number}: {{ template: el/generic, compression: gzip, binary: 64bit_linux, \
             name: p{number}, etcdir: /etc/p{number} }}"
        )
        .unwrap();
    }
    desk.write("buildspec.yaml", &text);
    desk
}

fn contents(desk: &Desk, folder: &str) -> BTreeMap<String, Vec<u8>> {
    desk.names(folder)
        .into_iter()
        .map(|name| {
            let bytes = fs::read(desk.path(folder).join(&name)).unwrap();
            (name, bytes)
        })
        .collect()
}

#[test]
fn a_run_that_is_killed_leaves_no_half_package() {
    let desk = desk();
    let binary = format!("64bit_linux={}", program("x86_64").display());
    let words = ["--binary", binary.as_str()];
    desk.package(&[&words[..], &["--output", "whole"]].concat())
        .well();
    let whole = contents(&desk, "whole");
    assert_eq!(whole.len(), MANY + 1);

    let mut child = desk
        .package_command(&words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while desk.names("dist").is_empty() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();

    for (name, bytes) in contents(&desk, "dist") {
        if !name.starts_with('.') {
            assert!(whole.get(&name) == Some(&bytes), "{name}");
        }
    }

    // what a kill at the worst moment leaves
    desk.write("dist/.muster-0123456789abcdef0123456789abcdef", "half");
    desk.package(&words).well();
    assert!(contents(&desk, "dist") == whole);
}
