//! The manual pages of a program: one for each command, from the definition of its arguments; the first one also has what
//! all share. Every program of the workspace has its pages made and judged here.

use std::collections::BTreeSet;
use std::fs;
use std::fs::File;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use clap_mangen::Man;
use clap_mangen::roff::Roff;
use clap_mangen::roff::bold;
use clap_mangen::roff::roman;

/// Name and text of every page. `shared` is the end of the first one.
pub(crate) fn pages(
    mut command: clap::Command,
    shared: &Roff,
) -> io::Result<Vec<(String, String)>> {
    command.build();
    let mut pages = Vec::new();
    add(&command, &[], shared, &mut pages)?;
    Ok(pages)
}

/// Holds pages against docs/man, or writes them there when `MUSTER_BLESS` is set. `ours` tells which of the pages that are
/// there belong to this program.
pub(crate) fn compare(pages: &[(String, String)], ours: impl Fn(&str) -> bool) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|above| above.join("docs/man"))
        .find(|folder| folder.is_dir())
        .ok_or(io::ErrorKind::NotFound)?;
    for (name, page) in pages {
        let path = folder.join(name);
        if std::env::var_os("MUSTER_BLESS").is_some() {
            File::create(&path)?.write_all(page.as_bytes())?;
        }
        assert!(
            fs::read_to_string(&path)? == *page,
            "docs/man/{name} is not current: MUSTER_BLESS=1 writes it anew"
        );
    }
    let there = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<BTreeSet<_>>>()?;
    let there: BTreeSet<&str> = there
        .iter()
        .map(String::as_str)
        .filter(|it| ours(it))
        .collect();
    let wanted: BTreeSet<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(there, wanted, "pages of commands that do not exist");
    Ok(())
}

/// Holds pages against what formatters expect, and has one format them where there is one.
pub(crate) fn judge(pages: &[(String, String)]) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    for (name, page) in pages {
        for section in [".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION"] {
            assert!(page.contains(section), "{name}: no {section}");
        }
        let path = folder.path().join(name);
        File::create(&path)?.write_all(page.as_bytes())?;
        // not every machine has a formatter
        let formatter = Command::new("groff")
            .args(["-man", "-Tutf8", "-ww", "-z"])
            .arg(&path)
            .output();
        if let Ok(output) = formatter {
            let complaints = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {complaints}");
            assert_eq!(complaints, "", "{name}");
        }
    }
    Ok(())
}

/// A term and what it means.
pub(crate) fn entry(roff: &mut Roff, term: &str, about: &str) {
    roff.control("TP", []);
    roff.text([bold(term)]);
    roff.text([roman(about)]);
}

/// `above` are the names of the commands that this one is below of, the program's first.
fn add(
    command: &clap::Command,
    above: &[&str],
    shared: &Roff,
    pages: &mut Vec<(String, String)>,
) -> io::Result<()> {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    let page = match above {
        [] => page(command, shared)?,
        [program, between @ ..] => page(command, &see_also(program, between))?,
    };
    pages.push((format!("{name}.1"), page));
    for below in command
        .get_subcommands()
        .filter(|below| !below.is_hide_set() && below.get_name() != "help")
    {
        add(below, &[above, &[name]].concat(), shared, pages)?;
    }
    Ok(())
}

fn page(command: &clap::Command, end: &Roff) -> io::Result<String> {
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
    end.to_writer(&mut page)?;
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

fn see_also(program: &str, between: &[&str]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    if let Some(next) = between.last() {
        roff.text([bold(*next), roman("(1),")]);
    }
    roff.text([
        bold(program),
        roman("(1) for exit status, files and environment"),
    ]);
    roff
}
