//! A manifest with one of everything, and the real rpm in a root of its own, for tests.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;

use buildspec::Compression;
use buildspec::Platform;
use buildspec::RpmFormat;
use tempfile::TempDir;

use crate::model::Entry;
use crate::model::Kind;
use crate::model::Manifest;
use crate::model::Requirement;
use crate::model::Role;
use crate::model::Scriptlets;
use crate::model::Tree;

pub(crate) const DATE: u64 = 1_700_000_000;

pub(crate) fn file(text: &str) -> Kind {
    Kind::File(text.as_bytes().to_vec())
}

/// Paths of every kind and role.
pub(crate) fn tree() -> Tree {
    let entries = [
        ("/usr/bin/acme", Entry::new(file("program"), 0o755)),
        (
            "/usr/bin/acme-link",
            Entry::new(Kind::Link("acme".to_owned()), 0o777),
        ),
        (
            "/etc/acme",
            Entry::new(Kind::Directory, 0o750).owned_by("root", "acme"),
        ),
        (
            "/etc/acme/acme.conf",
            Entry::new(file("a = 1\n"), 0o640)
                .owned_by("root", "acme")
                .with_role(Role::Configuration),
        ),
        (
            "/etc/acme/server.conf",
            Entry::new(Kind::Ghost, 0o640)
                .owned_by("root", "acme")
                .with_role(Role::Configuration),
        ),
        ("/var/log/acme.log", Entry::new(Kind::Ghost, 0o640)),
        (
            "/usr/share/doc/acme/README",
            Entry::new(file("read me"), 0o644).with_role(Role::Documentation),
        ),
        (
            "/usr/share/licenses/acme/LICENSE",
            Entry::new(file("licence"), 0o644).with_role(Role::Licence),
        ),
    ];
    let mut tree = Tree::default();
    for (path, entry) in entries {
        tree.add(path, entry).unwrap();
    }
    tree
}

pub(crate) fn requirement(name: &str, early: bool) -> Requirement {
    Requirement {
        name: name.to_owned(),
        early,
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        name: "acme".to_owned(),
        version: "1.2.3".to_owned(),
        release: "1.el".to_owned(),
        platform: Platform::X86_64,
        summary: "An agent".to_owned(),
        description: "An agent.\n\nWith two paragraphs.".to_owned(),
        license: "Apache-2.0".to_owned(),
        url: "https://example.net/acme".to_owned(),
        contact: "Acme & Co <admins@example.net>".to_owned(),
        rpm_group: "Acme/Tools".to_owned(),
        compression: Compression::Gzip,
        rpm_format: RpmFormat::V4,
        source_date: DATE,
        requires: vec![
            requirement("systemd", false),
            requirement("/usr/sbin/groupadd", true),
        ],
        tree: tree(),
        scriptlets: Scriptlets {
            before_install: Some("echo before install $1".to_owned()),
            after_install: Some("echo after install $1".to_owned()),
            before_removal: Some("echo before removal $1".to_owned()),
            after_removal: Some("echo after removal $1".to_owned()),
        },
    }
}

pub(crate) fn put(path: &Path, bytes: &[u8]) {
    File::create(path).unwrap().write_all(bytes).unwrap();
}

/// A folder with a database of rpm and a root to install into.
pub(crate) struct Rpm(TempDir);

impl Rpm {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a package where rpm finds it.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        put(&path, bytes);
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn call(&self, program: &str, arguments: &[&str]) -> Output {
        Command::new(program)
            .arg("--root")
            .arg(self.0.path())
            .args(["--dbpath", "/db"])
            .args(arguments)
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .output()
            .unwrap()
    }

    /// What `rpm -qp` says about a package.
    pub(crate) fn query(&self, bytes: &[u8], arguments: &[&str]) -> String {
        let file = self.file("query.rpm", bytes);
        let output = Command::new("rpm")
            .args([
                "--dbpath",
                self.path("db").to_str().unwrap(),
                "-qp",
                "--nosignature",
            ])
            .args(arguments)
            .arg(file)
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "rpm -qp {arguments:?}: {said}");
        assert_eq!(said, "", "rpm -qp {arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Installs, upgrades or erases, without scriptlets and what they need.
    pub(crate) fn run(&self, arguments: &[&str]) {
        let output = self.call("rpm", &[&["--noscripts", "--nodeps"], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "rpm {arguments:?}: {said}");
    }
}
