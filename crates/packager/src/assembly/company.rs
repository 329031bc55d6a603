//! The company's agents of a run: read from `agents.yaml`, composed into a crate once for all targets.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use buildspec::Caution;
use buildspec::CompanyAgent;
use buildspec::Place;
use buildspec::Problems;
use buildspec::Resolved;
use buildspec::Warning;
use buildspec::company_agents;
use muster::company::PROVISIONS;

use crate::compose::ComposeError;
use crate::compose::Composed;
use crate::compose::compose;

/// The company's agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// The file that names them, absolute.
    pub file: PathBuf,
    /// Its entries.
    pub agents: Vec<CompanyAgent>,
    /// What somebody should know about them.
    pub warnings: Vec<Warning>,
}

/// Agents that cannot be built in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompanyError {
    /// The file cannot be read.
    #[error("cannot read the company's agents from {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// What stands in it is wrong.
    #[error(transparent)]
    Problems(#[from] Problems),
    /// It has a provisioning agent, and so has the build.
    #[error(
        "{place}: takes the place of muster's own agent, which the build {build} must leave out: ProvisionAgent: \"false\""
    )]
    Two {
        /// Where the company's stands.
        place: Place,
        /// The build.
        build: String,
    },
    /// The crate cannot be generated.
    #[error(transparent)]
    Compose(Box<ComposeError>),
}

impl Staff {
    /// Reads the file that was named, or `packaging/agents.yaml` beside the buildspec when there is one. A file without
    /// agents is as good as none.
    ///
    /// # Errors
    /// When the file cannot be read or is wrong.
    pub fn read(named: Option<&Path>, beside: &Path) -> Result<Option<Self>, CompanyError> {
        let usual = beside.join(USUAL);
        let file = match named {
            Some(file) => file,
            None if usual.is_file() => &usual,
            None => return Ok(None),
        };
        let unreadable = |err| CompanyError::Unreadable {
            file: file.to_owned(),
            err,
        };
        let text = fs::read_to_string(file).map_err(unreadable)?;
        let (agents, mut warnings) = company_agents(&file.display().to_string(), &text)?;
        // judged with the build
        warnings.retain(|warning| warning.caution != Caution::ReplacesProvisioning);
        if agents.is_empty() {
            return Ok(None);
        }
        let file = fs::canonicalize(file).map_err(unreadable)?;
        Ok(Some(Self {
            file,
            agents,
            warnings,
        }))
    }

    /// Whether these agents go with what a build decided: one provisioning agent is enough.
    ///
    /// # Errors
    /// When there would be two.
    pub fn fits(&self, resolved: &Resolved) -> Result<(), CompanyError> {
        let own = self.agents.iter().find(|agent| agent.name == PROVISIONS);
        match own {
            Some(agent) if resolved.flags.provisioning.agent => Err(CompanyError::Two {
                place: agent.place.clone(),
                build: resolved.build.clone(),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// Generates the crate below `into`. The versions of its dependencies are those of `agents.lock` beside the file, where
    /// there is one.
    ///
    /// # Errors
    /// When an agent's crate cannot be used.
    pub fn compose(&self, sources: &Path, into: &Path) -> Result<Composed, CompanyError> {
        let folder = self.file.parent().unwrap_or_else(|| Path::new("/"));
        let lock = folder.join(LOCK);
        let lock = lock.is_file().then_some(lock.as_path());
        compose(sources, &self.agents, folder, into, lock)
            .map_err(|err| CompanyError::Compose(Box::new(err)))
    }
}

const USUAL: &str = "packaging/agents.yaml";
const LOCK: &str = "agents.lock";
