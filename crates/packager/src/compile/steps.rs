//! From an order to a binary, step by step.

use std::env;
use std::fs;

use super::arguments;
use super::auditable;
use super::cargo::Artifact;
use super::cargo::Built;
use super::cargo::Cargo;
use super::cargo::Ear;
use super::cyclonedx;
use super::cyclonedx::Subject;
use super::elf;
use super::environment;
use super::environment::Variables;
use super::error::CompileError;
use super::inside::Inside;
use super::inside::Metadata;
use super::order::Compiled;
use super::order::Order;
use super::places;
use super::places::Places;
use super::split;
use super::split::Split;
use super::toolchain;
use super::toolchain::Rust;
use super::toolchain::Tools;

/// Compiles a program. `say` is told what a person may want to know while waiting; cargo's own messages go to
/// standard error.
///
/// The result is in `muster-packager/` of the target folder, in a folder of its own for each build, compile target,
/// platform and profile. Another process that compiles there is waited for.
///
/// # Errors
/// When tools are missing, cargo fails, or the result is not a static program for the platform.
pub fn compile(order: &Order<'_>, say: &mut dyn FnMut(&str)) -> Result<Compiled, CompileError> {
    let places = Places::new(order)?;
    let inherited: Variables = env::vars_os().collect();
    let before = environment::environment(&inherited, order.environment, &places.settled(order));
    for warning in &before.warnings {
        say(&format!("warning: {warning}"));
    }
    let asking = Cargo::new(&places.sources, &before.variables);
    let rust = toolchain::check(&asking, order.platform)?;
    let _lock = places.lock(say)?;
    let goal = places.goal(order);
    say(&format!(
        "compiling {} for {}: build {}, compile target {}, profile {}",
        goal.name, order.platform, order.build, order.target, goal.profile
    ));
    if order.composed.is_some_and(|composed| !composed.locked) {
        // what only the company's crates need is added to the file; what ours need stays as it is
        asking.ask("cargo", &arguments::complete_lock(&goal))?;
    }
    let metadata = asking.metadata(&arguments::metadata(&goal))?;
    let remap = places.remap(&metadata, &rust)?;
    let mut variables = before.variables.clone();
    variables.extend(places::flags(order.platform, &remap));
    let cargo = Cargo::new(&places.sources, &variables);
    let ear = match order.composed {
        None => Ear::Closed,
        Some(_) => Ear::Open,
    };
    let Built {
        artifacts,
        status,
        said,
    } = cargo.build(&arguments::build(&goal), ear)?;
    if !status.success() {
        if let Some(blame) = order.composed.and_then(|composed| composed.blame(&said)) {
            return Err(CompileError::Company(Box::new(blame)));
        }
        return Err(CompileError::Cargo {
            program: goal.name.to_owned(),
            target: order.target.to_owned(),
            platform: order.platform,
            status,
        });
    }
    finish(order, &places, &cargo, &metadata, &artifacts, &rust)
}

/// Makes of what cargo linked what is shipped.
fn finish(
    order: &Order<'_>,
    places: &Places,
    cargo: &Cargo<'_>,
    metadata: &Metadata,
    artifacts: &[Artifact],
    rust: &Rust,
) -> Result<Compiled, CompileError> {
    let goal = places.goal(order);
    let root = metadata.root().ok_or_else(|| missing(goal.name))?;
    let linked = artifacts
        .iter()
        .filter(|each| each.package_id == root)
        .find_map(|each| each.executable.as_deref())
        .ok_or_else(|| missing(goal.name))?;
    let lock = metadata.workspace_root.join("Cargo.lock");
    let lock = fs::read_to_string(&lock).map_err(CompileError::file("read", &lock))?;
    let below = places.target_folder.join(order.platform.triple());
    let inside = Inside::new(metadata, artifacts, &lock, &below, root)?;
    let Split { binary, debug } = split::split(
        cargo,
        Tools::of(order.platform).objcopy,
        linked,
        &auditable::section(&inside)?,
        &places.result(order, goal.profile),
        goal.name,
    )?;
    elf::verify(&binary, order.platform)?;
    let subject = Subject {
        name: goal.name,
        version: order.version,
        build: order.build,
        target: order.target,
        triple: order.platform.triple(),
        revision: order.revision,
        source_date: order.source_date,
        rust: &rust.release,
    };
    Ok(Compiled {
        binary,
        debug,
        sbom: cyclonedx::document(&inside, &subject)?,
        crates: inside.linked().count(),
    })
}

fn missing(program: &str) -> CompileError {
    CompileError::Understand {
        what: "what cargo made",
        reason: format!("there is no program {program} in it"),
    }
}

#[cfg(test)]
mod tests;
