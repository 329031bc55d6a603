//! `check`: whether `run` would work, told before it has to.

use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use muster::build_info::BuildInfo;
use muster::report::Chain;
use muster::report::Exit;
use muster::transport::Handle;
use muster::transport::State;
use nix::unistd::AccessFlags;
use nix::unistd::access;
use tokio::runtime::Builder;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::error::CliError;
use crate::config;
use crate::config::Config;
use crate::config::Helper;
use crate::config::Loaded;
use crate::connection::Prepared;
use crate::drive::Decider;

/// `check --config FILE`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CheckArgs {
    /// Configuration file of the provisioner
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Configuration file of the connection to the broker: that of a client
    #[arg(long, value_name = "FILE")]
    pub choria_config: Option<PathBuf>,
    /// Leave the broker alone
    #[arg(long)]
    pub offline: bool,
}

/// Looks at everything that a start needs, and says what it found.
pub(super) fn run(
    args: &CheckArgs,
    build: &BuildInfo,
    out: &mut dyn Write,
) -> Result<Exit, CliError> {
    let file = args.config.as_path();
    let Loaded { config, warnings } = config::load(file)?;
    for warning in &warnings {
        writeln!(out, "warning: {warning}")?;
    }
    writeln!(out, "good: the configuration {}", file.display())?;
    let decider = match Decider::open(&config) {
        Ok(_) => {
            let what = match &config.helper {
                Helper::Program(words) => words.first().cloned().unwrap_or_default(),
                Helper::Builtin(builtin) => format!(
                    "the authority in {} and the template {}",
                    builtin.ca_dir.display(),
                    builtin.template.display()
                ),
            };
            writeln!(out, "good: the helper, {what}")?;
            Verdict::Good
        }
        Err(err) => bad(out, "the helper", &err)?,
    };
    let places = places(&config, out)?;
    let connection = connection(args, &config, build, out)?;
    Ok(match (decider, places, connection) {
        (Verdict::Good, Verdict::Good, Verdict::Good) => Exit::Ok,
        (Verdict::Bad, _, _) => Exit::Config,
        (Verdict::Good, Verdict::Bad, _) => Exit::CannotCreate,
        (Verdict::Good, Verdict::Good, Verdict::Bad) => Exit::Unavailable,
    })
}

/// The directories that `run` writes to, which it creates where they are missing.
fn places(config: &Config, out: &mut dyn Write) -> Result<Verdict, CliError> {
    let socket = config.socket.parent();
    let mut verdict = Verdict::Good;
    for directory in [Some(config.state_dir.as_path()), socket]
        .into_iter()
        .flatten()
    {
        if let Err(err) = writable(directory) {
            let what = format!("the directory {}", directory.display());
            verdict = bad(out, &what, &err)?;
        } else {
            writeln!(out, "good: the directory {}", directory.display())?;
        }
    }
    Ok(verdict)
}

/// Whether a directory can be written to, or made.
fn writable(directory: &Path) -> io::Result<()> {
    let there = directory.ancestors().find(|path| path.exists());
    let there = there.ok_or(io::ErrorKind::NotFound)?;
    if !there.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    access(there, AccessFlags::W_OK | AccessFlags::X_OK)?;
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Bad,
}

fn bad(
    out: &mut dyn Write,
    what: &str,
    err: &(dyn std::error::Error + 'static),
) -> Result<Verdict, CliError> {
    writeln!(out, "bad: {what}: {}", Chain(err))?;
    Ok(Verdict::Bad)
}

fn connection(
    args: &CheckArgs,
    config: &Config,
    build: &BuildInfo,
    out: &mut dyn Write,
) -> Result<Verdict, CliError> {
    let prepared = match Prepared::new(config, args.choria_config.as_deref(), build) {
        Ok(prepared) => prepared,
        Err(err) => return bad(out, "the connection", &err),
    };
    writeln!(
        out,
        "good: certificates and brokers, for {}",
        prepared.caller()
    )?;
    if args.offline {
        return Ok(Verdict::Good);
    }
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    let states = runtime.block_on(async {
        let tasks = TaskTracker::new();
        let connection = prepared.connect(config, "check", &tasks)?;
        let mut states = vec![("the broker", settled(&connection.handle).await)];
        if let Some(production) = &connection.production {
            let state = settled(&production.handle).await;
            states.push(("the broker of the production network", state));
        }
        Ok::<_, CliError>(states)
    })?;
    let mut verdict = Verdict::Good;
    for (which, state) in states {
        let why = match state {
            State::Connected { server, .. } => {
                writeln!(out, "good: {which}, {server}")?;
                continue;
            }
            State::Connecting { last_error, .. } => last_error,
            State::Closed => None,
        };
        let why = why.unwrap_or_else(|| "no answer".to_owned());
        writeln!(out, "bad: {which} does not let this provisioner in: {why}")?;
        verdict = Verdict::Bad;
    }
    Ok(verdict)
}

/// Where a connection stands once it is made or its time is over; it is closed.
async fn settled(handle: &Handle) -> State {
    let mut state = handle.state();
    // a silence and a refusal both end as what the connection says of itself
    match timeout(PATIENCE, state.wait_for(State::is_connected)).await {
        Ok(Ok(_) | Err(_)) | Err(_) => {}
    }
    let settled = state.borrow().clone();
    match handle.close(LEAVE).await {
        // the verdict is known; how the connection ends does not change it
        Ok(()) | Err(_) => {}
    }
    settled
}

/// Time for a broker to answer.
const PATIENCE: Duration = Duration::from_secs(5);
const LEAVE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_can_be_made_is_good_and_one_below_a_file_is_not() {
        let home = tempfile::tempdir().unwrap();
        writable(home.path()).unwrap();
        writable(&home.path().join("not/yet/there")).unwrap();
        let file = home.path().join("file");
        std::fs::File::create(&file).unwrap();
        let err = writable(&file.join("below")).unwrap_err();
        assert_eq!(err.kind(), io::ErrorKind::NotADirectory);
    }
}
