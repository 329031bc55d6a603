//! Arguments of `muster-fleet run`, and the options that they make.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use clap::ValueEnum;
use muster::secret::Secret;
use muster::telemetry::Level;
use muster::transport::Server;

use crate::ledger::Until;
use crate::options::Options;
use crate::options::Order;
use crate::options::Production;
use crate::options::Share;
use crate::options::Shares;
use crate::options::Tls;

/// Runs nodes of the agent's own code, each in a directory of its own, and shows how a provisioner takes them into
/// production.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// How many nodes
    #[arg(long, value_name = "N")]
    nodes: usize,
    /// The provisioning broker
    #[arg(long, value_name = "URL", default_value = "nats://127.0.0.1:4222")]
    broker: Server,
    /// Whether connections to it are encrypted; off is plain text where it offers nothing better
    #[arg(long, value_name = "HOW", default_value = "off")]
    tls: TlsArg,
    /// First part of identities, which are PREFIX-NUMBER.DOMAIN
    #[arg(long, default_value = "node")]
    prefix: String,
    /// Last part of identities
    #[arg(long, default_value = "example.net")]
    domain: String,
    /// Nodes that share one connection [default: 1 up to 200 nodes, else 100]
    #[arg(long, value_name = "K")]
    per_connection: Option<usize>,
    /// Where provisioned nodes connect to: a broker, or `configured`, each as its configuration says [default: configured
    /// where each node has a connection of its own, else the provisioning broker]
    #[arg(long, value_name = "WHERE")]
    production: Option<ProductionArg>,
    /// The provisioning token that nodes accept; without it anybody may act on them
    #[arg(long, value_name = "TEXT")]
    token: Option<TokenArg>,
    /// Dead nodes announce themselves before any other
    #[arg(long)]
    dead_first: bool,
    /// Announcements are spread over this time
    #[arg(long, value_name = "SECONDS", default_value = "0")]
    arrive_within: SecondsArg,
    /// Facts of waiting nodes, the same for all (JSON or YAML)
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// Private keys made beforehand, which nodes use in turn: a file of them, or a directory of files *.pem; without it
    /// each node makes its own, a tenth of a second of a processor
    #[arg(long, value_name = "FILE|DIR")]
    keys: Option<PathBuf>,
    /// Of which kind the keys are
    #[arg(long, value_name = "TYPE", default_value = "rsa2048")]
    key_type: KeyType,
    /// How long to run: until all nodes that can be expected to are `provisioned` (told to restart) or `confirmed`
    /// (announced in production), for a number of seconds, or `forever`
    #[arg(long, value_name = "WHAT", default_value = "confirmed")]
    pub(super) until: Goal,
    /// Give up waiting for it after this time
    #[arg(long, value_name = "SECONDS", default_value = "3600")]
    pub(super) limit: SecondsArg,
    /// Form of the report
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub(super) report: ReportForm,
    /// Where the directories of the nodes are made, and removed at the end [default: /dev/shm, else the directory for
    /// temporary files]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The same seed makes the same fleet: who is dead, slow or junk, in which way, and who announces itself when
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Worker threads
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(super) threads: u8,
    /// A line of progress every second, also where standard error is no terminal
    #[arg(long)]
    pub(super) progress: bool,
    /// Log of all nodes, on standard error
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    pub(super) log: LogArg,
    #[command(flatten)]
    shares: ShareArgs,
}

/// Shares of nodes that are not as they should be.
#[derive(Debug, Args)]
#[command(next_help_heading = "Shares (a number of nodes, or a percentage such as 2.5%)")]
struct ShareArgs {
    /// Announce themselves and never say anything again
    #[arg(long, value_name = "SHARE", default_value = "0")]
    dead: Share,
    /// Answer after 1 to 5 seconds
    #[arg(long, value_name = "SHARE", default_value = "0")]
    slow: Share,
    /// Answer with garbage: no JSON, a megabyte, wrong types, a wrong sender, twice, or a certificate request that is no PEM,
    /// for another name or huge
    #[arg(long, value_name = "SHARE", default_value = "0")]
    junk: Share,
    /// Vanish once, when first asked, after their certificate request or once configured, and come back after 1 to 3 seconds
    #[arg(long, value_name = "SHARE", default_value = "0")]
    flapping: Share,
    /// Have the identity of another node
    #[arg(long, value_name = "SHARE", default_value = "0")]
    duplicate: Share,
}

/// How long a fleet runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Until it is that far.
    Reached(Until),
    /// For a time.
    For(Duration),
    /// Until somebody ends it.
    Forever,
}

/// A time in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondsArg(pub Duration);

/// A token; its `Debug` does not show it.
#[derive(Debug, Clone)]
struct TokenArg(Secret<String>);

/// Where provisioned nodes connect to.
#[derive(Debug, Clone)]
struct ProductionArg(Production);

/// How connections are protected.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum TlsArg {
    /// Plain text where the broker offers nothing better.
    Off,
    /// TLS, to whoever answers.
    Unverified,
}

/// Kinds of keys.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum KeyType {
    /// RSA, 2048 bits.
    Rsa2048,
}

/// Forms of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportForm {
    /// For people.
    Text,
    /// For scripts.
    Json,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogArg {
    /// Everything.
    Debug,
    /// What happens to nodes.
    Info,
    /// What an operator of a node should look at.
    Warn,
    /// What failed.
    Error,
}

/// A text that an argument does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadArgument {
    /// No time.
    #[error("no number of seconds up to a year")]
    Seconds,
    /// No goal.
    #[error("neither provisioned, confirmed, forever nor a number of seconds")]
    Goal,
    /// No broker.
    #[error("neither configured nor a broker such as nats://127.0.0.1:4222")]
    Production,
}

impl RunArgs {
    /// The options of the fleet.
    #[must_use]
    pub fn options(self) -> Options {
        match self.key_type {
            KeyType::Rsa2048 => {}
        }
        Options {
            nodes: self.nodes,
            broker: self.broker,
            tls: match self.tls {
                TlsArg::Off => Tls::Off,
                TlsArg::Unverified => Tls::Unverified,
            },
            prefix: self.prefix,
            domain: self.domain,
            per_connection: self.per_connection,
            production: self.production.map(|ProductionArg(production)| production),
            token: self.token.map(|TokenArg(token)| token),
            shares: Shares {
                dead: self.shares.dead,
                slow: self.shares.slow,
                junk: self.shares.junk,
                flapping: self.shares.flapping,
                duplicate: self.shares.duplicate,
            },
            order: if self.dead_first {
                Order::DeadFirst
            } else {
                Order::Mixed
            },
            arrival: self.arrive_within.0,
            facts: self.facts,
            keys: self.keys,
            root: self.root,
            seed: self.seed,
        }
    }
}

impl FromStr for SecondsArg {
    type Err = BadArgument;

    fn from_str(text: &str) -> Result<Self, BadArgument> {
        let seconds: f64 = text.parse().map_err(|_| BadArgument::Seconds)?;
        if !(0.0..=YEAR).contains(&seconds) {
            return Err(BadArgument::Seconds);
        }
        Duration::try_from_secs_f64(seconds)
            .map(Self)
            .map_err(|_| BadArgument::Seconds)
    }
}

impl FromStr for Goal {
    type Err = BadArgument;

    fn from_str(text: &str) -> Result<Self, BadArgument> {
        match text {
            "provisioned" => Ok(Self::Reached(Until::Provisioned)),
            "confirmed" => Ok(Self::Reached(Until::Confirmed)),
            "forever" => Ok(Self::Forever),
            seconds => match seconds.parse() {
                Ok(SecondsArg(time)) => Ok(Self::For(time)),
                Err(_) => Err(BadArgument::Goal),
            },
        }
    }
}

impl FromStr for TokenArg {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(Secret::new(text.to_owned())))
    }
}

impl FromStr for ProductionArg {
    type Err = BadArgument;

    fn from_str(text: &str) -> Result<Self, BadArgument> {
        if text == "configured" {
            return Ok(Self(Production::Configured));
        }
        let server = text.parse().map_err(|_| BadArgument::Production)?;
        Ok(Self(Production::At(server)))
    }
}

impl From<LogArg> for Level {
    fn from(log: LogArg) -> Self {
        match log {
            LogArg::Debug => Self::Debug,
            LogArg::Info => Self::Info,
            LogArg::Warn => Self::Warn,
            LogArg::Error => Self::Error,
        }
    }
}

/// In seconds.
const YEAR: f64 = 365.0 * 24.0 * 3600.0;

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::Cli;
    use super::super::Command;
    use super::*;

    fn read(arguments: &[&str]) -> Result<Options, clap::Error> {
        let all = ["muster-fleet", "run"].iter().chain(arguments);
        match Cli::try_parse_from(all)?.command {
            Command::Run(args) => Ok(args.options()),
            Command::Keys(_) => panic!("another command"),
        }
    }

    #[test]
    fn arguments_become_options() {
        let options = read(&[
            "--nodes",
            "20000",
            "--broker",
            "nats://10.0.0.1:4223",
            "--dead",
            "10%",
            "--junk",
            "3",
            "--dead-first",
            "--arrive-within",
            "1.5",
            "--token",
            "s3cret",
            "--production",
            "nats://10.0.0.2:4222",
            "--seed",
            "7",
        ])
        .unwrap();
        assert_eq!(options.nodes, 20_000);
        assert_eq!(options.shares.of(options.nodes), 2003);
        assert_eq!(options.order, Order::DeadFirst);
        assert_eq!(options.arrival, Duration::from_millis(1500));
        assert!(matches!(options.production, Some(Production::At(_))));
        assert!(!format!("{options:?}").contains("s3cret"));
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            &["--nodes", "x"][..],
            &[],
            &["--nodes", "1", "--dead", "many"],
            &["--nodes", "1", "--until", "soon"],
            &["--nodes", "1", "--arrive-within", "-1"],
            &["--nodes", "1", "--arrive-within", "NaN"],
            &["--nodes", "1", "--production", "there"],
            &["--nodes", "1", "--threads", "0"],
        ] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_goal_is_a_word_or_a_time() {
        assert_eq!("forever".parse(), Ok(Goal::Forever));
        assert_eq!("confirmed".parse(), Ok(Goal::Reached(Until::Confirmed)));
        assert_eq!("10".parse(), Ok(Goal::For(Duration::from_secs(10))));
    }
}
