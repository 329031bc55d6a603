use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::process::Command;

use super::*;
use crate::rpm;
use crate::rpm::fixture;
use crate::rpm::fixture::DATE;
use crate::signing;

/// A folder with two packages of different formats.
struct Folder {
    folder: tempfile::TempDir,
    packages: Vec<Rpm>,
}

fn folder(signer: Option<&dyn Sign>) -> Folder {
    let folder = tempfile::tempdir().unwrap();
    let mut packages = Vec::new();
    for (name, version, compression) in [
        ("acme", "1.2.3", buildspec::Compression::Gzip),
        ("acme", "1.2.4~rc.1", buildspec::Compression::Zstd),
        ("other&more", "2", buildspec::Compression::Xz),
    ] {
        let mut manifest = fixture::manifest();
        manifest.name = name.replace('&', "+");
        manifest.summary = format!("The <{name}> agent");
        manifest.version = version.to_owned();
        manifest.compression = compression;
        let name = format!("{}-{version}-1.el.x86_64.rpm", manifest.name);
        let path = folder.path().join(&name);
        fixture::put(&path, &rpm::write(&manifest, signer).unwrap());
        packages.push(Rpm { name, path });
    }
    Folder { folder, packages }
}

impl Folder {
    fn write(&self, signer: Option<&dyn Sign>) -> Vec<String> {
        write(self.folder.path(), &self.packages, signer, DATE).unwrap()
    }

    fn bytes(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.folder.path().join("repodata")).unwrap();
        let files = entries.map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        });
        files.collect()
    }

    fn xml(&self, kind: &str) -> String {
        let files = self.bytes();
        let (_, bytes) = files.iter().find(|(name, _)| name.contains(kind)).unwrap();
        let mut text = String::new();
        let mut decoder = flate2::read::GzDecoder::new(&bytes[..]);
        decoder.read_to_string(&mut text).unwrap();
        text
    }

    /// What dnf says when it knows nothing but this folder.
    fn dnf(&self, arguments: &[&str]) -> (bool, String) {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
        fs::create_dir(at("log")).unwrap();
        let repository = format!("x,file://{}", self.folder.path().display());
        let output = Command::new("dnf")
            .args([
                "-q",
                "-y",
                "--noplugins",
                "--releasever=9",
                "--forcearch=x86_64",
            ])
            .arg(format!("--installroot={}", at("root")))
            .arg(format!("--setopt=cachedir={}", at("cache")))
            .arg(format!("--setopt=logdir={}", at("log")))
            .arg(format!("--setopt=persistdir={}", at("persist")))
            .args([
                "--setopt=reposdir=/dev/null",
                "--setopt=x.skip_if_unavailable=0",
            ])
            .args(["--repofrompath", &repository, "--repo=x"])
            .args(arguments)
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }
}

/// One element a line, so that files of two writers can be compared.
fn elements(xml: &str) -> Vec<String> {
    let mut lines: Vec<String> = xml
        .replace('>', ">\n")
        .lines()
        .map(|line| line.trim().replace("'", "\""))
        .filter(|line| !line.is_empty())
        .collect();
    lines.retain(|line| !line.starts_with("<time ") && !line.starts_with("<?xml"));
    lines
}

#[test]
fn createrepo_says_the_same() {
    let folder = folder(None);
    folder.write(None);
    let ours = ["primary", "filelists", "other"].map(|kind| folder.xml(kind));
    let made = Command::new("createrepo_c")
        .args(["--quiet", "--no-database", "--compress-type=gz"])
        .arg(folder.folder.path())
        .status()
        .unwrap();
    assert!(made.success());
    for (ours, kind) in ours.iter().zip(["primary", "filelists", "other"]) {
        assert_eq!(elements(ours), elements(&folder.xml(kind)), "{kind}");
    }
}

#[test]
fn the_root_names_every_file_with_its_digest() {
    let folder = folder(None);
    folder.write(None);
    let files = folder.bytes();
    let root = String::from_utf8(files["repomd.xml"].clone()).unwrap();
    assert_eq!(files.len(), 4);
    assert!(
        root.contains(&format!("<revision>{DATE}</revision>")),
        "{root}"
    );
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".gz")) {
        use sha2::Digest;
        let digest = hex::encode(sha2::Sha256::digest(bytes));
        assert!(name.starts_with(&digest), "{name}");
        assert!(root.contains(&format!("<checksum type=\"sha256\">{digest}</checksum>")));
        assert!(root.contains(&format!("href=\"repodata/{name}\"")));
    }
}

#[test]
fn the_same_packages_are_the_same_bytes() {
    let key = signing::fixture::rsa();
    let folder = folder(None);
    folder.write(Some(&key));
    let first = folder.bytes();
    let mut other = self::folder(None);
    other.packages.reverse();
    other.write(Some(&key));
    assert_eq!(first, other.bytes());
}

#[test]
fn what_was_there_before_goes_as_a_whole() {
    let folder = folder(None);
    let repodata = folder.folder.path().join("repodata");
    fs::create_dir(&repodata).unwrap();
    fixture::put(&repodata.join("old-primary.xml.gz"), b"old");
    let written = folder.write(None);
    let found: Vec<String> = folder
        .bytes()
        .into_keys()
        .map(|name| format!("repodata/{name}"))
        .collect();
    assert_eq!(found, written);
    let names = fs::read_dir(folder.folder.path()).unwrap();
    assert_eq!(names.count(), 4, "three packages and repodata");
}

#[test]
fn gpg_accepts_the_signature_of_the_root() {
    let key = signing::fixture::rsa();
    let folder = folder(None);
    folder.write(Some(&key));
    let files = folder.bytes();
    let home = signing::fixture::Home::new();
    home.run(&["--import"], &files["repomd.xml.key"]);
    let repodata = folder.folder.path().join("repodata");
    let at = |name: &str| repodata.join(name).to_str().unwrap().to_owned();
    home.run(&["--verify", &at("repomd.xml.asc"), &at("repomd.xml")], b"");
}

#[test]
fn dnf_lists_the_packages() {
    let folder = folder(None);
    folder.write(None);
    let (good, said) = folder.dnf(&["repoquery", "--available"]);
    assert!(good, "{said}");
    let mut names: Vec<&str> = said.lines().collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "acme-0:1.2.3-1.el.x86_64",
            "acme-0:1.2.4~rc.1-1.el.x86_64",
            "other+more-0:2-1.el.x86_64",
        ]
    );
}

#[test]
fn dnf_accepts_a_signed_repository_and_only_that() {
    let key = signing::fixture::rsa();
    let folder = folder(None);
    folder.write(Some(&key));
    let path = folder.folder.path().join("repodata/repomd.xml.key");
    let trusted = format!("--setopt=x.gpgkey=file://{}", path.display());
    let query = [
        "--setopt=x.repo_gpgcheck=1",
        &*trusted,
        "repoquery",
        "--available",
    ];
    let (good, said) = folder.dnf(&query);
    assert!(good, "{said}");
    assert!(said.contains("acme-0:1.2.3-1.el.x86_64"), "{said}");
    let root = folder.folder.path().join("repodata/repomd.xml");
    let mut changed = fs::read(&root).unwrap();
    changed.extend_from_slice(b"<!-- -->\n");
    fixture::put(&root, &changed);
    let (good, said) = folder.dnf(&query);
    assert!(!good, "{said}");
}

#[test]
fn a_file_that_is_no_rpm_is_named_and_nothing_is_written() {
    let mut folder = folder(None);
    let path = folder.folder.path().join("x.rpm");
    fixture::put(&path, b"no rpm");
    let name = "x.rpm".to_owned();
    folder.packages.push(Rpm { name, path });
    let err = write(folder.folder.path(), &folder.packages, None, DATE).unwrap_err();
    assert!(matches!(err, YumError::Package { name, .. } if name == "x.rpm"));
    assert!(!folder.folder.path().join("repodata").exists());
}

#[test]
fn a_file_that_is_missing_is_named() {
    let mut folder = folder(None);
    folder.packages[0].path = "/does/not/exist".into();
    let err = write(folder.folder.path(), &folder.packages, None, DATE).unwrap_err();
    assert!(matches!(err, YumError::Read { .. }));
}

#[test]
fn the_same_package_twice_is_refused() {
    let mut folder = folder(None);
    let again = Rpm {
        name: "again.rpm".to_owned(),
        ..folder.packages[0].clone()
    };
    folder.packages.push(again);
    let err = write(folder.folder.path(), &folder.packages, None, DATE).unwrap_err();
    assert!(matches!(err, YumError::Twice { .. }));
}

#[test]
fn a_key_that_does_not_sign_is_an_error_and_nothing_is_written() {
    let folder = folder(None);
    let key = signing::fixture::expired();
    let err = write(folder.folder.path(), &folder.packages, Some(&key), DATE).unwrap_err();
    assert!(matches!(err, YumError::Sign { .. }));
    assert!(!folder.folder.path().join("repodata").exists());
}

#[test]
fn a_folder_that_is_none_is_named() {
    let folder = folder(None);
    let file = folder.packages[0].path.clone();
    let err = write(&file, &folder.packages, None, DATE).unwrap_err();
    assert!(matches!(err, YumError::Write { .. }));
}

#[test]
fn the_sample_says_what_is_checked() {
    let text = sample("acme", "https://packages.example.net/el/", Signed::Yes);
    assert_eq!(
        text,
        "[acme]\nname=acme\nbaseurl=https://packages.example.net/el\nenabled=1\ngpgcheck=1\nrepo_gpgcheck=1\n\
         gpgkey=https://packages.example.net/el/repodata/repomd.xml.key\n"
    );
    assert!(sample("acme", "https://x", Signed::No).contains("gpgcheck=0"));
}
