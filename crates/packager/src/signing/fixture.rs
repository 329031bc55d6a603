//! Keys that the real gpg makes, for tests.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::sync::OnceLock;

use tempfile::TempDir;

use super::Key;

pub(crate) const PASSPHRASE: &str = "correct horse";

/// A home of gpg that goes away with its agent.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        // a socket is made in it, whose path may not be long
        let folder = tempfile::Builder::new().prefix("gpg").tempdir_in("/tmp");
        let folder = folder.unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let mut config = fs::File::create(folder.path().join("gpg-agent.conf")).unwrap();
        config
            .write_all(b"s2k-count 65536\nallow-loopback-pinentry\n")
            .unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn gpg(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new("gpg")
            .args([
                "--batch",
                "--quiet",
                "--no-tty",
                "--pinentry-mode",
                "loopback",
            ])
            .args(arguments)
            .env("GNUPGHOME", self.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let output = self.gpg(arguments, input);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "gpg {arguments:?}: {said}");
        output.stdout
    }

    /// Makes a key from gpg's description of it.
    pub(crate) fn generate(&self, description: &str) {
        self.run(&["--generate-key"], description.as_bytes());
    }

    pub(crate) fn secret(&self) -> Vec<u8> {
        self.run(
            &[
                "--passphrase",
                PASSPHRASE,
                "--armor",
                "--export-secret-keys",
            ],
            b"",
        )
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let stopped = Command::new("gpgconf")
            .args(["--kill", "all"])
            .env("GNUPGHOME", self.path())
            .status();
        drop(stopped);
    }
}

/// What gpg is told to make: kind of the primary key, its use, its passphrase line, more lines.
pub(crate) fn description(kind: &str, usage: &str, protection: &str, more: &str) -> String {
    format!(
        "{kind}\nKey-Usage: {usage}\nName-Real: Example Packages\nName-Email: packages@example.net\n\
         {protection}\n{more}\n%commit\n"
    )
}

pub(crate) const RSA: &str = "Key-Type: RSA\nKey-Length: 2048";
pub(crate) const ED25519: &str = "Key-Type: EDDSA\nKey-Curve: ed25519";
pub(crate) const OPEN: &str = "%no-protection";

fn made(cell: &'static OnceLock<Vec<u8>>, kind: &str) -> &'static [u8] {
    cell.get_or_init(|| {
        let home = Home::new();
        home.generate(&description(kind, "sign", OPEN, "Expire-Date: 0"));
        home.secret()
    })
}

/// An RSA key without passphrase, the same for all tests of a run.
pub(crate) fn rsa() -> Key {
    static KEY: OnceLock<Vec<u8>> = OnceLock::new();
    Key::read(made(&KEY, RSA), None).unwrap()
}

/// An Ed25519 key without passphrase, the same for all tests of a run.
pub(crate) fn ed25519() -> Key {
    static KEY: OnceLock<Vec<u8>> = OnceLock::new();
    Key::read(made(&KEY, ED25519), None).unwrap()
}

/// A key that expired at the end of 2020.
pub(crate) fn expired() -> Key {
    static KEY: OnceLock<Vec<u8>> = OnceLock::new();
    let bytes = KEY.get_or_init(|| {
        let home = Home::new();
        let more = "Creation-Date: 20200101T000000\nExpire-Date: seconds=31536000";
        home.generate(&description(ED25519, "sign", OPEN, more));
        home.secret()
    });
    Key::read(bytes, None).unwrap()
}
