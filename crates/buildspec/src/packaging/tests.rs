use std::io;

use super::*;
use crate::package::Compression;
use crate::package::Program;
use crate::package::RpmFormat;
use crate::platform::Platform;

/// The only files there are.
fn read(path: &str) -> io::Result<String> {
    match path {
        "LICENSE.acme" | "old/LICENSE.acme" => Ok("All rights reserved.\n".into()),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    }
}

/// A buildspec whose packages begin in line 11.
fn with_packages(packages: &str) -> Spec {
    let packages: String = packages
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect();
    let text = format!(
        "\
b:
  compile_targets:
    defaults: {{ pre: [go generate] }}
    amd: {{ os: linux, arch: amd64 }}
    arm: {{ os: linux, arch: arm64, program: provisioner }}
    armhf: {{ os: linux, arch: arm, arm: 7 }}
    x86: {{ os: linux, arch: 386 }}
    odd: {{ os: linux, arch: sparc }}
    # and what is made of them
  packages:
{packages}"
    );
    Spec::parse("spec.yaml", &text).unwrap()
}

/// A package `p` with a name, a template, a binary and these properties, each in a line of its own from 15.
fn rpm(properties: &str) -> Spec {
    with_property_lines("el/generic", properties)
}

fn with_property_lines(template: &str, properties: &str) -> Spec {
    let properties: String = properties
        .lines()
        .map(|line| format!("\n  {line}"))
        .collect();
    with_packages(&format!(
        "p:\n  name: acme\n  template: {template}\n  binary: amd{properties}"
    ))
}

fn package(spec: &Spec, key: &str) -> (Package, Vec<Caution>) {
    match spec.package("b", key, &read).unwrap() {
        PackageChoice::Package(package, warnings) => (*package, cautions(warnings)),
        PackageChoice::Skipped(warnings) => panic!("skipped: {warnings:?}"),
    }
}

fn cautions(warnings: Vec<Warning>) -> Vec<Caution> {
    warnings
        .into_iter()
        .map(|warning| warning.caution)
        .collect()
}

fn skipped(spec: &Spec, key: &str) -> String {
    match spec.package("b", key, &read).unwrap() {
        PackageChoice::Package(package, _) => panic!("made: {package:?}"),
        PackageChoice::Skipped(warnings) => warnings
            .iter()
            .map(|warning| warning.caution.to_string())
            .collect(),
    }
}

/// Line and text of every problem.
fn problems<T: std::fmt::Debug>(result: Result<T, Problems>) -> Vec<(u64, String)> {
    let Problems(problems) = result.unwrap_err();
    let shown = |problem: Problem| (problem.place.line, problem.fault.to_string());
    problems.into_iter().map(shown).collect()
}

#[test]
fn a_package_that_says_little_has_the_documented_defaults() {
    let (package, cautions) = package(&rpm(""), "p");
    let place = package.place.clone();
    assert_eq!(place.to_string(), "spec.yaml:11: b.packages.p");
    let expected = Package {
        key: "p".into(),
        place,
        format: Format::Rpm,
        binary: "amd".into(),
        program: Program::Agent,
        platform: Platform::X86_64,
        name: "acme".into(),
        bindir: "/usr/bin".into(),
        etcdir: "/etc/acme".into(),
        statedir: "/var/lib/acme".into(),
        release: "1".into(),
        dist: None,
        group: "acme".into(),
        manage_conf: true,
        enable: true,
        restart_on_upgrade: true,
        contact: None,
        rpm_group: "System Environment/Base".into(),
        summary: None,
        description: None,
        url: None,
        license: "Apache-2.0".into(),
        license_files: Vec::new(),
        compression: Compression::Zstd,
        rpm_format: RpmFormat::V4,
    };
    assert_eq!(package, expected);
    assert_eq!(cautions, []);
}

#[test]
fn a_package_that_says_everything_is_taken_at_its_word() {
    let properties = "\
bindir: /opt/acme/sbin
etcdir: /opt/acme/etc
statedir: /srv/acme/state
release: 2.1
dist: el9
group: fleet
manage_conf: 0
manage_server_preset: false
restart_on_upgrade: \"0\"
contact: \"Acme & Sons! \\\"it's\\\" <a@b>\"
rpm_group: Acme/Tools
summary: Acme's agent
description: \"First.\\n\\nSecond.\\n\"
url: https://example.net/
license: MIT OR Apache-2.0
license_files: [LICENSE.acme]
compression: xz
rpm_format: v6
target_arch: x86_64";
    let (package, cautions) = package(&rpm(properties), "p");
    assert_eq!(package.bindir, "/opt/acme/sbin");
    assert_eq!(package.etcdir, "/opt/acme/etc");
    assert_eq!(package.statedir, "/srv/acme/state");
    assert_eq!(
        (package.release.as_str(), package.dist.as_deref()),
        ("2.1", Some("el9"))
    );
    assert_eq!(package.group, "fleet");
    assert!(!package.manage_conf && !package.enable && !package.restart_on_upgrade);
    assert_eq!(
        package.contact.as_deref(),
        Some("Acme & Sons! \"it's\" <a@b>")
    );
    assert_eq!(package.rpm_group, "Acme/Tools");
    assert_eq!(package.summary.as_deref(), Some("Acme's agent"));
    assert_eq!(package.description.as_deref(), Some("First.\n\nSecond."));
    assert_eq!(package.url.as_deref(), Some("https://example.net/"));
    assert_eq!(package.license, "MIT OR Apache-2.0");
    let files: Vec<(u64, &str)> = package
        .license_files
        .iter()
        .map(|(place, path)| (place.line, path.as_str()))
        .collect();
    assert_eq!(files, [(30, "LICENSE.acme")]);
    assert_eq!(package.compression, Compression::Xz);
    assert_eq!(package.rpm_format, RpmFormat::V6);
    assert_eq!(cautions, []);
}

#[test]
fn packages_inherit_properties_one_by_one_and_null_removes_one() {
    let spec = with_packages(
        "\
defaults: { name: acme, template: el/generic, binary: amd, dist: el, contact: a@b, distro: x }
p: { dist: el9, contact: null, group: fleet }
q: { template: debian/generic, binary: arm, target_arch: aarch64-linux-gnu }",
    );
    let (p, warned) = package(&spec, "p");
    assert_eq!((p.dist.as_deref(), p.contact), (Some("el9"), None));
    assert_eq!(warned, []);
    let (q, warned) = package(&spec, "q");
    assert_eq!((q.format, q.program), (Format::Deb, Program::Provisioner));
    assert_eq!(
        (q.dist.as_deref(), q.contact.as_deref()),
        (Some("x"), Some("a@b"))
    );
    assert_eq!(
        (q.platform, q.compression),
        (Platform::Aarch64, Compression::Xz)
    );
    assert_eq!(warned, []);
}

/// A property and what is wrong with it.
const MISTAKES: &[(&str, &str)] = &[
    ("name: Acme", "`Acme` is not a name of"),
    ("bindir: opt/bin", "`opt/bin` is not an absolute path"),
    ("etcdir: /etc/../acme", "is not an absolute path"),
    ("statedir: '/var/lib/a b'", "is not an absolute path"),
    ("etcdir: /etc", "`/etc` belongs to the whole machine"),
    (
        "statedir: /var/lib",
        "`/var/lib` belongs to the whole machine",
    ),
    ("etcdir: /usr/bin", "belongs to the whole machine"),
    ("etcdir: /var/lib/acme", "is the same path as etcdir"),
    ("etcdir: /usr/bin/acme", "is the same path as the program"),
    ("release: 1-2", "`1-2` is not a release"),
    ("dist: el-9", "`el-9` is not a dist tag"),
    ("group: Acme", "`Acme` is not the name of a group"),
    ("manage_conf: yes", "`yes` is not 0, 1, true or false"),
    ("manage_server_preset: 2", "`2` is not 0, 1, true or false"),
    ("restart_on_upgrade: \"\"", "`` is not 0, 1, true or false"),
    ("contact: Acme", "`Acme` is not `Name <mail address>`"),
    ("contact: \"A\\eB <a@b>\"", "`A\\u{1b}B <a@b>` is not `Name"),
    ("rpm_group: \"a\\nb\"", "`a\\nb` is not one line of text"),
    ("summary: \"\"", "`` is not one line of text"),
    (
        "description: \"a\\eb\"",
        "is not text without control characters",
    ),
    (
        "url: example.net",
        "`example.net` is not an address that begins with",
    ),
    ("license: \"\"", "`` is not an SPDX expression"),
    (
        "license_files: [missing]",
        "cannot read missing: entity not found",
    ),
    (
        "license_files: [LICENSE.acme, old/LICENSE.acme]",
        "`LICENSE.acme` stands here a second time",
    ),
    ("license_files: { a: b }", "expected a single value"),
    ("compression: bzip2", "`bzip2` is not gzip, xz or zstd"),
    ("rpm_format: v5", "`v5` is not v4 or v6"),
    (
        "target_arch: aarch64",
        "`aarch64` is not the architecture of the compile target `amd`, expected x86_64, x86_64-linux-gnu, amd64",
    ),
    ("target_arch: [x86_64]", "expected a single value"),
    (
        "bindirs: /opt",
        "unknown key `bindirs`, did you mean `bindir`?",
    ),
    (
        "template: el/genric",
        "unknown template `el/genric`, did you mean `el/generic`?",
    ),
    (
        "template: rpm",
        "unknown template `rpm`, known: archive/basic, ",
    ),
    (
        "binary: amd64",
        "unknown compile target `amd64`, known: amd, arm, ",
    ),
    (
        "binary: defaults",
        "unknown compile target `defaults`, known: ",
    ),
    ("binary: [amd]", "expected a single value"),
];

#[test]
fn each_mistake_is_named_with_its_line() {
    for (line, text) in MISTAKES {
        let (key, _) = line.split_once(':').unwrap();
        // its line takes the place of one that is there already
        let all = ["name: acme", "template: el/generic", "binary: amd"]
            .into_iter()
            .filter(|usual| !usual.starts_with(&format!("{key}:")))
            .chain(["# here", line]);
        let all: String = all.map(|line| format!("\n  {line}")).collect();
        let spec = with_packages(&format!("p:{all}"));
        let found = problems(spec.package("b", "p", &read));
        let expected = if ["name", "template", "binary"].contains(&key) {
            15
        } else {
            16
        };
        let [(at, found)] = found.as_slice() else {
            panic!("{line}: {found:?}")
        };
        assert!(found.contains(text), "{line}: {found}");
        // what a default of another property collides with is reported there
        assert!(
            *at == expected || found.starts_with("is the same path"),
            "{line}: {at}"
        );
    }
}

#[test]
fn what_is_missing_is_named_at_the_package() {
    for (properties, text) in [
        ("binary: amd, template: el/generic", "`name` is missing"),
        ("binary: amd, name: acme", "`template` is missing"),
        (
            "name: acme, template: el/generic",
            "names no compile target as its `binary`",
        ),
        (
            "name: acme, template: archive/basic, binary: amd",
            "`format` is missing",
        ),
    ] {
        let spec = with_packages(&format!("defaults: {{}}\np: {{ {properties} }}"));
        let found = problems(spec.package("b", "p", &read));
        let [(12, found)] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert!(found.starts_with(text), "{found}");
    }
}

#[test]
fn a_name_that_is_no_group_needs_one() {
    let lines = "p:\n  name: acme.muster\n  template: el/generic\n  binary: amd";
    let found = problems(with_packages(lines).package("b", "p", &read));
    assert!(
        found[0].0 == 12 && found[0].1.contains("is not the name of a group"),
        "{found:?}"
    );
    let (package, _) = package(&with_packages(&format!("{lines}\n  group: acme")), "p");
    assert_eq!(package.group, "acme");
}

#[test]
fn unknown_packages_come_with_the_known_ones() {
    let spec = with_packages("defaults: {}\nel_64: {}\ndebian_64: {}");
    assert_eq!(
        problems(spec.package("b", "el_65", &read)),
        [(
            10,
            "unknown package `el_65`, did you mean `el_64`?".to_owned()
        )]
    );
    assert_eq!(
        problems(spec.package("b", "defaults", &read)),
        [(
            10,
            "unknown package `defaults`, known: el_64, debian_64".to_owned()
        )]
    );
    assert_eq!(problems(spec.package("bb", "el_64", &read)).len(), 1);
}

#[test]
fn mistakes_of_the_target_are_mistakes_of_the_package_and_its_warnings_are_not() {
    let spec = with_packages("p: { name: acme, template: el/generic, binary: odd }");
    let found = problems(spec.package("b", "p", &read));
    assert_eq!(found.len(), 1);
    assert!(found[0].0 == 8 && found[0].1.starts_with("unknown architecture `sparc`"));
    let (_, cautions) = package(&rpm(""), "p");
    assert_eq!(cautions, []);
}

#[test]
fn shapes_are_checked() {
    for (packages, text) in [
        ("- p", "expected a map of packages"),
        ("p: [name]", "expected a map of properties"),
    ] {
        let found = problems(with_packages(packages).package("b", "p", &read));
        assert!(found.iter().any(|(_, found)| found == text), "{found:?}");
    }
    let spec = Spec::parse("s", "b: { compile_targets: {} }").unwrap();
    let found = problems(spec.package("b", "p", &read));
    assert_eq!(found, [(1, "`packages` is missing".to_owned())]);
}

#[test]
fn every_template_makes_its_format() {
    for (template, format, compression) in [
        ("el/generic", Format::Rpm, Compression::Zstd),
        ("el/el7", Format::Rpm, Compression::Gzip),
        ("el/el8", Format::Rpm, Compression::Zstd),
        ("el/el9", Format::Rpm, Compression::Zstd),
        ("debian/generic", Format::Deb, Compression::Xz),
        ("debian/legacy", Format::Deb, Compression::Xz),
        ("archive/basic", Format::Archive, Compression::Gzip),
    ] {
        let lines = if format == Format::Archive {
            "format: tgz\nos: linux"
        } else {
            ""
        };
        let (package, cautions) = package(&with_property_lines(template, lines), "p");
        assert_eq!((package.format, package.compression), (format, compression));
        assert_eq!(cautions, [], "{template}");
    }
}

#[test]
fn packages_of_the_reference_that_are_not_made_are_skipped_unjudged() {
    for (properties, text) in [
        (
            "template: el/el6, binary: amd",
            "is skipped: EL5 and EL6 have no systemd",
        ),
        (
            "template: el/el5, binary: amd",
            "is skipped: EL5 and EL6 have no systemd",
        ),
        (
            "template: windows/64bit, binary: amd",
            "is skipped: packages for Windows are not made here",
        ),
        (
            "template: archive/basic, format: zip",
            "is skipped: zip archives are not made here",
        ),
        (
            "template: archive/basic, format: tgz, os: windows",
            "is skipped: packages for Windows are not made here",
        ),
        (
            "template: archive/basic, format: tgz, os: darwin",
            "is skipped: packages for macOS are not made here",
        ),
        (
            "template: el/generic, binary: x86",
            "is skipped: its compile target `x86` is for 32-bit x86, which is not built here",
        ),
    ] {
        let spec = with_packages(&format!("p: {{ name: Acme, bindir: bin, {properties} }}"));
        assert_eq!(skipped(&spec, "p"), text);
    }
}

#[test]
fn an_archive_is_a_tgz_for_linux() {
    for (line, text) in [
        ("format: tar", "`tar` is not tgz"),
        ("format: tgz\nos: plan9", "`plan9` is not linux"),
    ] {
        let spec = with_property_lines("archive/basic", line);
        let found = problems(spec.package("b", "p", &read));
        assert_eq!(found.last().unwrap().1, text);
    }
}

#[test]
fn keys_without_a_meaning_are_named() {
    let reference = "display_name: A\nserver_start_runlevels: \"-\"\nserver_start_order: 50\nbroker_start_runlevels: \"-\"\nbroker_start_order: 50";
    let (_, warned) = package(&rpm(reference), "p");
    assert_eq!(warned, vec![Caution::NoMeaning; 5]);
    let (deb, warned) = package(
        &with_property_lines("debian/generic", "dist: el\nrpm_group: A\nos: linux"),
        "p",
    );
    assert_eq!(warned, vec![Caution::NotForFormat; 3]);
    assert_eq!(deb.dist, None);
}

#[test]
fn what_old_distributions_cannot_read_is_said() {
    let spec = with_property_lines("el/el7", "compression: zstd\nrpm_format: v6");
    let unreadable = Caution::UnreadableThere {
        distribution: "EL7",
    };
    assert_eq!(package(&spec, "p").1, [unreadable.clone(), unreadable]);
    let spec = with_property_lines("el/el9", "compression: zstd\nrpm_format: v6");
    assert_eq!(
        package(&spec, "p").1,
        [Caution::UnreadableThere {
            distribution: "EL9"
        }]
    );
}

#[test]
fn a_code_name_in_the_key_of_a_deb_is_its_distribution() {
    let spec = with_packages(
        "\
defaults: { name: acme, template: debian/generic, binary: amd }
xenial_64: {}
debian_64: {}
stretch_64: { distro: generic }",
    );
    let (xenial, warned) = package(&spec, "xenial_64");
    assert_eq!(xenial.dist.as_deref(), Some("xenial"));
    assert_eq!(
        warned,
        [Caution::DistroFromKey {
            distro: "xenial".into()
        }]
    );
    assert_eq!(package(&spec, "debian_64").0.dist, None);
    assert_eq!(
        package(&spec, "stretch_64").0.dist.as_deref(),
        Some("generic")
    );
}

fn set(packages: &str, keys: &[&str]) -> Result<(Vec<Package>, Vec<Warning>), Problems> {
    let defaults = "defaults: { name: acme, template: el/generic, binary: amd, display_name: A }";
    with_packages(&format!("{defaults}\n{packages}")).package_set("b", keys, &read)
}

#[test]
fn a_set_has_its_packages_in_order_and_each_warning_once() {
    let (packages, warnings) = set(
        "p: {}\nq: { dist: el9 }\nr: { template: el/el6 }",
        &["q", "p", "r"],
    )
    .unwrap();
    let keys: Vec<&str> = packages
        .iter()
        .map(|package| package.key.as_str())
        .collect();
    assert_eq!(keys, ["q", "p"]);
    let lines: Vec<u64> = warnings.iter().map(|warning| warning.place.line).collect();
    assert_eq!(lines, [11, 14]);
}

#[test]
fn two_packages_with_one_file_name_are_refused() {
    let found = set("p: { dist: el }\nq: { dist: el }", &["p", "q"]).unwrap_err();
    assert_eq!(
        found.to_string(),
        "spec.yaml:13: b.packages.q: has the same file name as spec.yaml:12: b.packages.p: the same name, release and platform"
    );
    let archives = "p: { template: archive/basic, format: tgz }\nq: { template: archive/basic, format: tgz, release: 2 }";
    assert_eq!(problems(set(archives, &["p", "q"])).len(), 1);
}

#[test]
fn two_packages_with_other_names_and_one_path_are_refused() {
    for (packages, path) in [
        ("p: {}\nq: { name: other, etcdir: /etc/acme }", "/etc/acme"),
        (
            "p: {}\nq: { name: other, statedir: /var/lib/acme }",
            "/var/lib/acme",
        ),
        (
            "p: {}\nq: { name: other, statedir: /etc/acme }",
            "/etc/acme",
        ),
        (
            "p: { binary: amd }\nq: { name: other, etcdir: /usr/bin/acme }",
            "/usr/bin/acme",
        ),
    ] {
        let found = problems(set(packages, &["p", "q"]));
        let text = format!(
            "writes {path}, as spec.yaml:12: b.packages.p does, so that they cannot be installed together"
        );
        assert_eq!(found, [(13, text)]);
    }
}

#[test]
fn the_units_of_an_agent_and_a_provisioner_may_meet() {
    let spec = with_packages("p: { name: acme-server, template: el/generic, binary: arm }");
    let agent = Package {
        program: Program::Agent,
        key: "q".into(),
        name: "acme".into(),
        etcdir: "/etc/acme".into(),
        statedir: "/var/lib/acme".into(),
        ..package(&spec, "p").0
    };
    let fault = clash::between(&package(&spec, "p").0, &agent);
    assert!(matches!(
        fault,
        Some(Fault::SharedPath { path, .. }) if path.ends_with("/acme-server.service")
    ));
}

#[test]
fn packages_that_never_meet_get_along() {
    for packages in [
        "p: {}\nq: { template: debian/generic }",
        "p: {}\nq: { binary: armhf }",
        "p: { dist: el7 }\nq: { dist: el8 }",
        "p: {}\nq: { release: 2 }",
        "p: {}\nq: { name: other }",
        "p: { template: archive/basic, format: tgz }\nq: { name: other, etcdir: /etc/acme, template: archive/basic, format: tgz }",
    ] {
        assert_eq!(set(packages, &["p", "q"]).unwrap().0.len(), 2, "{packages}");
    }
}

#[test]
fn packages_are_checked_with_the_rest_of_the_file() {
    let spec = with_packages("p: { name: acme, template: el/generic, binary: amd, bindir: x }");
    let lines: Vec<u64> = problems(spec.check(&read))
        .iter()
        .map(|(line, _)| *line)
        .collect();
    assert_eq!(lines, [8, 11]);
}
