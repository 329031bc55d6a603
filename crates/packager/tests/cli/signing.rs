//! A key of gpg signs packages and repositories, and rpm and gpg believe it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;

use tempfile::TempDir;

use crate::desk::Desk;

const PASSPHRASE: &str = "correct horse battery";

/// A home of gpg with one key in it.
struct Keyring(TempDir);

impl Keyring {
    fn new(passphrase: &str) -> Self {
        // a socket is made in it, whose path may not be long
        let folder = tempfile::Builder::new().prefix("gpg").tempdir_in("/tmp");
        let folder = folder.unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let ring = Self(folder);
        fs::File::create(ring.path("gpg-agent.conf"))
            .and_then(|mut file| std::io::Write::write_all(&mut file, b"s2k-count 65536\n"))
            .unwrap();
        ring.gpg(
            passphrase,
            &[
                "--quick-generate-key",
                "Acme <a@example.net>",
                "rsa2048",
                "sign",
                "never",
            ],
        );
        ring.export(passphrase, "--export-secret-keys", "secret.asc");
        ring.export(passphrase, "--export", "public.asc");
        ring
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn secret(&self) -> String {
        self.path("secret.asc").to_str().unwrap().to_owned()
    }

    fn gpg(&self, passphrase: &str, words: &[&str]) -> Vec<u8> {
        let output = Command::new("gpg")
            .args([
                "--batch",
                "--quiet",
                "--no-tty",
                "--pinentry-mode",
                "loopback",
            ])
            .args(["--passphrase", passphrase])
            .args(words)
            .env("GNUPGHOME", self.0.path())
            .output()
            .unwrap();
        well(&output);
        output.stdout
    }

    fn export(&self, passphrase: &str, what: &str, name: &str) {
        let bytes = self.gpg(passphrase, &["--armor", what]);
        let mut file = fs::File::create(self.path(name)).unwrap();
        std::io::Write::write_all(&mut file, &bytes).unwrap();
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        drop(
            Command::new("gpgconf")
                .args(["--kill", "all"])
                .env("GNUPGHOME", self.0.path())
                .output(),
        );
    }
}

fn well(output: &Output) {
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn rpmkeys(database: &Path, words: &[&Path]) -> String {
    let output = Command::new("rpmkeys")
        .arg("--dbpath")
        .arg(database)
        .args(words)
        .output()
        .unwrap();
    well(&output);
    String::from_utf8(output.stdout).unwrap()
}

fn gpgv(ring: &Keyring, words: &[&Path]) {
    let keyring = ring.path("public.gpg");
    if !keyring.exists() {
        let public = ring.path("public.asc");
        ring.gpg(
            "",
            &[
                "--output",
                keyring.to_str().unwrap(),
                "--dearmor",
                public.to_str().unwrap(),
            ],
        );
    }
    let output = Command::new("gpgv")
        .arg("--keyring")
        .arg(keyring)
        .args(words)
        .output()
        .unwrap();
    well(&output);
}

#[test]
fn rpm_and_gpg_believe_what_a_key_signed() {
    let (desk, ring) = (Desk::new(), Keyring::new(""));
    let key = ring.secret();
    desk.package_64(&["--package", "el_64,debian_64", "--key", &key])
        .well();
    let ended = desk.run(&["repo", "dist", "--key", &key]).well();
    assert_eq!(ended.err, "");

    let database = desk.path("rpmdb");
    fs::create_dir(&database).unwrap();
    let rpm = desk.path("dist/acme-1.2.3-1.el.x86_64.rpm");
    rpmkeys(
        &database,
        &[Path::new("--import"), &ring.path("public.asc")],
    );
    let said = rpmkeys(&database, &[Path::new("--checksig"), &rpm]);
    assert!(said.contains("digests signatures OK"), "{said}");

    gpgv(&ring, &[&desk.path("dist/dists/stable/InRelease")]);
    gpgv(
        &ring,
        &[
            &desk.path("dist/repodata/repomd.xml.asc"),
            &desk.path("dist/repodata/repomd.xml"),
        ],
    );
    assert_eq!(desk.trace(), "");
}

#[test]
fn signed_packages_are_the_same_bytes_again() {
    let (desk, ring) = (Desk::new(), Keyring::new(""));
    let key = ring.secret();
    for folder in ["one", "other"] {
        desk.package_64(&["--package", "el_64", "--key", &key, "--output", folder])
            .well();
    }
    let read = |folder| fs::read(desk.path(folder).join("acme-1.2.3-1.el.x86_64.rpm")).unwrap();
    assert!(read("one") == read("other"));
}

#[test]
fn an_rpm_without_signature_in_a_signed_repository_is_told() {
    let (desk, ring) = (Desk::new(), Keyring::new(""));
    desk.package_64(&["--package", "el_64"]).well();
    let ended = desk.run(&["repo", "dist", "--key", &ring.secret()]).well();
    assert!(
        ended
            .err
            .contains("acme-1.2.3-1.el.x86_64.rpm is not signed"),
        "{}",
        ended.err
    );
}

#[test]
fn a_passphrase_comes_from_a_file_and_is_never_shown() {
    let (desk, ring) = (Desk::new(), Keyring::new(PASSPHRASE));
    let key = ring.secret();
    let words = ["--package", "el_64", "--key", key.as_str()];
    desk.write("right", &format!("{PASSPHRASE}\n"));
    desk.write("wrong", "incorrect pony\n");
    let with = |file| [&words[..], &["--passphrase-file", file]].concat();
    let right = desk.package_64(&with("right")).well();
    let wrong = desk.package_64(&with("wrong"));
    wrong.refused(65, &["cannot sign"]);
    let none = desk.package_64(&[&words[..], &["--output", "none"]].concat());
    none.refused(65, &["cannot sign"]);
    assert_eq!(desk.names("none"), Vec::<String>::new());
    for text in [right.out, right.err, wrong.err, none.err] {
        assert!(!text.contains("horse") && !text.contains("pony"), "{text}");
    }
}

#[test]
fn what_is_no_key_is_refused_before_the_work() {
    let (desk, ring) = (Desk::new(), Keyring::new(""));
    let public = ring.path("public.asc");
    for (file, code) in [
        ("buildspec.yaml", 65),
        (public.to_str().unwrap(), 65),
        ("nowhere.asc", 66),
    ] {
        let ended = desk.package_64(&["--package", "el_64", "--key", file]);
        ended.refused(code, &[file]);
        assert!(!ended.err.contains("taking over"), "{}", ended.err);
        assert_eq!(desk.names("dist"), Vec::<String>::new());
    }
}
