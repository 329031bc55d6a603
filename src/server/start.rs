//! What can fail at a start, as far as it is about this machine; `run` prepares the connection and makes the agents next,
//! and after that there is only running and draining.
//!
//! The order: give up what is not needed, find the state directory, take the lock, finish or discard what a crash left,
//! read the configuration, decide the mode, start logging, find the identity, write the process id.

mod error;

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

pub use error::StartError;

use super::mode;
use super::mode::Mode;
use crate::build_info::BuildInfo;
use crate::company::Roster;
use crate::config::ConfigError;
use crate::config::Defaults;
use crate::config::Raw;
use crate::config::Resolved;
use crate::config::Settings;
use crate::config::Warning;
use crate::config::choices::LogLevel;
use crate::config::choices::LogTarget;
use crate::config::choices::SecurityProvider;
use crate::config::default_identity;
use crate::config::provisioning;
use crate::os::configuration;
use crate::os::configuration::Sources;
use crate::os::exec::Program;
use crate::os::files::Files;
use crate::os::files::RealFiles;
use crate::os::host;
use crate::os::lock::Lock;
use crate::os::privileges;
use crate::os::signals;
use crate::os::transaction;
use crate::os::transaction::InPlace;
use crate::os::transaction::Recovery;
use crate::protocol::names::Identity;
use crate::report::Chain;
use crate::telemetry;
use crate::telemetry::Destination;
use crate::telemetry::Level;
use crate::telemetry::LogError;
use crate::telemetry::Logging;

/// What the command line says.
#[derive(Debug, Clone)]
pub struct Options {
    /// The configuration file.
    pub config: PathBuf,
    /// Where the process id is written.
    pub pid: Option<PathBuf>,
    /// Log everything, to standard output.
    pub debug: bool,
}

/// A node that is ready to run.
#[derive(Debug)]
pub struct Start {
    /// What it is made of.
    pub foundation: Foundation,
    /// The running program.
    pub program: Program,
    /// The running logs.
    pub logging: Logging,
    /// Held as long as the process runs.
    pub lock: Lock,
    /// What was in place before anything was read.
    pub generation: InPlace,
}

/// What a node is made of: build, files, settings.
#[derive(Debug)]
pub struct Foundation {
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
    /// As what it starts, and why.
    pub mode: Mode,
    /// Who it is.
    pub identity: Identity,
    /// The settings in force.
    pub resolved: Resolved,
}

/// Prepares the node.
///
/// # Errors
///
/// [`StartError`] with what stands in the way.
pub fn prepare(
    options: &Options,
    build: &BuildInfo,
    company: &Arc<Roster>,
) -> Result<Start, StartError> {
    signals::hold_hangup().map_err(StartError::Signals)?;
    privileges::restrict()?;
    let program = Program::running()?;
    let config_file = config_file(&options.config)?;
    let files: Arc<dyn Files> = Arc::new(RealFiles);
    let state_dir = state_dir(&config_file, build)?;
    transaction::prepare_state_dir(files.as_ref(), &state_dir)?;
    let lock = Lock::take(&state_dir)?;
    let recovery = recover(files.as_ref(), &state_dir)?;
    let generation = InPlace::look(files.as_ref(), &state_dir);
    let (mode, mut resolved) = configuration(&config_file, build)?;
    resolved
        .warnings
        .retain(|warning| !is_known(warning, company));
    let settings = &resolved.settings;
    let logging = start_logging(settings, options.debug)?;
    report(&recovery, &resolved);
    let identity = identity(settings)?;
    if let Some(pid) = &options.pid {
        let pid = std::path::absolute(pid).map_err(|err| StartError::Path {
            path: pid.clone(),
            err,
        })?;
        host::write_pid_file(files.as_ref(), &pid).map_err(StartError::Pid)?;
    }
    let foundation = Foundation {
        build: *build,
        company: Arc::clone(company),
        config_file,
        files,
        state_dir,
        mode,
        identity,
        resolved,
    };
    Ok(Start {
        foundation,
        program,
        logging,
        lock,
        generation,
    })
}

/// Whether a warning is about a key that an agent of the company reads.
#[must_use]
pub fn is_known(warning: &Warning, company: &Roster) -> bool {
    matches!(warning, Warning::UnknownKey { key, .. } if company.owns_setting(key))
}

/// Finishes or discards what a crash left, while nobody else changes files of this node.
pub(super) fn recover(files: &dyn Files, state_dir: &Path) -> Result<Recovery, StartError> {
    let _writing = Lock::to_write(state_dir, transaction::PATIENCE)?;
    Ok(transaction::recover(files, state_dir)?)
}

/// The identity of these settings, or the one that this machine lends.
pub(super) fn identity(settings: &Settings) -> Result<Identity, StartError> {
    match &settings.identity {
        Some(identity) => Ok(identity.clone()),
        None => Ok(default_identity(
            &host::host_name()?,
            host::machine_id(Path::new("/")).as_deref(),
        )?),
    }
}

/// The configuration file under the real path of its directory: links above it are the administrator's and resolved once,
/// so that everything below is one set of names, whose lock and journal are found under any of them.
///
/// # Errors
///
/// [`StartError`] when there is no such directory.
pub fn config_file(given: &Path) -> Result<PathBuf, StartError> {
    let absolute = std::path::absolute(given).map_err(|err| StartError::Path {
        path: given.to_owned(),
        err,
    })?;
    let Some(name) = absolute.file_name() else {
        return Ok(absolute);
    };
    let directory = directory(&absolute);
    let real = RealFiles
        .canonicalize(directory)
        .map_err(|_| StartError::NoDirectory {
            path: directory.to_owned(),
        })?;
    Ok(real.join(name))
}

/// Reads the configuration and decides the mode: the settings are those of the mode.
///
/// # Errors
///
/// [`StartError`] when the configuration is wrong or there is no safe way to start with it.
pub fn configuration(
    config_file: &Path,
    build: &BuildInfo,
) -> Result<(Mode, Resolved), StartError> {
    decide(&configuration::read(config_file)?, config_file, build)
}

/// Decides the mode for files that were read, or that might be there.
pub(super) fn decide(
    sources: &Sources,
    config_file: &Path,
    build: &BuildInfo,
) -> Result<(Mode, Resolved), StartError> {
    let mut raw = sources.raw();
    raw.overlay_environment(configuration::variable);
    let resolved = resolve(&raw, build, config_file)?;
    let settings = &resolved.settings;
    let config = if sources.main.is_some() {
        let server_tokens = settings.security.provider == SecurityProvider::Choria
            || settings.security.server_anon_tls;
        mode::Config::Present {
            provision: settings.provision,
            server_tokens,
        }
    } else {
        mode::Config::Missing
    };
    let jwt = match build.provisioning.jwt_file {
        Some(path) if Path::new(path).exists() => mode::Jwt::Present,
        Some(_) | None => mode::Jwt::Absent,
    };
    let mode = mode::Situation::of(build, jwt, config)
        .decide()
        .map_err(|err| StartError::Refused {
            path: config_file.to_owned(),
            err,
        })?;
    match mode {
        Mode::Normal(_) => Ok((mode, resolved)),
        Mode::Provisioning(_) => {
            let raw = provisioning(&raw, &build.provisioning, directory(config_file));
            Ok((mode, resolve(&raw, build, config_file)?))
        }
    }
}

fn resolve(raw: &Raw, build: &BuildInfo, config_file: &Path) -> Result<Resolved, ConfigError> {
    let home = configuration::home();
    Settings::resolve(raw, &Defaults::new(build, config_file, home.as_deref()))
}

/// The state directory is needed before the configuration can be trusted to be whole. A configuration that is wrong
/// uses the default one: what a crash left is put right first, then the error is shown.
pub(super) fn state_dir(config_file: &Path, build: &BuildInfo) -> Result<PathBuf, StartError> {
    let directory = directory(config_file);
    if !directory.is_dir() {
        return Err(StartError::NoDirectory {
            path: directory.to_owned(),
        });
    }
    let configured = configuration::read(config_file).ok().and_then(|sources| {
        resolve(&sources.raw(), build, config_file)
            .ok()
            .map(|resolved| resolved.settings.muster.state_dir)
    });
    let path = configured.unwrap_or_else(|| directory.join(".muster"));
    std::path::absolute(&path).map_err(|err| StartError::Path { path, err })
}

fn directory(config_file: &Path) -> &Path {
    config_file.parent().unwrap_or_else(|| Path::new("/"))
}

fn start_logging(settings: &Settings, debug: bool) -> Result<Logging, LogError> {
    if debug {
        return telemetry::start(Level::Debug, Destination::Stdout);
    }
    let level = match settings.log_level {
        LogLevel::Debug => Level::Debug,
        LogLevel::Info => Level::Info,
        LogLevel::Warn => Level::Warn,
        LogLevel::Error | LogLevel::Fatal => Level::Error,
    };
    let destination = match &settings.log_target {
        LogTarget::Stdout => Destination::Stdout,
        LogTarget::Stderr => Destination::Stderr,
        LogTarget::Discard => Destination::Discard,
        LogTarget::File(path) => Destination::File(path.clone()),
    };
    telemetry::start(level, destination)
}

fn report(recovery: &Recovery, resolved: &Resolved) {
    match recovery {
        Recovery::Nothing => {}
        Recovery::Finished { generation } => {
            tracing::warn!(
                generation,
                "finished a configuration that an earlier process could not complete"
            );
        }
        Recovery::Discarded => {
            tracing::warn!("discarded a configuration that an earlier process had not decided on");
        }
        Recovery::Undone { err } => {
            let reason = err.as_ref().map(|err| Chain(err).to_string());
            tracing::error!(
                reason,
                "a configuration could not be completed, the previous one was put back"
            );
        }
        Recovery::SetAside { path } => {
            tracing::error!(journal = %path.display(), "an unreadable journal was set aside, check the files of this node");
        }
    }
    for warning in &resolved.warnings {
        tracing::warn!(%warning, "the configuration deserves a look");
    }
}
