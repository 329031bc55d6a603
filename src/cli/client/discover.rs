//! `discover`: the nodes that match a filter.

use std::io::Write;

use clap::Args;

use super::context::Context;
use super::error::OperatorError;
use super::filter::FilterArgs;
use super::nodes;
use super::render::json_line;
use crate::client::Surroundings;
use crate::client::Wire;
use crate::report::Exit;

#[derive(Debug, Args)]
pub(in crate::cli) struct DiscoverArgs {
    #[command(flatten)]
    pub(super) filter: FilterArgs,
    /// Print a JSON list
    #[arg(long, short)]
    pub(super) json: bool,
    /// Say how many were found and how long it took
    #[arg(long, short)]
    pub(super) verbose: bool,
    /// Print nothing but the list
    #[arg(long)]
    pub(super) silent: bool,
}

/// Nobody found is an answer like any other.
pub(super) async fn run<W: Wire, S: Surroundings>(
    args: &DiscoverArgs,
    context: &Context<'_, W, S>,
    out: &mut dyn Write,
) -> Result<Exit, OperatorError> {
    let agent = nodes::agent("rpcutil")?;
    let found = nodes::find(&args.filter, &agent, context).await?;
    if args.json {
        let names: Vec<_> = found.nodes.iter().map(|node| node.as_str()).collect();
        json_line(out, &names)?;
        return Ok(Exit::Ok);
    }
    for node in &found.nodes {
        writeln!(out, "{node}")?;
    }
    if args.verbose && !args.silent {
        writeln!(
            out,
            "\nDiscovered {} nodes using the {} method in {:.2} seconds",
            found.nodes.len(),
            found.method,
            found.took.as_secs_f64()
        )?;
    }
    Ok(Exit::Ok)
}
