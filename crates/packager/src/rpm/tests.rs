mod installed;
mod reading;
mod refused;

use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use buildspec::Compression;
use buildspec::Platform;
use buildspec::RpmFormat;

use super::fixture::DATE;
use super::fixture::Rpm;
use super::fixture::file;
use super::fixture::manifest;
use super::fixture::put;
use super::*;
use crate::model::Entry;
use crate::model::Kind;
use crate::model::Manifest;
use crate::signing;
use crate::signing::Sign;

fn unsigned(manifest: &Manifest) -> Vec<u8> {
    write(manifest, None).unwrap()
}

fn query(manifest: &Manifest, arguments: &[&str]) -> String {
    Rpm::new().query(&unsigned(manifest), arguments)
}

fn formats() -> impl Iterator<Item = Manifest> {
    let compressions = [Compression::Gzip, Compression::Xz, Compression::Zstd];
    compressions.into_iter().flat_map(|compression| {
        [RpmFormat::V4, RpmFormat::V6].map(|rpm_format| Manifest {
            compression,
            rpm_format,
            ..manifest()
        })
    })
}

#[test]
fn rpm_shows_what_the_manifest_says() {
    let said = query(&manifest(), &["-i"]);
    for line in [
        "Name        : acme",
        "Version     : 1.2.3",
        "Release     : 1.el",
        "Architecture: x86_64",
        "Group       : Acme/Tools",
        "License     : Apache-2.0",
        "Source RPM  : acme-1.2.3-1.el.src.rpm",
        "Build Date  : Tue Nov 14 22:13:20 2023",
        "Build Host  : reproducible",
        "Packager    : Acme & Co <admins@example.net>",
        "URL         : https://example.net/acme",
        "Summary     : An agent",
        "With two paragraphs.",
    ] {
        assert!(said.lines().any(|found| found == line), "{line}: {said}");
    }
}

#[test]
fn rpm_shows_every_path_with_mode_owner_and_date() {
    // path, size, date, digest, mode, owner, group, config, doc, device, target
    let said = query(&manifest(), &["-l", "--dump"]);
    let mut found = Vec::new();
    for line in said.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[2], DATE.to_string(), "{line}");
        found.push([&words[..1], &words[4..9], &words[10..]].concat().join(" "));
    }
    assert_eq!(
        found,
        [
            "/etc/acme 040750 root acme 0 0 X",
            "/etc/acme/acme.conf 0100640 root acme 1 0 X",
            "/etc/acme/server.conf 0100640 root acme 1 0 X",
            "/usr/bin/acme 0100755 root root 0 0 X",
            "/usr/bin/acme-link 0120777 root root 0 0 acme",
            "/usr/share/doc/acme/README 0100644 root root 0 1 X",
            "/usr/share/licenses/acme/LICENSE 0100644 root root 0 0 X",
            "/var/log/acme.log 0100640 root root 0 0 X",
        ]
    );
}

#[test]
fn rpm_knows_the_role_of_every_path() {
    let flags = query(
        &manifest(),
        &["--qf", "[%{FILENAMES} %{FILEFLAGS:fflags}\n]"],
    );
    assert_eq!(
        flags
            .lines()
            .filter(|line| !line.ends_with(' '))
            .collect::<Vec<_>>(),
        [
            "/etc/acme/acme.conf cn",
            "/etc/acme/server.conf cng",
            "/usr/share/doc/acme/README d",
            "/usr/share/licenses/acme/LICENSE l",
            "/var/log/acme.log g",
        ]
    );
    assert_eq!(
        query(&manifest(), &["-c"]),
        "/etc/acme/acme.conf\n/etc/acme/server.conf\n"
    );
    assert_eq!(query(&manifest(), &["-d"]), "/usr/share/doc/acme/README\n");
}

#[test]
fn rpm_shows_the_scriptlets() {
    assert_eq!(
        query(&manifest(), &["--scripts"]),
        "preinstall scriptlet (using /bin/sh):\necho before install $1\n\
         postinstall scriptlet (using /bin/sh):\necho after install $1\n\
         preuninstall scriptlet (using /bin/sh):\necho before removal $1\n\
         postuninstall scriptlet (using /bin/sh):\necho after removal $1\n"
    );
}

#[test]
fn rpm_shows_what_is_needed_and_when() {
    let said = query(
        &manifest(),
        &["--qf", "[%{REQUIREFLAGS:deptype} %{REQUIRENAME}\n]"],
    );
    let mut needs: Vec<&str> = said.lines().collect();
    needs.sort_unstable();
    assert_eq!(
        needs,
        [
            "config config(acme)",
            "manual systemd",
            "post,interp /bin/sh",
            "postun,interp /bin/sh",
            "pre /usr/sbin/groupadd",
            "pre,interp /bin/sh",
            "preun,interp /bin/sh",
            "rpmlib rpmlib(CompressedFileNames)",
            "rpmlib rpmlib(FileDigests)",
            "rpmlib rpmlib(PayloadFilesHavePrefix)",
        ]
    );
}

#[test]
fn a_version_four_header_with_gzip_needs_nothing_that_el7_lacks() {
    let mut features: Vec<String> = query(&manifest(), &["--requires"])
        .lines()
        .filter(|line| line.starts_with("rpmlib("))
        .map(str::to_owned)
        .collect();
    features.sort_unstable();
    assert_eq!(
        features,
        [
            "rpmlib(CompressedFileNames) <= 3.0.4-1",
            "rpmlib(FileDigests) <= 4.6.0-1",
            "rpmlib(PayloadFilesHavePrefix) <= 4.0-1",
        ]
    );
}

#[test]
fn a_version_four_package_has_no_tags_for_large_files() {
    let bytes = unsigned(&manifest());
    let package = ::rpm::Package::parse(&mut &bytes[..]).unwrap();
    for tag in [
        ::rpm::IndexTag::RPMTAG_LONGFILESIZES,
        ::rpm::IndexTag::RPMTAG_LONGSIZE,
    ] {
        assert!(!package.metadata.header.entry_is_present(tag as u32));
    }
}

#[test]
fn what_a_package_uses_of_rpm_is_required() {
    let mut manifest = manifest();
    manifest.version = "1.2.3~rc.1^git".to_owned();
    for (compression, feature) in [
        (Compression::Xz, "rpmlib(PayloadIsXz) <= 5.2-1"),
        (Compression::Zstd, "rpmlib(PayloadIsZstd) <= 5.4.18-1"),
    ] {
        manifest.compression = compression;
        let said = query(&manifest, &["--requires"]);
        for need in [
            feature,
            "rpmlib(TildeInVersions) <= 4.10.0-1",
            "rpmlib(CaretInVersions) <= 4.15.0-1",
        ] {
            assert!(said.lines().any(|line| line == need), "{need}: {said}");
        }
    }
}

#[test]
fn there_are_no_build_id_links() {
    assert!(!query(&manifest(), &["-l"]).contains("build-id"));
}

#[test]
fn a_package_for_another_platform_says_so() {
    for (platform, arch) in [(Platform::Aarch64, "aarch64"), (Platform::Armv7, "armv7hl")] {
        let manifest = Manifest {
            platform,
            ..manifest()
        };
        assert_eq!(query(&manifest, &["--qf", "%{ARCH}"]), arch);
    }
}

#[test]
fn the_payload_of_every_compression_can_be_unpacked() {
    for manifest in formats().filter(|manifest| manifest.rpm_format == RpmFormat::V4) {
        let folder = Rpm::new();
        let path = folder.file("x.rpm", &unsigned(&manifest));
        let archive = Command::new("rpm2cpio").arg(path).output().unwrap();
        let mut cpio = Command::new("cpio")
            .args(["-t", "--quiet"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = cpio.stdin.take().unwrap();
        std::io::Write::write_all(&mut input, &archive.stdout).unwrap();
        drop(input);
        let listed = String::from_utf8(cpio.wait_with_output().unwrap().stdout).unwrap();
        assert_eq!(
            listed,
            "./etc/acme\n./etc/acme/acme.conf\n./usr/bin/acme\n./usr/bin/acme-link\n\
             ./usr/share/doc/acme/README\n./usr/share/licenses/acme/LICENSE\n",
            "{:?}",
            manifest.compression
        );
    }
}

#[test]
fn the_digests_of_every_format_are_right_for_rpm() {
    let rpm = Rpm::new();
    for manifest in formats() {
        let path = rpm.file("x.rpm", &unsigned(&manifest));
        let output = Command::new("rpmkeys")
            .args(["--dbpath", rpm.path("db").to_str().unwrap()])
            .args(["--nosignature", "-Kv", &path])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}");
        assert!(said.contains("Header SHA256 digest: OK"), "{said}");
        assert!(said.contains("Payload SHA256 digest: OK"), "{said}");
    }
}

fn verified(manifest: &Manifest, key: &signing::Key, rpm: &Rpm) -> (bool, String) {
    let bytes = write(manifest, Some(key)).unwrap();
    let path = rpm.file("signed.rpm", &bytes);
    let output = Command::new("rpmkeys")
        .args(["--dbpath", rpm.path("db").to_str().unwrap()])
        .args(["-Kv", &path])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.success(), said)
}

fn import(key: &signing::Key, rpm: &Rpm) {
    let path = rpm.file("key.asc", key.public().unwrap().as_bytes());
    let output = Command::new("rpmkeys")
        .args([
            "--dbpath",
            rpm.path("db").to_str().unwrap(),
            "--import",
            &path,
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn rpm_verifies_signatures_of_both_kinds() {
    for (key, kind) in [
        (signing::fixture::rsa(), "V4 RSA/SHA256 Signature"),
        (signing::fixture::ed25519(), "V4 EdDSA/SHA512 Signature"),
    ] {
        let rpm = Rpm::new();
        import(&key, &rpm);
        for manifest in formats().filter(|manifest| manifest.rpm_format == RpmFormat::V4) {
            let (good, said) = verified(&manifest, &key, &rpm);
            assert!(good, "{said}");
            let line = said
                .lines()
                .find(|line| line.contains(kind))
                .unwrap_or_default();
            assert!(line.ends_with("OK"), "{said}");
        }
    }
}

#[test]
fn rpm_does_not_trust_a_signature_without_its_key() {
    let rpm = Rpm::new();
    import(&signing::fixture::ed25519(), &rpm);
    let (good, said) = verified(&manifest(), &signing::fixture::rsa(), &rpm);
    assert!(!good, "{said}");
    assert!(said.contains("NOKEY"), "{said}");
}

#[test]
fn the_same_manifest_is_the_same_bytes() {
    let keys = [signing::fixture::rsa(), signing::fixture::ed25519()];
    for manifest in formats() {
        assert_eq!(unsigned(&manifest), unsigned(&manifest));
        for key in &keys {
            assert_eq!(
                write(&manifest, Some(key)).unwrap(),
                write(&manifest, Some(key)).unwrap()
            );
        }
    }
}

#[test]
fn a_copied_file_leaves_no_trace_of_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program");
    put(&path, b"program");
    let twice = |kind: fn(PathBuf) -> Kind| {
        let mut manifest = manifest();
        for name in ["/usr/bin/one", "/usr/bin/two"] {
            let entry = Entry::new(kind(path.clone()), 0o755);
            manifest.tree.add(name, entry).unwrap();
        }
        unsigned(&manifest)
    };
    assert_eq!(twice(Kind::Copy), twice(|_| file("program")));
}

#[test]
fn a_date_after_today_is_kept() {
    let manifest = Manifest {
        source_date: 4_000_000_000,
        ..manifest()
    };
    let said = query(&manifest, &["--qf", "%{BUILDTIME} [%{FILEMTIMES} ]"]);
    assert!(
        said.split_whitespace().all(|date| date == "4000000000"),
        "{said}"
    );
}

#[test]
fn a_signature_of_version_six_is_over_the_header() {
    let key = signing::fixture::rsa();
    let manifest = Manifest {
        rpm_format: RpmFormat::V6,
        ..manifest()
    };
    let bytes = write(&manifest, Some(&key)).unwrap();
    let package = ::rpm::Package::parse(&mut &bytes[..]).unwrap();
    let home = signing::fixture::Home::new();
    home.run(&["--import"], key.public().unwrap().as_bytes());
    let at = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    put(
        &home.path().join("sig"),
        &package.raw_signatures().unwrap()[0],
    );
    put(
        &home.path().join("header"),
        &package.header_bytes().unwrap(),
    );
    home.run(&["--verify", &at("sig"), &at("header")], b"");
}
