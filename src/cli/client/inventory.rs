//! `inventory`: what one node has and knows, or which collectives there are.

use std::collections::BTreeMap;
use std::io;
use std::io::Write;
use std::time::Duration;

use clap::Args;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;

use super::context::Context;
use super::error::OperatorError;
use super::filter::FilterArgs;
use super::nodes;
use super::render::columns;
use super::render::json_line;
use super::render::plain;
use super::render::table;
use crate::client::Call;
use crate::client::Surroundings;
use crate::client::Wire;
use crate::protocol::body::StatusCode;
use crate::protocol::filter::Filter;
use crate::protocol::names::Collective;
use crate::protocol::names::Identity;
use crate::report::Exit;

#[derive(Debug, Args)]
pub(in crate::cli) struct InventoryArgs {
    /// The node
    #[arg(required_unless_present = "collectives")]
    pub(super) identity: Option<String>,
    /// Count the nodes of each collective instead
    #[arg(long, conflicts_with = "identity")]
    pub(super) collectives: bool,
    #[command(flatten)]
    pub(super) filter: FilterArgs,
    /// How long nodes may take to answer, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(super) timeout: Option<u64>,
    /// Print a JSON document
    #[arg(long, short)]
    pub(super) json: bool,
}

pub(super) async fn run<W: Wire, S: Surroundings>(
    args: &InventoryArgs,
    context: &Context<'_, W, S>,
    out: &mut dyn Write,
) -> Result<Exit, OperatorError> {
    let collective = args.filter.collective(&context.settings.main_collective)?;
    let Some(text) = args.identity.as_ref() else {
        return collectives(args, &collective, context, out).await;
    };
    let node = Identity::new(text).map_err(|err| OperatorError::Name {
        text: text.clone(),
        err,
    })?;
    let nodes = [node];
    let (inventory, stats) = tokio::join!(
        ask(args, &collective, "inventory", &nodes, context),
        ask(args, &collective, "daemon_stats", &nodes, context),
    );
    let (inventory, stats) = (inventory?.pop(), stats?.pop());
    let inventory = inventory.ok_or(OperatorError::NoResponses)?;
    let stats = stats.unwrap_or_default();
    if args.json {
        json_line(
            out,
            &json!({"identity": text, "inventory": inventory, "daemon_stats": stats}),
        )?;
    } else {
        print(text, &inventory, &stats, out)?;
    }
    Ok(Exit::Ok)
}

async fn collectives<W: Wire, S: Surroundings>(
    args: &InventoryArgs,
    collective: &Collective,
    context: &Context<'_, W, S>,
    out: &mut dyn Write,
) -> Result<Exit, OperatorError> {
    let found = nodes::find(&args.filter, &nodes::agent("rpcutil")?, context).await?;
    if found.nodes.is_empty() {
        return Err(OperatorError::NoNodes);
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for data in ask(args, collective, "collective_info", &found.nodes, context).await? {
        for name in texts(data.get("collectives")) {
            let count = counts.entry(name).or_default();
            *count = count.saturating_add(1);
        }
    }
    if counts.is_empty() {
        return Err(OperatorError::NoResponses);
    }
    if args.json {
        json_line(out, &counts)?;
    } else {
        let rows = counts
            .iter()
            .map(|(name, count)| vec![name.clone(), count.to_string()]);
        writeln!(out, "{}", table(&["Collective", "Nodes"], rows))?;
    }
    Ok(Exit::Ok)
}

/// The data of successful answers.
async fn ask<W: Wire, S: Surroundings>(
    args: &InventoryArgs,
    collective: &Collective,
    action: &str,
    nodes: &[Identity],
    context: &Context<'_, W, S>,
) -> Result<Vec<Value>, OperatorError> {
    let call = Call {
        agent: nodes::agent("rpcutil")?,
        action: action.to_owned(),
        data: Map::new(),
        collective: collective.clone(),
        filter: Filter::default(),
        timeout: Duration::from_secs(args.timeout.unwrap_or(2)),
        batch: None,
    };
    let mut data = Vec::new();
    context
        .client
        .call(&call, nodes, |answer| {
            if answer.reply.statuscode == StatusCode::Ok {
                data.push(answer.reply.data);
            }
        })
        .await?;
    Ok(data)
}

fn print(identity: &str, inventory: &Value, stats: &Value, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "Inventory for {identity}\n\n  Choria Server Statistics:\n"
    )?;
    let mut version = plain(inventory.get("version").unwrap_or(&Value::Null));
    if inventory.get("upgradable").and_then(Value::as_bool) == Some(true) {
        version.push_str(" (upgradable during provisioning)");
    }
    let started = stats.get("starttime").and_then(Value::as_i64);
    let mut lines = vec![
        ("Version", version),
        ("Start Time", started.map(timestamp).unwrap_or_default()),
        ("Config File", text(stats, "configfile")),
        (
            "Collectives",
            texts(inventory.get("collectives")).join(", "),
        ),
        ("Main Collective", text(inventory, "main_collective")),
    ];
    lines.extend(COUNTERS.map(|(label, key)| (label, text(stats, key))));
    for (label, value) in lines {
        writeln!(out, "{label:>28}: {value}")?;
    }
    writeln!(out, "\n  Agents:\n")?;
    columns(out, &texts(inventory.get("agents")), 3)?;
    writeln!(out, "\n  Tagged Classes:\n")?;
    columns(out, &texts(inventory.get("classes")), 2)?;
    let machines = inventory.get("machines").and_then(Value::as_array);
    if let Some(machines) = machines.filter(|machines| !machines.is_empty()) {
        writeln!(out, "\n  Autonomous Agents:\n")?;
        for machine in machines {
            let line = ["name", "version", "state"]
                .map(|key| text(machine, key))
                .join(" ");
            writeln!(out, "    {line}")?;
        }
    }
    let facts = inventory.get("facts").unwrap_or(&Value::Null);
    writeln!(out, "\n  Facts:\n")?;
    for line in serde_json::to_string_pretty(facts)
        .unwrap_or_default()
        .lines()
    {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}

fn text(document: &Value, key: &str) -> String {
    document.get(key).map(plain).unwrap_or_default()
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array);
    items
        .map(|items| items.iter().map(plain).collect())
        .unwrap_or_default()
}

fn timestamp(seconds: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] +0000 UTC");
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_else(|| seconds.to_string())
}

const COUNTERS: [(&str, &str); 7] = [
    ("Process ID", "pid"),
    ("Total Messages", "total"),
    ("Messages Passed Filters", "passed"),
    ("Messages Filtered", "filtered"),
    ("Expired Messages", "ttlexpired"),
    ("Replies Sent", "replies"),
    ("Events Published", "events"),
];
