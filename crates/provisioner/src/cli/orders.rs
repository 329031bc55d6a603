//! `pause`, `resume`, `drain`, `retry` and `approve`: commands that change something and say what.

use std::io::Write;

use clap::Args;
use muster::protocol::names::Identity;
use muster::report::Exit;

use crate::cli::error::CliError;
use crate::cli::socket::SocketArgs;
use crate::cli::words::printable;
use crate::control::Answer;
use crate::control::Command;
use crate::control::Reason;

#[derive(Debug, Args)]
pub(super) struct PauseArgs {
    /// Why, for whoever wonders later
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<Reason>,
    #[command(flatten)]
    pub(super) socket: SocketArgs,
}

#[derive(Debug, Args)]
pub(super) struct NodeArgs {
    /// The node
    #[arg(value_name = "ID")]
    pub(super) identity: Identity,
    #[command(flatten)]
    pub(super) socket: SocketArgs,
}

pub(super) fn pause(args: &PauseArgs, out: &mut dyn Write) -> Result<Exit, CliError> {
    let reason = args.reason.clone();
    order(&args.socket, &Command::Pause { reason }, out)
}

pub(super) fn resume(args: &SocketArgs, out: &mut dyn Write) -> Result<Exit, CliError> {
    order(args, &Command::Resume, out)
}

pub(super) fn drain(args: &SocketArgs, out: &mut dyn Write) -> Result<Exit, CliError> {
    order(args, &Command::Drain, out)
}

pub(super) fn retry(args: &NodeArgs, out: &mut dyn Write) -> Result<Exit, CliError> {
    let identity = args.identity.clone();
    order(&args.socket, &Command::Retry { identity }, out)
}

pub(super) fn approve(args: &NodeArgs, out: &mut dyn Write) -> Result<Exit, CliError> {
    let identity = args.identity.clone();
    order(&args.socket, &Command::Approve { identity }, out)
}

fn order(socket: &SocketArgs, command: &Command, out: &mut dyn Write) -> Result<Exit, CliError> {
    let Answer::Done { message } = socket.ask(command)? else {
        return Err(CliError::OtherAnswer);
    };
    writeln!(out, "{}", printable(&message))?;
    Ok(Exit::Ok)
}
