//! Every buildspec in the repository is read by the shipped binary.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::desk::Desk;
use crate::desk::shipped;

/// Every file of that name below a folder.
fn found(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found(&path, files);
        } else if path
            .file_name()
            .is_some_and(|name| name == "buildspec.yaml")
        {
            files.push(path);
        }
    }
}

fn all() -> Vec<PathBuf> {
    let mut files = vec![
        shipped("buildspec.yaml"),
        shipped("crates/buildspec/tests/data/reference-2018.yaml"),
        shipped("crates/buildspec/tests/data/reference-today.yaml"),
        shipped("crates/buildspec/tests/data/reference-provisioner.yaml"),
    ];
    found(&shipped("examples"), &mut files);
    found(&shipped("tests"), &mut files);
    assert!(files.len() >= 6, "{files:?}");
    files
}

#[test]
fn every_buildspec_in_the_repository_is_without_mistakes() {
    let desk = Desk::new();
    for file in all() {
        let file = file.to_str().unwrap();
        let ended = desk.run(&["check", "--buildspec", file]);
        assert_eq!(ended.code, Some(0), "{file}: {}", ended.err);
        assert!(
            ended.out.contains(": no mistakes in "),
            "{file}: {}",
            ended.out
        );
        for line in ended.err.lines() {
            assert!(line.starts_with("warning: "), "{file}: {line}");
        }
    }
}

#[test]
fn every_buildspec_in_the_repository_is_listed() {
    let desk = Desk::new();
    for file in all() {
        let file = file.to_str().unwrap();
        let ended = desk.run(&["list", "--buildspec", file]).well();
        let builds = ended.out.lines().filter(|line| !line.starts_with(' '));
        assert!(builds.count() > 0, "{file}");
    }
}

#[test]
fn the_list_says_what_each_target_and_package_is() {
    let desk = Desk::new();
    let ended = desk.run(&["list"]).well();
    assert_eq!(
        ended.out,
        "\
acme
  target   64bit_linux    agent   x86_64-unknown-linux-musl
  target   aarch64_linux  agent   aarch64-unknown-linux-musl
  target   64bit_windows  -       not made here, see check
  package  el_64          rpm     acme of 64bit_linux
  package  debian_64      deb     acme of 64bit_linux
  package  tarball        tar.gz  acme of 64bit_linux
  package  el_aarch64     rpm     acme of aarch64_linux
  package  el6_64         -       not made here, see check
  package  windows_64     -       not made here, see check
"
    );
    assert_eq!(ended.err, "");
}

#[test]
fn a_list_can_be_of_one_build() {
    let desk = Desk::new();
    let file = shipped("buildspec.yaml");
    let file = file.to_str().unwrap();
    let ended = desk
        .run(&["list", "--build", "demo", "--buildspec", file])
        .well();
    let builds: Vec<&str> = ended
        .out
        .lines()
        .filter(|line| !line.starts_with(' '))
        .collect();
    assert_eq!(builds, ["demo"]);
}

#[test]
fn a_check_counts_what_it_looked_at() {
    let desk = Desk::new();
    let ended = desk.run(&["check"]).well();
    assert!(
        ended.out.ends_with(
            "no mistakes in 1 build, 3 targets, 6 packages and no agents of the company; 3 warnings\n"
        ),
        "{}",
        ended.out
    );
}
