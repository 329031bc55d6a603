//! Files that cannot be replaced, for real. These need a user who may mount and may make files immutable.

use std::io;
use std::process::Command;

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
