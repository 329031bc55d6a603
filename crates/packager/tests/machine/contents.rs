//! What is in the installed program: everything that its buildspec says, and no secret.

use std::fs;

use crate::agent;
use crate::long;
use crate::shell::command;
use crate::shell::run;
use crate::site::BROKER;
use crate::site::BUILDS;
use crate::site::OLD;
use crate::site::TOKEN;
use crate::site::site;

#[test]
fn the_installed_program_says_what_it_was_built_with() {
    if !long() {
        return;
    }
    let machine = agent::installed();
    let said = machine.does("/opt/acme-muster/sbin/acme-muster build-info");
    for (field, value) in [
        ("Version", OLD),
        ("Git Hash", "0123abc"),
        ("Build Name", "acme"),
        ("Provisioning Brokers", BROKER),
        ("Provisioning Default", "true"),
        ("Provisioning Facts", "/opt/acme/etc/node-metadata.json"),
        ("Provisioning Token", "set"),
    ] {
        let line = said.lines().find(|line| line.trim().starts_with(field));
        let line = line.unwrap_or_else(|| panic!("no {field} in\n{said}"));
        assert!(line.contains(value), "{line}");
    }
    assert!(!said.contains(TOKEN));
}

#[test]
fn no_token_is_in_any_program_or_package() {
    if !long() {
        return;
    }
    let has = |bytes: &[u8], text: &str| {
        let text = text.as_bytes();
        bytes.windows(text.len()).any(|window| window == text)
    };
    site();
    for build in &BUILDS {
        let program = fs::read(build.program()).unwrap();
        for secret in [TOKEN, env!("CARGO_MANIFEST_DIR")] {
            assert!(!has(&program, secret), "{build:?} has {secret}");
        }
    }
    // what is searched is a program with this build in it
    assert!(has(&fs::read(BUILDS[0].program()).unwrap(), BROKER));
    let folder = tempfile::tempdir().unwrap();
    run(command("dpkg-deb", ["--extract"])
        .arg(site().deb("acme-muster", OLD))
        .arg(folder.path()))
    .ok();
    run(command("grep", ["-r", "--text", TOKEN]).arg(folder.path())).refused();
}
