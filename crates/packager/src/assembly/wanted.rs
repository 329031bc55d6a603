//! The compile targets of a run, judged before the first is compiled: what each is for and how its file is called.

use std::collections::BTreeMap;

use buildspec::DEFAULTS;
use buildspec::Placeholders;
use buildspec::Platform;
use buildspec::Resolved;
use buildspec::TargetChoice;
use buildspec::Warning;
use buildspec::interpolate;

use super::binaries::BinariesError;
use super::binaries::Prebuilt;
use super::recipe::Recipe;
use super::sources::Sources;

/// The compile targets of a run.
#[derive(Debug)]
pub struct Wanted {
    pub(super) targets: Vec<Asked>,
    /// What somebody should know about them.
    pub warnings: Vec<Warning>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) resolved: Resolved,
    pub(super) platform: Platform,
    /// `output`, without placeholders.
    pub(super) name: String,
}

impl Wanted {
    /// Judges compile targets, and whether the binaries that are given belong to them.
    ///
    /// # Errors
    /// With every mistake in the first that is wrong, or when the files cannot be told apart.
    pub fn judge(
        sources: &Sources,
        recipe: &Recipe,
        names: &[String],
        prebuilt: &[Prebuilt],
    ) -> Result<Self, BinariesError> {
        let (mut targets, mut warnings) = (Vec::new(), Vec::new());
        for target in names {
            match recipe.target(target)? {
                TargetChoice::Skipped(found) => warnings.extend(found),
                TargetChoice::Built(resolved, platform) => {
                    warnings.extend(resolved.warnings.iter().cloned());
                    targets.push(Asked {
                        name: output_name(sources, &resolved)?,
                        resolved: *resolved,
                        platform,
                    });
                }
            }
        }
        check_names(&targets)?;
        check_prebuilt(prebuilt, &targets)?;
        Ok(Self { targets, warnings })
    }

    /// Whether nothing is left to make.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }
}

/// The compile targets that were named, or all of the build, without [`DEFAULTS`].
#[must_use]
pub fn targets(recipe: &Recipe, named: &[String]) -> Vec<String> {
    if !named.is_empty() {
        return named.to_vec();
    }
    recipe
        .spec
        .targets(&recipe.build)
        .filter(|target| *target != DEFAULTS)
        .map(str::to_owned)
        .collect()
}

fn output_name(sources: &Sources, resolved: &Resolved) -> Result<String, BinariesError> {
    let target = &resolved.target;
    let usual = format!(
        "{}-{{{{version}}}}-{{{{os}}}}-{{{{arch}}}}{{{{arm}}}}",
        target.program.crate_name()
    );
    let template = target.output.as_deref().unwrap_or(&usual);
    let values = Placeholders {
        version: &sources.version,
        sha: &sources.revision,
        target,
    };
    let name = interpolate(template, &values).map_err(|err| BinariesError::Output {
        target: resolved.target_name.clone(),
        err,
    })?;
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
        return Err(BinariesError::OutputName {
            target: resolved.target_name.clone(),
            name,
        });
    }
    Ok(name)
}

fn check_names(wanted: &[Asked]) -> Result<(), BinariesError> {
    let mut names = BTreeMap::new();
    for Asked { resolved, name, .. } in wanted {
        if let Some(first) = names.insert(name, &resolved.target_name) {
            return Err(BinariesError::SameOutput {
                first: first.clone(),
                second: resolved.target_name.clone(),
                name: name.clone(),
            });
        }
    }
    Ok(())
}

fn check_prebuilt(prebuilt: &[Prebuilt], wanted: &[Asked]) -> Result<(), BinariesError> {
    let known = |target: &str| {
        wanted
            .iter()
            .any(|asked| asked.resolved.target_name == target)
    };
    for (index, Prebuilt { target, .. }) in prebuilt.iter().enumerate() {
        let target = target.clone();
        if !known(&target) {
            return Err(BinariesError::NotWanted { target });
        }
        let mut earlier = prebuilt.iter().take(index);
        if earlier.any(|earlier| earlier.target == target) {
            return Err(BinariesError::GivenTwice { target });
        }
    }
    Ok(())
}
