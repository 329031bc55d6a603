//! `ping`: a sign of life from every node.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::error::OperatorError;
use super::filter::FilterArgs;
use super::nodes;
use super::render::Elapsed;
use super::render::json_line;
use crate::client::Found;
use crate::client::Patience;
use crate::client::Search;
use crate::client::Surroundings;
use crate::client::Wire;
use crate::report::Exit;

#[derive(Debug, Args)]
pub(in crate::cli) struct PingArgs {
    #[command(flatten)]
    pub(super) filter: FilterArgs,
    /// How long to wait for answers, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(super) timeout: Option<u64>,
    /// Print the statistics only
    #[arg(long, conflicts_with_all = ["names", "json"])]
    pub(super) silent: bool,
    /// Print the names only
    #[arg(long, conflicts_with = "json")]
    pub(super) names: bool,
    /// Print a JSON list
    #[arg(long, short)]
    pub(super) json: bool,
    /// Wait for so many answers at most, and fail with fewer
    #[arg(long, value_name = "COUNT")]
    pub(super) expect: Option<usize>,
    /// Understood for the sake of old scripts
    #[arg(long, hide = true, value_name = "COUNT")]
    pub(super) workers: Option<usize>,
}

#[derive(Serialize)]
struct Line<'a> {
    identity: &'a str,
    time_ms: u128,
}

pub(super) async fn run<W: Wire, S: Surroundings>(
    args: &PingArgs,
    context: &Context<'_, W, S>,
    out: &mut dyn Write,
) -> Result<Exit, OperatorError> {
    nodes::chosen_by_filter(&args.filter, "ping", context)?;
    let mut search = nodes::search(&args.filter, context)?;
    search.expect = args.expect;
    if let Some(timeout) = args.timeout {
        search.patience = Patience::fixed(Duration::from_secs(timeout));
    }
    let (found, took) = listen(args, context, &search, out).await?;
    if args.json {
        let lines: Vec<_> = found.iter().map(line).collect();
        json_line(out, &lines)?;
    } else if !args.names && !found.is_empty() {
        statistics(&found, context.started.elapsed().saturating_sub(took), out)?;
    }
    match (args.expect, found.len()) {
        (_, 0) => Err(OperatorError::NoResponses),
        (Some(expected), received) if received < expected => {
            Err(OperatorError::TooFew { received, expected })
        }
        _ => Ok(Exit::Ok),
    }
}

/// Prints each node as it answers.
async fn listen<W: Wire, S: Surroundings>(
    args: &PingArgs,
    context: &Context<'_, W, S>,
    search: &Search,
    out: &mut dyn Write,
) -> Result<(Vec<Found>, Duration), OperatorError> {
    let mut found = Vec::new();
    let mut written = Ok(());
    let discovered = context
        .client
        .discover(search, |node| {
            if written.is_ok() {
                written = print(args, &node, out);
            }
            found.push(node);
        })
        .await?;
    written?;
    Ok((found, discovered.took))
}

fn print(args: &PingArgs, node: &Found, out: &mut dyn Write) -> std::io::Result<()> {
    if args.names {
        writeln!(out, "{}", node.identity)?;
    } else if !args.silent && !args.json {
        writeln!(
            out,
            "{:<40} time={} ms",
            node.identity.as_str(),
            node.after.as_millis()
        )?;
    }
    out.flush()
}

fn line(node: &Found) -> Line<'_> {
    Line {
        identity: node.identity.as_str(),
        time_ms: node.after.as_millis(),
    }
}

/// `overhead` is what the command took besides waiting: configuration, connection.
fn statistics(found: &[Found], overhead: Duration, out: &mut dyn Write) -> std::io::Result<()> {
    let times = || found.iter().map(|node| node.after);
    let count = u32::try_from(found.len()).unwrap_or(u32::MAX).max(1);
    let sum: Duration = times().sum();
    writeln!(out, "\n\n---- ping statistics ----")?;
    writeln!(
        out,
        "{} replies max: {} min: {} avg: {} overhead: {}",
        found.len(),
        Elapsed::rounded(times().max().unwrap_or_default()),
        Elapsed::rounded(times().min().unwrap_or_default()),
        Elapsed::rounded(sum / count),
        Elapsed::rounded(overhead),
    )
}
