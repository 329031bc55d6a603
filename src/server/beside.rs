//! A node as the commands of the local administrator find it, `muster reprovision` and `muster rollback`: beside the
//! daemon, which may run or not.
//!
//! A command never needs the lock of the running process. It changes files under the lock of transactions, as one more
//! generation; the daemon notices and starts anew with it. So there is no process to find and no signal to send.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use super::guard;
use super::material;
use super::material::MaterialError;
use super::material::Needs;
use super::mode::Mode;
use super::start;
use super::start::Foundation;
use super::start::StartError;
use crate::agents::provision::Ground;
use crate::agents::provision::NoStart;
use crate::agents::provision::StartsAs;
use crate::build_info::BuildInfo;
use crate::company::Roster;
use crate::config::Settings;
use crate::config::Source;
use crate::os::configuration;
use crate::os::configuration::Sources;
use crate::os::files::Files;
use crate::os::files::RealFiles;
use crate::os::host;
use crate::os::privileges;

/// A node whose files are whole, and nothing else is known of it.
#[derive(Debug)]
pub struct Beside {
    /// What the build decided.
    pub build: BuildInfo,
    /// The company's agents in the program.
    pub company: Arc<Roster>,
    /// The configuration file, absolute.
    pub config_file: PathBuf,
    /// The machine's files.
    pub files: Arc<dyn Files>,
    /// Where the node keeps what is nobody else's.
    pub state_dir: PathBuf,
}

impl Beside {
    /// Finds the node of a configuration file, and finishes or discards what a crash left of it.
    ///
    /// # Errors
    ///
    /// [`StartError`] as a start, [`StartError::Foreign`] when the node's state is another user's: files that this
    /// process would leave there could not be replaced by the daemon.
    pub fn find(
        config_file: &Path,
        build: &BuildInfo,
        company: &Arc<Roster>,
    ) -> Result<Self, StartError> {
        privileges::restrict()?;
        let config_file = start::config_file(config_file)?;
        let state_dir = start::state_dir(&config_file, build)?;
        if let Some(owner) = host::foreign_owner(&state_dir) {
            return Err(StartError::Foreign {
                path: state_dir,
                owner,
            });
        }
        let files: Arc<dyn Files> = Arc::new(RealFiles);
        if state_dir.is_dir() {
            start::recover(files.as_ref(), &state_dir)?;
        }
        Ok(Self {
            build: *build,
            company: Arc::clone(company),
            config_file,
            files,
            state_dir,
        })
    }

    /// Reads its configuration: as what it starts, and what its way back is judged from.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the configuration is wrong or there is no safe way to start with it.
    pub fn read(self) -> Result<Foundation, StartError> {
        let (mode, resolved) = start::configuration(&self.config_file, &self.build)?;
        let identity = start::identity(&resolved.settings)?;
        Ok(Foundation {
            build: self.build,
            company: self.company,
            config_file: self.config_file,
            files: self.files,
            state_dir: self.state_dir,
            mode,
            identity,
            resolved,
        })
    }
}

/// What the way of a node back to a provisioner is judged from.
#[must_use]
pub fn ground(foundation: &Foundation) -> Ground {
    let resolver = foundation.resolved.settings.muster.resolver.as_ref();
    let resolver = material::resolver(resolver);
    Ground {
        build: foundation.build,
        agent: foundation.company.provisions(&foundation.build),
        files: Arc::clone(&foundation.files),
        config_file: foundation.config_file.clone(),
        state_dir: foundation.state_dir.clone(),
        identity: foundation.identity.clone(),
        brokers: material::provisioning_targets(&foundation.build, resolver),
        starts,
    }
}

/// As what a node would start with a main file (none: without one), everything else being as it is now.
///
/// # Errors
///
/// What would end the start.
pub fn starts(
    config_file: &Path,
    build: &BuildInfo,
    main: Option<&Source>,
) -> Result<StartsAs, NoStart> {
    let sources = Sources {
        main: main.cloned(),
        ..configuration::read(config_file)?
    };
    match start::decide(&sources, config_file, build)? {
        (Mode::Normal(_), _) => Ok(StartsAs::Normal),
        (Mode::Provisioning(_), _) => {
            material::provisioning_policy(build)?;
            Ok(StartsAs::Waiting)
        }
    }
}

/// What would end a start with settings that are good in themselves, on this machine and as this user: no brokers,
/// or certificate, key and CA that cannot be used. Whether a broker takes them only a connection tells.
///
/// # Errors
///
/// What would end the start.
pub fn would_start(mode: Mode, settings: &Settings, build: &BuildInfo) -> Result<(), StartError> {
    let identity = start::identity(settings)?;
    protection(mode, settings, build, identity.as_str()).map_err(StartError::Connection)
}

fn protection(
    mode: Mode,
    settings: &Settings,
    build: &BuildInfo,
    identity: &str,
) -> Result<(), MaterialError> {
    if mode.is_provisioning() {
        return material::provisioning_policy(build).map(drop);
    }
    let resolver = material::resolver(settings.muster.resolver.as_ref());
    material::normal_targets(settings, identity, resolver)?;
    let owner = host::owner(identity);
    match material::needs(build, settings, &owner)? {
        Needs::Nothing(_) => Ok(()),
        Needs::Certificates(files) => material::load(&files, &settings.security.terms()).map(drop),
    }
}

/// Why a node in this mode would deny every action, whatever the policies say.
#[must_use]
pub fn would_deny(mode: Mode, settings: &Settings) -> Option<String> {
    guard::closed(mode, &settings.authorization)
}
