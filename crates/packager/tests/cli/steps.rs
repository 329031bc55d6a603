//! The commands and variables of a buildspec are its owner's to allow.

use crate::desk::BUILDSPEC;
use crate::desk::Desk;
use crate::desk::Ended;
use crate::desk::source;

/// A desk whose buildspec would leave a file, and a cargo that is none: nothing is compiled.
fn desk() -> Desk {
    let desk = Desk::new();
    let pre = format!("pre: [touch {}]", desk.path("ran").display());
    let text = BUILDSPEC.replacen("      flags:\n", &format!("      {pre}\n      flags:\n"), 1);
    desk.write("buildspec.yaml", &text);
    desk.script("cargo", "#!/bin/sh\nexit 1\n");
    desk
}

fn build(desk: &Desk, words: &[&str]) -> Ended {
    let all = ["build", "--build", "acme", "--source", source(), "--work"];
    let target = ["work", "--target", "64bit_linux"];
    desk.run(&[&all[..], &target, words].concat())
}

#[test]
fn commands_of_a_buildspec_do_not_run_by_themselves() {
    let desk = desk();
    let ended = build(&desk, &[]);
    assert_ne!(ended.code, Some(0));
    assert!(
        ended
            .err
            .contains("not run, because --allow-commands was not given: touch "),
        "{}",
        ended.err
    );
    assert!(!desk.path("ran").exists());
}

#[test]
fn commands_of_a_buildspec_run_when_they_are_allowed() {
    let desk = desk();
    let ended = build(&desk, &["--allow-commands"]);
    assert_ne!(ended.code, Some(0));
    assert!(ended.err.contains("running: touch "), "{}", ended.err);
    assert!(desk.path("ran").exists());
}

#[test]
fn a_command_that_fails_ends_the_run() {
    let desk = desk();
    let text = BUILDSPEC.replacen("      flags:\n", "      pre: [exit 3]\n      flags:\n", 1);
    desk.write("buildspec.yaml", &text);
    build(&desk, &["--allow-commands"])
        .refused(65, &["the command `exit 3` of the buildspec failed"]);
    assert_eq!(desk.names("dist"), Vec::<String>::new());
}
