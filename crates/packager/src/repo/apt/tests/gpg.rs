//! A key of `gpg`, so that what apt sees is not our own signature.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use crate::signing::Sign;
use crate::signing::SignError;

pub(super) struct Gpg {
    home: tempfile::TempDir,
}

impl Gpg {
    pub(super) fn new() -> Self {
        let key = Self {
            home: tempfile::tempdir().unwrap(),
        };
        key.gpg(
            &[
                "--passphrase",
                "",
                "--quick-generate-key",
                ID,
                "ed25519",
                "sign",
                "never",
            ],
            b"",
        );
        key
    }

    /// The public key in a file that apt reads.
    pub(super) fn file(&self) -> PathBuf {
        let path = self.home.path().join("public.asc");
        std::fs::File::create(&path)
            .and_then(|mut file| file.write_all(self.public().unwrap().as_bytes()))
            .unwrap();
        path
    }

    fn gpg(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut child = Command::new("gpg")
            .args(["--batch", "--quiet", "--no-options", "--homedir"])
            .arg(self.home.path())
            .args(["--pinentry-mode", "loopback", "--local-user", ID, "--armor"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{complaint}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        // The agent that gpg started for this folder ends with it.
        let ended = Command::new("gpgconf")
            .arg("--homedir")
            .arg(self.home.path())
            .args(["--kill", "all"])
            .status();
        drop(ended);
    }
}

impl Sign for Gpg {
    fn created(&self) -> u64 {
        0
    }

    fn detached(&self, bytes: &[u8], _: u64) -> Result<String, SignError> {
        Ok(self.gpg(&["--detach-sign"], bytes))
    }

    fn clear(&self, text: &str, _: u64) -> Result<String, SignError> {
        Ok(self.gpg(&["--clear-sign"], text.as_bytes()))
    }

    fn public(&self) -> Result<String, SignError> {
        Ok(self.gpg(&["--export", ID], b""))
    }
}

const ID: &str = "packages@example.net";
