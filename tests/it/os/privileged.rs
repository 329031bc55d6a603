//! Files that cannot be replaced, and files of other groups, for real. These need a user who may mount, make files immutable
//! and give them away.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use muster::os::append_file::AppendFile;
use muster::os::atomic_file::WriteError;
use muster::os::files::RealFiles;
use muster::os::transaction;
use muster::os::transaction::Recovery;
use muster::os::transaction::TransactionError;

use super::support::Generations;
use super::support::Node;
use super::support::put;

/// Says whether a program succeeded.
fn run(program: &str, arguments: &[&str]) -> io::Result<bool> {
    Ok(Command::new(program).args(arguments).status()?.success())
}

#[test]
#[ignore = "needs root: mounts a file"]
fn a_file_that_is_mounted_is_refused_before_anything_is_written() {
    let known = Generations::known();
    let node = Node::on_disk();
    let (source, target) = (node.root().join("mounted"), node.etc().join("server.conf"));
    put(&source, "identity=mounted\n");
    let (source, target) = (source.to_str().unwrap(), target.to_str().unwrap());
    assert!(run("mount", &["--bind", source, target]).unwrap());
    let result = node.configure(&RealFiles);
    let untouched = !node.etc().join("ssl").exists() && node.leftovers().is_empty();
    assert!(run("umount", &[target]).unwrap());
    let refused = matches!(
        result,
        Err(TransactionError::Write(WriteError::NotReplaceable { .. }))
    );
    assert!(refused && untouched);
    assert!(!known.is_new(&node, "mounted"));
}

#[test]
#[ignore = "needs root: makes a file immutable"]
fn a_file_that_is_immutable_is_refused_with_the_old_generation_whole() {
    let known = Generations::known();
    for name in [
        "server.conf",
        "server.jwt",
        "policies/a.policy",
        "policies/b.policy",
    ] {
        let node = Node::on_disk();
        let target = node.etc().join(name);
        let target = target.to_str().unwrap();
        assert!(run("chattr", &["+i", target]).unwrap());
        let result = node.configure(&RealFiles);
        let recovery = transaction::recover(&RealFiles, &node.state());
        assert!(run("chattr", &["-i", target]).unwrap());
        result.unwrap_err();
        assert!(matches!(recovery, Ok(Recovery::Nothing)), "{name}");
        assert!(!known.is_new(&node, name));
    }
}

#[test]
#[ignore = "needs root: gives a file to another group"]
fn an_appended_file_is_given_to_its_group_before_others_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    let daemon = nix::unistd::Group::from_name("daemon").unwrap().unwrap();
    let mut file = AppendFile::new(path.clone(), 0o640, Some(daemon.name));
    file.append(b"one").unwrap();
    let found = fs::metadata(&path).unwrap();
    assert_eq!(
        (found.gid(), found.mode() & 0o7777),
        (daemon.gid.as_raw(), 0o640)
    );
}
