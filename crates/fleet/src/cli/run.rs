//! `muster-fleet run`: runs a fleet, shows its progress, prints its report.

use std::io;
use std::io::IsTerminal as _;
use std::io::Write as _;
use std::time::Duration;

use muster::report::Exit;
use muster::telemetry;
use muster::telemetry::Destination;
use muster::telemetry::LogError;
use tokio::signal::unix::Signal;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::time::Instant;
use tokio::time::MissedTickBehavior;
use tokio::time::interval;
use tokio::time::sleep_until;

use super::args::Goal;
use super::args::ReportForm;
use super::args::RunArgs;
use super::complain;
use crate::fleet::Fleet;
use crate::fleet::FleetError;
use crate::ledger::Progress;
use crate::options::Options;
use crate::report::Report;

/// Shown below the help.
pub(super) const AFTER_HELP: &str = "\
Files of nodes are written as durably as real ones, so their place should be memory; a node has about ten files there. \
Nodes that share a connection in production hear the collectives of the first of them that gets there, and use that \
connection whatever their configuration says of brokers and certificates, which must be usable all the same.

Ends with 0 when the goal was reached, the time was up or a signal came; with 1 when the goal was not reached within the \
limit. SIGTERM and SIGINT end the fleet and print the report.";

/// How a run is shown and when it ends.
#[derive(Debug, Clone, Copy)]
pub struct Watch {
    /// How long it runs.
    pub goal: Goal,
    /// When the goal is given up.
    pub limit: Duration,
    /// Who reads of its progress.
    pub progress: Show,
}

/// Whether something is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// A line every second, on standard error.
    EverySecond,
    /// Nothing.
    Nothing,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The goal was reached, or the time was up.
    Well,
    /// Somebody ended it.
    OnSignal,
    /// The goal was not reached in time.
    TooLate,
}

/// Why nothing ran.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The log cannot be written.
    #[error("cannot log")]
    Log(#[from] LogError),
    /// The system refuses threads or signals.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    /// There is no fleet.
    #[error(transparent)]
    Fleet(#[from] FleetError),
}

/// Runs a fleet to its end.
///
/// # Errors
///
/// [`RunError`] when it cannot be made.
pub async fn run(options: Options, watch: Watch) -> Result<(Report, Ended), RunError> {
    let listen = |kind| signal(kind).map_err(RunError::Runtime);
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let fleet = tokio::select! {
        fleet = Box::pin(Fleet::start(options)) => fleet?,
        () = either(&mut terminate, &mut interrupt) => return Err(FleetError::Interrupted.into()),
    };
    let ended = tokio::select! {
        ended = reach(&fleet, watch) => ended,
        () = either(&mut terminate, &mut interrupt) => Ended::OnSignal,
        () = show(&fleet, watch.progress) => Ended::OnSignal,
    };
    Ok((fleet.stop().await, ended))
}

/// Runs what the arguments say.
pub(super) fn main(args: RunArgs) -> Exit {
    let form = args.report;
    match live(args) {
        Ok((report, ended)) => {
            let text = match form {
                ReportForm::Text => report.to_string(),
                ReportForm::Json => serde_json::to_string(&report).unwrap_or_default() + "\n",
            };
            let printed = io::stdout().write_all(text.as_bytes());
            match (printed, ended) {
                (Err(_), _) => Exit::Io,
                (Ok(()), Ended::Well | Ended::OnSignal) => Exit::Ok,
                (Ok(()), Ended::TooLate) => Exit::Negative,
            }
        }
        Err(err) => {
            complain(&err);
            exit(&err)
        }
    }
}

fn live(args: RunArgs) -> Result<(Report, Ended), RunError> {
    let watch = Watch {
        goal: args.until,
        limit: args.limit.0,
        progress: if args.progress || io::stderr().is_terminal() {
            Show::EverySecond
        } else {
            Show::Nothing
        },
    };
    let _logging = telemetry::start(args.log.into(), Destination::Stderr)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(args.threads.into())
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(RunError::Runtime)?;
    runtime.block_on(Box::pin(run(args.options(), watch)))
}

const fn exit(err: &RunError) -> Exit {
    match err {
        RunError::Log(_) => Exit::CannotCreate,
        RunError::Runtime(_) => Exit::OsError,
        RunError::Fleet(err) => match err {
            FleetError::Options(_) => Exit::Usage,
            FleetError::Files(_) | FleetError::Protection(_) => Exit::OsError,
            FleetError::Keys(_) => Exit::NoInput,
            FleetError::Directory { .. } => Exit::CannotCreate,
            FleetError::NotConnected(_) => Exit::Unavailable,
            FleetError::Slow { .. } | FleetError::Interrupted => Exit::TempFail,
        },
    }
}

async fn reach(fleet: &Fleet, watch: Watch) -> Ended {
    match watch.goal {
        Goal::Forever => std::future::pending().await,
        Goal::For(time) => {
            sleep_until(Instant::now() + time).await;
            Ended::Well
        }
        Goal::Reached(until) => match fleet.wait_until(until, watch.limit).await {
            Ok(_) => Ended::Well,
            Err(_too_late) => Ended::TooLate,
        },
    }
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Never ends.
async fn show(fleet: &Fleet, progress: Show) {
    if progress == Show::Nothing {
        return std::future::pending().await;
    }
    let started = Instant::now();
    let mut tick = interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tick.tick().await;
        let line = line(started.elapsed(), &fleet.progress());
        // progress that nobody reads hinders nothing
        writeln!(io::stderr(), "{line}").ok();
    }
}

fn line(elapsed: Duration, progress: &Progress) -> String {
    format!(
        "{:>5} s  {} announced  {} asked  {} configured  {} in production  of {}  ({} failed)",
        elapsed.as_secs(),
        progress.announced,
        progress.asked,
        progress.configured,
        progress.production,
        progress.nodes,
        progress.failed
    )
}

/// Threads for keys and files: more of them than processors gain nothing where files are memory.
const BLOCKING_THREADS: usize = 4;
