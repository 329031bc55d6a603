//! The programs in the packages: static, as small as a compiler makes them, and each says its version.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::process::Command;
use std::sync::LazyLock;
use std::sync::Mutex;

static MADE: LazyLock<Mutex<BTreeMap<String, Vec<u8>>>> = LazyLock::new(Mutex::default);

/// The program of a version.
pub(crate) fn program(version: &str) -> Vec<u8> {
    let mut made = MADE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    made.entry(version.to_owned())
        .or_insert_with(|| compiled(version))
        .clone()
}

fn compiled(version: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("a.c");
    let text =
        format!("#include <stdio.h>\nint main(void) {{ return puts(\"{version}\") < 0; }}\n");
    fs::File::create(&source)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .unwrap();
    let binary = folder.path().join("a");
    let compile = |compiler: &str| {
        Command::new(compiler)
            .args(["-static", "-Os", "-s", "-o"])
            .args([&binary, &source])
            .status()
            .is_ok_and(|status| status.success())
    };
    assert!(
        compile("musl-gcc") || compile("cc"),
        "no compiler links statically"
    );
    fs::read(binary).unwrap()
}
