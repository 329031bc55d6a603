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
use crate::assembly::Staff;
use crate::assembly::signing_key;
use crate::compile::Profile;
use crate::signing::Key;

impl From {
    /// The buildspec: the one that was named, else one in this folder, else that of the sources.
    pub(super) fn recipe(&self) -> Result<Recipe, CliError> {
        let file = match self.named_buildspec() {
            Some(file) => file.to_owned(),
            None => match USUAL.iter().map(Path::new).find(|file| file.is_file()) {
                Some(file) => file.to_owned(),
                None => self.sources(&Overrides::default())?.folder.join(USUAL[0]),
            },
        };
        Ok(Recipe::read(&file, &self.build)?)
    }

    fn named_buildspec(&self) -> Option<&Path> {
        self.buildspec
            .as_deref()
            .filter(|file| !file.as_os_str().is_empty())
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

/// Says each warning once, in the order of the file.
pub(super) fn warn(warnings: Vec<Warning>) {
    for warning in one_list(warnings) {
        say(&format!("warning: {warning}"));
    }
}

const USUAL: [&str; 2] = ["buildspec.yaml", "packager/buildspec.yaml"];
