//! `package`: the packages of a build, and the binaries they need.

use std::io::Write;

use buildspec::Package;
use muster::report::Exit;

use super::args::PackageArgs;
use super::build::put_beside;
use super::error::CliError;
use super::say;
use super::settings::warn;
use super::settings::with_staff;
use crate::assembly::Binaries;
use crate::assembly::Making;
use crate::assembly::Wanted;
use crate::assembly::package;
use crate::output::Output;
use crate::output::render;
use crate::signing::Sign;

pub(super) fn run(args: &PackageArgs, out: &mut dyn Write) -> Result<Exit, CliError> {
    let (from, making) = (&args.from, &args.making);
    let recipe = from.recipe_to_make()?;
    if recipe.spec.packages(&recipe.build).next().is_none() {
        let build = recipe.build;
        return Err(CliError::NoPackages { build });
    }
    let (packages, mut warnings) = recipe.packages(&args.package)?;
    if packages.is_empty() {
        warn(warnings);
        return Err(CliError::NothingToMake);
    }
    let key = args.key.read()?;
    let sources = from.sources(&making.overrides())?;
    let staff = from.staff(&recipe)?;
    let wanted = Wanted::judge(&sources, &recipe, &targets(&packages), &args.binary)?;
    warnings.extend(wanted.warnings.iter().cloned());
    warn(with_staff(warnings, staff.as_ref()));
    sources.remarks.iter().for_each(|remark| say(remark));
    // a folder that nothing can be put into is known before the long work begins
    let mut output = Output::open(&making.output)?;
    let binaries = Binaries::make(
        &Making {
            sources: &sources,
            recipe: &recipe,
            target_folder: &making.target_folder(&sources)?,
            profile: making.profile(),
            commands: making.commands(),
            staff: staff.as_ref(),
            prebuilt: &args.binary,
            cache: making.cache()?,
        },
        wanted,
        &mut say,
    )?;
    let signer = key.as_ref().map(|key| key as &dyn Sign);
    let made = package(&sources, &recipe, &packages, &binaries, signer)?;
    for one in &made {
        output.put(&one.name, &one.bytes)?;
    }
    for binary in binaries.made.values() {
        put_beside(binary, &mut output)?;
    }
    output.write_sums()?;
    out.write_all(render(&output.finished()).as_bytes())?;
    Ok(Exit::Ok)
}

/// The compile targets of these packages, each once.
fn targets(packages: &[Package]) -> Vec<String> {
    let mut targets: Vec<String> = Vec::new();
    for package in packages {
        if !targets.contains(&package.binary) {
            targets.push(package.binary.clone());
        }
    }
    targets
}
