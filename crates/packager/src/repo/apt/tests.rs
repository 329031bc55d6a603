use std::fs;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use buildspec::Platform;

use super::write::Plan;
use super::write::perform;
use super::*;
use crate::archive::tests::samples::DATE;
use crate::archive::tests::samples::manifest;
use crate::archive::tests::samples::prints;
use crate::deb;
use crate::model::Manifest;
use crate::signing::Sign;
use crate::signing::SignError;

mod apt;
mod gpg;

/// A folder of packages.
struct Folder {
    folder: tempfile::TempDir,
    packages: Vec<String>,
}

impl Folder {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            packages: Vec::new(),
        }
    }

    fn with(versions: &[&str]) -> Self {
        let mut folder = Self::new();
        for version in versions {
            folder.add(version, Platform::X86_64);
        }
        folder
    }

    fn add(&mut self, version: &str, platform: Platform) {
        let manifest = Manifest {
            version: version.to_owned(),
            platform,
            ..manifest()
        };
        let name = format!("acme-muster_{version}-1_{}.deb", platform.debian());
        self.put(&name, &deb::write(&manifest).unwrap());
        self.packages.push(name);
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path().join(name);
        File::create(path)
            .and_then(|mut file| file.write_all(bytes))
            .unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn tries(&self, signer: Option<&dyn Sign>) -> Result<Vec<PathBuf>, AptError> {
        write(self.path(), &self.packages, &options(), signer)
    }

    fn write(&self, signer: Option<&dyn Sign>) {
        self.tries(signer).unwrap();
    }

    fn text(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path().join("dists/acme").join(name)).ok()
    }

    /// Everything below `dists` with its bytes, sorted.
    fn made(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let listed = prints(
            "find",
            &[self.path().join("dists").to_str().unwrap(), "-type", "f"],
        );
        let mut made: Vec<_> = listed
            .lines()
            .map(|path| {
                let relative = Path::new(path).strip_prefix(self.path()).unwrap();
                (relative.to_owned(), fs::read(path).unwrap())
            })
            .collect();
        made.sort();
        made
    }
}

fn options() -> Options {
    Options {
        origin: "Acme".to_owned(),
        label: "Acme agents".to_owned(),
        suite: "stable".to_owned(),
        codename: "acme".to_owned(),
        component: "main".to_owned(),
        source_date: DATE,
    }
}

/// A key that has been lost.
struct NoKey;

impl Sign for NoKey {
    fn created(&self) -> u64 {
        0
    }

    fn detached(&self, _: &[u8], _: u64) -> Result<String, SignError> {
        Ok(String::new())
    }

    fn clear(&self, _: &str, _: u64) -> Result<String, SignError> {
        self.public()
    }

    fn public(&self) -> Result<String, SignError> {
        Err(SignError {
            reason: "lost".to_owned(),
        })
    }
}

#[test]
fn the_release_names_every_index_with_its_digest() {
    let folder = Folder::with(&["1.0"]);
    folder.write(None);
    let release = folder.text("Release").unwrap();
    let (head, files) = release.split_once("SHA256:\n").unwrap();
    let expected = "\
Origin: Acme
Label: Acme agents
Suite: stable
Codename: acme
Date: Sat, 03 Feb 2024 04:05:06 UTC
Acquire-By-Hash: yes
Architectures: amd64
Components: main
";
    assert_eq!(head, expected);
    let named: Vec<&str> = files
        .lines()
        .map(|line| line.split_whitespace().nth(2).unwrap())
        .collect();
    assert_eq!(
        named,
        [
            "main/binary-amd64/Packages",
            "main/binary-amd64/Packages.gz"
        ]
    );
    for (line, name) in files.lines().zip(named) {
        let path = folder.path().join("dists/acme").join(name);
        let sum = prints("sha256sum", &[path.to_str().unwrap()]);
        assert_eq!(
            line.split_whitespace().next(),
            sum.split_whitespace().next()
        );
        let size = fs::metadata(path).unwrap().len().to_string();
        assert_eq!(line.split_whitespace().nth(1), Some(size.as_str()));
    }
}

#[test]
fn the_same_packages_are_the_same_bytes_everywhere() {
    let (one, other) = (Folder::with(&["1.0", "2.0"]), Folder::with(&["2.0", "1.0"]));
    one.write(None);
    other.write(None);
    other.write(None);
    assert_eq!(one.made(), other.made());
}

#[test]
fn every_architecture_has_its_index_and_what_is_for_all() {
    let mut folder = Folder::with(&["1.0"]);
    folder.add("1.0", Platform::Aarch64);
    let everywhere = prints_deb_for_all(folder.path());
    folder.packages.push(everywhere);
    folder.write(None);
    for (architecture, expected) in [("amd64", ["amd64", "all"]), ("arm64", ["arm64", "all"])] {
        let text = folder
            .text(&format!("main/binary-{architecture}/Packages"))
            .unwrap();
        let found: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("Architecture: "))
            .collect();
        assert_eq!(found, expected);
    }
    assert!(folder.text("main/binary-all/Packages").is_none());
}

/// A package that dpkg-deb made.
fn prints_deb_for_all(folder: &Path) -> String {
    let tree = tempfile::tempdir().unwrap();
    fs::create_dir(tree.path().join("DEBIAN")).unwrap();
    let control =
        "Package: everywhere\nVersion: 1\nArchitecture: all\nMaintainer: a\nDescription: x\n";
    File::create(tree.path().join("DEBIAN/control"))
        .and_then(|mut file| file.write_all(control.as_bytes()))
        .unwrap();
    let name = "everywhere_1_all.deb".to_owned();
    let path = folder.join(&name);
    prints(
        "dpkg-deb",
        &["-b", tree.path().to_str().unwrap(), path.to_str().unwrap()],
    );
    name
}

#[test]
fn what_readers_of_the_last_repository_need_stays_and_what_is_older_goes() {
    let mut folder = Folder::with(&["1.0"]);
    let digests = |folder: &Folder| -> Vec<PathBuf> {
        let made = folder.made().into_iter();
        made.map(|(path, _)| path)
            .filter(|path| path.to_str().unwrap().contains("by-hash"))
            .collect()
    };
    folder.write(None);
    let first = digests(&folder);
    folder.add("2.0", Platform::X86_64);
    folder.write(None);
    let second = digests(&folder);
    assert!(first.iter().all(|path| second.contains(path)));
    assert_eq!((first.len(), second.len()), (2, 4));
    folder.add("3.0", Platform::X86_64);
    folder.write(None);
    let third = digests(&folder);
    assert!(!first.iter().any(|path| third.contains(path)));
    assert_eq!(third.len(), 4);
}

#[test]
fn an_architecture_that_is_gone_has_no_index() {
    let mut folder = Folder::with(&["1.0"]);
    folder.add("1.0", Platform::Aarch64);
    folder.write(None);
    folder.packages.pop();
    folder.write(None);
    assert!(folder.text("main/binary-arm64/Packages").is_none());
    assert!(folder.text("main/binary-amd64/Packages").is_some());
}

#[test]
fn a_key_that_does_not_sign_changes_nothing() {
    let mut folder = Folder::with(&["1.0"]);
    folder.write(None);
    let before = folder.made();
    folder.add("2.0", Platform::X86_64);
    assert!(matches!(folder.tries(Some(&NoKey)), Err(AptError::Sign(_))));
    assert_eq!(folder.made(), before);
}

#[test]
fn a_staged_file_of_an_interrupted_run_is_swept() {
    let folder = Folder::with(&["1.0"]);
    folder.write(None);
    let before = folder.made();
    let staged = format!(".muster-{}", "0".repeat(32));
    folder.put(&format!("dists/acme/{staged}"), b"half");
    folder.put(&format!("dists/acme/main/binary-amd64/{staged}"), b"half");
    folder.write(None);
    assert_eq!(folder.made(), before);
}

#[test]
fn a_folder_without_packages_is_no_repository() {
    let refused = Folder::new().tries(None);
    assert!(matches!(refused, Err(AptError::NoPackages { .. })));
}

#[test]
fn what_is_no_package_is_named() {
    let mut folder = Folder::with(&["1.0"]);
    folder.put("broken.deb", b"!<arch>\n");
    folder.packages.push("broken.deb".to_owned());
    let expected = folder.path().join("broken.deb");
    assert!(matches!(folder.tries(None), Err(AptError::Package { path, .. }) if path == expected));
    folder.packages.pop();
    folder.packages.push("missing.deb".to_owned());
    assert!(matches!(folder.tries(None), Err(AptError::Read { .. })));
    assert!(folder.text("Release").is_none());
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused() {
    for name in ["../x.deb", "/x.deb", "a b.deb", "", "a//b.deb", ".x.deb"] {
        let mut folder = Folder::new();
        folder.packages.push(name.to_owned());
        assert!(
            matches!(folder.tries(None), Err(AptError::Name { .. })),
            "{name:?}"
        );
    }
}

#[test]
fn one_version_is_there_once() {
    let mut folder = Folder::with(&["1.0"]);
    let bytes = fs::read(folder.path().join(&folder.packages[0])).unwrap();
    folder.put("copy.deb", &bytes);
    folder.packages.push("copy.deb".to_owned());
    assert!(matches!(folder.tries(None), Err(AptError::Twice { .. })));
}

#[test]
fn names_of_repositories_are_plain() {
    let folder = Folder::with(&["1.0"]);
    let refused = |change: fn(&mut Options)| {
        let mut options = options();
        change(&mut options);
        match write(folder.path(), &folder.packages, &options, None).unwrap_err() {
            AptError::Option { what, .. } => what,
            other => panic!("{other}"),
        }
    };
    assert_eq!(
        refused(|options| options.codename = "../x".to_owned()),
        "codename"
    );
    assert_eq!(refused(|options| options.suite = String::new()), "suite");
    assert_eq!(
        refused(|options| options.component = "a b".to_owned()),
        "component"
    );
    assert_eq!(
        refused(|options| options.origin = "a\nSuite: b".to_owned()),
        "origin"
    );
    assert_eq!(refused(|options| options.label = " ".to_owned()), "label");
}

#[test]
fn a_date_beyond_the_calendar_is_refused() {
    let folder = Folder::with(&["1.0"]);
    let source_date = u64::MAX;
    let options = Options {
        source_date,
        ..options()
    };
    let refused = write(folder.path(), &folder.packages, &options, None);
    assert!(matches!(refused, Err(AptError::Date { .. })));
}

#[test]
fn two_runs_do_not_write_one_repository() {
    let folder = Folder::with(&["1.0"]);
    folder.write(None);
    let _other = crate::output::lock(&folder.path().join("dists/acme")).unwrap();
    let refused = folder.tries(None);
    assert!(matches!(
        refused,
        Err(AptError::Output(crate::output::OutputError::Busy { .. }))
    ));
}

#[test]
fn apt_ftparchive_finds_the_same_fields() {
    let folder = Folder::with(&["1.0", "2.0"]);
    folder.write(None);
    let output = std::process::Command::new("apt-ftparchive")
        .args([
            "-o",
            "APT::FTPArchive::MD5=false",
            "-o",
            "APT::FTPArchive::SHA1=false",
        ])
        .args(["-o", "APT::FTPArchive::SHA512=false", "packages", "."])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let theirs = String::from_utf8(output.stdout).unwrap();
    let ours = folder.text("main/binary-amd64/Packages").unwrap();
    assert_eq!(
        stanzas(&ours),
        stanzas(&theirs.replace("Filename: ./", "Filename: "))
    );
}

/// The stanzas of an index, each with its fields sorted.
fn stanzas(index: &str) -> Vec<Vec<String>> {
    let mut stanzas: Vec<Vec<String>> = index
        .trim_end()
        .split("\n\n")
        .map(|stanza| {
            let joined = stanza.replace("\n ", "\u{0}");
            let mut fields: Vec<String> = joined.lines().map(str::to_owned).collect();
            fields.sort();
            fields
        })
        .collect();
    stanzas.sort();
    stanzas
}
