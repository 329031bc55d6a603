//! Arguments of `req`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::cli::client::filter::FilterArgs;

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(in crate::cli) struct ReqArgs {
    /// The agent
    pub(in crate::cli::client) agent: String,
    /// The action
    pub(in crate::cli::client) action: String,
    /// Inputs as key=value
    #[arg(value_name = "KEY=VALUE")]
    pub(in crate::cli::client) inputs: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli::client) filter: FilterArgs,
    /// How long nodes may take to answer, in seconds, instead of what the agent says
    #[arg(long, value_name = "SECONDS")]
    pub(in crate::cli::client) timeout: Option<u64>,
    /// Send the inputs as they are, as texts, for an agent without description
    #[arg(long)]
    pub(in crate::cli::client) no_ddl: bool,
    /// Use some of the nodes only, such as 10 or 10%
    #[arg(long, value_name = "LIMIT")]
    pub(in crate::cli::client) limit: Option<String>,
    /// Choose the same random nodes each time
    #[arg(long, value_name = "SEED", requires = "limit")]
    pub(in crate::cli::client) limit_seed: Option<u64>,
    /// Ask so many nodes at a time
    #[arg(long, value_name = "SIZE")]
    pub(in crate::cli::client) batch: Option<NonZeroUsize>,
    /// Pause between batches, in seconds
    #[arg(long, value_name = "SECONDS", requires = "batch", default_value_t = 1)]
    pub(in crate::cli::client) batch_sleep: u64,
    /// Fail when fewer nodes answer
    #[arg(long, value_name = "COUNT", conflicts_with = "reply_to")]
    pub(in crate::cli::client) expect: Option<usize>,
    /// Only ask; the answers go to this subject
    #[arg(long, short = 'r', value_name = "SUBJECT", conflicts_with_all = ["limit", "batch"])]
    pub(in crate::cli::client) reply_to: Option<String>,
    /// Which answers to show, instead of what the agent says
    #[arg(long, value_enum)]
    pub(in crate::cli::client) display: Option<DisplayChoice>,
    /// Print a JSON document
    #[arg(long, short, group = "form")]
    pub(in crate::cli::client) json: bool,
    /// Print each answer as a line of JSON as it comes
    #[arg(long, group = "form")]
    pub(in crate::cli::client) jsonl: bool,
    /// Print a table of successful answers
    #[arg(long, group = "form")]
    pub(in crate::cli::client) table: bool,
    /// Print the names of the nodes that answered successfully
    #[arg(long, conflicts_with_all = ["jsonl", "table"])]
    pub(in crate::cli::client) senders: bool,
    /// Order the answers by node
    #[arg(long)]
    pub(in crate::cli::client) sort: bool,
    /// Write to this file
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli::client) output_file: Option<PathBuf>,
    /// Show statistics
    #[arg(long, short)]
    pub(in crate::cli::client) verbose: bool,
    /// Print nothing but answers
    #[arg(long)]
    pub(in crate::cli::client) silent: bool,
    /// No progress bar
    #[arg(long)]
    pub(in crate::cli::client) np: bool,
    /// Understood for the sake of old scripts
    #[arg(long, hide = true, value_name = "COUNT")]
    pub(in crate::cli::client) workers: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli::client) enum DisplayChoice {
    Ok,
    Failed,
    All,
    None,
}

const EXAMPLES: &str = "\
Examples:
  Ask the whole fleet, then the nodes that answered well, a few at a time:
    muster req puppet status -j | muster req puppet runonce --batch 10

  The same with a file between the two:
    muster req puppet status -j -o status.json
    muster req puppet runonce --nodes status.json

  A tenth of the web servers, the same ones each time:
    muster req service restart service=nginx -C web --limit 10% --limit-seed 1

Without any choice of nodes, a pipe on standard input must hold the JSON of an
earlier request; it is waited for 30 seconds. '--nodes -' waits for as long as
it takes and reads lists of names too; '--dm broadcast' asks the fleet and
leaves standard input alone.";
