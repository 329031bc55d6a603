//! `list`: the builds, their targets and their packages.

use std::io::Write;

use buildspec::DEFAULTS;
use buildspec::Format;
use buildspec::PackageChoice;
use buildspec::Program;
use buildspec::TargetChoice;
use muster::report::Exit;

use super::args::From;
use super::error::CliError;
use crate::assembly::Recipe;

pub(super) fn run(from: &From, out: &mut dyn Write) -> Result<Exit, CliError> {
    let recipe = from.recipe()?;
    for build in from.builds(&recipe)? {
        writeln!(out, "{build}")?;
        let rows = targets(&recipe, build)?
            .into_iter()
            .chain(packages(&recipe, build)?)
            .collect::<Vec<_>>();
        let width = |column: fn(&Row) -> &str| {
            rows.iter()
                .map(|row| column(row).chars().count())
                .max()
                .unwrap_or_default()
        };
        let (name, what) = (width(|row| &row.name), width(|row| &row.what));
        for row in &rows {
            writeln!(
                out,
                "  {:7}  {:name$}  {:what$}  {}",
                row.kind, row.name, row.what, row.of
            )?;
        }
    }
    Ok(Exit::Ok)
}

struct Row {
    kind: &'static str,
    name: String,
    what: String,
    of: String,
}

fn targets(recipe: &Recipe, build: &str) -> Result<Vec<Row>, CliError> {
    let read = recipe.reader();
    recipe
        .spec
        .targets(build)
        .filter(|name| *name != DEFAULTS)
        .map(|name| {
            let (what, of) = match recipe.spec.target_choice(build, name, &read)? {
                TargetChoice::Built(resolved, platform) => (
                    program(resolved.target.program).to_owned(),
                    platform.to_string(),
                ),
                TargetChoice::Skipped(_) => not_made(),
            };
            let name = name.to_owned();
            Ok(Row {
                kind: "target",
                name,
                what,
                of,
            })
        })
        .collect()
}

fn packages(recipe: &Recipe, build: &str) -> Result<Vec<Row>, CliError> {
    let read = recipe.reader();
    recipe
        .spec
        .packages(build)
        .map(|name| {
            let (what, of) = match recipe.spec.package(build, name, &read)? {
                PackageChoice::Package(package, _) => (
                    format(package.format).to_owned(),
                    format!("{} of {}", package.name, package.binary),
                ),
                PackageChoice::Skipped(_) => not_made(),
            };
            let name = name.to_owned();
            Ok(Row {
                kind: "package",
                name,
                what,
                of,
            })
        })
        .collect()
}

fn not_made() -> (String, String) {
    ("-".to_owned(), "not made here, see check".to_owned())
}

const fn program(program: Program) -> &'static str {
    match program {
        Program::Agent => "agent",
        Program::Provisioner => "provisioner",
    }
}

const fn format(format: Format) -> &'static str {
    match format {
        Format::Rpm => "rpm",
        Format::Deb => "deb",
        Format::Archive => "tar.gz",
    }
}
