//! `run`: the daemon.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use muster::build_info::BuildInfo;
use muster::os::files::RealFiles;
use muster::os::host;
use muster::os::privileges;
use muster::report::Exit;
use muster::telemetry;
use muster::telemetry::Level;
use tokio::runtime::Builder;

use super::error::CliError;
use crate::config;
use crate::config::Loaded;
use crate::engine;
use crate::engine::Options;

/// `run --config FILE`, with the flags of the reference.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct RunArgs {
    /// Configuration file of the provisioner
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Configuration file of the connection to the broker: that of a client
    #[arg(long, value_name = "FILE")]
    pub choria_config: Option<PathBuf>,
    /// Write the id of the process to this file
    #[arg(long, value_name = "FILE")]
    pub pid: Option<PathBuf>,
}

/// Runs the provisioner until it is told to stop.
pub(super) fn run(args: &RunArgs, debug: bool, build: &BuildInfo) -> Result<Exit, CliError> {
    privileges::restrict()?;
    let Loaded { config, warnings } = config::load(&args.config)?;
    let level = if debug { Level::Debug } else { config.level };
    let logging = telemetry::start(level, config.log.clone())?;
    for warning in &warnings {
        tracing::warn!(%warning, "about the configuration");
    }
    let pid = args.pid.as_deref().map(PidFile::write).transpose()?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(THREADS)
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    let options = Options {
        config,
        client_config: args.choria_config.clone(),
        logging,
        build: *build,
    };
    runtime.block_on(async {
        let engine = engine::build(options).await?;
        engine.run().await;
        Ok::<(), CliError>(())
    })?;
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    drop(pid);
    Ok(Exit::Ok)
}

/// Removed when the provisioner ends, however it ends.
#[derive(Debug)]
struct PidFile(PathBuf);

impl PidFile {
    fn write(path: &Path) -> Result<Self, CliError> {
        host::write_pid_file(&RealFiles, path).map_err(|err| CliError::PidFile {
            path: path.to_owned(),
            err,
        })?;
        Ok(Self(path.to_owned()))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if let Err(reason) = std::fs::remove_file(&self.0) {
            tracing::debug!(%reason, "the file with the process id was not removed");
        }
    }
}

/// What one node costs is mostly signatures; two threads do several thousand nodes a minute, more only cost memory.
const THREADS: usize = 2;
/// Disk and name server.
const BLOCKING_THREADS: usize = 4;
