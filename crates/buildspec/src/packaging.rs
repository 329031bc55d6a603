//! The packages of a build: which are made, and whether they get along.

use crate::blocks::Blocks;
use crate::blocks::PACKAGES;
use crate::blocks::check_build;
use crate::blocks::child;
use crate::caution::Caution;
use crate::clash;
use crate::draft::Draft;
use crate::fault::Fault;
use crate::findings::Dead;
use crate::findings::Findings;
use crate::grammar::Rule;
use crate::machine::Machine;
use crate::near::Hint;
use crate::package::Format;
use crate::package::Package;
use crate::problem::Place;
use crate::problem::Problem;
use crate::problem::Problems;
use crate::problem::Warning;
use crate::problem::one_list;
use crate::properties::Properties;
use crate::spec::DEFAULTS;
use crate::spec::ReadFile;
use crate::spec::Spec;
use crate::target::Target;
use crate::template::NO_MACOS;
use crate::template::NO_WINDOWS;
use crate::template::NO_ZIP;
use crate::template::Recipe;
use crate::template::Template;
use crate::yaml::Entry;

/// Whether a package is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageChoice {
    /// It is, and this is what somebody should know.
    Package(Box<Package>, Vec<Warning>),
    /// It is not: the reference makes such packages, or the machine of its program is not built for. The warnings say so.
    Skipped(Vec<Warning>),
}

impl Spec {
    /// Validates one package with the defaults of its build. License files are read, and what they hold is not kept.
    ///
    /// # Errors
    /// With every mistake in the package and in its compile target; the flags of the target are not read. Of a package that
    /// is skipped nothing else is judged.
    pub fn package(
        &self,
        build: &str,
        key: &str,
        read: &ReadFile<'_>,
    ) -> Result<PackageChoice, Problems> {
        let mut found = Findings::default();
        match self.assess(build, key, read, &mut found) {
            Ok(Some(package)) => Ok(PackageChoice::Package(Box::new(package), found.finish()?)),
            Ok(None) => Ok(PackageChoice::Skipped(found.finish()?)),
            Err(dead) => Err(found.fail(dead)),
        }
    }

    /// Validates packages of one build and holds them against each other. The warnings are one list, those about skipped
    /// packages included.
    ///
    /// # Errors
    /// With every mistake in them, and with those that would write the same file or, installed together, the same path.
    pub fn package_set(
        &self,
        build: &str,
        keys: &[&str],
        read: &ReadFile<'_>,
    ) -> Result<(Vec<Package>, Vec<Warning>), Problems> {
        let (mut packages, mut warnings, mut problems) = (Vec::new(), Vec::new(), Vec::new());
        for key in keys {
            match self.package(build, key, read) {
                Ok(PackageChoice::Package(package, found)) => {
                    packages.push(*package);
                    warnings.extend(found);
                }
                Ok(PackageChoice::Skipped(found)) => warnings.extend(found),
                Err(found) => problems.extend(found.0),
            }
        }
        for (index, package) in packages.iter().enumerate() {
            let earlier = packages.iter().take(index);
            let clashes = earlier.filter_map(|earlier| clash::between(earlier, package));
            problems.extend(clashes.map(|fault| Problem {
                place: package.place.clone(),
                fault,
            }));
        }
        Problems::once(problems)?;
        Ok((packages, one_list(warnings)))
    }

    /// Nothing for a package that is skipped, and for one whose mistakes leave nothing to judge.
    fn assess(
        &self,
        build: &str,
        key: &str,
        read: &ReadFile<'_>,
        found: &mut Findings,
    ) -> Result<Option<Package>, Dead> {
        let (place, entry) = self.chosen(build)?;
        check_build(&place, &entry.value, found);
        let packages = child(&entry.value, PACKAGES)
            .ok_or_else(|| Dead::new(&place, Fault::Missing { name: PACKAGES }))?;
        let below = place.key(PACKAGES, packages.line);
        let properties = Properties::choose(&below, &packages.value, key, found)?;
        let skip = |caution, found: &mut Findings| {
            found.warn(&properties.place, caution);
            Ok(None)
        };
        let recipe = match recipe(&properties, found)? {
            Some(Template::Made(recipe)) => recipe,
            Some(Template::Skipped(reason)) => {
                return skip(Caution::PackageSkipped { reason }, found);
            }
            None => return Ok(None),
        };
        let (target, program, platform) = match self.target_of(&place, entry, &properties, found)? {
            Some((name, target, Machine::Built(platform))) => (name, target.program, platform),
            Some((target, _, Machine::Skipped(machine))) => {
                return skip(Caution::BinarySkipped { target, machine }, found);
            }
            None => return Ok(None),
        };
        let draft = Draft {
            key,
            properties: &properties,
            recipe,
            binary: target,
            program,
            platform,
        };
        Ok(Some(draft.read(read, found)))
    }

    /// The compile target that a package takes its program from; nothing when that has mistakes.
    fn target_of(
        &self,
        place: &Place,
        build: &Entry,
        properties: &Properties<'_>,
        found: &mut Findings,
    ) -> Result<Option<(String, Target, Machine)>, Dead> {
        let Some(binary) = properties.get("binary") else {
            return Err(Dead::new(&properties.place, Fault::NoBinary));
        };
        let Some(name) = found.text(&binary.place, binary.node) else {
            return Ok(None);
        };
        let mut of_target = Findings::default();
        let unknown = || {
            let hint = Hint::new(name, self.targets(&build.key));
            let name = name.to_owned();
            Dead::new(&binary.place, Fault::UnknownTarget { name, hint })
        };
        let blocks = match Blocks::choose(place, &build.value, name, &mut of_target) {
            // the defaults alone run nowhere
            Ok(blocks) if name != DEFAULTS => blocks,
            Ok(_) => return Err(unknown()),
            Err(dead) if matches!(dead.fault(), Fault::UnknownTarget { .. }) => {
                return Err(unknown());
            }
            Err(dead) => return Err(dead),
        };
        let (target, machine) = blocks.describe(name, self.program(), &mut of_target);
        found.take_problems(of_target);
        Ok(machine.map(|machine| (name.to_owned(), target, machine)))
    }
}

/// What the template of a package makes, after a look at what an archive should be.
fn recipe(properties: &Properties<'_>, found: &mut Findings) -> Result<Option<Template>, Dead> {
    let missing = || Dead::new(&properties.place, Fault::Missing { name: "template" });
    let property = properties.get("template").ok_or_else(missing)?;
    let Some(name) = found.text(&property.place, property.node) else {
        return Ok(None);
    };
    let template = Template::find(name).map_err(|fault| Dead::new(&property.place, fault))?;
    Ok(match template {
        Template::Made(Recipe {
            format: Format::Archive,
            ..
        }) => judge_archive(properties, template, found),
        Template::Made(_) | Template::Skipped(_) => Some(template),
    })
}

fn judge_archive(
    properties: &Properties<'_>,
    template: Template,
    found: &mut Findings,
) -> Option<Template> {
    if properties.get("format").is_none() {
        found.fault(&properties.place, Fault::Missing { name: "format" });
    }
    let format = properties.read("format", &ARCHIVE_FORMAT, found);
    let os = properties.read("os", &ARCHIVE_OS, found);
    let skipped = [format, os]
        .into_iter()
        .flatten()
        .find_map(|word| match word {
            Word::Ours => None,
            Word::OfTheReference(reason) => Some(reason),
        });
    Some(skipped.map_or(template, Template::Skipped))
}

/// A word that an archive may be described with.
enum Word {
    Ours,
    OfTheReference(&'static str),
}

const ARCHIVE_FORMAT: Rule<Word> = Rule {
    wanted: "tgz",
    read: |text| match text {
        "tgz" => Some(Word::Ours),
        "zip" => Some(Word::OfTheReference(NO_ZIP)),
        _ => None,
    },
};

const ARCHIVE_OS: Rule<Word> = Rule {
    wanted: "linux",
    read: |text| match text {
        "linux" => Some(Word::Ours),
        "windows" => Some(Word::OfTheReference(NO_WINDOWS)),
        "darwin" => Some(Word::OfTheReference(NO_MACOS)),
        _ => None,
    },
};

#[cfg(test)]
mod tests;
