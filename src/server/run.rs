//! Runs a node: starts, builds, runs, and ends or starts anew (see [`crate::server`]).

use std::sync::Arc;
use std::time::Duration;

use super::build::build;
use super::daemon::Ended;
use super::mode::Mode;
use super::start;
use super::start::Foundation;
use super::start::Options;
use super::start::Start;
use super::start::StartError;
use crate::build_info::BuildInfo;
use crate::company::Roster;
use crate::os::signals;
use crate::report::Chain;
use crate::report::Exit;

/// Runs a node until it ends.
///
/// # Errors
///
/// [`StartError`] when it cannot start; once it runs, it does not fail.
pub fn run(options: &Options, info: &BuildInfo, company: &Arc<Roster>) -> Result<Exit, StartError> {
    let ended = live(options, info, company);
    if let Err(err) = &ended {
        // whoever called reads it on standard error; whoever comes later reads the log, where there is one by now
        tracing::error!(reason = %Chain(err), "cannot start");
    }
    ended
}

fn live(options: &Options, info: &BuildInfo, company: &Arc<Roster>) -> Result<Exit, StartError> {
    let start = start::prepare(options, info, company)?;
    announce(&start.foundation);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_stack_size(BLOCKING_STACK)
        .thread_keep_alive(Duration::from_secs(2))
        .build()
        .map_err(StartError::Runtime)?;
    let ended = runtime.block_on(async {
        let daemon = build(&start)?;
        Ok::<Ended, StartError>(daemon.run().await)
    })?;
    // a blocking call that hangs must not keep the process
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(end(start, ended))
}

/// Starts anew in place, or ends.
fn end(start: Start, ended: Ended) -> Exit {
    match ended {
        Ended::Stopped => Exit::Ok,
        Ended::Restart if start.foundation.resolved.settings.muster.restart_exit_code => {
            Exit::TempFail
        }
        Ended::Restart => {
            let program = start.program.clone();
            if let Err(err) = signals::hold_hangup() {
                tracing::debug!(reason = %Chain(&err), "a hangup during the restart would end the node");
            }
            // the new process takes the lock itself
            drop(start);
            match program.reexec() {
                Ok(never) => match never {},
                Err(err) => {
                    tracing::error!(reason = %Chain(&err), "could not restart in place, a supervisor must start the node anew");
                    Exit::TempFail
                }
            }
        }
    }
}

fn announce(start: &Foundation) {
    let (reason, mode) = match start.mode {
        Mode::Provisioning(why) | Mode::Normal(why) => (why.to_string(), start.mode.name()),
    };
    tracing::info!(
        version = start.build.version,
        config = %start.config_file.display(),
        identity = start.identity.as_str(),
        mode,
        reason,
        "muster starting"
    );
    for member in start.company.members() {
        tracing::info!(
            agent = member.name(),
            source = member.krate,
            version = member.version,
            origin = member.origin,
            "an agent of the company is compiled in"
        );
    }
    let provisioning = &start.build.provisioning;
    if start.mode.is_provisioning() && provisioning.tokens.is_empty() {
        tracing::warn!(
            "this build has no provisioning token: anyone who reaches the broker may provision this node"
        );
    }
}

/// Threads for key generation and slow token verification.
const BLOCKING_THREADS: usize = 2;
/// Their stacks, in bytes; key generation and Argon2 keep their memory on the heap.
const BLOCKING_STACK: usize = 256 * 1024;
