//! Keys of parts of the reference that do not exist here. Their values are checked and shown all the same, so that one
//! configuration serves both programs.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::form;
use crate::config::key::keys;
use crate::secret::Secret;

keys! {
    /// Directories of external and Ruby agents.
    AGENT_LIBDIR: Vec<PathBuf> = "plugin.choria.agent_provider.mcorpc.libdir", form::paths(), without_effect();
    /// Program that runs Ruby agents.
    AGENT_SHIM: Option<PathBuf> = "plugin.choria.agent_provider.mcorpc.agent_shim", form::path(), without_effect();
    /// Configuration of that program.
    AGENT_CONFIG: Option<PathBuf> = "plugin.choria.agent_provider.mcorpc.config", form::path(), without_effect();
    /// Directory of autonomous agents.
    MACHINE_STORE: Option<PathBuf> = "plugin.choria.machine.store", form::path(), without_effect();
    /// Public key that signs autonomous agents.
    MACHINE_KEY: Option<String> = "plugin.choria.machine.signing_key", form::text(), without_effect();
    /// Port of autonomous agents' HTTP switches.
    MACHINE_PORT: u64 = "plugin.choria.machine.http_port", form::number(0, 65_535), default("0"), without_effect();
    /// Whether autonomous agents are downloaded.
    MACHINES_DOWNLOAD: bool = "plugin.machines.download", form::flag(), default("false"), without_effect();
    /// Bucket they are downloaded from.
    MACHINES_BUCKET: Option<String> = "plugin.machines.bucket", form::text(), default("CHORIA_PLUGINS"), without_effect();
    /// Key of their list.
    MACHINES_KEY: Option<String> = "plugin.machines.key", form::text(), default("plugins"), without_effect();
    /// Whether those not on the list are removed.
    MACHINES_PURGE: bool = "plugin.machines.purge", form::flag(), default("true"), without_effect();
    /// How often the list is read.
    MACHINES_POLL: Duration = "plugin.machines.poll_interval", form::span(YEAR), default("1m"), without_effect();
    /// How often installed ones are checked.
    MACHINES_CHECK: Duration = "plugin.machines.check_interval", form::span(YEAR), default("30s"), without_effect();
    /// Public key that signs the list.
    MACHINES_SIGNER: Option<String> = "plugin.machines.signing_key", form::text(), without_effect();
    /// Directory of messages that other programs submit.
    SPOOL: Option<PathBuf> = "plugin.choria.submission.spool", form::path(), without_effect();
    /// Most messages in that directory.
    SPOOL_SIZE: u64 = "plugin.choria.submission.max_spool_size",
        form::number(0, 1_000_000), default("500"), without_effect();
    /// Whether commands run as jobs.
    EXECUTOR: bool = "plugin.choria.executor.enabled", form::flag(), default("false"), without_effect();
    /// Directory of those jobs.
    EXECUTOR_SPOOL: Option<PathBuf> = "plugin.choria.executor.spool", form::path(), without_effect();
    /// Directory of DDL files that are served to others.
    REGISTRY_STORE: Option<PathBuf> = "plugin.choria.services.registry.store", form::path(), without_effect();
    /// Directory of DDL files that others served.
    REGISTRY_CACHE: Option<PathBuf> = "plugin.choria.services.registry.cache", form::path(),
        environment("CHORIA_REGISTRY"), without_effect();
    /// Directory for metrics of autonomous agents.
    TEXTFILES: Option<PathBuf> = "plugin.choria.prometheus_textfile_directory", form::path(), without_effect();
    /// How long a broker waits for a slow client.
    WRITE_DEADLINE: Duration = "plugin.choria.network.write_deadline", form::span(YEAR), default("10s"), without_effect();
    /// A broker's password for its peers.
    PEER_PASSWORD: Option<Secret<String>> = "plugin.choria.network.peer_password", form::secret(), without_effect();
    /// A broker's password for its system account.
    SYSTEM_PASSWORD: Option<Secret<String>> = "plugin.choria.network.system.password", form::secret(), without_effect();
    /// A broker's password for provisioners.
    PROVISIONER_PASSWORD: Option<Secret<String>> = "plugin.choria.network.provisioning.client_password",
        form::secret(), without_effect();
    /// Puppet server of enrollment and discovery.
    PUPPETSERVER_HOST: Option<String> = "plugin.choria.puppetserver_host", form::text(), default("puppet"), without_effect();
    /// Its port.
    PUPPETSERVER_PORT: u64 = "plugin.choria.puppetserver_port", form::number(1, 65_535), default("8140"), without_effect();
    /// Puppet certificate authority.
    PUPPETCA_HOST: Option<String> = "plugin.choria.puppetca_host", form::text(), default("puppet"), without_effect();
    /// Its port.
    PUPPETCA_PORT: u64 = "plugin.choria.puppetca_port", form::number(1, 65_535), default("8140"), without_effect();
    /// The `PuppetDB` server.
    PUPPETDB_HOST: Option<String> = "plugin.choria.puppetdb_host", form::text(), without_effect();
    /// Its port.
    PUPPETDB_PORT: u64 = "plugin.choria.puppetdb_port", form::number(1, 65_535), default("8081"), without_effect();
    /// Services where callers log in.
    LOGIN_URL: Vec<String> = "plugin.login.aaasvc.login.url", form::texts(), without_effect();
    /// Namespace of provider `certmanager`.
    CERTMANAGER_NAMESPACE: Option<String> = "plugin.security.certmanager.namespace",
        form::text(), default("choria"), without_effect();
    /// Issuer of provider `certmanager`.
    CERTMANAGER_ISSUER: Option<String> = "plugin.security.certmanager.issuer", form::text(), without_effect();
    /// Whether provider `certmanager` replaces certificates.
    CERTMANAGER_REPLACE: bool = "plugin.security.certmanager.replace", form::flag(), default("true"), without_effect();
    /// Further names in certificates of provider `certmanager`.
    CERTMANAGER_NAMES: Vec<String> = "plugin.security.certmanager.alt_names", form::texts(), without_effect();
    /// API version of provider `certmanager`.
    CERTMANAGER_API: Option<String> = "plugin.security.certmanager.api_version",
        form::text(), default("v1"), without_effect();
    /// Library of provider `pkcs11`.
    PKCS11_DRIVER: Option<PathBuf> = "plugin.security.pkcs11.driver_file", form::path(), without_effect();
    /// Slot of provider `pkcs11`.
    PKCS11_SLOT: u64 = "plugin.security.pkcs11.slot", form::number(0, 1 << 32), default("0"), without_effect();
    /// Whether Open Policy Agent decisions are traced.
    REGO_TRACING: bool = "plugin.regopolicy.tracing", form::flag(), default("n"), without_effect();
    /// Whether agents without an Open Policy Agent file use the default one.
    REGO_DEFAULT: bool = "plugin.regopolicy.enable_default", form::flag(), default("n"), without_effect();
    /// Whether the Scout agent is off.
    SCOUT_DISABLED: bool = "plugin.scout.agent_disabled", form::flag(), default("false"), without_effect();
    /// Overrides of Scout checks.
    SCOUT_OVERRIDES: Option<PathBuf> = "plugin.scout.overrides", form::path(), without_effect();
    /// Tags of Scout checks.
    SCOUT_TAGS: Option<PathBuf> = "plugin.scout.tags", form::path(), without_effect();
}

const YEAR: u64 = 365 * 86_400;
