//! The folder that machines are made of: Debian with systemd, made once.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::shell::command;
use crate::shell::run;
use crate::site::kept;

/// A Debian that nobody ever booted or changed.
pub(crate) fn base() -> &'static Path {
    static BASE: OnceLock<PathBuf> = OnceLock::new();
    BASE.get_or_init(|| {
        let base = kept().join("debian-12");
        if !base.exists() {
            make(&base);
        }
        base
    })
}

/// A copy of it, to be changed.
pub(crate) fn copy(to: &Path) {
    let from = base().join(".");
    run(
        command("cp", ["-a".as_ref(), from.as_os_str(), to.as_os_str()])
            .env_remove("POSIXLY_CORRECT"),
    )
    .ok();
}

/// It appears whole or not at all: an interrupted attempt leaves another name.
fn make(base: &Path) {
    assert!(
        fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0),
        "these tests need root: they make and boot machines"
    );
    let unfinished = base.with_extension("unfinished");
    run(command("rm", ["-rf"]).arg(&unfinished)).ok();
    run(command("mmdebstrap", ["--quiet", "--variant=minbase"])
        .args(["--include=systemd,systemd-sysv,dbus,logrotate,procps"])
        // a machine of its own, not a copy of this one
        .args(["--customize-hook=rm -f \"$1\"/etc/hostname \"$1\"/etc/resolv.conf"])
        .args(["bookworm".as_ref(), unfinished.as_os_str()]))
    .ok();
    fs::rename(unfinished, base).unwrap();
}
