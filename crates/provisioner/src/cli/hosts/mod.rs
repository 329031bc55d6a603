//! `hosts`: every node, and why it waits.

mod changes;
mod selection;
mod sheet;
mod watch;

use std::io;
use std::io::IsTerminal as _;
use std::io::Write;

use clap::Args;
use muster::report::Exit;
use regex::Regex;

use crate::cli::error::CliError;
use crate::cli::hosts::selection::Selection;
use crate::cli::socket::SocketArgs;
use crate::control::Answer;
use crate::control::Command;
use crate::control::STANDINGS;
use crate::control::word;
use crate::table::Standing;

#[derive(Debug, Args)]
pub(super) struct HostsArgs {
    /// Only nodes whose name matches this regular expression
    #[arg(value_name = "PATTERN")]
    pub(super) pattern: Option<Regex>,
    /// Only nodes in this state; may be given several times
    #[arg(long, value_name = "STATE", value_parser = standing)]
    pub(super) state: Vec<Standing>,
    /// Keep showing them until interrupted; lists what changes where the output is no terminal
    #[arg(long, short)]
    pub(super) watch: bool,
    /// Print a JSON document; with --watch one on each line, every second
    #[arg(long, short)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) socket: SocketArgs,
}

pub(super) fn run(args: &HostsArgs, out: &mut dyn Write) -> Result<Exit, CliError> {
    let selection = Selection {
        pattern: args.pattern.clone(),
        states: args.state.clone(),
    };
    if args.watch {
        return watch::run(args, &selection, out);
    }
    let Answer::Hosts { rows } = args.socket.ask(&Command::Hosts)? else {
        return Err(CliError::OtherAnswer);
    };
    let known = rows.len();
    let rows = selection.of(rows);
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &rows).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        let width = screen().map(|screen| screen.width);
        write!(out, "{}", sheet::render(&rows, known, width))?;
    }
    Ok(Exit::Ok)
}

/// The terminal that is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Screen {
    width: u16,
    height: u16,
}

/// Nothing where the output is no terminal.
fn screen() -> Option<Screen> {
    let out = io::stdout();
    if !out.is_terminal() {
        return None;
    }
    let (width, height) = terminal_size::terminal_size_of(&out)
        .map_or((80, 24), |(width, height)| (width.0, height.0));
    Some(Screen { width, height })
}

fn standing(text: &str) -> Result<Standing, String> {
    STANDINGS
        .into_iter()
        .find(|standing| word(*standing) == text)
        .ok_or_else(|| format!("not one of {}", STANDINGS.map(word).join(", ")))
}

/// Rows for tests of this module.
#[cfg(test)]
pub(in crate::cli) fn row(identity: &str, standing: Standing) -> crate::table::Row {
    crate::table::Row {
        identity: identity.to_owned(),
        standing,
        why: format!("because of {identity}"),
        for_seconds: 75,
        known_seconds: 100,
        next_try_seconds: None,
        attempts: 1,
        failures: 0,
        last_error: None,
        deferred: None,
        source: crate::table::Source::Startup,
        step: None,
        becomes: None,
        took_ms: None,
    }
}
