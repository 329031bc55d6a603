//! Turns `buildspec.yaml` into typed constants.
//!
//! | variable | chooses | default |
//! |---|---|---|
//! | `MUSTER_BUILDSPEC` | the file | `buildspec.yaml` beside this script |
//! | `MUSTER_BUILD` | the build in it | `foss` |
//! | `MUSTER_COMPILE_TARGET` | the compile target of the build | its `defaults` block |
//! | `VERSION`, `SHA1`, `SOURCE_DATE_EPOCH` | what the binary says of its making | the package's version, `unknown` |
//!
//! The knowledge is in `crates/buildspec`. No secret is ever printed or passed on in a variable: cargo keeps both in
//! clear below `target/`.

use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use buildspec::Resolved;
use buildspec::Spec;
use buildspec::Stamp;

fn main() {
    if let Err(text) = run() {
        print_each("error", &text);
    }
}

/// The error is the text for the person who builds, one line for each mistake.
fn run() -> Result<(), String> {
    let resolved = resolve()?;
    for warning in &resolved.warnings {
        print_each("warning", &warning.to_string());
    }
    write(&buildspec::rust_literal(&resolved, &stamp()?))
}

fn resolve() -> Result<Resolved, String> {
    let path =
        PathBuf::from(choice("MUSTER_BUILDSPEC").unwrap_or_else(|| "buildspec.yaml".to_owned()));
    let build = choice("MUSTER_BUILD").unwrap_or_else(|| "foss".to_owned());
    let target = choice("MUSTER_COMPILE_TARGET");
    let text = read(&path).map_err(|err| format!("cannot read {}: {err}", path.display()))?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let beside = |name: &str| read(&folder.join(name));
    Spec::parse(&path.display().to_string(), &text)
        .and_then(|spec| spec.resolve(&build, target.as_deref(), &beside))
        .map_err(|problems| problems.to_string())
}

fn stamp() -> Result<Stamp, String> {
    let (version, sha, epoch) = (
        choice("VERSION"),
        choice("SHA1"),
        choice("SOURCE_DATE_EPOCH"),
    );
    let stamp = Stamp::new(
        env!("CARGO_PKG_VERSION"),
        version.as_deref(),
        sha.as_deref(),
        epoch.as_deref(),
    )
    .map_err(|err| err.to_string())?;
    let triple = env::var("TARGET").map_err(|err| format!("cannot read TARGET: {err}"))?;
    Ok(Stamp {
        rustc: rustc_version().unwrap_or(stamp.rustc),
        triple,
        ..stamp
    })
}

fn rustc_version() -> Option<String> {
    let output = Command::new(env::var_os("RUSTC")?)
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a build script owns its output folder; os::atomic_file is not built yet"
)]
fn write(code: &str) -> Result<(), String> {
    let folder = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    let path = Path::new(&folder).join("build_flags.rs");
    fs::write(&path, code).map_err(|err| format!("cannot write {}: {err}", path.display()))
}

/// An environment variable that cargo watches; empty counts as absent. None of them may ever hold a secret.
fn choice(name: &str) -> Option<String> {
    println!("cargo::rerun-if-env-changed={name}");
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A file that cargo watches, also while it is missing.
fn read(path: &Path) -> io::Result<String> {
    println!("cargo::rerun-if-changed={}", path.display());
    fs::read_to_string(path)
}

fn print_each(kind: &str, text: &str) {
    for line in text.lines() {
        println!("cargo::{kind}={line}");
    }
}
