//! The programs under test.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::sync::Mutex;

/// The program of build `e2e`: the one that cargo built beside these tests if it is that build, else one that is built
/// for them once.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let beside = PathBuf::from(env!("CARGO_BIN_EXE_muster"));
        if build_of(&beside) == "e2e" {
            return beside;
        }
        build("e2e")
    });
    &PROGRAM
}

/// The program of another build, made at the first question: that takes its time.
pub(crate) fn program_of(name: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap();
    built
        .entry(name.to_owned())
        .or_insert_with(|| build(name))
        .clone()
}

fn build(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("e2e");
    let spec = if name.starts_with("e2e") {
        "tests/e2e/buildspec.yaml"
    } else {
        "buildspec.yaml"
    };
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--bin", "muster"])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("MUSTER_BUILDSPEC", spec)
        .env("MUSTER_BUILD", name)
        .status()
        .unwrap();
    assert!(
        built.success(),
        "the program of build {name} does not build"
    );
    let program = target.join(format!("muster-{name}"));
    // the next build replaces what cargo made
    fs::copy(target.join("debug/muster"), &program).unwrap();
    assert_eq!(build_of(&program), name);
    program
}

fn build_of(program: &Path) -> String {
    let output = Command::new(program)
        .args(["build-info", "--json"])
        .output()
        .unwrap();
    let info: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    info["build"].as_str().unwrap().to_owned()
}
