use std::ffi::OsString;
use std::fs;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use muster::os::atomic_file;
use muster::os::atomic_file::WriteError;
use muster::os::files::Files as _;
use muster::os::files::RealFiles;

use super::*;

fn names(folder: &Path) -> Vec<OsString> {
    RealFiles.list(folder).unwrap()
}

fn put_by_hand(path: &Path, text: &str) {
    File::create(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .unwrap();
}

#[test]
fn a_missing_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("a/b");
    let finished = Output::open(&below).unwrap().put("x.rpm", b"abc").unwrap();
    assert_eq!(fs::read(below.join("x.rpm")).unwrap(), b"abc");
    assert_eq!(finished.path, below.join("x.rpm"));
    assert_eq!(finished.size, 3);
    assert_eq!(fs::metadata(&finished.path).unwrap().mode() & 0o7777, 0o644);
}

#[test]
fn a_file_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    put_by_hand(&file, "");
    for path in [file.clone(), file.join("below")] {
        let refused = Output::open(&path).unwrap_err();
        assert!(matches!(refused, OutputError::NotAFolder { path: named } if named == path));
    }
}

#[test]
fn a_read_only_folder_is_refused_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let is_root = fs::metadata(folder.path()).unwrap().uid() == 0;
    // Nothing is read-only to root but what the kernel itself has.
    let path = if is_root {
        Path::new("/proc/sys")
    } else {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
        folder.path()
    };
    let refused = Output::open(path).unwrap_err();
    assert!(matches!(refused, OutputError::Folder { path: named, .. } if named == path));
}

#[test]
fn a_file_of_an_earlier_run_is_replaced_with_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.rpm");
    put_by_hand(&path, "old");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    Output::open(folder.path())
        .unwrap()
        .put("x.rpm", b"new")
        .unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o644);
}

#[test]
fn a_link_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let precious = folder.path().join("precious");
    put_by_hand(&precious, "old");
    std::os::unix::fs::symlink(&precious, folder.path().join("x.rpm")).unwrap();
    let mut output = Output::open(folder.path()).unwrap();
    let refused = output.put("x.rpm", b"new").unwrap_err();
    assert!(matches!(
        refused,
        OutputError::Write(WriteError::SymbolicLink { .. })
    ));
    assert_eq!(fs::read(&precious).unwrap(), b"old");
}

#[test]
fn names_that_are_not_plain_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut output = Output::open(folder.path()).unwrap();
    let long = "a".repeat(256);
    for name in [
        "",
        ".",
        "..",
        ".x",
        "-x",
        "a/b",
        "a b",
        "a\n",
        "é",
        "SHA256SUMS",
        &long,
    ] {
        let refused = output.put(name, b"");
        assert!(matches!(refused, Err(OutputError::Name { .. })), "{name:?}");
    }
    output.put("acme_1.2~rc.1+x-1_amd64.deb", b"").unwrap();
}

#[test]
fn one_run_does_not_make_a_file_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut output = Output::open(folder.path()).unwrap();
    output.put("x", b"one").unwrap();
    assert!(matches!(
        output.put("x", b"two"),
        Err(OutputError::Twice { .. })
    ));
    assert_eq!(fs::read(folder.path().join("x")).unwrap(), b"one");
}

#[test]
fn two_runs_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = Output::open(folder.path()).unwrap();
    let refused = Output::open(folder.path()).unwrap_err();
    assert!(matches!(refused, OutputError::Busy { .. }));
    drop(first);
    Output::open(folder.path()).unwrap();
}

#[test]
fn the_sums_cover_exactly_what_was_made() {
    let folder = tempfile::tempdir().unwrap();
    put_by_hand(&folder.path().join("older"), "older");
    let mut output = Output::open(folder.path()).unwrap();
    for name in ["b.deb", "a.rpm"] {
        output.put(name, name.as_bytes()).unwrap();
    }
    output.write_sums().unwrap();
    let checked = Command::new("sha256sum")
        .args(["--strict", "--check", "SHA256SUMS"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(checked.status.success());
    assert_eq!(checked.stdout, b"a.rpm: OK\nb.deb: OK\n");
}

#[test]
fn what_was_made_is_shown_in_columns() {
    let made = |path: &str, size| Finished {
        path: path.into(),
        size,
        sha256: "00ff".to_owned(),
    };
    let text = render(&[made("out/a", 7), made("out/b", 1234)]);
    assert_eq!(text, "00ff     7  out/a\n00ff  1234  out/b\n");
}

/// The child of [`a_killed_run_leaves_nothing_but_what_is_swept`]: puts files until it is killed.
#[test]
fn puts_until_it_is_killed() {
    let Some(folder) = std::env::var_os(CHILD) else {
        return;
    };
    let large = vec![7; LARGE];
    for number in 0.. {
        let mut output = Output::open(Path::new(&folder)).unwrap();
        output.put("large.rpm", &large).unwrap();
        if number == 0 {
            io::stdout().write_all(b"ready\n").unwrap();
        }
    }
}

#[test]
fn a_killed_run_leaves_nothing_but_what_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..4 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "output::tests::puts_until_it_is_killed",
                "--exact",
                "--nocapture",
            ])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = Vec::new();
        let mut output = child.stdout.take().unwrap();
        while !told.ends_with(b"ready") {
            let mut byte = [0];
            output.read_exact(&mut byte).unwrap();
            told.extend_from_slice(&byte);
        }
        // Killed while something is staged, which the parent sees, and not at a moment that chance chooses.
        while !names(folder.path()).iter().any(|name| is_staged(name)) {}
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(
            fs::metadata(folder.path().join("large.rpm")).unwrap().len(),
            LARGE as u64,
            "{round}"
        );
        drop(Output::open(folder.path()).unwrap());
        assert_eq!(names(folder.path()), ["large.rpm"], "{round}");
    }
}

fn is_staged(name: &std::ffi::OsStr) -> bool {
    name.to_string_lossy()
        .starts_with(atomic_file::STAGED_PREFIX)
}

const CHILD: &str = "MUSTER_TEST_OUTPUT";
const LARGE: usize = 8 << 20;
