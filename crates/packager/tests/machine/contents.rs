//! What is in the installed program: everything that its buildspec says, and no secret.

use std::fs;

use crate::agent;
use crate::agent::FACTS;
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
        ("Git SHA", "0123abc"),
        ("Build Date", "2023-11-14 22:13:20 +0000"),
        ("Build", "acme"),
        ("Target", "64bit_linux"),
        ("Platform", "x86_64-unknown-linux-musl"),
        ("Supports Provisioning", "true"),
        ("Provisioning Default", "true"),
        ("Provisioning Token", "*****"),
        ("Provisioning Token Verifiers", "1 (1 SHA-256)"),
        ("Provisioning TLS", "true"),
        ("Provisioning TLS Policy", "required, unverified"),
        ("Default Provisioning Agent", "true"),
        ("Provisioning Brokers", "nats://127.0.0.1:4222"),
        ("Provisioning Registration Data", FACTS),
        ("Provisioning Facts", FACTS),
        ("x509 Security", "true"),
    ] {
        let line = format!("{field}: {value}");
        let found = said.lines().any(|one| one.trim_start() == line);
        assert!(found, "no {line} in\n{said}");
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
