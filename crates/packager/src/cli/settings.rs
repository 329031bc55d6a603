//! What several commands need: the buildspec, the sources, the company's agents, the key.

use std::env;
use std::path::Path;
use std::path::PathBuf;

use buildspec::Warning;
use buildspec::one_list;

use super::args::From;
use super::args::KeyArgs;
use super::args::MakingArgs;
use super::args::ProfileChoice;
use super::error::CliError;
use super::say;
use crate::assembly::Commands;
use crate::assembly::Overrides;
use crate::assembly::Recipe;
use crate::assembly::Sources;
use crate::assembly::SourcesError;
use crate::assembly::Staff;
use crate::assembly::signing_key;
use crate::compile::Profile;
use crate::signing::Key;

impl From {
    /// The buildspec: the one that was named, else one in this folder, else that of the sources.
    pub(super) fn recipe(&self) -> Result<Recipe, CliError> {
        let build = self.build.as_deref().unwrap_or(FOSS);
        Ok(Recipe::read(&self.buildspec_file()?, build)?)
    }

    /// The buildspec, with the build that is to be made.
    pub(super) fn recipe_to_make(&self) -> Result<Recipe, CliError> {
        let recipe = self.recipe()?;
        if self.build.is_none() && recipe.spec.builds().all(|build| build != FOSS) {
            let known: Vec<&str> = self.builds(&recipe)?;
            let known = known.join(", ");
            return Err(CliError::WhichBuild { known });
        }
        recipe.require_build()?;
        Ok(recipe)
    }

    fn buildspec_file(&self) -> Result<PathBuf, CliError> {
        if let Some(file) = &self.buildspec {
            return Ok(file.clone());
        }
        if let Some(file) = USUAL.iter().map(Path::new).find(|file| file.is_file()) {
            return Ok(file.to_owned());
        }
        match self.sources(&Overrides::default()) {
            Ok(sources) => Ok(sources.folder.join(USUAL[0])),
            Err(CliError::Sources(SourcesError::NotFound { folder })) => {
                Err(CliError::NoBuildspec { folder })
            }
            Err(err) => Err(err),
        }
    }

    /// The build that was named, or all.
    pub(super) fn builds<'a>(&self, recipe: &'a Recipe) -> Result<Vec<&'a str>, CliError> {
        if self.build.is_none() {
            let builds: Vec<&str> = recipe.spec.builds().collect();
            if builds.is_empty() {
                let file = self.buildspec_file()?;
                return Err(CliError::NoBuilds { file });
            }
            return Ok(builds);
        }
        recipe.require_build()?;
        Ok(vec![recipe.build.as_str()])
    }

    pub(super) fn sources(&self, overrides: &Overrides) -> Result<Sources, CliError> {
        let here = env::current_dir().map_err(CliError::Here)?;
        Ok(Sources::find(self.source.as_deref(), &here, overrides)?)
    }

    pub(super) fn staff(&self, recipe: &Recipe) -> Result<Option<Staff>, CliError> {
        Ok(Staff::read(self.agents.as_deref(), recipe.folder())?)
    }
}

impl MakingArgs {
    pub(super) fn overrides(&self) -> Overrides {
        Overrides {
            version: self.version.clone(),
            revision: self.revision.clone(),
            date: self.date.clone(),
        }
    }

    /// Absolute, because cargo runs in another folder than we do.
    pub(super) fn target_folder(&self, sources: &Sources) -> Result<PathBuf, CliError> {
        match &self.work {
            Some(folder) => std::path::absolute(folder).map_err(CliError::Here),
            None => Ok(sources.folder.join("target")),
        }
    }

    /// A misspelled one would cost minutes of compiling.
    pub(super) fn cache(&self) -> Result<Option<&Path>, CliError> {
        match self.cache.as_deref() {
            Some(folder) if !folder.is_dir() => Err(CliError::NoCache {
                folder: folder.to_owned(),
            }),
            cache => Ok(cache),
        }
    }

    pub(super) const fn commands(&self) -> Commands {
        if self.allow_commands {
            Commands::Allowed
        } else {
            Commands::Skipped
        }
    }

    pub(super) const fn profile(&self) -> Profile {
        match self.profile {
            ProfileChoice::Release => Profile::Release,
            ProfileChoice::Quick => Profile::Quick,
        }
    }
}

impl KeyArgs {
    pub(super) fn read(&self) -> Result<Option<Key>, CliError> {
        let passphrase = self.passphrase_file.as_deref();
        Ok(self
            .key
            .as_deref()
            .map(|file| signing_key(file, passphrase))
            .transpose()?)
    }
}

/// These, and those about the company's agents.
pub(super) fn with_staff(mut warnings: Vec<Warning>, staff: Option<&Staff>) -> Vec<Warning> {
    warnings.extend(staff.into_iter().flat_map(|staff| staff.warnings.clone()));
    warnings
}

/// Says each warning once, in the order of the file.
pub(super) fn warn(warnings: Vec<Warning>) {
    for warning in one_list(warnings) {
        say(&format!("warning: {warning}"));
    }
}

/// What the reference builds when nobody says which.
const FOSS: &str = "foss";
const USUAL: [&str; 2] = ["buildspec.yaml", "packager/buildspec.yaml"];
