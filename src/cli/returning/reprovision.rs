//! `reprovision`: sends this machine's node back to a provisioner, after the same proofs as the action over the network.

use std::io::Write;

use super::ReturnArgs;
use super::ReturnError;
use super::done;
use super::found;
use super::question::Person;
use crate::agents::provision;
use crate::agents::provision::Asked;
use crate::agents::provision::Ground;
use crate::agents::provision::Way;
use crate::agents::provision::WayBack;
use crate::agents::provision::WayBackError;
use crate::cli::Program;
use crate::cli::error::CliError;
use crate::os::clock::Clock as _;
use crate::os::clock::SystemClock;
use crate::os::lock::Lock;
use crate::os::transaction;
use crate::os::transaction::Follows;
use crate::os::transaction::TransactionError;
use crate::report::Exit;
use crate::server::beside;
use crate::server::status::rfc3339;

/// Sends the node back.
pub(in crate::cli) fn run(
    args: &ReturnArgs,
    program: &Program<'_>,
    person: &mut Person<'_>,
    out: &mut dyn Write,
) -> Result<Exit, CliError> {
    // what is in place from here on is what is judged
    let (node, generations) = found(args, program, person)?;
    let node = node.read()?;
    let ground = beside::ground(&node);
    let now = SystemClock.now();
    let way = if node.mode.is_provisioning() {
        Way::Taken
    } else {
        prove(&ground, now)?
    };
    let way = match way {
        Way::Open(way) => way,
        Way::Taken => {
            writeln!(
                out,
                "{} waits for a provisioner already, nothing has changed",
                ground.identity
            )?;
            return Ok(Exit::Ok);
        }
    };
    rehearse(&ground, &way)?;
    tell(&ground, &way, out)?;
    if !person.agrees("Send it back?", args.consent(), out)? {
        writeln!(out, "Nothing has changed.")?;
        return Ok(Exit::Negative);
    }
    let committed = generations
        .commit(way.transaction(now), Follows::ByItself)
        .map_err(|err| ReturnError::WayBack(WayBackError::Write(err)))?;
    done(&committed, out)?;
    Ok(Exit::Ok)
}

fn prove(ground: &Ground, now: i64) -> Result<Way, ReturnError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ReturnError::Runtime)?;
    let header = format!(
        "configuration file written by muster reprovision at {}",
        rfc3339(now)
    );
    let proved = runtime.block_on(provision::prove(ground, Asked::OnTheMachine, &header));
    // a lookup that hangs must not keep the process
    runtime.shutdown_background();
    Ok(proved?)
}

fn rehearse(ground: &Ground, way: &WayBack) -> Result<(), ReturnError> {
    transaction::prepare_state_dir(ground.files.as_ref(), &ground.state_dir)
        .map_err(WayBackError::Write)?;
    let locked = |err| WayBackError::Write(TransactionError::Locked(err));
    let _writing = Lock::to_write(&ground.state_dir, transaction::PATIENCE).map_err(locked)?;
    Ok(way.rehearse(ground)?)
}

fn tell(ground: &Ground, way: &WayBack, out: &mut dyn Write) -> Result<(), CliError> {
    let brokers: Vec<String> = way.brokers.iter().map(ToString::to_string).collect();
    let domain = ground.build.provisioning.srv_domain;
    let found = match domain.filter(|_| ground.build.provisioning.brokers.is_empty()) {
        Some(domain) => format!(", as DNS says for {domain}"),
        None => String::new(),
    };
    writeln!(
        out,
        "This node leaves its fleet and waits for a provisioner.\n"
    )?;
    writeln!(out, "  identity   {}, as now", ground.identity)?;
    writeln!(out, "  waits at   {}{found}", brokers.join(", "))?;
    if ground.build.provisioning.tokens.is_empty() {
        writeln!(
            out,
            "  token      none: anyone who reaches the broker may provision it"
        )?;
    }
    writeln!(out, "  replaced   {}", way.target.display())?;
    writeln!(out, "  untouched  certificates, keys, tokens and policies")?;
    writeln!(
        out,
        "  way back   muster rollback --config {}\n",
        ground.config_file.display()
    )?;
    Ok(())
}
