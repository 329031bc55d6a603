//! Small programs for the machines that we build for, and things that are none.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

/// The program for a machine, made once: `x86_64`, `aarch64`, `arm`, or `dynamic`, which is one of `x86_64` with a loader.
pub(crate) fn program(machine: &str) -> PathBuf {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let path = MADE.get_or_init(make).path().join(machine);
    assert!(path.is_file(), "{machine}");
    path
}

fn make() -> TempDir {
    // not removed by a static, so it goes to where cargo cleans
    let folder = tempfile::Builder::new()
        .prefix("machines")
        .disable_cleanup(true)
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .unwrap();
    let source = folder.path().join("program.c");
    File::create(&source)
        .unwrap()
        .write_all(b"int main(void) { return 0; }\n")
        .unwrap();
    compile("musl-gcc", &["-static"], &source, "x86_64");
    compile("aarch64-linux-gnu-gcc", &["-static"], &source, "aarch64");
    compile("arm-linux-gnueabihf-gcc", &["-static"], &source, "arm");
    compile("cc", &[], &source, "dynamic");
    folder
}

/// scripts/test installs these compilers.
fn compile(compiler: &str, flags: &[&str], source: &Path, machine: &str) {
    let status = Command::new(compiler)
        .args(flags)
        .arg("-o")
        .arg(source.with_file_name(machine))
        .arg(source)
        .status()
        .unwrap();
    assert!(status.success(), "{compiler}");
}
