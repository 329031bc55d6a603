//! Keys of the node itself.

use std::path::PathBuf;

use crate::config::choices::AuthorizationProvider;
use crate::config::choices::LogLevel;
use crate::config::choices::LogTarget;
use crate::config::choices::RegistrationPlugin;
use crate::config::form;
use crate::config::form::Seconds;
use crate::config::key::keys;
use crate::protocol::names::AgentName;
use crate::protocol::names::Collective;
use crate::protocol::names::Identity;
use crate::protocol::names::Subject;

keys! {
    /// Name of this node, also while it is being provisioned.
    IDENTITY: Option<Identity> = "identity",
        form::name("identity", "labels of letters, digits, '_' and '-' joined by single dots"),
        derived("the host name");
    /// Collectives that the node joins.
    COLLECTIVES: Vec<Collective> = "collectives", form::names("names of collectives joined by ','"),
        derived("of the build; `choria` for `mcollective` when the security provider is `choria`");
    /// Collective of the node's own messages.
    MAIN_COLLECTIVE: Option<Collective> = "main_collective", form::name("collective", "the name of a collective"),
        derived("the first of `collectives`");
    /// Where the log goes.
    LOGFILE: LogTarget = "logfile", form::log_target(), default("stdout");
    /// How much is logged.
    LOGLEVEL: LogLevel = "loglevel", form::choice(), default("info");
    /// What is published at intervals: `file_content`, `inventory_content` or both. Nothing when it is not set.
    REGISTRATION: Vec<RegistrationPlugin> = "registration", form::choices();
    /// Collective of registration messages.
    REGISTRATION_COLLECTIVE: Option<Collective> = "registration_collective",
        form::name("collective", "the name of a collective"),
        derived("`main_collective`");
    /// Seconds between registration messages.
    REGISTER_INTERVAL: Seconds = "registerinterval", form::seconds(1, YEAR), default("300");
    /// Whether the first registration message waits for a random part of the interval.
    REGISTRATION_SPLAY: bool = "registration_splay", form::flag(), default("true");
    /// File that `file_content` publishes.
    FILE_DATA: Option<PathBuf> = "plugin.choria.registration.file_content.data", form::path();
    /// Subject that `file_content` publishes to; the registration agent of the collective when it is not set.
    FILE_TARGET: Option<Subject> = "plugin.choria.registration.file_content.target",
        form::name("subject", "a subject without wildcards");
    /// Whether `file_content` compresses.
    FILE_COMPRESSION: bool = "plugin.choria.registration.file_content.compression", form::flag(), default("true");
    /// Subject that `inventory_content` publishes to; the registration agent of the collective when it is not set.
    INVENTORY_TARGET: Option<Subject> = "plugin.choria.registration.inventory_content.target",
        form::name("subject", "a subject without wildcards");
    /// Whether `inventory_content` compresses.
    INVENTORY_COMPRESSION: bool = "plugin.choria.registration.inventory_content.compression",
        form::flag(), default("true");
    /// Publish early when the size of the data changed by so many bytes; 0 switches that off.
    SIZE_TRIGGER: u64 = "plugin.choria.registration.size_trigger", form::number(0, 1 << 30), default("0");
    /// Seconds between looks at the size.
    SIZE_INTERVAL: Seconds = "plugin.choria.registration.size_interval", form::seconds(1, YEAR), default("30");
    /// Fact files, YAML or JSON; later ones win.
    FACT_FILES: Vec<PathBuf> = "plugin.yaml", form::joined_paths();
    /// File with one class a line.
    CLASSES_FILE: Option<PathBuf> = "classesfile", form::path(),
        default("/opt/puppetlabs/puppet/cache/state/classes.txt");
    /// Where DDL files of further agents are searched. A further line adds to the list.
    LIBDIR: Vec<PathBuf> = "libdir", form::paths();
    /// Seconds for which this program's own messages are valid.
    TTL: Seconds = "ttl", form::seconds(1, 86_400), default("60");
    /// Whether requests need authorization.
    RPC_AUTHORIZATION: bool = "rpcauthorization", form::flag(), default("true");
    /// Who authorizes requests.
    RPC_AUTH_PROVIDER: AuthorizationProvider = "rpcauthprovider", form::choice(), default("action_policy");
    /// Whether a policy file without `policy default` allows what none of its rules matches. An agent without a file is
    /// denied in any case, as in the reference, whose documentation says otherwise.
    ALLOW_UNCONFIGURED: bool = "plugin.actionpolicy.allow_unconfigured", form::flag(), default("n");
    /// Whether agents without a policy file use the default policy.
    ENABLE_DEFAULT: bool = "plugin.actionpolicy.enable_default", form::flag(), default("n");
    /// Name of the default policy, without `.policy`.
    DEFAULT_NAME: Option<AgentName> = "plugin.actionpolicy.default_name",
        form::name("name", "letters, digits, '_' and '-'"), default("default");
    /// Whether requests are recorded.
    RPC_AUDIT: bool = "rpcaudit", form::flag(), default("false");
    /// The record of requests, one JSON object a line.
    AUDIT_FILE: Option<PathBuf> = "plugin.rpcaudit.logfile", form::path();
    /// Group that owns the record.
    AUDIT_GROUP: Option<String> = "plugin.rpcaudit.logfile.group", form::text();
    /// Mode of the record, always octal.
    AUDIT_MODE: Option<u32> = "plugin.rpcaudit.logfile.mode", form::mode(), default("0600");
    /// Seconds that running work has after the order to stop; 0 means 10.
    SOFT_SHUTDOWN_TIMEOUT: Seconds = "soft_shutdown_timeout", form::seconds(0, 600), default("2");
    /// Whether the node wants to be provisioned. Its presence alone overrides the build's default.
    PROVISION: Option<bool> = "plugin.choria.server.provision", form::presence();
    /// Whether a provisioner may replace the binary.
    ALLOW_UPDATE: bool = "plugin.choria.server.provision.allow_update", form::flag(), default("false");
    /// JSON file with the state of this process; none when it is not set.
    STATUS_FILE: Option<PathBuf> = "plugin.choria.status_file_path", form::path();
    /// Seconds between writes of the status file.
    STATUS_INTERVAL: Seconds = "plugin.choria.status_update_interval", form::seconds(1, 86_400), default("30");
    /// Port where metrics are served, see [metrics.md](metrics.md); 0 switches that off.
    STATS_PORT: u64 = "plugin.choria.stats_port", form::number(0, 65_535), default("0");
    /// Address of that port: a loopback address, because anyone who reaches it may read.
    STATS_ADDRESS: Option<String> = "plugin.choria.stats_address", form::text(), default("127.0.0.1");
    /// Whether lifecycle events have the form that preceded `CloudEvents`.
    LEGACY_LIFECYCLE: bool = "plugin.choria.legacy_lifecycle_format", form::flag(), default("false");
}

const YEAR: u64 = 365 * 86_400;
