//! A folder with a buildspec and what it needs, and the program run there.

use std::fs;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;

use tempfile::TempDir;

use crate::machines::program;

/// A company that builds for two machines, and names one more that is not built for.
pub(crate) const BUILDSPEC: &str = r#"acme:
  compile_targets:
    defaults:
      output: acme-{{version}}-{{os}}-{{arch}}
      flags:
        ProvisionModeDefault: "true"
        ProvisionBrokerURLs: broker.example.net:4222
        ProvisionTokenFile: token
        ProvisionFacts: /opt/acme/facts.json
    64bit_linux: { os: linux, arch: amd64, libc: musl }
    aarch64_linux: { os: linux, arch: arm64, libc: musl }
    64bit_windows: { os: windows, arch: amd64 }
  packages:
    defaults:
      name: acme
      contact: Acme <platforms@example.net>
      dist: el
      distro: generic
      etcdir: /opt/acme/etc
    el_64: { template: el/generic, binary: 64bit_linux }
    debian_64: { template: debian/generic, binary: 64bit_linux }
    tarball: { template: archive/basic, format: tgz, binary: 64bit_linux }
    el_aarch64: { template: el/generic, binary: aarch64_linux }
    el6_64: { template: el/el6, binary: 64bit_linux }
    windows_64: { template: windows/64bit, binary: 64bit_windows }
"#;

/// A token that is good enough for a buildspec.
pub(crate) const TOKEN: &str = "sesame-0123456789-sesame";

/// Programs that must not be needed.
const FORBIDDEN: [&str; 11] = [
    "ar",
    "docker",
    "dpkg",
    "dpkg-buildpackage",
    "dpkg-deb",
    "gpg",
    "podman",
    "rpm",
    "rpmbuild",
    "tar",
    "xz",
];

pub(crate) struct Desk(TempDir);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.write("buildspec.yaml", BUILDSPEC);
        desk.write("token", &format!("{TOKEN}\n"));
        for name in FORBIDDEN {
            desk.forbid(name);
        }
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = File::create(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        path
    }

    /// The buildspec, with one text of it replaced. Returns the line, counted from 1.
    pub(crate) fn respell(&self, from: &str, to: &str) -> usize {
        assert!(BUILDSPEC.contains(from), "{from}");
        let text = BUILDSPEC.replacen(from, to, 1);
        self.write("buildspec.yaml", &text);
        1 + text.lines().position(|line| line.contains(to)).unwrap()
    }

    /// A program of that name, first on the path, which fails and leaves a trace.
    fn forbid(&self, name: &str) {
        let trace = self.path("trace");
        let text = format!("#!/bin/sh\necho {name} >>{}\nexit 97\n", trace.display());
        self.script(name, &text);
    }

    pub(crate) fn script(&self, name: &str, text: &str) {
        let path = self.write(&format!("forbidden/{name}"), text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The program with these arguments, in this folder, with nothing of our environment but the rest of the path.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster-packager"));
        let path = std::env::var("PATH").unwrap();
        command
            .args(words)
            .env_clear()
            .env(
                "PATH",
                format!("{}:{path}", self.path("forbidden").display()),
            )
            .env("HOME", self.0.path())
            .current_dir(self.0.path());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        Ended::of(self.command(words).output().unwrap())
    }

    /// `package` with a fixed version, revision and date, so that nothing depends on the checkout.
    pub(crate) fn package(&self, words: &[&str]) -> Ended {
        Ended::of(self.package_command(words).output().unwrap())
    }

    pub(crate) fn package_command(&self, words: &[&str]) -> Command {
        let mut command = self.command(&["package"]);
        if !words.contains(&"--build") {
            command.args(["--build", "acme"]);
        }
        command
            .args(["--source", source()])
            .args(words)
            .env("VERSION", "1.2.3")
            .env("SHA1", "abc123")
            .env("SOURCE_DATE_EPOCH", "1700000000");
        command
    }

    /// `package` with the binary of `x86_64`.
    pub(crate) fn package_64(&self, words: &[&str]) -> Ended {
        let binary = format!("64bit_linux={}", program("x86_64").display());
        self.package(&[words, &["--binary", &binary]].concat())
    }

    /// Names of what is in a folder, sorted; none when it is not there.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Which forbidden programs were started.
    pub(crate) fn trace(&self) -> String {
        fs::read_to_string(self.path("trace")).unwrap_or_default()
    }
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self
    }

    /// It ended with this code, said all of this, and promised nothing.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, said: &[&str]) {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        assert_eq!(self.out, "");
        for text in said {
            assert!(self.err.contains(text), "no {text:?} in:\n{}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }
}

/// The checkout.
pub(crate) fn source() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../..")
}

/// A file of the checkout.
pub(crate) fn shipped(name: &str) -> PathBuf {
    Path::new(source()).join(name)
}
