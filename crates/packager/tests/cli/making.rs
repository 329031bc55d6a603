//! Packages that are made: their names, digests and bytes.

use std::fs;
use std::process::Command;

use crate::desk::Desk;
use crate::desk::shipped;
use crate::machines::program;

#[test]
fn packages_are_made_without_any_packaging_program() {
    let desk = Desk::new();
    desk.package_64(&["--package", "el_64,debian_64,tarball"])
        .well();
    assert_eq!(
        desk.names("dist"),
        [
            "SHA256SUMS",
            "acme-1.2.3-1.el.x86_64.rpm",
            "acme-1.2.3-linux-x86_64.tar.gz",
            "acme_1.2.3-1+generic_amd64.deb",
        ]
    );
    assert_eq!(desk.trace(), "");
}

#[test]
fn a_second_run_elsewhere_makes_the_same_bytes() {
    let (one, other) = (Desk::new(), Desk::new());
    one.package_64(&["--package", "el_64,debian_64,tarball"])
        .well();
    other
        .package_64(&[
            "--package",
            "tarball,el_64,debian_64",
            "--output",
            "somewhere/else",
        ])
        .well();
    let names = one.names("dist");
    assert_eq!(names, other.names("somewhere/else"));
    assert_eq!(names.len(), 4);
    for name in names {
        let mine = fs::read(one.path("dist").join(&name)).unwrap();
        let theirs = fs::read(other.path("somewhere/else").join(&name)).unwrap();
        assert!(mine == theirs, "{name}");
    }
}

/// Every package of a build of the shipped buildspec.
fn all_of(build: &str) -> Vec<String> {
    let desk = Desk::new();
    let file = shipped("buildspec.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let spec = buildspec::Spec::parse("buildspec.yaml", &text).unwrap();
    let machines = [
        ("64bit_linux", "x86_64"),
        ("aarch64_linux", "aarch64"),
        ("armv7_linux", "arm"),
        ("provisioner_64", "x86_64"),
    ];
    let binaries: Vec<String> = machines
        .iter()
        .filter(|(target, _)| spec.targets(build).any(|known| known == *target))
        .map(|(target, machine)| format!("{target}={}", program(machine).display()))
        .collect();
    let mut words = vec!["--build", build, "--buildspec", file.to_str().unwrap()];
    for binary in &binaries {
        words.extend(["--binary", binary]);
    }
    desk.package(&words).well();
    desk.names("dist")
}

#[test]
fn every_package_of_the_stock_build_is_made() {
    assert_eq!(
        all_of("foss"),
        [
            "SHA256SUMS",
            "muster-1.2.3-1.el.aarch64.rpm",
            "muster-1.2.3-1.el.x86_64.rpm",
            "muster-1.2.3-1.el7.x86_64.rpm",
            "muster-1.2.3-linux-x86_64.tar.gz",
            "muster-provisioner-1.2.3-1.el.x86_64.rpm",
            "muster-provisioner-1.2.3-linux-x86_64.tar.gz",
            "muster-provisioner_1.2.3-1+generic_amd64.deb",
            "muster_1.2.3-1+generic_amd64.deb",
            "muster_1.2.3-1+generic_arm64.deb",
            "muster_1.2.3-1+generic_armhf.deb",
        ]
    );
}

#[test]
fn every_package_of_the_example_company_is_made() {
    let names = all_of("acme");
    for name in [
        "acme-muster-1.2.3-1.el.x86_64.rpm",
        "acme-muster-1.2.3-linux-x86_64.tar.gz",
        "acme-muster_1.2.3-1+generic_amd64.deb",
    ] {
        assert!(names.iter().any(|made| made == name), "{names:?}");
    }
}

#[test]
fn what_was_made_is_told_with_digest_size_and_path() {
    let desk = Desk::new();
    let ended = desk.package_64(&["--package", "el_64,tarball"]).well();
    let sums = fs::read_to_string(desk.path("dist/SHA256SUMS")).unwrap();
    let mut told = 0;
    for line in ended.out.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [digest, size, path] = words[..] else {
            panic!("{line}")
        };
        let length = fs::metadata(desk.path(path)).unwrap().len();
        assert_eq!(size.parse::<u64>().unwrap(), length);
        let name = path.strip_prefix("dist/").unwrap();
        assert!(sums.contains(&format!("{digest}  {name}\n")), "{sums}");
        told += 1;
    }
    assert_eq!((told, sums.lines().count()), (2, 2));
}

#[test]
fn the_digests_are_those_that_sha256sum_finds() {
    let desk = Desk::new();
    desk.package_64(&["--package", "el_64,debian_64"]).well();
    let output = Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(desk.path("dist"))
        .output()
        .unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.matches(": OK").count(), 2, "{said}");
}

#[test]
fn a_mistake_in_the_last_package_leaves_none_of_them() {
    let desk = Desk::new();
    // a DEB must have a maintainer
    desk.respell(
        "debian_64: { template: debian/generic,",
        "debian_64: { template: debian/generic, contact: null,",
    );
    let ended = desk.package_64(&["--package", "el_64,debian_64"]);
    assert!(matches!(ended.code, Some(65 | 78)), "{}", ended.err);
    assert!(ended.err.contains("debian_64"), "{}", ended.err);
    assert_eq!(desk.names("dist"), Vec::<String>::new());
}

#[test]
fn a_candidate_sorts_before_its_release() {
    let desk = Desk::new();
    let words = [
        "--package",
        "el_64,debian_64,tarball",
        "--version",
        "1.3.0-rc.1",
    ];
    desk.package_64(&words).well();
    assert_eq!(
        desk.names("dist"),
        [
            "SHA256SUMS",
            "acme-1.3.0-rc.1-linux-x86_64.tar.gz",
            "acme-1.3.0~rc.1-1.el.x86_64.rpm",
            "acme_1.3.0~rc.1-1+generic_amd64.deb",
        ]
    );
}
