//! `facts`: the values of one fact over the fleet.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use super::context::Context;
use super::error::OperatorError;
use super::filter::FilterArgs;
use super::nodes;
use super::progress::Progress;
use super::render::Footer;
use super::render::json_line;
use super::render::plain;
use super::render::table;
use crate::client::Call;
use crate::client::Stats;
use crate::client::Surroundings;
use crate::client::Wire;
use crate::protocol::body::StatusCode;
use crate::protocol::filter::Filter;
use crate::protocol::names::Identity;
use crate::report::Exit;

#[derive(Debug, Args)]
pub(in crate::cli) struct FactsArgs {
    /// Path of the fact, such as os.family
    pub(super) fact: String,
    #[command(flatten)]
    pub(super) filter: FilterArgs,
    /// How long nodes may take to answer, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(super) timeout: Option<u64>,
    /// Print a JSON document
    #[arg(long, short)]
    pub(super) json: bool,
    /// Print a table
    #[arg(long, short, conflicts_with = "json")]
    pub(super) table: bool,
    /// Show which nodes have each value
    #[arg(long = "show-nodes", visible_alias = "nodes-of", short = 'n')]
    pub(super) show_nodes: bool,
    /// Most frequent first
    #[arg(long, short)]
    pub(super) reverse: bool,
    /// Show which nodes have each value, and statistics
    #[arg(long, short)]
    pub(super) verbose: bool,
}

#[derive(Debug, Default, Serialize)]
struct Having {
    count: usize,
    identities: Vec<String>,
}

pub(super) async fn run<W: Wire, S: Surroundings>(
    args: &FactsArgs,
    context: &Context<'_, W, S>,
    out: &mut dyn Write,
) -> Result<Exit, OperatorError> {
    let agent = nodes::agent("rpcutil")?;
    let found = nodes::find(&args.filter, &agent, context).await?;
    if found.nodes.is_empty() {
        return Err(OperatorError::NoNodes);
    }
    let call = Call {
        agent,
        action: "get_fact".to_owned(),
        data: Map::from_iter([("fact".to_owned(), args.fact.clone().into())]),
        collective: args.filter.collective(&context.settings.main_collective)?,
        filter: Filter::default(),
        timeout: Duration::from_secs(args.timeout.unwrap_or(2)),
        batch: None,
    };
    let (mut values, stats) = ask(args, &call, &found.nodes, context).await?;
    if values.is_empty() {
        return Err(OperatorError::NoResponses);
    }
    for having in values.values_mut() {
        having.identities.sort_unstable();
    }
    if args.json {
        json_line(out, &values)?;
        return Ok(Exit::Ok);
    }
    let mut rows: Vec<_> = values.into_iter().collect();
    rows.sort_by_key(|(_, having)| having.count);
    if args.reverse {
        rows.reverse();
    }
    if args.table {
        print_table(args, &rows, out)?;
        return Ok(Exit::Ok);
    }
    print_report(args, &rows, out)?;
    Footer {
        stats: &stats,
        discovery: found.took,
        verbose: args.verbose,
    }
    .print(out)?;
    Ok(Exit::Ok)
}

/// Which nodes have which value.
async fn ask<W: Wire, S: Surroundings>(
    args: &FactsArgs,
    call: &Call,
    nodes: &[Identity],
    context: &Context<'_, W, S>,
) -> Result<(BTreeMap<String, Having>, Stats), OperatorError> {
    let progress = Progress::new((context.interactive && !args.json).into(), nodes.len());
    let mut values: BTreeMap<String, Having> = BTreeMap::new();
    let stats = context
        .client
        .call(call, nodes, |answer| {
            progress.step();
            if answer.reply.statuscode == StatusCode::Ok {
                let value = answer.reply.data.get("value").unwrap_or(&Value::Null);
                let having = values.entry(plain(value)).or_default();
                having.count = having.count.saturating_add(1);
                having.identities.push(answer.sender.as_str().to_owned());
            }
        })
        .await?;
    progress.finish();
    Ok((values, stats))
}

fn print_table(
    args: &FactsArgs,
    rows: &[(String, Having)],
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let nodes = args.show_nodes || args.verbose;
    let mut head = vec!["Fact", "Matches"];
    head.extend(nodes.then_some("Nodes"));
    let rows = rows.iter().map(|(value, having)| {
        let mut row = vec![value.clone(), having.count.to_string()];
        row.extend(nodes.then(|| having.identities.join("\n")));
        row
    });
    writeln!(out, "{}", table(&head, rows))
}

fn print_report(
    args: &FactsArgs,
    rows: &[(String, Having)],
    out: &mut dyn Write,
) -> std::io::Result<()> {
    writeln!(out, "Report for fact: {}\n", args.fact)?;
    let width = rows
        .iter()
        .map(|(value, _)| value.chars().count())
        .max()
        .unwrap_or(0);
    for (value, having) in rows {
        writeln!(out, "  {value:width$} found {} times", having.count)?;
        if args.show_nodes || args.verbose {
            writeln!(out)?;
            for node in &having.identities {
                writeln!(out, "    {node}")?;
            }
            writeln!(out)?;
        }
    }
    writeln!(out)
}
