//! The real rpm installs, upgrades and erases in a root of its own.

use std::fs;

use super::super::fixture::Rpm;
use super::super::fixture::file;
use super::super::fixture::manifest;
use super::super::fixture::put;
use super::unsigned;
use crate::model::Entry;
use crate::model::Kind;
use crate::model::Manifest;
use crate::model::Role;
use crate::model::Tree;

/// A package whose files all belong to root: an empty root knows no other name.
fn small(version: &str, text: &str) -> Manifest {
    let mut tree = Tree::default();
    let config = Entry::new(file(text), 0o640).with_role(Role::Configuration);
    let ghost = Entry::new(Kind::Ghost, 0o640).with_role(Role::Configuration);
    tree.add("/etc/acme", Entry::new(Kind::Directory, 0o750))
        .unwrap();
    tree.add("/etc/acme/acme.conf", config).unwrap();
    tree.add("/etc/acme/server.conf", ghost).unwrap();
    tree.add("/usr/bin/acme", Entry::new(file(text), 0o755))
        .unwrap();
    Manifest {
        version: version.to_owned(),
        tree,
        ..manifest()
    }
}

fn installed(first: &Manifest) -> Rpm {
    let rpm = Rpm::new();
    let path = rpm.file("first.rpm", &unsigned(first));
    rpm.run(&["-i", "--nosignature", &path]);
    put(&rpm.path("etc/acme/server.conf"), b"provisioned");
    rpm
}

fn text(rpm: &Rpm, path: &str) -> String {
    fs::read_to_string(rpm.path(path)).unwrap_or_default()
}

#[test]
fn an_edited_configuration_survives_an_upgrade() {
    let rpm = installed(&small("1", "one"));
    put(&rpm.path("etc/acme/acme.conf"), b"edited");
    let path = rpm.file("second.rpm", &unsigned(&small("2", "two")));
    rpm.run(&["-U", "--nosignature", &path]);
    assert_eq!(text(&rpm, "usr/bin/acme"), "two");
    assert_eq!(text(&rpm, "etc/acme/acme.conf"), "edited");
    assert_eq!(text(&rpm, "etc/acme/acme.conf.rpmnew"), "two");
}

#[test]
fn a_ghost_configuration_is_untouched_by_an_upgrade() {
    let rpm = installed(&small("1", "one"));
    let path = rpm.file("second.rpm", &unsigned(&small("2", "two")));
    rpm.run(&["-U", "--nosignature", &path]);
    assert_eq!(text(&rpm, "etc/acme/server.conf"), "provisioned");
    let names = fs::read_dir(rpm.path("etc/acme")).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_ghost_configuration_is_untouched_by_a_reinstallation() {
    let rpm = installed(&small("1", "one"));
    let path = rpm.path("first.rpm");
    rpm.run(&[
        "-U",
        "--nosignature",
        "--replacepkgs",
        path.to_str().unwrap(),
    ]);
    assert_eq!(text(&rpm, "etc/acme/server.conf"), "provisioned");
}

#[test]
fn erasing_saves_what_was_edited() {
    let rpm = installed(&small("1", "one"));
    put(&rpm.path("etc/acme/acme.conf"), b"edited");
    rpm.run(&["-e", "acme"]);
    assert_eq!(text(&rpm, "etc/acme/acme.conf.rpmsave"), "edited");
    assert!(!rpm.path("usr/bin/acme").exists());
}

#[test]
fn erasing_leaves_a_ghost_configuration_and_takes_a_ghost_log() {
    let mut manifest = small("1", "one");
    let log = Entry::new(Kind::Ghost, 0o640);
    manifest.tree.add("/etc/acme/acme.log", log).unwrap();
    let rpm = installed(&manifest);
    put(&rpm.path("etc/acme/acme.log"), b"log");
    rpm.run(&["-e", "acme"]);
    let names = fs::read_dir(rpm.path("etc/acme")).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["server.conf"]);
    assert_eq!(text(&rpm, "etc/acme/server.conf"), "provisioned");
}
