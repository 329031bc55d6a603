use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use buildspec::Compression;

use super::*;
use crate::archive::tests::samples::DATE;
use crate::archive::tests::samples::file;
use crate::archive::tests::samples::manifest;
use crate::archive::tests::samples::prints;
use crate::archive::tests::samples::requirement;
use crate::archive::tests::samples::run;
use crate::model::Entry;
use crate::model::Kind;
use crate::model::Manifest;

mod damaged;
mod installed;

/// A package on disk.
struct Made {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Made {
    fn of(manifest: &Manifest) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.deb");
        let bytes = write(manifest).unwrap();
        fs::File::create(&path)
            .and_then(|mut file| file.write_all(&bytes))
            .unwrap();
        Self { folder, path }
    }

    fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    fn dpkg_deb(&self, option: &str) -> String {
        prints("dpkg-deb", &[option, self.path()])
    }

    fn unpacked(&self) -> PathBuf {
        let root = self.folder.path().join("root");
        prints("dpkg-deb", &["-x", self.path(), root.to_str().unwrap()]);
        root
    }
}

fn with_scripts() -> Manifest {
    let mut manifest = manifest();
    manifest.scriptlets.before_install = Some("echo before".to_owned());
    manifest.scriptlets.after_removal = Some("echo gone\n".to_owned());
    manifest.requires = vec![
        requirement("systemd (>= 245)", false),
        requirement("adduser | passwd", true),
        requirement("ca-certificates", false),
    ];
    manifest
}

#[test]
fn the_control_file_is_what_dpkg_expects() {
    let expected = "\
Package: acme-muster
Version: 1.2.3~rc.1-1
Architecture: amd64
Maintainer: Acme & Sons <admins@example.net>
Installed-Size: 12
Pre-Depends: adduser | passwd
Depends: systemd (>= 245), ca-certificates
Section: admin
Priority: optional
Homepage: https://acme.example.net/
Description: agent of the acme fleet
 It waits for its provisioner.
 .
 Then it works.
";
    assert_eq!(Made::of(&with_scripts()).dpkg_deb("--field"), expected);
}

#[test]
fn dpkg_reads_every_compression() {
    for (compression, name) in [
        (Compression::Gzip, "gz"),
        (Compression::Xz, "xz"),
        (Compression::Zstd, "zst"),
    ] {
        let made = Made::of(&Manifest {
            compression,
            ..manifest()
        });
        let info = made.dpkg_deb("--info");
        assert!(info.contains(" Package: acme-muster\n"), "{info}");
        let members = read(&fs::read(made.path()).unwrap()).unwrap().fields["Members"].clone();
        assert_eq!(
            members,
            format!("debian-binary\ncontrol.tar.{name}\ndata.tar.{name}")
        );
        let text = fs::read_to_string(made.unpacked().join("etc/acme/server.conf")).unwrap();
        assert_eq!(text, "loglevel = info\n");
    }
}

#[test]
fn dpkg_lists_every_folder_on_the_way_and_no_ghost() {
    let expected = "\
drwxr-xr-x root/root         0 2024-02-03 04:05 ./
drwxr-xr-x root/root         0 2024-02-03 04:05 ./etc/
drwxr-x--- root/acme         0 2024-02-03 04:05 ./etc/acme/
-rw-r----- root/acme        16 2024-02-03 04:05 ./etc/acme/server.conf
drwxr-xr-x root/root         0 2024-02-03 04:05 ./opt/
drwxr-xr-x root/root         0 2024-02-03 04:05 ./opt/acme/
drwxr-xr-x root/root         0 2024-02-03 04:05 ./opt/acme/bin/
lrwxrwxrwx root/root         0 2024-02-03 04:05 ./opt/acme/bin/acme -> acme-muster
-rwxr-xr-x root/root        10 2024-02-03 04:05 ./opt/acme/bin/acme-muster
drwxr-xr-x root/root         0 2024-02-03 04:05 ./usr/
drwxr-xr-x root/root         0 2024-02-03 04:05 ./usr/lib/
drwxr-xr-x root/root         0 2024-02-03 04:05 ./usr/lib/acme/
-rw-r--r-- root/root         0 2024-02-03 04:05 ./usr/lib/acme/empty
";
    assert_eq!(Made::of(&manifest()).dpkg_deb("--contents"), expected);
}

#[test]
fn the_control_files_are_sorted_dated_and_executable_where_they_run() {
    let made = Made::of(&with_scripts());
    let tar = run("dpkg-deb", &["--ctrl-tarfile", made.path()]).stdout;
    let path = made.folder.path().join("control.tar");
    fs::File::create(&path)
        .and_then(|mut file| file.write_all(&tar))
        .unwrap();
    let listed = prints("tar", &["-tvf", path.to_str().unwrap()]);
    let columns: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let members: Vec<(&str, &str)> = columns.iter().map(|line| (line[0], line[5])).collect();
    let expected = [
        ("drwxr-xr-x", "./"),
        ("-rw-r--r--", "./conffiles"),
        ("-rw-r--r--", "./control"),
        ("-rw-r--r--", "./md5sums"),
        ("-rwxr-xr-x", "./postrm"),
        ("-rwxr-xr-x", "./preinst"),
    ];
    assert_eq!(members, expected);
    assert!(
        columns
            .iter()
            .all(|line| line[1] == "root/root" && line[3] == "2024-02-03")
    );
}

#[test]
fn the_installed_size_is_that_of_dpkg_gencontrol() {
    let mut manifest = manifest();
    for (path, size) in [("/opt/a", 1), ("/opt/b", 1024), ("/opt/c", 1025)] {
        let bytes = Kind::File(vec![0; size]);
        manifest.tree.add(path, Entry::new(bytes, 0o644)).unwrap();
    }
    let made = Made::of(&manifest);
    let root = made.unpacked();
    let folder = made.folder.path();
    for (name, text) in [
        (
            "control",
            "Source: x\nMaintainer: x <x@example.net>\n\nPackage: x\nArchitecture: any\nDescription: x\n",
        ),
        (
            "changelog",
            "x (1) unstable; urgency=low\n\n  * x\n\n -- x <x@example.net>  Thu, 01 Jan 1970 00:00:00 +0000\n",
        ),
        ("files", ""),
    ] {
        fs::File::create(folder.join(name))
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .unwrap();
    }
    let option = |letter: &str, path: &Path| format!("-{letter}{}", path.display());
    let counted = prints(
        "dpkg-gencontrol",
        &[
            option("c", &folder.join("control")),
            option("l", &folder.join("changelog")),
            option("f", &folder.join("files")),
            option("P", &root),
            "-O".to_owned(),
        ],
    );
    let counted = counted
        .lines()
        .find(|line| line.starts_with("Installed-Size: "));
    let ours = made.dpkg_deb("--field");
    assert!(
        ours.lines().any(|line| Some(line) == counted),
        "{counted:?} in {ours}"
    );
}

#[test]
fn the_sums_are_those_of_the_files_without_conffiles() {
    let made = Made::of(&manifest());
    let root = made.unpacked();
    let sums = prints("dpkg-deb", &["--info", made.path(), "md5sums"]);
    let path = made.folder.path().join("sums");
    fs::File::create(&path)
        .and_then(|mut file| file.write_all(sums.as_bytes()))
        .unwrap();
    let checked = std::process::Command::new("md5sum")
        .arg("--check")
        .arg(&path)
        .current_dir(root)
        .output()
        .unwrap();
    let checked = String::from_utf8(checked.stdout).unwrap();
    assert_eq!(
        checked,
        "opt/acme/bin/acme-muster: OK\nusr/lib/acme/empty: OK\n"
    );
}

#[test]
fn what_is_written_is_read_back() {
    let contents = read(&write(&with_scripts()).unwrap()).unwrap();
    assert_eq!(contents.fields["Version"], "1.2.3~rc.1-1");
    assert_eq!(
        contents.fields["Depends"],
        "systemd (>= 245)\nca-certificates"
    );
    assert_eq!(
        contents.fields["Description"],
        "agent of the acme fleet\nIt waits for its provisioner.\n\nThen it works."
    );
    let scripts: Vec<(&str, &str)> = contents
        .scripts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let expected = [
        ("postrm", "#!/bin/sh\nset -e\n\necho gone\n"),
        ("preinst", "#!/bin/sh\nset -e\n\necho before\n"),
    ];
    assert_eq!(scripts, expected);
    let configuration = &contents.files["/etc/acme/server.conf"];
    assert_eq!(configuration.marks, ["conffile"]);
    assert_eq!(
        (configuration.mode, configuration.group.as_str()),
        (0o640, "acme")
    );
    assert_eq!(configuration.sha256, prints_sha256("loglevel = info\n"));
    assert!(
        contents
            .files
            .values()
            .all(|packed| packed.modified == DATE)
    );
}

fn prints_sha256(text: &str) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(text))
}

#[test]
fn names_of_any_length_survive_dpkg() {
    let long = format!("/opt/{}/{}", "a".repeat(90), "b".repeat(200));
    let mut manifest = manifest();
    manifest.tree.add(&long, file("x", 0o644)).unwrap();
    let made = Made::of(&manifest);
    let unpacked = made.unpacked().join(long.trim_start_matches('/'));
    assert_eq!(fs::read_to_string(unpacked).unwrap(), "x");
}

#[test]
fn the_same_manifest_is_the_same_bytes() {
    assert_eq!(
        write(&with_scripts()).unwrap(),
        write(&with_scripts()).unwrap()
    );
}

#[test]
fn a_field_with_a_line_break_is_refused() {
    let contact = "a\nPre-Depends: b".to_owned();
    let refused = write(&Manifest {
        contact,
        ..manifest()
    })
    .unwrap_err();
    assert!(matches!(
        refused,
        DebError::Character {
            what: "contact",
            character: '\n',
            ..
        }
    ));
}

#[test]
fn a_package_without_contact_or_summary_is_refused() {
    let contact = String::new();
    let refused = write(&Manifest {
        contact,
        ..manifest()
    })
    .unwrap_err();
    assert!(matches!(refused, DebError::Empty { what: "contact" }));
    let summary = " ".to_owned();
    let refused = write(&Manifest {
        summary,
        ..manifest()
    })
    .unwrap_err();
    assert!(matches!(refused, DebError::Empty { what: "summary" }));
}

/// What remains: the sample has the paths and the modes that a buildspec may ask for, and our packages have no changelog of
/// Debian's, because what changed is in the repository.
#[test]
fn lintian_finds_only_what_is_explained() {
    if std::env::var_os("MUSTER_LONG").is_none() {
        return;
    }
    let explained = [
        "dir-or-file-in-opt",
        "no-changelog",
        "non-standard-dir-perm",
        "non-standard-file-perm",
    ];
    let mut manifest = manifest();
    let copyright = file(
        "Copyright 2024 its authors\nLicence: see /usr/share/common-licenses/Apache-2.0\n",
        0o644,
    );
    let path = "/usr/share/doc/acme-muster/copyright";
    manifest.tree.add(path, copyright).unwrap();
    let made = Made::of(&manifest);
    let output = run("lintian", &["--allow-root", made.path()]);
    let found = String::from_utf8(output.stdout).unwrap();
    let tags: BTreeSet<&str> = found
        .lines()
        .filter_map(|line| line.split(": ").nth(2)?.split(' ').next())
        .collect();
    assert_eq!(tags, BTreeSet::from(explained), "{found}");
}
