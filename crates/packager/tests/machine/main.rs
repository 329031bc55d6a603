//! Packages on real machines: Debian with systemd as its first process in systemd-nspawn, apt, dnf; and the packager as a
//! program, twice, disturbed and interrupted.
//!
//! Every test is long: it needs `MUSTER_LONG`, root, network to make the machine's folder once, and mmdebstrap,
//! systemd-container, nats-server, openssl, gnupg, rpm, dnf and createrepo-c. What takes time is kept below `target/tmp`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helper functions of tests are not covered by the lints' exceptions"
)]

mod agent;
mod apt;
mod base;
mod broker;
mod contents;
mod dnf;
mod interrupted;
mod machine;
mod onboarding;
mod operator;
mod provisioner;
mod sandbox;
mod shell;
mod site;
mod twice;

use std::fs;
use std::fs::File;
use std::sync::OnceLock;

/// Whether tests run that take minutes and need root. Another run with the same folders ends first.
fn long() -> bool {
    static ALONE: OnceLock<File> = OnceLock::new();
    if std::env::var_os("MUSTER_LONG").is_none() {
        return false;
    }
    ALONE.get_or_init(|| {
        fs::create_dir_all(site::kept()).unwrap();
        let lock = File::create(site::kept().join("lock")).unwrap();
        lock.lock().unwrap();
        lock
    });
    true
}
