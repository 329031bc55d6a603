//! `build`: the binaries of a build, each with its debug information and the list of what is in it.

use std::fs;
use std::io::Write;
use std::path::Path;

use muster::report::Exit;

use super::args::BuildArgs;
use super::error::CliError;
use super::say;
use super::settings::warn;
use super::settings::with_staff;
use crate::assembly::Binaries;
use crate::assembly::Binary;
use crate::assembly::Making;
use crate::assembly::Wanted;
use crate::assembly::targets;
use crate::output::Output;
use crate::output::render;

pub(super) fn run(args: &BuildArgs, out: &mut dyn Write) -> Result<Exit, CliError> {
    let (from, making) = (&args.from, &args.making);
    let recipe = from.recipe_to_make()?;
    let sources = from.sources(&making.overrides())?;
    let staff = from.staff(&recipe)?;
    let wanted = Wanted::judge(&sources, &recipe, &targets(&recipe, &args.target), &[])?;
    warn(with_staff(wanted.warnings.clone(), staff.as_ref()));
    if wanted.is_empty() {
        return Err(CliError::NoTarget);
    }
    sources.remarks.iter().for_each(|remark| say(remark));
    let mut output = Output::open(&making.output)?;
    let binaries = Binaries::make(
        &Making {
            sources: &sources,
            recipe: &recipe,
            target_folder: &making.target_folder(&sources)?,
            profile: making.profile(),
            commands: making.commands(),
            staff: staff.as_ref(),
            prebuilt: &[],
            cache: making.cache()?,
        },
        wanted,
        &mut say,
    )?;
    for binary in binaries.made.values() {
        output.put_program(&binary.name, &read(&binary.file)?)?;
        put_beside(binary, &mut output)?;
    }
    output.write_sums()?;
    out.write_all(render(&output.finished()).as_bytes())?;
    Ok(Exit::Ok)
}

/// Debug information and list of crates of a binary that was made here, under its name and an ending.
pub(super) fn put_beside(binary: &Binary, output: &mut Output) -> Result<(), CliError> {
    if let Some(debug) = &binary.debug {
        output.put(&format!("{}.debug", binary.name), &read(debug)?)?;
    }
    if let Some(sbom) = &binary.sbom {
        output.put(&format!("{}.cdx.json", binary.name), sbom)?;
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>, CliError> {
    fs::read(file).map_err(|err| CliError::Unreadable {
        file: file.to_owned(),
        err,
    })
}
