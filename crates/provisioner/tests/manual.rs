//! The manual pages of the provisioner, docs/man/muster-provisioner*.1.
//! `MUSTER_BLESS=1 cargo test -p muster-provisioner --test manual` writes them anew.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "../../../tests/it/documents/pages.rs"]
mod pages;

use std::io;

use clap_mangen::roff::Roff;
use muster::report::Exit;
use muster_provisioner::helper::process::INHERITED;
use muster_provisioner::helper::process::SESSION;

use pages::entry;

fn all() -> Vec<(String, String)> {
    let command = muster_provisioner::cli::command(env!("CARGO_PKG_VERSION"));
    pages::pages(command, &shared()).unwrap()
}

fn shared() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (exit, when) in EXITS {
        entry(&mut roff, &exit.code().to_string(), when);
    }
    roff.control("SH", ["FILES"]);
    for (file, about) in FILES {
        entry(&mut roff, file, about);
    }
    roff.control("SH", ["ENVIRONMENT"]);
    entry(
        &mut roff,
        "CREDENTIALS_DIRECTORY",
        "Where systemd put the credentials that the configuration names.",
    );
    let passed_on = format!("Passed on to the helper, and nothing else but {SESSION}.");
    entry(&mut roff, &INHERITED.join(", "), &passed_on);
    entry(
        &mut roff,
        SESSION,
        "Set for the helper: the id of the session. The same id asks the same question again.",
    );
    roff
}

const EXITS: [(Exit, &str); 12] = [
    (
        Exit::Ok,
        "Done. The daemon: told to stop or to drain. Also: the reader of the output went away.",
    ),
    (
        Exit::Negative,
        "The answer is no: the provisioner refused the command and said why, or there is no such certificate.",
    ),
    (Exit::Usage, "Arguments that cannot be understood."),
    (
        Exit::Data,
        "An authority that cannot be used, or a provisioner of another version.",
    ),
    (
        Exit::NoInput,
        "A file or directory that was named cannot be read.",
    ),
    (
        Exit::Unavailable,
        "No provisioner runs on this machine, the broker is not found, the control socket or the address of the metrics is taken.",
    ),
    (
        Exit::OsError,
        "The system refused something that is always needed.",
    ),
    (
        Exit::CannotCreate,
        "A log, a file with the process id or a file of the authority cannot be created.",
    ),
    (Exit::Io, "The output cannot be written."),
    (
        Exit::TempFail,
        "Ask again: the provisioner did not answer in time, or another command works on the authority.",
    ),
    (
        Exit::NoPermission,
        "The provisioner belongs to another user.",
    ),
    (
        Exit::Config,
        "The configuration is wrong, or the journal, the helper, the template or the authority cannot be used.",
    ),
];

const FILES: [(&str, &str); 4] = [
    (
        "/etc/muster-provisioner/",
        "Where the configuration, the template and the built-in authority usually are. docs/provisioner-configuration.md describes every key.",
    ),
    (
        "/var/lib/muster-provisioner/journal.jsonl",
        "What must survive a restart. The configuration can name another directory.",
    ),
    (
        "/run/muster-provisioner/control.sock",
        "Where the commands of this machine are heard. The configuration can name another path.",
    ),
    (
        "~/.config/muster/client.conf, /etc/muster/client.conf",
        "How to reach the broker, where --choria-config names no file; see muster(1).",
    ),
];

#[test]
fn the_manual_pages_are_current() -> io::Result<()> {
    pages::compare(&all(), |name| name.starts_with("muster-provisioner"))
}

#[test]
fn the_manual_pages_are_what_a_formatter_expects() -> io::Result<()> {
    pages::judge(&all())
}
