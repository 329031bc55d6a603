//! The flags that choose nodes, the same for every command.

use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use super::error::OperatorError;
use super::settings::ClientSettings;
use crate::facts::parse_fact_filter;
use crate::protocol::filter::CompoundFilter;
use crate::protocol::filter::Filter;
use crate::protocol::names::Collective;

/// Which configuration and broker to use.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ConnectArgs {
    /// Configuration file, instead of the first that is found
    #[arg(help_heading = "Connection", long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Broker to use instead of the configured ones; can be repeated
    #[arg(help_heading = "Connection", long, value_name = "nats://HOST:PORT")]
    pub(super) broker: Vec<String>,
    /// How to treat TLS, instead of as configured
    #[arg(help_heading = "Connection", long, value_enum, value_name = "MODE")]
    pub(super) tls: Option<TlsChoice>,
    /// Ask the nodes of this collective
    #[arg(
        help_heading = "Connection",
        short = 'T',
        long = "target",
        value_name = "COLLECTIVE"
    )]
    pub(super) target: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TlsChoice {
    /// Verify the broker's certificate
    Verify,
    /// TLS with any certificate
    Unverified,
    /// No TLS
    Off,
}

/// Which nodes to use.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct FilterArgs {
    #[command(flatten)]
    pub(super) connect: ConnectArgs,
    /// With a fact, such as os.family=RedHat or cpus>=4 or role=/web/
    #[arg(
        help_heading = "Nodes",
        short = 'F',
        long = "wf",
        visible_alias = "with-fact",
        value_name = "FACT"
    )]
    pub(super) facts: Vec<String>,
    /// With a class
    #[arg(
        help_heading = "Nodes",
        short = 'C',
        long = "wc",
        visible_alias = "with-class",
        value_name = "CLASS"
    )]
    pub(super) classes: Vec<String>,
    /// With an agent
    #[arg(
        help_heading = "Nodes",
        short = 'A',
        long = "wa",
        visible_alias = "with-agent",
        value_name = "AGENT"
    )]
    pub(super) agents: Vec<String>,
    /// With this name, or one like /regex/
    #[arg(
        help_heading = "Nodes",
        short = 'I',
        long = "wi",
        visible_alias = "with-identity",
        value_name = "IDENTITY"
    )]
    pub(super) identities: Vec<String>,
    /// With classes and facts, such as "apache os.family=RedHat"
    #[arg(
        help_heading = "Nodes",
        short = 'W',
        long = "with",
        value_name = "FILTER"
    )]
    pub(super) combined: Vec<String>,
    /// For which an expression holds, such as 'with("apache") and fact("cpus") > 4'
    #[arg(
        help_heading = "Nodes",
        short = 'S',
        long = "select",
        value_name = "EXPR"
    )]
    pub(super) select: Vec<String>,
    /// Those that a file names, without asking: a line each, a list (.json, .yaml), the result of a request (.json), - for
    /// standard input
    #[arg(help_heading = "Nodes", long, value_name = "FILE", conflicts_with_all = ["facts", "classes", "agents", "identities", "combined", "select"])]
    pub(super) nodes: Option<PathBuf>,
    /// How to find nodes: broadcast or flatfile
    #[arg(help_heading = "Nodes", long, value_name = "METHOD")]
    pub(super) dm: Option<String>,
    /// Option of the way to find nodes, such as file=nodes.txt
    #[arg(help_heading = "Nodes", long = "do", value_name = "KEY=VALUE")]
    pub(super) options: Vec<String>,
    /// How long to look for nodes, in seconds
    #[arg(help_heading = "Nodes", long, value_name = "SECONDS")]
    pub(super) discovery_timeout: Option<u64>,
    /// Stop looking when no more nodes answer
    #[arg(help_heading = "Nodes", long)]
    pub(super) discovery_window: bool,
}

impl FilterArgs {
    /// The filter that the flags ask for.
    pub(super) fn filter(&self) -> Result<Filter, OperatorError> {
        let mut filter = Filter {
            fact: Vec::new(),
            cf_class: self.classes.clone(),
            agent: self.agents.clone(),
            identity: self.identities.clone(),
            compound: Vec::new(),
        };
        for text in &self.facts {
            let fact =
                parse_fact_filter(text).map_err(|_| OperatorError::Fact { text: text.clone() })?;
            filter.fact.push(fact);
        }
        // whatever is no fact is a class
        for word in self
            .combined
            .iter()
            .flat_map(|text| text.split_whitespace())
        {
            match parse_fact_filter(word) {
                Ok(fact) => filter.fact.push(fact),
                Err(_) => filter.cf_class.push(word.to_owned()),
            }
        }
        for expr in &self.select {
            filter
                .compound
                .push(vec![CompoundFilter { expr: expr.clone() }]);
        }
        Ok(filter)
    }

    /// The collective to ask.
    pub(super) fn collective(&self, main: &Collective) -> Result<Collective, OperatorError> {
        self.connect.collective(main)
    }

    /// Whether an argument says which nodes, or how to find them.
    pub(super) fn chooses(&self) -> bool {
        let filters = [
            &self.facts,
            &self.classes,
            &self.agents,
            &self.identities,
            &self.combined,
            &self.select,
            &self.options,
        ];
        self.nodes.is_some() || self.dm.is_some() || filters.iter().any(|filter| !filter.is_empty())
    }

    /// Whether the nodes are to be read from standard input.
    pub(super) fn names_standard_input(&self) -> bool {
        let file = self.nodes.clone().or_else(|| self.file_option());
        let flat = matches!(self.dm.as_deref(), None | Some("flatfile" | "file"));
        flat && file.is_some_and(|file| file.as_os_str() == STANDARD_INPUT)
    }

    /// The file that names the nodes, if they are not to be asked for.
    pub(super) fn flat_file(
        &self,
        settings: &ClientSettings,
    ) -> Result<Option<PathBuf>, OperatorError> {
        match self.dm.as_deref() {
            None if self.chooses() => Ok(self.nodes.clone()),
            None => Ok(settings.nodes_file.clone()),
            Some("mc" | "broadcast") if self.nodes.is_none() => Ok(None),
            Some("mc" | "broadcast") => Err(OperatorError::OnlyFilters {
                command: "--dm broadcast",
            }),
            Some("flatfile" | "file") => {
                let named = self.nodes.clone().or_else(|| self.file_option());
                match named.or_else(|| settings.nodes_file.clone()) {
                    Some(path) => Ok(Some(path)),
                    None => Err(OperatorError::NoNodesFile),
                }
            }
            Some(method) => Err(OperatorError::Method {
                method: method.to_owned(),
            }),
        }
    }

    fn file_option(&self) -> Option<PathBuf> {
        self.options
            .iter()
            .find_map(|option| option.strip_prefix("file="))
            .map(PathBuf::from)
    }
}

impl ConnectArgs {
    /// The collective to ask.
    fn collective(&self, main: &Collective) -> Result<Collective, OperatorError> {
        let Some(text) = &self.target else {
            return Ok(main.clone());
        };
        Collective::new(text).map_err(|err| OperatorError::Name {
            text: text.clone(),
            err,
        })
    }
}

/// In the place of a file's name.
const STANDARD_INPUT: &str = "-";
