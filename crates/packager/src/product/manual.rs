//! Manual pages and completions of the programs, under the name of a package.
//!
//! They come from the definitions of the programs' own arguments, so that they say what the shipped binary understands.

use std::io;

use buildspec::Program;
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::Roff;
use clap_mangen::roff::bold;
use clap_mangen::roff::roman;

use super::error::ProductError;
use super::names::Names;

/// The scripts that complete arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completions {
    /// For bash.
    pub bash: Vec<u8>,
    /// For zsh.
    pub zsh: Vec<u8>,
    /// For fish.
    pub fish: Vec<u8>,
}

/// The manual pages of a package's program: name of the file (`acme.1`) and text, one for each command. The first one also
/// says where this package has its files.
///
/// # Errors
/// When a page cannot be written.
pub fn pages(
    program: Program,
    names: &Names,
    version: &str,
) -> Result<Vec<(String, Vec<u8>)>, ProductError> {
    let mut command = definition(program, &names.name, version);
    command.build();
    let mut pages = Vec::new();
    let source = format!("{} {version}", names.name);
    let shared = shared(program, names);
    add(&command, &[], (&source, &shared), &mut pages)?;
    Ok(pages)
}

/// The completions of a program of this name.
#[must_use]
pub fn completions(program: Program, name: &str) -> Completions {
    let command = definition(program, name, env!("CARGO_PKG_VERSION"));
    let command = match program {
        Program::Agent => muster::cli::completable(command),
        Program::Provisioner => command,
    };
    let script = |shell| {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command.clone(), name, &mut script);
        script
    };
    Completions {
        bash: script(Shell::Bash),
        zsh: script(Shell::Zsh),
        fish: script(Shell::Fish),
    }
}

fn definition(program: Program, name: &str, version: &str) -> Command {
    let command = match program {
        Program::Agent => muster::cli::command(env!("CARGO_PKG_VERSION")),
        Program::Provisioner => muster_provisioner::cli::command(env!("CARGO_PKG_VERSION")),
    };
    command
        .name(name.to_owned())
        .bin_name(name)
        .version(version.to_owned())
}

/// `above` are the names of the commands that this one is below of, the program's first; `said` is where the pages are from,
/// and the end of the first one.
fn add(
    command: &Command,
    above: &[&str],
    said: (&str, &Roff),
    pages: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), ProductError> {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    let (source, shared) = said;
    let page = match above {
        [] => page(command, source, shared),
        [program, between @ ..] => page(command, source, &see_also(program, between)),
    };
    let file = format!("{name}.1");
    let page = page.map_err(|err| ProductError::Write {
        path: file.clone(),
        err,
    })?;
    pages.push((file, page));
    for below in command
        .get_subcommands()
        .filter(|below| !below.is_hide_set() && below.get_name() != "help")
    {
        add(below, &[above, &[name]].concat(), said, pages)?;
    }
    Ok(())
}

fn page(command: &Command, source: &str, end: &Roff) -> io::Result<Vec<u8>> {
    let name = source.split(' ').next().unwrap_or(source);
    let man = Man::new(command.clone())
        .source(source)
        .manual(format!("{name} manual"));
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
    end.to_writer(&mut page)?;
    Ok(page)
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

fn see_also(program: &str, between: &[&str]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    if let Some(next) = between.last() {
        roff.text([bold(*next), roman("(1),")]);
    }
    roff.text([bold(program), roman("(1) for exit status and files")]);
    roff
}

fn shared(program: Program, names: &Names) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (code, when) in exit_codes() {
        entry(&mut roff, code, &when);
    }
    roff.control("SH", ["FILES"]);
    for (file, about) in files(program, names) {
        entry(&mut roff, &file, about);
    }
    roff
}

/// A term and what it means.
fn entry(roff: &mut Roff, term: &str, about: &str) {
    roff.control("TP", []);
    roff.text([bold(term)]);
    roff.text([roman(about)]);
}

/// The rows of the hand-written table: number, and when.
fn exit_codes() -> impl Iterator<Item = (&'static str, String)> {
    EXIT_CODES
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .filter_map(|row| {
            let mut cells = row.splitn(3, " | ");
            let (code, name, when) = (cells.next()?, cells.next()?, cells.next()?);
            code.parse::<u8>().ok()?;
            let when = when.replace("\\|", "|").replace('`', "");
            Some((code, format!("{name}: {when}")))
        })
}

fn files(program: Program, names: &Names) -> Vec<(String, &'static str)> {
    let state = (names.statedir.clone(), "What must survive a restart.");
    let readme = (format!("{}/README", names.doc), "Where to begin.");
    match program {
        Program::Agent => vec![
            (
                names.configuration("server.conf"),
                "The configuration of the node; provisioning replaces it.",
            ),
            (
                names.configuration("plugin.d/*.cfg"),
                "Settings of one plugin each, which win over those above.",
            ),
            (
                names.configuration("policy.toml"),
                "What a provisioner may do to the node; the defaults hold without it.",
            ),
            state,
            (format!("{}/{}.log", names.logdir, names.name), "The log."),
            (
                format!("{}/status.json", names.rundir),
                "How the node is at this moment.",
            ),
            readme,
        ],
        Program::Provisioner => vec![
            (
                names.configuration("provisioner.yaml"),
                "The configuration.",
            ),
            (
                names.configuration("client.conf"),
                "How the broker is reached.",
            ),
            state,
            (
                format!("{}/control.sock", names.rundir),
                "Where the commands of this machine are heard; name it with --socket, or the configuration with --config.",
            ),
            readme,
        ],
    }
}

const EXIT_CODES: &str = include_str!("../../../../docs/exit-codes.md");
