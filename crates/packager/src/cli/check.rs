//! `check`: everything that stands in a buildspec, held against what is known. Nothing is made.

use std::io::Write;

use buildspec::DEFAULTS;
use buildspec::Problem;
use buildspec::Problems;
use buildspec::Spec;
use buildspec::TargetChoice;
use buildspec::Warning;
use buildspec::one_list;
use muster::report::Exit;

use super::args::From;
use super::error::CliError;
use super::settings::warn;
use crate::assembly::Recipe;

pub(super) fn run(from: &From, out: &mut dyn Write) -> Result<Exit, CliError> {
    let recipe = from.recipe()?;
    let builds = from.builds(&recipe)?;
    let mut findings = Findings::default();
    if from.build.is_none() {
        findings.take(recipe.spec.check(&recipe.reader()), |all| {
            all.into_iter().flat_map(|one| one.warnings).collect()
        });
    }
    for build in &builds {
        findings.look_at(&recipe, build);
    }
    let staff = from.staff(&recipe)?;
    if let Some(staff) = &staff {
        findings.warnings.extend(staff.warnings.iter().cloned());
    }
    let warnings = findings.finish()?;
    let found = counted(warnings.len(), "warning");
    warn(warnings);
    let sum = |of: fn(&Spec, &str) -> usize| -> usize {
        builds.iter().map(|build| of(&recipe.spec, build)).sum()
    };
    let targets = sum(|spec, build| spec.targets(build).filter(|name| *name != DEFAULTS).count());
    let packages = sum(|spec, build| spec.packages(build).count());
    let agents = staff.map_or(0, |staff| staff.agents.len());
    writeln!(
        out,
        "{}: no mistakes in {}, {}, {} and {}; {found}",
        recipe.file.display(),
        counted(builds.len(), "build"),
        counted(targets, "target"),
        counted(packages, "package"),
        counted(agents, "agent of the company"),
    )?;
    Ok(Exit::Ok)
}

/// `1 build`, `2 builds`, `no agents of the company`.
fn counted(number: usize, what: &str) -> String {
    let (thing, rest) = what.split_once(' ').unwrap_or((what, ""));
    let space = if rest.is_empty() { "" } else { " " };
    match number {
        0 => format!("no {thing}s{space}{rest}"),
        1 => format!("1 {what}"),
        _ => format!("{number} {thing}s{space}{rest}"),
    }
}

#[derive(Default)]
struct Findings {
    problems: Vec<Problem>,
    warnings: Vec<Warning>,
}

impl Findings {
    fn take<T>(&mut self, result: Result<T, Problems>, warnings: impl Fn(T) -> Vec<Warning>) {
        match result {
            Ok(value) => self.warnings.extend(warnings(value)),
            Err(problems) => self.problems.extend(problems.0),
        }
    }

    fn look_at(&mut self, recipe: &Recipe, build: &str) {
        let read = recipe.reader();
        for target in recipe.spec.targets(build) {
            self.take(
                recipe.spec.target_choice(build, target, &read),
                |choice| match choice {
                    TargetChoice::Built(resolved, _) => resolved.warnings,
                    TargetChoice::Skipped(warnings) => warnings,
                },
            );
        }
        let keys: Vec<&str> = recipe.spec.packages(build).collect();
        self.take(
            recipe.spec.package_set(build, &keys, &read),
            |(_, warnings)| warnings,
        );
    }

    fn finish(self) -> Result<Vec<Warning>, Problems> {
        let mut problems: Vec<Problem> = Vec::new();
        for problem in self.problems {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        problems.sort_by_key(|problem| problem.place.line);
        if problems.is_empty() {
            return Ok(one_list(self.warnings));
        }
        Err(Problems(problems))
    }
}
