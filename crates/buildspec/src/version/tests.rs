use std::process::Command;

use super::*;

fn spell(version: &str) -> String {
    PackageVersion::new(version).unwrap().spelling
}

/// Versions from old to new, as a person would put them.
const IN_ORDER: &[&str] = &[
    "1.2.3-alpha.2",
    "1.2.3-beta",
    "1.2.3-dev.20240101",
    "1.2.3-pre1",
    "1.2.3-rc.1",
    "1.2.3-rc.1-acme.1",
    "1.2.3",
    "1.2.3-acme-rc.1",
    "1.2.3-acme",
    "1.2.3-acme.2",
    "1.2.3.1",
    "1.2.4-rc.1",
    "1.10.0",
];

#[test]
fn suffixes_before_a_release_and_others_are_spelt_apart() {
    for (version, spelling) in [
        ("1.2.3", "1.2.3"),
        ("0.99.0.20240101", "0.99.0.20240101"),
        ("1.2.3-rc.1", "1.2.3~rc.1"),
        ("1.2.3-alpha.2", "1.2.3~alpha.2"),
        ("1.2.3-beta", "1.2.3~beta"),
        ("1.2.3-preview4", "1.2.3~preview4"),
        ("1.2.3-dev", "1.2.3~dev"),
        ("1.2.3-acme", "1.2.3+acme"),
        ("1.2.3-device", "1.2.3+device"),
        ("1.2.3-1", "1.2.3+1"),
        ("1.2.3+build-5", "1.2.3+build+5"),
        ("1.2.3~rc1", "1.2.3~rc1"),
    ] {
        assert_eq!(spell(version), spelling);
    }
}

#[test]
fn what_packages_cannot_have_is_named() {
    let character = |version: &str, character| {
        let version = version.to_owned();
        Err(VersionError::Character { version, character })
    };
    for (version, wrong) in [
        ("1.2_3", '_'),
        ("1.2^3", '^'),
        ("1:2", ':'),
        ("1.2 3", ' '),
        ("1/2", '/'),
    ] {
        assert_eq!(PackageVersion::new(version), character(version, wrong));
    }
    for version in ["", "v1.2.3", "-1", "~1"] {
        let refused = PackageVersion::new(version);
        assert!(
            matches!(refused, Err(VersionError::Start { .. })),
            "{version}"
        );
    }
    for version in ["1.2.3-", "1.2.3--rc.1"] {
        let refused = PackageVersion::new(version);
        assert!(
            matches!(refused, Err(VersionError::EmptyPart { .. })),
            "{version}"
        );
    }
}

#[test]
fn debian_sorts_versions_as_people_do() {
    for pair in IN_ORDER.windows(2) {
        // with a revision, as the packages have one
        let spelt: Vec<String> = pair.iter().map(|it| format!("{}-1", spell(it))).collect();
        let status = Command::new("dpkg")
            .args(["--compare-versions", &spelt[0], "lt", &spelt[1]])
            .status()
            .unwrap();
        assert!(status.success(), "{spelt:?}");
    }
}

#[test]
fn rpm_sorts_versions_as_people_do() {
    let pairs: Vec<String> = IN_ORDER
        .windows(2)
        .map(|pair| {
            format!(
                "print(rpm.vercmp('{}', '{}'), '')",
                spell(pair[0]),
                spell(pair[1])
            )
        })
        .collect();
    let script = format!("%{{lua:{}}}", pairs.join(" "));
    let output = Command::new("rpm")
        .args(["--eval", &script])
        .output()
        .unwrap();
    let answer = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<&str> = answer.split_whitespace().collect();
    assert_eq!(answers, vec!["-1"; IN_ORDER.len() - 1], "{answer}");
}
