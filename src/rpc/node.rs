//! The node as its agents and filters see it: who it is, what it knows, how it is doing.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use super::Concerns;
use super::Knowledge;
use super::Metadata;
use super::Stats;
use crate::config::Effective;
use crate::facts;
use crate::facts::Effort;
use crate::facts::FilterError;
use crate::protocol::filter::Filter;
use crate::protocol::names::Collective;
use crate::protocol::names::Identity;
use crate::transport;

/// Everything about the node that a request may ask for.
#[derive(Debug)]
pub struct Node {
    /// Who it is.
    pub identity: Identity,
    /// Version of the software.
    pub version: &'static str,
    /// Source revision of the software, `unknown` without one.
    pub sha: &'static str,
    /// Whether it waits for a provisioner.
    pub provisioning: bool,
    /// The collectives it is in.
    pub collectives: Vec<Collective>,
    /// The first among them.
    pub main_collective: Collective,
    /// Its configuration file.
    pub config_file: PathBuf,
    /// The settings in force, for `get_config_item`.
    pub config: Effective,
    /// When the process started, seconds since 1970.
    pub started: i64,
    /// Whether it may be updated over the network.
    pub upgradable: bool,
    /// Whether requests must be signed.
    pub secure: bool,
    /// Its facts and classes.
    pub knowledge: Knowledge,
    /// What it counts.
    pub stats: Stats,
    /// What is wrong at this moment.
    pub concerns: Concerns,
    /// The broker connection.
    pub link: OnceLock<transport::Handle>,
    /// How it looks for brokers.
    pub brokers: Brokers,
    /// Agents it has, sorted by name; set once they are all made.
    pub agents: OnceLock<Vec<Metadata>>,
}

/// How the node looks for brokers.
#[derive(Debug, Clone, Default)]
pub struct Brokers {
    /// Fixed servers, as `nats://host:port`.
    pub servers: Vec<String>,
    /// SRV domain, empty when servers are fixed.
    pub srv_domain: String,
    /// Time for one server to answer.
    pub connect_timeout: Duration,
    /// Silence after which the broker is asked for a sign of life.
    pub ping_interval: Duration,
}

/// How the node is connected at this moment.
#[derive(Debug, Clone)]
pub struct LinkView {
    /// URL of the broker, empty while there is none.
    pub server: String,
    /// Whether TLS is spoken.
    pub tls: bool,
    /// Counts of the connection.
    pub stats: transport::Stats,
}

impl Node {
    /// Agents of the node, sorted by name.
    #[must_use]
    pub fn agents(&self) -> &[Metadata] {
        self.agents.get().map_or(&[], Vec::as_slice)
    }

    /// Names of the agents, sorted.
    #[must_use]
    pub fn agent_names(&self) -> Vec<&str> {
        self.agents()
            .iter()
            .map(|agent| agent.name.as_str())
            .collect()
    }

    /// A fact by its path, null when there is none.
    #[must_use]
    pub fn fact(&self, path: &str) -> Value {
        self.knowledge
            .facts()
            .get(path)
            .map(Cow::into_owned)
            .unwrap_or_default()
    }

    /// All facts.
    #[must_use]
    pub fn facts(&self) -> Value {
        self.knowledge.facts().as_value().clone()
    }

    /// The classes.
    #[must_use]
    pub fn classes(&self) -> Vec<String> {
        self.knowledge.classes().as_slice().to_vec()
    }

    /// A setting by its key; secrets are masked.
    #[must_use]
    pub fn config_item(&self, key: &str) -> Option<Value> {
        if key == "identity" {
            return Some(self.identity.as_str().into());
        }
        self.config.lookup(key)
    }

    /// Whether the node is among those that a filter asks for.
    ///
    /// # Errors
    ///
    /// [`FilterError`] when the filter cannot be evaluated.
    pub fn matches(&self, filter: &Filter) -> Result<bool, FilterError> {
        let agents = self.agent_names();
        let mut effort = Effort::of_request();
        // files are looked at only for filters that ask for them, and only once the rest of the filter matches
        let by_name = facts::may_match(filter, self.identity.as_str(), &agents, &mut effort)?;
        if !by_name || !facts::Needs::of(filter).any() {
            return Ok(by_name);
        }
        let classes = self.knowledge.classes();
        let document = self.knowledge.facts();
        let node = facts::Node {
            identity: self.identity.as_str(),
            agents: &agents,
            classes: &classes,
            facts: &document,
        };
        facts::matches(filter, &node, &mut effort)
    }

    /// What is wrong at this moment, in words for an operator.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.knowledge.problems();
        problems.extend(self.concerns.open());
        problems
    }

    /// How the node is connected at this moment.
    #[must_use]
    pub fn link(&self) -> LinkView {
        let Some(handle) = self.link.get() else {
            return LinkView {
                server: String::new(),
                tls: false,
                stats: transport::Stats::default(),
            };
        };
        let (server, tls) = match &*handle.state().borrow() {
            transport::State::Connected { server, tls, .. } => (server.clone(), tls.is_tls()),
            transport::State::Connecting { .. } | transport::State::Closed => {
                (String::new(), false)
            }
        };
        LinkView {
            server,
            tls,
            stats: handle.stats(),
        }
    }
}
