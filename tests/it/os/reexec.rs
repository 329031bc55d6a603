//! A program that becomes itself anew.

use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use muster::os::exec::Program;
use muster::os::files::RealFiles;
use muster::os::host;
use muster::os::lock::Lock;

#[test]
fn a_restarted_program_keeps_its_process_arguments_and_environment_even_if_it_was_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("muster");
    fs::copy(env::current_exe().unwrap(), &program).unwrap();
    let mut child = Command::new(&program)
        // As a shell would call it: not a path at all.
        .arg0("muster")
        .args(ARGUMENTS)
        .env(DIRECTORY, dir.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    assert!(child.wait().unwrap().success());
    let pid = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(pid("first"), child.id().to_string());
    assert_eq!(pid("second"), pid("first"));
}

#[test]
#[ignore = "the other half of a_restarted_program_keeps_its_process: runs as its child"]
fn child_that_restarts() {
    let directory = PathBuf::from(env::var_os(DIRECTORY).unwrap());
    let program = Program::running().unwrap();
    let _lock = Lock::take(&directory).unwrap();
    assert_eq!(program.path(), directory.join("muster"));
    assert!(env::args().skip(1).eq(ARGUMENTS));
    assert_eq!(env::args().next().as_deref(), Some("muster"));
    let first = directory.join("first");
    if first.exists() {
        host::write_pid_file(&RealFiles, &directory.join("second")).unwrap();
        return;
    }
    host::write_pid_file(&RealFiles, &first).unwrap();
    // An upgrade: from here on the kernel calls the running program deleted.
    let upgrade = directory.join("upgrade");
    fs::copy(program.path(), &upgrade).unwrap();
    fs::rename(&upgrade, program.path()).unwrap();
    program.check().unwrap();
    let Err(err) = program.reexec();
    panic!("{err}");
}

const ARGUMENTS: [&str; 3] = ["--exact", "os::reexec::child_that_restarts", "--ignored"];
const DIRECTORY: &str = "MUSTER_TEST_DIRECTORY";
