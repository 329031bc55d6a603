//! What settings demand of each other.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::choices::RegistrationPlugin;
use crate::config::choices::SecurityProvider;
use crate::config::keys::broker;
use crate::config::keys::client;
use crate::config::keys::node;
use crate::config::keys::security;
use crate::config::merged::Merged;
use crate::config::problem::Problem;
use crate::config::problem::Warning;
use crate::config::source::Origin;
use crate::config::values::LoopbackAddress;
use crate::config::values::PublicKey;
use crate::security::tls::Parameters;

/// The keys of the organization issuers by name: pairs of settings that the key table cannot list.
pub(super) fn issuers(
    merged: &Merged<'_>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, PublicKey> {
    let mut issuers = BTreeMap::new();
    for name in security::ISSUER_NAMES.read(merged) {
        let key = format!("plugin.security.issuer.{name}.public");
        let Some(entry) = merged.entry(&key) else {
            problems.push(Problem::Missing {
                key,
                reason: "plugin.security.issuer.names lists this issuer",
            });
            continue;
        };
        match entry.text.expose().parse() {
            Ok(public) => {
                issuers.insert(name, public);
            }
            Err(_) => problems.push(Problem::Value {
                origin: entry.origin.clone(),
                key,
                expected: "an Ed25519 public key of 64 hex digits".to_owned(),
                found: Some(entry.text.expose().clone()),
            }),
        }
    }
    issuers
}

/// Relations without which a start cannot succeed.
pub(super) fn problems(merged: &Merged<'_>, problems: &mut Vec<Problem>) {
    let publishes_file = node::REGISTRATION
        .read(merged)
        .contains(&RegistrationPlugin::FileContent);
    if publishes_file && node::FILE_DATA.read(merged).is_none() {
        problems.push(Problem::Missing {
            key: "plugin.choria.registration.file_content.data".to_owned(),
            reason: "registration is file_content",
        });
    }
    if let Err(NoLoopback) = stats_address(merged) {
        problems.push(conflict(
            merged,
            "plugin.choria.stats_address",
            "must be a loopback address such as 127.0.0.1 or ::1 when plugin.choria.stats_port is set",
        ));
    }
    let signed_elsewhere =
        client::SIGNER_URL.read(merged).is_some() || client::SIGNER_SERVICE.read(merged);
    if client::CLIENT_ANON_TLS.read(merged) && !signed_elsewhere {
        problems.push(conflict(
            merged,
            "plugin.security.client_anon_tls",
            "can only be enabled when a remote signer is configured",
        ));
    }
    if security::PROVIDER.read(merged) == SecurityProvider::Choria {
        with_provider_choria(merged, problems);
    }
    for list in tls_names(merged) {
        if !list.names.is_empty() && list.unknown().count() == list.names.len() {
            problems.push(conflict(
                merged,
                list.key,
                "names nothing that this build has, so no connection could be made",
            ));
        }
    }
}

/// A list of names for TLS, some of which may mean nothing.
struct TlsNames {
    key: &'static str,
    names: Vec<String>,
    known: fn(&str) -> bool,
}

impl TlsNames {
    fn unknown(&self) -> impl Iterator<Item = &String> {
        self.names.iter().filter(|name| !(self.known)(name))
    }
}

fn tls_names(merged: &Merged<'_>) -> [TlsNames; 2] {
    [
        TlsNames {
            key: "plugin.security.cipher_suites",
            names: security::CIPHER_SUITES.read(merged),
            known: Parameters::knows_suite,
        },
        TlsNames {
            key: "plugin.security.ecc_curves",
            names: security::ECC_CURVES.read(merged),
            known: Parameters::knows_curve,
        },
    ]
}

/// An address that others than this machine may reach.
pub(super) struct NoLoopback;

/// Where metrics are served, if a port is set. Without one the address is another program's and not judged.
pub(super) fn stats_address(merged: &Merged<'_>) -> Result<Option<LoopbackAddress>, NoLoopback> {
    let port = u16::try_from(node::STATS_PORT.read(merged)).unwrap_or_default();
    if port == 0 {
        return Ok(None);
    }
    let address = node::STATS_ADDRESS.read(merged).unwrap_or_default();
    LoopbackAddress::new(&address, port)
        .map(Some)
        .ok_or(NoLoopback)
}

fn with_provider_choria(merged: &Merged<'_>, problems: &mut Vec<Problem>) {
    let anonymous = security::SERVER_ANON_TLS.read(merged);
    let forbidden = [
        ("plugin.security.server_anon_tls", anonymous),
        (
            "plugin.security.client_anon_tls",
            client::CLIENT_ANON_TLS.read(merged),
        ),
        (
            "plugin.choria.security.server.token_file",
            !anonymous && security::SERVER_TOKEN.read(merged).is_some(),
        ),
        (
            "plugin.choria.security.server.seed_file",
            !anonymous && security::SERVER_SEED.read(merged).is_some(),
        ),
        (
            "plugin.choria.security.request_signer.token_file",
            client::SIGNER_TOKEN.read(merged).is_some(),
        ),
        (
            "plugin.choria.security.request_signer.seed_file",
            client::SIGNER_SEED.read(merged).is_some(),
        ),
    ];
    for (key, _) in forbidden.into_iter().filter(|(_, set)| *set) {
        problems.push(conflict(
            merged,
            key,
            "can not be set when the choria security provider is used",
        ));
    }
    let signers = !security::TRUSTED_SIGNERS.read(merged).is_empty();
    if signers && !security::ISSUER_NAMES.read(merged).is_empty() {
        problems.push(conflict(
            merged,
            "plugin.security.choria.trusted_signers",
            "can not be set together with plugin.security.issuer.names",
        ));
    }
}

/// No collective at all: a list of nothing but commas.
pub(super) fn no_collective() -> Problem {
    Problem::Missing {
        key: "collectives".to_owned(),
        reason: "a node belongs to at least one collective",
    }
}

/// Relations that are odd.
pub(super) fn warnings(merged: &Merged<'_>, warnings: &mut Vec<Warning>) {
    of_security(merged, warnings);
    if broker::CREDENTIALS.read(merged).is_some() {
        warnings.push(doubtful(
            merged,
            "plugin.nats.credentials",
            "is not used by this build: brokers are shown plugin.nats.user and plugin.nats.pass",
        ));
    }
    let collectives = node::COLLECTIVES.read(merged);
    let members = [
        ("main_collective", node::MAIN_COLLECTIVE.read(merged)),
        (
            "registration_collective",
            node::REGISTRATION_COLLECTIVE.read(merged),
        ),
    ];
    for (key, member) in members {
        if member.is_some_and(|member| !collectives.contains(&member)) {
            warnings.push(doubtful(
                merged,
                key,
                "is not one of the collectives that the node joins",
            ));
        }
    }
    let user = broker::USER.read(merged).is_some();
    let password = broker::PASSWORD.read(merged).is_some();
    if user != password {
        let key = if user {
            "plugin.nats.user"
        } else {
            "plugin.nats.pass"
        };
        warnings.push(doubtful(
            merged,
            key,
            "has no effect: user and password are both needed",
        ));
    }
    let speaks_v1 = security::PROVIDER.read(merged) != SecurityProvider::Choria;
    if speaks_v1 && Duration::from(node::TTL.read(merged)) < SHORTEST_V1_TTL {
        warnings.push(doubtful(
            merged,
            "ttl",
            "is below 30 seconds, which peers of protocol 1 refuse",
        ));
    }
    if node::RPC_AUDIT.read(merged) && node::AUDIT_FILE.read(merged).is_none() {
        warnings.push(doubtful(
            merged,
            "rpcaudit",
            "has no effect without plugin.rpcaudit.logfile",
        ));
    }
}

fn of_security(merged: &Merged<'_>, warnings: &mut Vec<Warning>) {
    for list in tls_names(merged) {
        warnings.extend(list.unknown().map(|name| Warning::UnknownName {
            origin: origin(merged, list.key),
            key: list.key.to_owned(),
            name: name.clone(),
        }));
    }
    let files = [
        (
            "plugin.security.file.certificate",
            &security::FILE_CERTIFICATE,
        ),
        ("plugin.security.file.key", &security::FILE_KEY),
        ("plugin.security.file.ca", &security::FILE_CA),
    ];
    if security::PROVIDER.read(merged) == SecurityProvider::Puppet {
        let set = files.iter().filter(|(_, path)| path.read(merged).is_some());
        warnings.extend(set.map(|(key, _)| {
            doubtful(
                merged,
                key,
                "has no effect: plugin.security.provider is puppet, its default, and not file",
            )
        }));
    }
}

fn conflict(merged: &Merged<'_>, key: &str, reason: &'static str) -> Problem {
    Problem::Conflict {
        origin: origin(merged, key),
        key: key.to_owned(),
        reason,
    }
}

fn doubtful(merged: &Merged<'_>, key: &str, reason: &'static str) -> Warning {
    Warning::Doubtful {
        origin: origin(merged, key),
        key: key.to_owned(),
        reason,
    }
}

fn origin(merged: &Merged<'_>, key: &str) -> Origin {
    merged
        .entry(key)
        .map_or(Origin::Default, |entry| entry.origin.clone())
}

/// Smallest `ttl` that the schema of a version 1 request allows (spec 03 §6.2).
const SHORTEST_V1_TTL: Duration = Duration::from_secs(30);
