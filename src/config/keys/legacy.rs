//! Keys that are accepted because they occur in the wild, and for no other reason.

/// Keys of MCollective and of earlier releases (spec 03 §2.8, spec 05 §6).
pub(crate) const LEGACY: &[&str] = &[
    "activate_agents",
    "connection_timeout",
    "connector",
    "daemonize",
    "default_batch_size",
    "default_batch_sleep_time",
    "direct_addressing",
    "direct_addressing_threshold",
    "fact_cache_time",
    "factsource",
    "keeplogs",
    "logfacility",
    "logger_type",
    "max_log_size",
    "plugin.choria.discovery_host",
    "plugin.choria.discovery_port",
    "plugin.choria.randomize_middleware_hosts",
    "plugin.choria.security.serializer",
    "plugin.choria.ssl_dir",
    "plugin.security.file.cache",
    "publish_timeout",
    "rpcauditprovider",
    "securityprovider",
    "soft_shutdown",
    "ssl_cipher",
    "threaded",
];

/// Keys of brokers, plugins and other parts of the reference that share the file.
pub(crate) const OTHER_PROGRAMS: &[&str] = &[
    "plugin.*.activate_agent",
    "plugin.choria.adapter.*",
    "plugin.choria.adapters",
    "plugin.choria.broker_*",
    "plugin.choria.federation.*",
    "plugin.choria.network.*",
    "plugin.scout.*",
    "plugin.security.issuer.*.public",
];
