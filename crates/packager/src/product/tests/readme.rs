//! The tables of `packaging/README.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;
use crate::model::Entry;
use crate::model::Role;

/// One row for each path, of RPM and DEB together.
fn table(program: Program, name: &str) -> String {
    let mut rows: BTreeMap<String, (Entry, Vec<&str>)> = BTreeMap::new();
    for (format, called) in [(Format::Rpm, "RPM"), (Format::Deb, "DEB")] {
        let package = package(format, program, name);
        let names = Names::new(&package).unwrap();
        let pages = [(format!("{name}.1"), Vec::new())];
        let completions = completions(program, name);
        let manifest = manifest(
            &package,
            &Ingredients {
                version: "1",
                version_in_format: "1",
                binary: Path::new("/build/binary"),
                sbom: Some(b"{}"),
                licences: &[("LICENSE".to_owned(), LICENCE.as_bytes().to_vec())],
                source_date: 0,
                pages: &pages,
                completions: &completions,
            },
        )
        .unwrap();
        for (path, entry) in manifest.tree.iter() {
            let row = rows
                .entry(path.to_owned())
                .or_insert_with(|| (entry.clone(), Vec::new()));
            row.1.push(called);
        }
        // a DEB has no entry for what it makes
        if format == Format::Deb {
            for file in Names::made(program) {
                rows.get_mut(&names.configuration(file))
                    .unwrap()
                    .1
                    .push(called);
            }
        }
    }
    let mut text = "\n| path | mode | owner | |\n|---|---|---|---|\n".to_owned();
    for (path, (entry, formats)) in rows {
        let (slash, mut notes) = match entry.kind {
            Kind::Directory => ("/", Vec::new()),
            Kind::Ghost => ("", vec!["made when missing"]),
            Kind::File(_) | Kind::Copy(_) | Kind::Link(_) => ("", Vec::new()),
        };
        if entry.role == Role::Configuration && entry.kind != Kind::Ghost {
            notes.push("configuration");
        }
        let only = format!("{} only", formats[0]);
        if formats.len() == 1 {
            notes.push(&only);
        }
        let (mode, owner, group) = (entry.mode, entry.owner, entry.group);
        writeln!(
            text,
            "| `{path}{slash}` | {mode:04o} | {owner}:{group} | {} |",
            notes.join(", ")
        )
        .unwrap();
    }
    text + "\n"
}

#[test]
fn the_tables_of_the_readme_are_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/README.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let mut current = written.clone();
    for (mark, program, name) in [
        ("<!-- agent -->", Program::Agent, "muster"),
        (
            "<!-- provisioner -->",
            Program::Provisioner,
            "muster-provisioner",
        ),
    ] {
        let (before, rest) = current.split_once(mark).unwrap();
        let (_, after) = rest.split_once("<!-- end -->").unwrap();
        current = format!(
            "{before}{mark}\n{}<!-- end -->{after}",
            table(program, name)
        );
    }
    if std::env::var_os("MUSTER_BLESS").is_some() {
        File::create(&path)
            .unwrap()
            .write_all(current.as_bytes())
            .unwrap();
        return;
    }
    assert!(
        written == current,
        "packaging/README.md is not current: MUSTER_BLESS=1 cargo test -p muster-packager readme"
    );
}
