//! The variables of the reference, and the flags that outrank them.

use std::fs;
use std::process::Command;

use crate::desk::Desk;
use crate::desk::Ended;
use crate::desk::source;
use crate::machines::program;

/// A desk whose binaries are named after version and revision, and one of them in a cache.
fn desk(cached: &str) -> Desk {
    let desk = Desk::new();
    desk.respell(
        "output: acme-{{version}}-{{os}}-{{arch}}",
        "output: acme-{{version}}-{{sha}}-{{arch}}",
    );
    fs::create_dir(desk.path("cache")).unwrap();
    fs::copy(program("x86_64"), desk.path("cache").join(cached)).unwrap();
    desk
}

fn with_variables(desk: &Desk, words: &[&str]) -> Command {
    let mut command = desk.command(words);
    command
        .args(["--source", source()])
        .env("BUILD", "acme")
        .env("PACKAGES", "el_64,tarball")
        .env("VERSION", "4.5.6")
        .env("SHA1", "f00ba4")
        .env("SOURCE_DATE_EPOCH", "1600000000")
        .env("ARTIFACTS", "artifacts")
        .env("BUILD_CACHE", "cache");
    command
}

/// When an archive says its files were made.
fn dates(archive: &std::path::Path) -> String {
    let output = Command::new("tar")
        .args(["--utc", "--full-time", "-tvzf"])
        .arg(archive)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_variables_of_the_reference_say_what_is_made_and_where() {
    let desk = desk("acme-4.5.6-f00ba4-amd64");
    let ended = Ended::of(with_variables(&desk, &["package"]).output().unwrap()).well();
    assert!(
        ended
            .err
            .contains("taking over cache/acme-4.5.6-f00ba4-amd64"),
        "{}",
        ended.err
    );
    assert_eq!(
        desk.names("artifacts"),
        [
            "SHA256SUMS",
            "acme-4.5.6-1.el.x86_64.rpm",
            "acme-4.5.6-linux-x86_64.tar.gz"
        ]
    );
    let listing = dates(&desk.path("artifacts/acme-4.5.6-linux-x86_64.tar.gz"));
    assert!(listing.lines().count() > 10);
    for line in listing.lines() {
        assert!(line.contains("2020-09-13 12:26:40"), "{line}");
    }
}

#[test]
fn flags_outrank_the_variables() {
    let desk = desk("acme-7.8.9-beef-amd64");
    fs::rename(desk.path("cache"), desk.path("other")).unwrap();
    let words = [
        "package",
        "--package",
        "tarball",
        "--version",
        "7.8.9",
        "--revision",
        "beef",
        "--date",
        "1500000000",
        "--output",
        "flagged",
        "--cache",
        "other",
        "--build",
        "acme",
    ];
    let mut command = with_variables(&desk, &words);
    Ended::of(command.env("BUILD", "nobody").output().unwrap()).well();
    assert_eq!(
        desk.names("flagged"),
        ["SHA256SUMS", "acme-7.8.9-linux-x86_64.tar.gz"]
    );
    assert_eq!(desk.names("artifacts"), Vec::<String>::new());
    let listing = dates(&desk.path("flagged/acme-7.8.9-linux-x86_64.tar.gz"));
    assert!(listing.contains("2017-07-14 02:40:00"), "{listing}");
}

#[test]
fn a_variable_that_is_empty_is_none() {
    let desk = Desk::new();
    let binary = format!("64bit_linux={}", program("x86_64").display());
    let words = [
        "package",
        "--build",
        "acme",
        "--package",
        "tarball",
        "--binary",
        &binary,
    ];
    let mut command = with_variables(&desk, &words);
    for name in [
        "BUILD",
        "PACKAGES",
        "VERSION",
        "ARTIFACTS",
        "BUILD_CACHE",
        "MUSTER_BUILDSPEC",
    ] {
        command.env(name, "");
    }
    Ended::of(command.output().unwrap()).well();
    let own = env!("CARGO_PKG_VERSION");
    assert_eq!(
        desk.names("dist"),
        [
            "SHA256SUMS".to_owned(),
            format!("acme-{own}-linux-x86_64.tar.gz")
        ]
    );
}

#[test]
fn the_buildspec_can_be_named_by_a_variable() {
    let desk = Desk::new();
    fs::rename(desk.path("buildspec.yaml"), desk.path("ours.yaml")).unwrap();
    let mut command = desk.command(&["check"]);
    let ended = Ended::of(
        command
            .env("MUSTER_BUILDSPEC", "ours.yaml")
            .output()
            .unwrap(),
    );
    assert!(ended.well().out.contains("ours.yaml: no mistakes"));
}

#[test]
fn the_buildspec_of_the_reference_s_folder_is_found() {
    let desk = Desk::new();
    desk.write("packager/token", "sesame-0123456789-sesame\n");
    fs::rename(
        desk.path("buildspec.yaml"),
        desk.path("packager/buildspec.yaml"),
    )
    .unwrap();
    assert!(
        desk.run(&["check"])
            .well()
            .out
            .contains("packager/buildspec.yaml")
    );
}
