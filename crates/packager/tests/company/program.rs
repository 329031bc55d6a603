//! The program with the example agents, made once.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use buildspec::CompanyAgent;
use buildspec::CrateSource;
use buildspec::Place;
use muster::os::atomic_file;
use muster::os::files::RealFiles;
use muster_packager::compose::Composed;
use muster_packager::compose::compose;

/// The program, composed and built.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let (examples, dist) = (examples(), target().join("dist"));
        let built = Command::new(env!("CARGO_BIN_EXE_muster-packager"))
            .args([
                "build",
                "--build",
                "acme",
                "--profile",
                "quick",
                "--buildspec",
            ])
            .arg(sources().join("crates/packager/tests/company/buildspec.yaml"))
            .arg("--agents")
            .arg(examples.join("agents.yaml"))
            .arg("--source")
            .arg(sources())
            .arg("--work")
            .arg(target().join("work"))
            .arg("--output")
            .arg(&dist)
            .status();
        assert!(built.unwrap().success(), "the program does not build");
        dist.join("acme-muster")
    });
    &PROGRAM
}

/// The folder of the example agents.
pub(crate) fn examples() -> PathBuf {
    sources().join("examples/agents")
}

/// A folder that survives these tests, so that not everything is built anew.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("company")
}

/// Makes a crate that exports nothing.
pub(crate) fn empty_crate(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let (home, sources) = (folder.canonicalize().unwrap(), sources());
    let pairs = home.components().zip(sources.components());
    let shared = pairs.take_while(|(one, other)| one == other).count();
    let up = "../".repeat(home.components().count() - shared);
    let down: PathBuf = sources.components().skip(shared).collect();
    let muster = format!("{up}{}", down.display());
    let manifest = format!(
        "[workspace]\n[package]\nname = \"acme-empty\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n\
         muster = {{ path = {muster:?} }}\n"
    );
    fs::create_dir_all(folder.join("src")).unwrap();
    for (name, text) in [("Cargo.toml", manifest.as_str()), ("src/lib.rs", "")] {
        atomic_file::write(&RealFiles, &folder.join(name), text.as_bytes(), 0o644).unwrap();
    }
}

/// Composes a program of the one crate in a folder.
pub(crate) fn compose_in(folder: &Path, name: &str, krate: &str) -> Composed {
    let agents = [agent(name, krate, ".")];
    compose(&sources(), &agents, folder, &folder.join("made"), None).unwrap()
}

/// What cargo says about a program that cannot be built.
pub(crate) fn failure(composed: &Composed) -> String {
    let output = build(composed, "check").output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

fn build(composed: &Composed, command: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .arg(command)
        .arg("--quiet")
        .arg("--manifest-path")
        .arg(&composed.manifest)
        .arg("--target-dir")
        .arg(target().join("built"))
        .env(
            "MUSTER_BUILDSPEC",
            sources().join("crates/packager/tests/company/buildspec.yaml"),
        )
        .env("MUSTER_BUILD", "acme");
    cargo
}

fn sources() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    folder.canonicalize().unwrap()
}

fn agent(name: &str, krate: &str, path: &str) -> CompanyAgent {
    CompanyAgent {
        name: name.to_owned(),
        krate: krate.to_owned(),
        source: CrateSource::Path(path.to_owned()),
        place: Place {
            file: "agents.yaml".to_owned(),
            line: 1,
            path: String::new(),
        },
    }
}
