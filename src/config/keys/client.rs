//! Keys of the operator's command line.

use std::path::PathBuf;

use crate::config::choices::DiscoveryMethod;
use crate::config::choices::LimitMethod;
use crate::config::form;
use crate::config::form::Seconds;
use crate::config::key::keys;
use crate::config::values::Url;

keys! {
    /// Seconds to wait for nodes.
    DISCOVERY_TIMEOUT: Seconds = "discovery_timeout", form::seconds(1, 3600), default("2");
    /// How nodes are found.
    DISCOVERY_METHOD: DiscoveryMethod = "default_discovery_method", form::choice(), default("mc");
    /// Options of that method. Each line adds one.
    DISCOVERY_OPTIONS: Vec<String> = "default_discovery_options", form::lines();
    /// Whether discovery ends early once no more answers come.
    WINDOWED_TIMEOUT: bool = "plugin.choria.discovery.broadcast.windowed_timeout", form::flag(), default("false");
    /// Which nodes a limited request takes.
    LIMIT_METHOD: LimitMethod = "rpclimitmethod", form::choice(), default("first");
    /// Whether requests without a filter are refused.
    REQUIRE_FILTER: bool = "plugin.choria.require_client_filter", form::flag(), default("false");
    /// Whether output is coloured.
    COLOR: bool = "color", form::flag(), default("true");
    /// Whether the command line connects over unverified TLS without a certificate; needs a request signer.
    CLIENT_ANON_TLS: bool = "plugin.security.client_anon_tls", form::flag(), default("false");
    /// Service that signs requests.
    SIGNER_URL: Option<Url> = "plugin.choria.security.request_signer.url", form::name("URL", "an http or https URL");
    /// Whether that service is reached over the brokers.
    SIGNER_SERVICE: bool = "plugin.choria.security.request_signer.service", form::flag(), default("false");
    /// The caller's token for that service.
    SIGNER_TOKEN: Option<PathBuf> = "plugin.choria.security.request_signer.token_file", form::path();
    /// The seed of the caller's key.
    SIGNER_SEED: Option<PathBuf> = "plugin.choria.security.request_signer.seed_file", form::path();
}
