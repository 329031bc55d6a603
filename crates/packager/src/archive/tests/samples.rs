//! A manifest that has one of everything, for the tests of all formats, and what calls the programs that judge it.

use std::ffi::OsStr;
use std::process::Command;
use std::process::Output;

use buildspec::Compression;
use buildspec::Platform;
use buildspec::RpmFormat;

use crate::model::Entry;
use crate::model::Kind;
use crate::model::Manifest;
use crate::model::Requirement;
use crate::model::Role;
use crate::model::Scriptlets;
use crate::model::Tree;

/// 2024-02-03 04:05:06 UTC.
pub(crate) const DATE: u64 = 1_706_933_106;

pub(crate) fn file(text: &str, mode: u32) -> Entry {
    Entry::new(Kind::File(text.as_bytes().to_vec()), mode)
}

/// A package without scripts.
pub(crate) fn manifest() -> Manifest {
    let mut tree = Tree::default();
    let configuration = file("loglevel = info\n", 0o640).with_role(Role::Configuration);
    for (path, entry) in [
        ("/opt/acme/bin/acme-muster", file("#!/bin/sh\n", 0o755)),
        (
            "/opt/acme/bin/acme",
            Entry::new(Kind::Link("acme-muster".to_owned()), 0o777),
        ),
        (
            "/etc/acme",
            Entry::new(Kind::Directory, 0o750).owned_by("root", "acme"),
        ),
        (
            "/etc/acme/server.conf",
            configuration.owned_by("root", "acme"),
        ),
        ("/etc/acme/node.conf", Entry::new(Kind::Ghost, 0o640)),
        ("/usr/lib/acme/empty", file("", 0o644)),
    ] {
        tree.add(path, entry).unwrap();
    }
    Manifest {
        name: "acme-muster".to_owned(),
        version: "1.2.3~rc.1".to_owned(),
        release: "1".to_owned(),
        platform: Platform::X86_64,
        summary: "agent of the acme fleet".to_owned(),
        description: "It waits for its provisioner.\n\nThen it works.".to_owned(),
        license: "Apache-2.0".to_owned(),
        url: "https://acme.example.net/".to_owned(),
        contact: "Acme & Sons <admins@example.net>".to_owned(),
        rpm_group: "Acme/Tools".to_owned(),
        compression: Compression::Xz,
        rpm_format: RpmFormat::V4,
        source_date: DATE,
        requires: Vec::new(),
        tree,
        scriptlets: Scriptlets::default(),
    }
}

pub(crate) fn requirement(name: &str, early: bool) -> Requirement {
    Requirement {
        name: name.to_owned(),
        early,
    }
}

/// Runs a program in English and without a home.
pub(crate) fn run<A: AsRef<OsStr>>(program: &str, arguments: &[A]) -> Output {
    Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .output()
        .unwrap_or_else(|err| panic!("{program}: {err}"))
}

/// What a program that must not fail prints.
pub(crate) fn prints<A: AsRef<OsStr>>(program: &str, arguments: &[A]) -> String {
    let output = run(program, arguments);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}
