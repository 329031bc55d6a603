use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::sync::Mutex;

use nix::errno::Errno;

use super::*;
use crate::os::files::Attempt;
use crate::os::files::RealFiles;
use crate::os::files::faults::Call;
use crate::os::files::faults::FaultyFiles;
use crate::os::files::faults::Verdict;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names(directory: &Path) -> Vec<String> {
    let names = RealFiles.list(directory).unwrap();
    names
        .iter()
        .map(|name| name.to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_new_file_gets_the_given_mode() {
    let dir = tempfile::tempdir().unwrap();
    for (name, wanted) in [("a", 0o600), ("b", 0o644), ("c", 0o400)] {
        let path = dir.path().join(name);
        write(&RealFiles, &path, b"x", wanted).unwrap();
        assert_eq!(mode(&path), wanted);
    }
}

#[test]
fn a_replaced_file_keeps_its_mode() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    write(&RealFiles, &path, b"old", 0o640).unwrap();
    write(&RealFiles, &path, b"new", 0o600).unwrap();
    assert_eq!(mode(&path), 0o640);
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names(dir.path()), ["f"]);
}

#[test]
fn links_and_directories_are_refused_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let (file, link) = (dir.path().join("file"), dir.path().join("link"));
    write(&RealFiles, &file, b"old", 0o600).unwrap();
    symlink(&file, &link).unwrap();
    let result = write(&RealFiles, &link, b"new", 0o600);
    assert!(matches!(result, Err(WriteError::SymbolicLink { .. })));
    let result = write(&RealFiles, dir.path(), b"new", 0o600);
    assert!(matches!(result, Err(WriteError::NotAFile { .. })));
    let result = write(&RealFiles, Path::new("bare"), b"new", 0o600);
    assert!(matches!(result, Err(WriteError::NoDirectory { .. })));
    assert_eq!(fs::read(&file).unwrap(), b"old");
}

#[test]
fn every_refused_operation_leaves_the_old_file_and_no_other() {
    for errno in [Errno::EIO, Errno::ENOSPC, Errno::EROFS, Errno::EACCES] {
        let mut failed = 0;
        for n in 0.. {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("f");
            write(&RealFiles, &path, b"old", 0o640).unwrap();
            let files = FaultyFiles::new(|call: &Call<'_>| refuse(call.number == n, errno));
            let result = write(&files, &path, b"new", 0o600);
            assert_eq!(names(dir.path()), ["f"], "{errno} at {n}");
            let content = fs::read(&path).unwrap();
            match result {
                Ok(()) => break,
                // The rename happened, only its durability is in doubt.
                Err(WriteError::File(FileError {
                    attempt: Attempt::SyncDirectory,
                    ..
                })) => assert_eq!(content, b"new"),
                Err(_) => assert_eq!(content, b"old", "{errno} at {n}"),
            }
            failed = n;
        }
        assert!(failed >= 6, "only {failed} operations were refused");
    }
}

#[test]
fn a_crash_leaves_the_old_or_the_new_file_and_the_rest_is_swept() {
    for n in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        write(&RealFiles, &path, b"old", 0o640).unwrap();
        let files = FaultyFiles::new(|call: &Call<'_>| refuse(call.number >= n, Errno::EIO));
        drop(write(&files, &path, b"new", 0o600));
        sweep(&RealFiles, dir.path()).unwrap();
        assert_eq!(names(dir.path()), ["f"]);
        let content = fs::read(&path).unwrap();
        assert!(content == b"old" || content == b"new");
    }
}

#[test]
fn the_file_is_durable_before_it_is_renamed_and_its_name_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let calls = Mutex::new(Vec::new());
    let files = FaultyFiles::new(|call: &Call<'_>| {
        calls.lock().unwrap().push(call.attempt);
        Verdict::Perform
    });
    write(&files, &dir.path().join("f"), b"new", 0o600).unwrap();
    let calls = calls.into_inner().unwrap();
    assert_eq!(
        calls,
        [
            Attempt::Inspect,
            Attempt::Create,
            Attempt::Write,
            Attempt::SetMode,
            Attempt::SyncFile,
            Attempt::Replace,
            Attempt::SyncDirectory,
        ]
    );
}

#[test]
fn a_file_that_cannot_be_renamed_over_is_a_refusal_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    for errno in [Errno::EBUSY, Errno::EXDEV, Errno::EPERM] {
        let files =
            FaultyFiles::new(|call: &Call<'_>| refuse(call.attempt == Attempt::Replace, errno));
        let result = write(&files, &dir.path().join("f"), b"new", 0o600);
        assert!(matches!(result, Err(WriteError::NotReplaceable { .. })));
        assert!(names(dir.path()).is_empty());
    }
}

#[test]
fn a_sweep_takes_only_what_a_write_left() {
    let dir = tempfile::tempdir().unwrap();
    let left = format!("{STAGED_PREFIX}{}", random::hex_id());
    let transaction = format!("{left}-0");
    for name in [left.as_str(), &transaction, ".muster-notes", "server.conf"] {
        write(&RealFiles, &dir.path().join(name), b"x", 0o600).unwrap();
    }
    sweep(&RealFiles, dir.path()).unwrap();
    assert_eq!(
        names(dir.path()),
        [transaction.as_str(), ".muster-notes", "server.conf"]
    );
}

#[test]
fn a_sweep_beside_a_file_takes_only_what_writes_of_that_file_left() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.json", "b.json"] {
        let path = dir.path().join(name);
        // the writer dies with the staged file in place
        let files = FaultyFiles::new(|call: &Call<'_>| {
            refuse(
                matches!(call.attempt, Attempt::Replace | Attempt::Remove),
                Errno::EIO,
            )
        });
        drop(write(&files, &path, b"x", 0o600));
    }
    assert_eq!(names(dir.path()).len(), 2);
    sweep_beside(&RealFiles, &dir.path().join("a.json")).unwrap();
    assert_eq!(names(dir.path()).len(), 1);
    sweep_beside(&RealFiles, &dir.path().join("a.json")).unwrap();
    assert_eq!(names(dir.path()).len(), 1);
    sweep_beside(&RealFiles, &dir.path().join("b.json")).unwrap();
    assert!(names(dir.path()).is_empty());
}

fn refuse(now: bool, errno: Errno) -> Verdict {
    if now {
        Verdict::Refuse(errno.into())
    } else {
        Verdict::Perform
    }
}
