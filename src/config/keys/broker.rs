//! Keys of the connection to the brokers.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::form;
use crate::config::key::keys;
use crate::config::server::Server;
use crate::config::values::Domain;
use crate::protocol::names::Collective;
use crate::secret::Secret;

keys! {
    /// Brokers, each `host:port`, `nats://host:port` or `tls://host:port`; IPv6 addresses in brackets.
    MIDDLEWARE_HOSTS: Vec<Server> = "plugin.choria.middleware_hosts", form::names(SERVERS);
    /// Whether SRV records are asked when no brokers are configured.
    USE_SRV: bool = "plugin.choria.use_srv", form::flag(), default("true");
    /// Domain of those SRV records; the domain of the host when it is not set.
    SRV_DOMAIN: Option<Domain> = "plugin.choria.srv_domain", form::name("domain", "a DNS domain"),
        environment("CHORIA_SRV_DOMAIN");
    /// Federations through which replies travel.
    FEDERATION_COLLECTIVES: Vec<Collective> = "plugin.choria.federation.collectives",
        form::names("names of federation clusters joined by ','"),
        environment("CHORIA_FED_COLLECTIVE");
    /// Brokers of the federation.
    FEDERATION_HOSTS: Vec<Server> = "plugin.choria.federation_middleware_hosts", form::names(SERVERS);
    /// How long connecting to one broker may take.
    CONNECT_TIMEOUT: Duration = "plugin.choria.network.connect_timeout", form::span(120), default("2s");
    /// User name for the brokers; needs the password too.
    USER: Option<String> = "plugin.nats.user", form::text(), environment("MCOLLECTIVE_NATS_USERNAME");
    /// Password for the brokers.
    PASSWORD: Option<Secret<String>> = "plugin.nats.pass", form::secret(),
        environment("MCOLLECTIVE_NATS_PASSWORD");
    /// NATS credentials file.
    CREDENTIALS: Option<PathBuf> = "plugin.nats.credentials", form::path(),
        environment("MCOLLECTIVE_NATS_CREDENTIALS");
}

const SERVERS: &str = "host:port, nats://host:port or tls://host:port, joined by ','";
