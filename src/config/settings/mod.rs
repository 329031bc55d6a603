//! Stage three: the settings as the rest of the program sees them. Whoever holds a [`Settings`] need not check again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use regex::Regex;

use crate::config::choices::AuditFailure;
use crate::config::choices::AuthorizationProvider;
use crate::config::choices::DiscoveryMethod;
use crate::config::choices::LimitMethod;
use crate::config::choices::LogLevel;
use crate::config::choices::LogTarget;
use crate::config::choices::RegistrationPlugin;
use crate::config::choices::SecurityProvider;
use crate::config::effective::Effective;
use crate::config::problem::Warning;
use crate::config::server::Server;
use crate::config::subjects::SubjectPattern;
use crate::config::values::Domain;
use crate::config::values::LoopbackAddress;
use crate::config::values::PublicKey;
use crate::config::values::Url;
use crate::protocol::names::AgentName;
use crate::protocol::names::Collective;
use crate::protocol::names::Identity;
use crate::protocol::names::Subject;
use crate::secret::Secret;

mod checks;
mod resolve;

/// A configuration that was found good.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// What the program acts on.
    pub settings: Settings,
    /// The same for people and peers: every key, its value, its origin.
    pub effective: Effective,
    /// What works but looks wrong.
    pub warnings: Vec<Warning>,
}

/// Everything a node or the operator's command line is told by its configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `identity`; nothing when neither a file nor [`Raw::set`](crate::config::Raw::set) gave one.
    pub identity: Option<Identity>,
    /// `collectives`, at least one.
    pub collectives: Vec<Collective>,
    /// `main_collective`.
    pub main_collective: Collective,
    /// `logfile`.
    pub log_target: LogTarget,
    /// `loglevel`.
    pub log_level: LogLevel,
    /// What is published at intervals.
    pub registration: Registration,
    /// `plugin.yaml`.
    pub fact_files: Vec<PathBuf>,
    /// `classesfile`.
    pub classes_file: PathBuf,
    /// `libdir`.
    pub libdir: Vec<PathBuf>,
    /// `ttl`.
    pub ttl: Duration,
    /// Who may do what.
    pub authorization: Authorization,
    /// The record of requests.
    pub audit: Audit,
    /// `soft_shutdown_timeout`, with 10 seconds for 0.
    pub soft_shutdown_timeout: Duration,
    /// `plugin.choria.server.provision`; its presence matters.
    pub provision: Option<bool>,
    /// `plugin.choria.server.provision.allow_update`.
    pub allow_update: bool,
    /// The status file.
    pub status: Status,
    /// Where metrics are served.
    pub metrics: Metrics,
    /// `plugin.choria.legacy_lifecycle_format`.
    pub legacy_lifecycle_format: bool,
    /// The way to the brokers.
    pub brokers: Brokers,
    /// Keys and certificates.
    pub security: Security,
    /// The operator's command line.
    pub client: Client,
    /// `plugin.muster.*`.
    pub muster: Muster,
}

/// `registration` and what belongs to it.
#[derive(Debug, Clone)]
pub struct Registration {
    /// `registration`.
    pub plugins: Vec<RegistrationPlugin>,
    /// `registration_collective`.
    pub collective: Collective,
    /// `registerinterval`.
    pub interval: Duration,
    /// `registration_splay`.
    pub splay: bool,
    /// `…file_content.data`; present when the plugin is on.
    pub file: Option<PathBuf>,
    /// `…file_content.target`.
    pub file_target: Option<Subject>,
    /// `…file_content.compression`.
    pub file_compression: bool,
    /// `…inventory_content.target`.
    pub inventory_target: Option<Subject>,
    /// `…inventory_content.compression`.
    pub inventory_compression: bool,
    /// `…size_trigger` in bytes, nothing for 0.
    pub size_trigger: Option<u64>,
    /// `…size_interval`.
    pub size_interval: Duration,
}

/// `rpcauthorization` and what belongs to it.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// `rpcauthorization`.
    pub enabled: bool,
    /// `rpcauthprovider`.
    pub provider: AuthorizationProvider,
    /// `plugin.actionpolicy.allow_unconfigured`.
    pub allow_unconfigured: bool,
    /// `plugin.actionpolicy.default_name`, when `plugin.actionpolicy.enable_default` says so.
    pub default_policy: Option<AgentName>,
}

/// `rpcaudit` and what belongs to it.
#[derive(Debug, Clone)]
pub struct Audit {
    /// `rpcaudit`.
    pub enabled: bool,
    /// `plugin.rpcaudit.logfile`.
    pub file: Option<PathBuf>,
    /// `plugin.rpcaudit.logfile.group`.
    pub group: Option<String>,
    /// `plugin.rpcaudit.logfile.mode`.
    pub mode: u32,
    /// `plugin.muster.audit_failure`.
    pub failure: AuditFailure,
}

/// The status file.
#[derive(Debug, Clone)]
pub struct Status {
    /// `plugin.choria.status_file_path`.
    pub file: Option<PathBuf>,
    /// `plugin.choria.status_update_interval`.
    pub interval: Duration,
}

/// Where metrics are served; nowhere when both are missing.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// `plugin.choria.stats_address` and `plugin.choria.stats_port`, on the loopback.
    pub address: Option<LoopbackAddress>,
    /// `plugin.muster.metrics_socket`.
    pub socket: Option<PathBuf>,
}

/// The way to the brokers in normal mode.
#[derive(Debug, Clone)]
pub struct Brokers {
    /// `plugin.choria.middleware_hosts`.
    pub hosts: Vec<Server>,
    /// `plugin.choria.use_srv`.
    pub use_srv: bool,
    /// `plugin.choria.srv_domain`.
    pub srv_domain: Option<Domain>,
    /// `plugin.choria.federation.collectives`.
    pub federations: Vec<Collective>,
    /// `plugin.choria.federation_middleware_hosts`.
    pub federation_hosts: Vec<Server>,
    /// `plugin.choria.network.connect_timeout`.
    pub connect_timeout: Duration,
    /// `plugin.nats.user` and `plugin.nats.pass`, when both are set.
    pub login: Option<Login>,
    /// `plugin.nats.credentials`.
    pub credentials: Option<PathBuf>,
}

/// User name and password.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user name.
    pub user: String,
    /// The password.
    pub password: Secret<String>,
}

/// Keys and certificates.
#[derive(Debug, Clone)]
pub struct Security {
    /// `plugin.security.provider`.
    pub provider: SecurityProvider,
    /// `plugin.security.file.*`.
    pub file: Certificates,
    /// `plugin.choria.ssldir`.
    pub ssldir: Option<PathBuf>,
    /// `plugin.choria.security.certname_whitelist`.
    pub certname_whitelist: Vec<Regex>,
    /// `plugin.choria.security.privileged_users`.
    pub privileged_users: Vec<Regex>,
    /// `plugin.security.support_legacy_certificates`.
    pub legacy_certificates: bool,
    /// `plugin.security.cipher_suites`, empty for the library's choice.
    pub cipher_suites: Vec<String>,
    /// `plugin.security.ecc_curves`, empty for the library's choice.
    pub curves: Vec<String>,
    /// `plugin.security.server_anon_tls`.
    pub server_anon_tls: bool,
    /// `plugin.choria.security.server.*`; both present with `server_anon_tls`.
    pub server_token: TokenFiles,
    /// `plugin.security.choria.*`.
    pub choria: Choria,
}

/// Paths of PEM files.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// Certificate, intermediates after it.
    pub certificate: Option<PathBuf>,
    /// Private key.
    pub key: Option<PathBuf>,
    /// Certificate authorities.
    pub ca: Option<PathBuf>,
}

/// Paths of a token and of the seed of the key it names.
#[derive(Debug, Clone)]
pub struct TokenFiles {
    /// The token.
    pub token: Option<PathBuf>,
    /// The seed.
    pub seed: Option<PathBuf>,
}

/// Provider `choria`.
#[derive(Debug, Clone)]
pub struct Choria {
    /// `…token_file` and `…seed_file`.
    pub files: TokenFiles,
    /// `…certificate`, `…key` and `…ca`.
    pub certificates: Certificates,
    /// `…trusted_signers`; never together with issuers.
    pub trusted_signers: Vec<PublicKey>,
    /// `plugin.security.issuer.*` by name.
    pub issuers: BTreeMap<String, PublicKey>,
    /// `…sign_replies`.
    pub sign_replies: bool,
}

/// The operator's command line.
#[derive(Debug, Clone)]
pub struct Client {
    /// `discovery_timeout`.
    pub discovery_timeout: Duration,
    /// `default_discovery_method`.
    pub discovery_method: DiscoveryMethod,
    /// `default_discovery_options`.
    pub discovery_options: Vec<String>,
    /// `plugin.choria.discovery.broadcast.windowed_timeout`.
    pub windowed_timeout: bool,
    /// `rpclimitmethod`.
    pub limit_method: LimitMethod,
    /// `plugin.choria.require_client_filter`.
    pub require_filter: bool,
    /// `color`.
    pub color: bool,
    /// `plugin.security.client_anon_tls`.
    pub anon_tls: bool,
    /// `plugin.choria.security.request_signer.url`.
    pub signer_url: Option<Url>,
    /// `plugin.choria.security.request_signer.service`.
    pub signer_service: bool,
    /// `plugin.choria.security.request_signer.token_file` and `….seed_file`.
    pub signer_files: TokenFiles,
}

/// `plugin.muster.*`.
#[derive(Debug, Clone)]
pub struct Muster {
    /// `resolver`: a server whose host is an IP address.
    pub resolver: Option<Server>,
    /// `reconnect_spread`.
    pub reconnect_spread: Duration,
    /// `restart_exit_code`.
    pub restart_exit_code: bool,
    /// `reply_subjects`.
    pub reply_subjects: Vec<SubjectPattern>,
    /// `certificate_interval`.
    pub certificate_interval: Duration,
    /// `state_dir`.
    pub state_dir: PathBuf,
}
