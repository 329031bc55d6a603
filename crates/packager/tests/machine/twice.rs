//! The same packages, byte by byte, from another checkout in another folder, and without the tools of distributions.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::long;
use crate::shell::put;
use crate::shell::run;
use crate::shell::sh;
use crate::site::BUILDS;
use crate::site::OLD;
use crate::site::checkout;
use crate::site::package;
use crate::site::site;
use crate::site::work;

/// What would build packages, had it not been replaced by this.
const TOOLS: [&str; 10] = [
    "rpm", "rpmbuild", "rpmsign", "docker", "podman", "dpkg", "dpkg-deb", "tar", "ar", "gpg",
];

/// A folder of programs that fail, in front of all others.
pub(crate) fn without_tools(folder: &Path) -> OsString {
    for tool in TOOLS {
        let path = folder.join(tool);
        put(
            &path,
            format!("#!/bin/sh\necho {tool} was called >&2\nexit 99\n"),
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut path = folder.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    path
}

/// The files of a folder, without what is hidden.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read(path).unwrap())
    });
    entries.filter(|(name, _)| !name.starts_with('.')).collect()
}

#[test]
fn two_checkouts_make_the_same_bytes_without_any_tool_of_a_distribution() {
    if !long() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let other = at("another-folder/with-a-longer-name");
    fs::create_dir_all(&other).unwrap();
    run(sh(
        "(cd \"$FROM\" && tar -c --exclude=./target --exclude=./fuzz/target --exclude=./.git .) | tar -x -C \"$TO\"",
    )
    .env("FROM", checkout())
    .env("TO", &other))
    .ok();
    let path = without_tools(&at("bin"));
    let made = |source: &Path, work: &Path, output: &str| {
        for build in &BUILDS {
            run(package(build, source, OLD)
                .arg("--work")
                .arg(work)
                .arg("--key")
                .arg(site().key())
                .arg("--output")
                .arg(at(output))
                .env("PATH", &path))
            .ok();
        }
        files(&at(output))
    };
    let one = made(&checkout(), &work(), "one");
    let two = made(&other, &other.join("target"), "two");
    let names: Vec<&String> = one.keys().collect();
    assert_eq!(names, two.keys().collect::<Vec<_>>());
    assert_eq!(
        names.iter().filter(|name| is_package(name)).count(),
        6,
        "{names:?}"
    );
    for (name, bytes) in &one {
        assert!(*bytes == two[name], "{name} differs");
    }
}

pub(crate) fn is_package(name: &str) -> bool {
    [".rpm", ".deb", ".tar.gz"]
        .iter()
        .any(|end| name.ends_with(end))
}
