//! Printing the answers in the form that was asked for.

use std::io;
use std::io::Write;
use std::time::Duration;

use super::args::DisplayChoice;
use super::args::ReqArgs;
use super::plan::Plan;
use crate::cli::client::render::Document;
use crate::cli::client::render::Footer;
use crate::cli::client::render::Sheet;
use crate::cli::client::render::Shown;
use crate::cli::client::render::json_line;
use crate::cli::client::render::summaries;
use crate::client::Answer;
use crate::client::Stats;
use crate::protocol::body::StatusCode;
use crate::rpc::ddl::Summary;

/// How the call went, and how long it took to find the nodes.
pub(super) struct Timing<'a> {
    pub(super) stats: &'a Stats,
    pub(super) discovery: Duration,
}

pub(super) fn print(
    args: &ReqArgs,
    plan: &Plan,
    answers: &[Answer],
    timing: &Timing<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if args.senders {
        return print_senders(args, answers, out);
    }
    let mut summary = plan.action.as_ref().map(Summary::new).unwrap_or_default();
    for answer in answers {
        summary.add(&answer.reply.data);
    }
    if args.json {
        let document = Document {
            agent: &args.agent,
            action: &args.action,
            answers,
            stats: timing.stats,
            discovery: timing.discovery,
            summaries: summary.json(),
        };
        return document.print(out);
    }
    let sheet = Sheet {
        action: plan.action.as_ref(),
        answers,
    };
    if args.jsonl {
        return Ok(());
    }
    if args.table {
        return sheet.table(out);
    }
    sheet.text(shown(args, plan), out)?;
    if args.silent {
        return Ok(());
    }
    summaries(&summary, out)?;
    Footer {
        stats: timing.stats,
        discovery: timing.discovery,
        verbose: args.verbose,
    }
    .print(out)
}

fn print_senders(args: &ReqArgs, answers: &[Answer], out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<_> = answers
        .iter()
        .filter(|answer| answer.reply.statuscode == StatusCode::Ok)
        .map(|answer| answer.sender.as_str())
        .collect();
    if args.json {
        return json_line(out, &names);
    }
    for name in names {
        writeln!(out, "{name}")?;
    }
    Ok(())
}

fn shown(args: &ReqArgs, plan: &Plan) -> Shown {
    match (args.display, &plan.action) {
        (Some(DisplayChoice::Ok), _) => Shown::Ok,
        (Some(DisplayChoice::Failed), _) => Shown::Failed,
        (Some(DisplayChoice::None), _) => Shown::None,
        (Some(DisplayChoice::All), _) | (None, None) => Shown::All,
        (None, Some(action)) => action.display.into(),
    }
}
