//! What the configuration means once it is read: typed, complete, checked.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use muster::protocol::filter::FactFilter;
use muster::secret::Secret;
use muster::telemetry::Destination;
use muster::telemetry::Level;
use regex::Regex;

/// Everything that the configuration file decides. Whoever holds one need not check it again.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it was read from, absolute.
    pub file: PathBuf,
    /// Nodes worked on at the same time.
    pub workers: NonZeroUsize,
    /// Time between two discoveries; at least a minute.
    pub interval: Duration,
    /// How much is logged.
    pub level: Level,
    /// Where to.
    pub log: Destination,
    /// Who decides what a node becomes.
    pub helper: Helper,
    /// Provisioning tokens, tried in this order; one empty token when none is configured.
    pub tokens: Vec<Secret<String>>,
    /// Component whose startup events are watched.
    pub lifecycle_component: String,
    /// Client configuration of the production network, where that has brokers of its own.
    pub production: Option<PathBuf>,
    /// An unsigned network in plain text.
    pub insecure: bool,
    /// Label of the metrics.
    pub site: String,
    /// Where metrics and health are served.
    pub monitor: Option<SocketAddr>,
    /// Password of the broker's user `provisioner`.
    pub broker_password: Option<Secret<String>>,
    /// Whether nodes get certificates.
    pub pki: bool,
    /// Which names a certificate may carry.
    pub names: NameRules,
    /// Who may be provisioned at all.
    pub admission: Admission,
    /// The other fields of a CSR's subject.
    pub csr: SubjectFields,
    /// How fast, and when to stop.
    pub pace: PaceRules,
    /// How long to wait for what.
    pub deadlines: Deadlines,
    /// How many nodes are remembered, and how failing ones are treated.
    pub table: TableRules,
    /// Where the journal is, and what else is nobody else's.
    pub state_dir: PathBuf,
    /// Where the commands of this machine's operator are heard.
    pub socket: PathBuf,
}

/// Who decides what a node becomes.
#[derive(Debug, Clone)]
pub enum Helper {
    /// A program: the words of its command line, the first an existing executable file.
    Program(Vec<String>),
    /// The built-in authority and a template.
    Builtin(Builtin),
}

/// The built-in authority and a template of configurations.
#[derive(Debug, Clone)]
pub struct Builtin {
    /// Directory with the authority's certificate, key and ledger.
    pub ca_dir: PathBuf,
    /// The template file (TOML).
    pub template: PathBuf,
    /// How long a certificate is good for.
    pub validity: Duration,
}

/// Which names a certificate may carry (spec 05 §6.4).
#[derive(Debug, Clone)]
pub struct NameRules {
    /// No name may match any of these.
    pub deny: Vec<Regex>,
    /// Every name must match one of these; no rule where there is none.
    pub allow: Option<AllowedNames>,
}

/// The allow list of names.
#[derive(Debug, Clone)]
pub struct AllowedNames {
    /// The node's own identity is allowed (the word `identity` in the list).
    pub identity: bool,
    /// Anchored patterns of further names.
    pub patterns: Vec<Regex>,
}

/// Who may be provisioned at all.
#[derive(Debug, Clone)]
pub struct Admission {
    /// Anchored patterns of identities; everybody where there is none.
    pub identities: Vec<Regex>,
    /// Conditions on facts; all must hold.
    pub facts: Vec<FactFilter>,
    /// What becomes of an identity that already holds a certificate.
    pub reissue: Reissue,
}

/// What becomes of an identity that already holds a certificate that is still valid, and asks with another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reissue {
    /// It gets another.
    Allow,
    /// A person decides, with `approve`.
    Ask,
    /// It gets none.
    Refuse,
}

/// The other fields of a CSR's subject; empty ones are not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubjectFields {
    /// Country.
    pub country: String,
    /// Locality.
    pub locality: String,
    /// Organization.
    pub organization: String,
    /// Organizational unit.
    pub unit: String,
    /// State or province.
    pub state: String,
}

/// How fast nodes are provisioned, and when nobody is any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PaceRules {
    /// At most so many nodes begin in a minute.
    pub per_minute: Option<NonZeroU32>,
    /// Pause by itself.
    pub breaker: Option<BreakerRule>,
    /// So many nodes must be confirmed in production before the others begin.
    pub canary: Option<NonZeroUsize>,
}

/// Pause when so many of the last ones failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerRule {
    /// Failures.
    pub failed: NonZeroUsize,
    /// Of so many of the last nodes; at least `failed`.
    pub of: NonZeroUsize,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// For the inventory of a node that nobody knows to be alive.
    pub probe: Duration,
    /// For one try of an action.
    pub step: Duration,
    /// For the whole onboarding of a node.
    pub node: Duration,
    /// For the helper.
    pub helper: Duration,
}

/// How many nodes are remembered, and how failing ones are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableRules {
    /// Nodes that are remembered at the same time.
    pub capacity: NonZeroUsize,
    /// Nodes worked on at the same time: [`Config::workers`].
    pub workers: NonZeroUsize,
    /// When a node whose helper said `defer` is asked again: [`Config::interval`].
    pub interval: Duration,
    /// First wait after a failure; doubles with each.
    pub backoff_min: Duration,
    /// Longest wait after a failure.
    pub backoff_max: Duration,
    /// Failures in a row after which a node is quarantined.
    pub quarantine_after: NonZeroU32,
    /// How long it then stays alone.
    pub quarantine_for: Duration,
}
