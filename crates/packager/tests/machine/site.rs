//! The packages that machines get: the agent's of the shipped build `acme`, with a broker that the tests have, and the
//! provisioner's of the build `foss`.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::shell::command;
use crate::shell::put;
use crate::shell::run;

/// The packages in two versions, and the key that signed them.
#[derive(Debug)]
pub(crate) struct Site {
    folder: PathBuf,
}

/// Everything is made once for all tests, compiled quickly.
pub(crate) fn site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(Site::make)
}

impl Site {
    fn make() -> Self {
        let site = Self {
            folder: kept().join("site"),
        };
        if site.is_of_this_packager() {
            return site;
        }
        put(&buildspec(OLD), spec());
        // gzip is fast, and a company that changes its mind is no reason for an upgrade to fail
        let other = spec().replace(
            "    defaults:\n      name:",
            "    defaults:\n      compression: gzip\n      name:",
        );
        put(&buildspec(NEW), other);
        site.make_key();
        for build in &BUILDS {
            let signed = |version| {
                let mut command = package(build, &checkout(), version);
                command.arg("--key").arg(site.key());
                command.arg("--output").arg(site.dist(version));
                command
            };
            run(signed(OLD).arg("--work").arg(work())).ok();
            // the next version is the same program: what an upgrade does is the package's work
            run(signed(NEW).args(build.binary())).ok();
        }
        put(&site.stamp(), "");
        site
    }

    /// Whether everything was made by the packager under test. It has the libraries of both programs in it, and the
    /// texts of the packages: what changes those makes it anew.
    fn is_of_this_packager(&self) -> bool {
        let modified = |path: &Path| fs::metadata(path).and_then(|it| it.modified()).ok();
        modified(&self.stamp()) > modified(Path::new(PACKAGER))
    }

    fn stamp(&self) -> PathBuf {
        self.folder.join("complete")
    }

    fn make_key(&self) {
        if self.key().exists() {
            return;
        }
        // a socket is made in it, whose path may not be long
        let home = tempfile::Builder::new().prefix("gpg").tempdir_in("/tmp");
        let home = home.unwrap();
        let gpg = |arguments: &[&str]| {
            run(command("gpg", ["--batch", "--quiet", "--pinentry-mode"])
                .args(["loopback", "--passphrase", ""])
                .args(arguments)
                .env("GNUPGHOME", home.path()))
            .ok()
        };
        gpg(&["--quick-generate-key", SIGNER, "rsa3072", "sign", "never"]);
        put(
            &self.key(),
            gpg(&["--armor", "--export-secret-keys", SIGNER]),
        );
        run(command("gpgconf", ["--kill", "all"]).env("GNUPGHOME", home.path())).ok();
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.folder.join("key.asc")
    }

    fn dist(&self, version: &str) -> PathBuf {
        self.folder.join(version)
    }

    /// A package of a version.
    pub(crate) fn deb(&self, name: &str, version: &str) -> PathBuf {
        self.made(version, &format!("{name}_{version}-"), ".deb")
    }

    pub(crate) fn rpm(&self, name: &str, version: &str) -> PathBuf {
        self.made(version, &format!("{name}-{version}-"), ".rpm")
    }

    fn made(&self, version: &str, start: &str, end: &str) -> PathBuf {
        let names = fs::read_dir(self.dist(version)).unwrap();
        let path = names.map(|entry| entry.unwrap().path()).find(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(start) && name.ends_with(end)
        });
        path.unwrap_or_else(|| panic!("no {start}…{end} was made"))
    }
}

/// A program and its packages.
#[derive(Debug)]
pub(crate) struct Build {
    name: &'static str,
    packages: &'static str,
    target: &'static str,
    program: &'static str,
}

/// The agent's of a company, and the provisioner's.
pub(crate) const BUILDS: [Build; 2] = [
    Build {
        name: "acme",
        packages: "el_64,debian_64,linux_64_tarball",
        target: "64bit_linux",
        program: "acme-muster",
    },
    Build {
        name: "foss",
        packages: "provisioner_el_64,provisioner_debian_64,provisioner_tarball",
        target: "provisioner_64",
        program: "muster-provisioner",
    },
];

impl Build {
    /// The program as it was packed.
    pub(crate) fn program(&self) -> PathBuf {
        let name = format!("{}-{OLD}-linux-amd64", self.program);
        work().join("binaries").join(self.name).join(name)
    }

    /// Arguments that take over the program that was compiled.
    pub(crate) fn binary(&self) -> [String; 2] {
        let taken = format!("{}={}", self.target, self.program().display());
        ["--binary".to_owned(), taken]
    }
}

/// `package` from a checkout, with everything given that it would say about itself.
pub(crate) fn package(build: &Build, source: &Path, version: &str) -> Command {
    let mut command = packager();
    command
        .args(["package", "--build", build.name, "--profile", "quick"])
        .args(["--package", build.packages, "--version", version])
        .args(["--revision", "0123abc", "--date", DATE])
        .arg("--buildspec")
        .arg(buildspec(version))
        .arg("--source")
        .arg(source);
    command
}

/// The program under test, which sees nothing of how the tests were started.
pub(crate) fn packager() -> Command {
    let mut command = Command::new(PACKAGER);
    for name in ["MUSTER_BUILDSPEC", "MUSTER_BUILD", "CARGO_TARGET_DIR"] {
        command.env_remove(name);
    }
    command
}

fn buildspec(version: &str) -> PathBuf {
    kept().join(format!("site/{version}.yaml"))
}

/// The shipped example, with a broker that is on the machine itself.
fn spec() -> String {
    let text = fs::read_to_string(checkout().join("buildspec.yaml")).unwrap();
    assert_eq!(text.matches(SHIPPED_BROKER).count(), 1);
    text.replace(SHIPPED_BROKER, BROKER)
}

pub(crate) fn checkout() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    folder.canonicalize().unwrap()
}

/// Where cargo works, for other long tests too.
pub(crate) fn work() -> PathBuf {
    checkout().join("target/packager-long")
}

/// Where things are that are made once.
pub(crate) fn kept() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("machine")
}

const PACKAGER: &str = env!("CARGO_BIN_EXE_muster-packager");
const SIGNER: &str = "Acme Packages <packages@example.net>";
const SHIPPED_BROKER: &str = "choria-provision.example.net:4222";
pub(crate) const BROKER: &str = "127.0.0.1:4222";
pub(crate) const OLD: &str = "1.0.0";
pub(crate) const NEW: &str = "2.0.0";
const DATE: &str = "1700000000";
/// What a provisioner must know to act on nodes of the example.
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";
