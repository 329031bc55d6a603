//! What the manual page of the agent says beyond its arguments.

use std::io;

use clap_mangen::roff::Roff;
use muster::config::key_documents;

use super::pages;
use super::pages::entry;

/// Name and text of every page.
pub(crate) fn pages() -> io::Result<Vec<(String, String)>> {
    pages::pages(muster::cli::command(env!("CARGO_PKG_VERSION")), &shared())
}

fn shared() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (code, when) in exit_codes() {
        entry(&mut roff, &code, &when);
    }
    roff.control("SH", ["FILES"]);
    for (file, about) in FILES {
        entry(&mut roff, file, about);
    }
    roff.control("SH", ["ENVIRONMENT"]);
    for (variable, about) in VARIABLES {
        entry(&mut roff, variable, about);
    }
    for key in key_documents() {
        if let Some(variable) = key.environment {
            let about = format!("Wins over the setting {}.", key.name);
            entry(&mut roff, variable, &about);
        }
    }
    roff
}

/// The rows of the hand-written table: number, and when.
fn exit_codes() -> Vec<(String, String)> {
    EXIT_CODES
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .filter_map(|row| {
            let mut cells = row.splitn(3, " | ");
            let (code, name, when) = (cells.next()?, cells.next()?, cells.next()?);
            code.parse::<u8>().ok()?;
            let when = when.replace("\\|", "|").replace('`', "");
            Some((code.to_owned(), format!("{name}: {when}")))
        })
        .collect()
}

const EXIT_CODES: &str = include_str!("../../../docs/exit-codes.md");

const FILES: [(&str, &str); 5] = [
    (
        "~/.config/muster/client.conf, /etc/muster/client.conf",
        "The configuration of an operator's commands; the first that is there.",
    ),
    (
        "~/.choriarc, ~/.mcollective, /etc/choria/client.conf, /usr/local/etc/choria/client.conf, \
         /etc/puppetlabs/mcollective/client.cfg",
        "Used where there is none of the above.",
    ),
    (
        "choria.conf",
        "Of every directory from the root down to the working one: the later decides over the earlier, and all over the \
         files above. Not read when another user owns it or can write to it, or when --config names a file.",
    ),
    (
        "plugin.d/*.cfg",
        "Beside the configuration: settings of one plugin each.",
    ),
    (
        "policy.toml",
        "Beside a node's configuration: what a provisioner may do to the node.",
    ),
];

const VARIABLES: [(&str, &str); 4] = [
    (
        "MCOLLECTIVE_CERTNAME",
        "Who asks, instead of the name of the user.",
    ),
    ("USER", "Who asks, for everybody but root."),
    (
        "INSECURE_ANON_TLS",
        "If true, any certificate of a broker is accepted.",
    ),
    (
        "INSECURE_DISABLE_TLS",
        "If true, brokers are spoken to without TLS.",
    ),
];
