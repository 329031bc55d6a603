//! The manual pages: one for each command, from the definition of its arguments; the first one also has what all share.

use std::io;

use clap_mangen::Man;
use clap_mangen::roff::Roff;
use clap_mangen::roff::bold;
use clap_mangen::roff::roman;
use muster::config::key_documents;

/// Name and text of every page.
pub(crate) fn pages() -> io::Result<Vec<(String, String)>> {
    let mut command = muster::cli::command(env!("CARGO_PKG_VERSION"));
    command.build();
    let mut pages = Vec::new();
    add(&command, &mut pages)?;
    Ok(pages)
}

fn add(command: &clap::Command, pages: &mut Vec<(String, String)>) -> io::Result<()> {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    pages.push((format!("{name}.1"), page(command, &name)?));
    for below in command
        .get_subcommands()
        .filter(|below| !below.is_hide_set() && below.get_name() != "help")
    {
        add(below, pages)?;
    }
    Ok(())
}

fn page(command: &clap::Command, name: &str) -> io::Result<String> {
    let man = Man::new(command.clone())
        .source("muster")
        .manual("muster manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_subcommands().any(|below| !below.is_hide_set()) {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(text) = command.get_after_long_help() {
        examples(&text.to_string()).to_writer(&mut page)?;
    }
    if name == "muster" {
        shared().to_writer(&mut page)?;
    } else {
        see_also(name).to_writer(&mut page)?;
    }
    String::from_utf8(page).map_err(io::Error::other)
}

/// Their lines as they are.
fn examples(text: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]);
    roff.control("nf", []);
    for line in text.lines().skip(1) {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff
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

fn see_also(name: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    let above = name.rsplit_once('-').map_or("muster", |(above, _)| above);
    let above = if above == "muster-build" {
        "muster"
    } else {
        above
    };
    if above != "muster" {
        roff.text([bold(above), roman("(1),")]);
    }
    roff.text([
        bold("muster"),
        roman("(1) for exit status, files and environment"),
    ]);
    roff
}

fn entry(roff: &mut Roff, term: &str, about: &str) {
    roff.control("TP", []);
    roff.text([bold(term)]);
    roff.text([roman(about)]);
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
