//! `check`: whether `run` would work, told before it has to.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use muster::build_info::BuildInfo;
use muster::report::Chain;
use muster::report::Exit;
use muster::transport::Handle;
use muster::transport::State;
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
    let connection = connection(args, &config, build, out)?;
    Ok(match (decider, connection) {
        (Verdict::Good, Verdict::Good) => Exit::Ok,
        (Verdict::Bad, _) => Exit::Config,
        (Verdict::Good, Verdict::Bad) => Exit::Unavailable,
    })
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
