//! From merged texts to [`Settings`].

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::effective::Effective;
use crate::config::keys::broker;
use crate::config::keys::client;
use crate::config::keys::node;
use crate::config::keys::own;
use crate::config::keys::security;
use crate::config::merged::Defaults;
use crate::config::merged::Merged;
use crate::config::problem::ConfigError;
use crate::config::raw::Raw;
use crate::config::settings::Audit;
use crate::config::settings::Authorization;
use crate::config::settings::Brokers;
use crate::config::settings::Certificates;
use crate::config::settings::Choria;
use crate::config::settings::Client;
use crate::config::settings::Login;
use crate::config::settings::Metrics;
use crate::config::settings::Muster;
use crate::config::settings::Registration;
use crate::config::settings::Resolved;
use crate::config::settings::Security;
use crate::config::settings::Settings;
use crate::config::settings::Status;
use crate::config::settings::TokenFiles;
use crate::config::settings::checks;
use crate::config::values::PublicKey;
use crate::protocol::names::Collective;

impl Settings {
    /// Fills in defaults, reads every value and checks those that depend on each other.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with all problems, those of the grammar first.
    pub fn resolve(raw: &Raw, defaults: &Defaults<'_>) -> Result<Resolved, ConfigError> {
        let merged = Merged::new(raw, defaults);
        let mut problems = raw.problems().to_vec();
        let effective = Effective::new(&merged, &mut problems);
        let issuers = checks::issuers(&merged, &mut problems);
        // The relations are checked between values that are themselves good.
        if problems.is_empty() {
            checks::problems(&merged, &mut problems);
        }
        let collectives = node::COLLECTIVES.read(&merged);
        let main = node::MAIN_COLLECTIVE
            .read(&merged)
            .ok_or_else(checks::no_collective);
        let main = match (main, ConfigError::from_problems(problems)) {
            (_, Some(error)) => return Err(error),
            (Err(problem), None) => return Err(ConfigError::from(problem)),
            (Ok(main), None) => main,
        };
        let mut warnings = raw.warnings().to_vec();
        checks::warnings(&merged, &mut warnings);
        Ok(Resolved {
            settings: settings(&merged, collectives, main, issuers),
            effective,
            warnings,
        })
    }
}

fn settings(
    merged: &Merged<'_>,
    collectives: Vec<Collective>,
    main: Collective,
    issuers: BTreeMap<String, PublicKey>,
) -> Settings {
    Settings {
        identity: node::IDENTITY.read(merged),
        collectives,
        log_target: node::LOGFILE.read(merged),
        log_level: node::LOGLEVEL.read(merged),
        registration: registration(merged, &main),
        main_collective: main,
        fact_files: node::FACT_FILES.read(merged),
        classes_file: node::CLASSES_FILE.read(merged).unwrap_or_default(),
        libdir: node::LIBDIR.read(merged),
        ttl: node::TTL.read(merged).into(),
        authorization: authorization(merged),
        audit: Audit {
            enabled: node::RPC_AUDIT.read(merged),
            file: node::AUDIT_FILE.read(merged),
            group: node::AUDIT_GROUP.read(merged),
            mode: node::AUDIT_MODE.read(merged).unwrap_or(0o600),
            failure: own::AUDIT_FAILURE.read(merged),
        },
        soft_shutdown_timeout: match node::SOFT_SHUTDOWN_TIMEOUT.read(merged).into() {
            Duration::ZERO => Duration::from_secs(10),
            some => some,
        },
        provision: node::PROVISION.read(merged),
        allow_update: node::ALLOW_UPDATE.read(merged),
        status: Status {
            file: node::STATUS_FILE.read(merged),
            interval: node::STATUS_INTERVAL.read(merged).into(),
        },
        metrics: Metrics {
            address: checks::stats_address(merged).ok().flatten(),
            socket: own::METRICS_SOCKET.read(merged).map(Into::into),
        },
        legacy_lifecycle_format: node::LEGACY_LIFECYCLE.read(merged),
        brokers: brokers(merged),
        security: security(merged, issuers),
        client: client(merged),
        muster: muster(merged),
    }
}

fn registration(merged: &Merged<'_>, main: &Collective) -> Registration {
    Registration {
        plugins: node::REGISTRATION.read(merged),
        collective: node::REGISTRATION_COLLECTIVE
            .read(merged)
            .unwrap_or_else(|| main.clone()),
        interval: node::REGISTER_INTERVAL.read(merged).into(),
        splay: node::REGISTRATION_SPLAY.read(merged),
        file: node::FILE_DATA.read(merged),
        file_target: node::FILE_TARGET.read(merged),
        file_compression: node::FILE_COMPRESSION.read(merged),
        inventory_target: node::INVENTORY_TARGET.read(merged),
        inventory_compression: node::INVENTORY_COMPRESSION.read(merged),
        size_trigger: Some(node::SIZE_TRIGGER.read(merged)).filter(|bytes| *bytes > 0),
        size_interval: node::SIZE_INTERVAL.read(merged).into(),
    }
}

fn authorization(merged: &Merged<'_>) -> Authorization {
    let default_enabled = node::ENABLE_DEFAULT.read(merged);
    Authorization {
        enabled: node::RPC_AUTHORIZATION.read(merged),
        provider: node::RPC_AUTH_PROVIDER.read(merged),
        allow_unconfigured: node::ALLOW_UNCONFIGURED.read(merged),
        default_policy: node::DEFAULT_NAME.read(merged).filter(|_| default_enabled),
    }
}

fn brokers(merged: &Merged<'_>) -> Brokers {
    let login = broker::USER.read(merged).zip(broker::PASSWORD.read(merged));
    Brokers {
        hosts: broker::MIDDLEWARE_HOSTS.read(merged),
        use_srv: broker::USE_SRV.read(merged),
        srv_domain: broker::SRV_DOMAIN.read(merged),
        federations: broker::FEDERATION_COLLECTIVES.read(merged),
        federation_hosts: broker::FEDERATION_HOSTS.read(merged),
        connect_timeout: broker::CONNECT_TIMEOUT.read(merged),
        login: login.map(|(user, password)| Login { user, password }),
        credentials: broker::CREDENTIALS.read(merged),
    }
}

fn security(merged: &Merged<'_>, issuers: BTreeMap<String, PublicKey>) -> Security {
    Security {
        provider: security::PROVIDER.read(merged),
        file: Certificates {
            certificate: security::FILE_CERTIFICATE.read(merged),
            key: security::FILE_KEY.read(merged),
            ca: security::FILE_CA.read(merged),
        },
        ssldir: security::SSLDIR.read(merged),
        certname_whitelist: security::CERTNAME_WHITELIST.read(merged),
        privileged_users: security::PRIVILEGED_USERS.read(merged),
        legacy_certificates: security::LEGACY_CERTIFICATES.read(merged),
        cipher_suites: security::CIPHER_SUITES.read(merged),
        curves: security::ECC_CURVES.read(merged),
        server_anon_tls: security::SERVER_ANON_TLS.read(merged),
        server_token: TokenFiles {
            token: security::SERVER_TOKEN.read(merged),
            seed: security::SERVER_SEED.read(merged),
        },
        choria: Choria {
            files: TokenFiles {
                token: security::CHORIA_TOKEN.read(merged),
                seed: security::CHORIA_SEED.read(merged),
            },
            certificates: Certificates {
                certificate: security::CHORIA_CERTIFICATE.read(merged),
                key: security::CHORIA_KEY.read(merged),
                ca: security::CHORIA_CA.read(merged),
            },
            trusted_signers: security::TRUSTED_SIGNERS.read(merged),
            issuers,
            sign_replies: security::SIGN_REPLIES.read(merged),
        },
    }
}

fn client(merged: &Merged<'_>) -> Client {
    Client {
        discovery_timeout: client::DISCOVERY_TIMEOUT.read(merged).into(),
        discovery_method: client::DISCOVERY_METHOD.read(merged),
        discovery_options: client::DISCOVERY_OPTIONS.read(merged),
        windowed_timeout: client::WINDOWED_TIMEOUT.read(merged),
        limit_method: client::LIMIT_METHOD.read(merged),
        require_filter: client::REQUIRE_FILTER.read(merged),
        color: client::COLOR.read(merged),
        anon_tls: client::CLIENT_ANON_TLS.read(merged),
        signer_url: client::SIGNER_URL.read(merged),
        signer_service: client::SIGNER_SERVICE.read(merged),
        signer_files: TokenFiles {
            token: client::SIGNER_TOKEN.read(merged),
            seed: client::SIGNER_SEED.read(merged),
        },
    }
}

fn muster(merged: &Merged<'_>) -> Muster {
    Muster {
        resolver: own::RESOLVER.read(merged).map(|server| server.0),
        reconnect_spread: own::RECONNECT_SPREAD.read(merged),
        restart_exit_code: own::RESTART_EXIT_CODE.read(merged),
        reply_subjects: own::REPLY_SUBJECTS.read(merged),
        certificate_interval: own::CERTIFICATE_INTERVAL.read(merged),
        state_dir: own::STATE_DIR.read(merged).unwrap_or_default(),
    }
}
