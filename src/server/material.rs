//! How the node protects its connection and where it looks for brokers, from build and settings.

use std::path::Path;
use std::path::PathBuf;

use crate::build_info::BuildInfo;
use crate::config;
use crate::config::Settings;
use crate::os::source_file;
use crate::secret::Secret;
use crate::security::tls::ClientCertificate;
use crate::security::tls::Names;
use crate::security::tls::TlsError;
use crate::security::tls::UnverifiedTls;
use crate::security::tls::VerifiedTls;
use crate::transport::Resolver;
use crate::transport::Server;
use crate::transport::Srv;
use crate::transport::Targets;
use crate::transport::TlsPolicy;

/// Why a connection cannot be prepared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MaterialError {
    /// A file of certificate, key or CA cannot be read.
    #[error("cannot read the {what} {}", path.display())]
    Unreadable {
        /// `certificate`, `private key` or `CA`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: std::io::Error,
    },
    /// A file is not configured.
    #[error("the {what} path is not configured, set {key}")]
    NotConfigured {
        /// `certificate`, `private key` or `CA`.
        what: &'static str,
        /// The key to set.
        key: &'static str,
    },
    /// The TLS files do not work.
    #[error("the TLS files cannot be used")]
    Tls(#[source] TlsError),
    /// Neither brokers nor an SRV domain.
    #[error(
        "no brokers are known: set plugin.choria.middleware_hosts, or plugin.choria.srv_domain"
    )]
    NoBrokers,
}

/// The protection of a connection in provisioning mode (design D11).
///
/// # Errors
///
/// [`MaterialError::Tls`] when the baked CA cannot be used.
pub fn provisioning_policy(build: &BuildInfo) -> Result<TlsPolicy, MaterialError> {
    if let Some(ca) = build.provisioning.ca {
        return VerifiedTls::new(ca, Names::AltNames, None)
            .map(TlsPolicy::Required)
            .map_err(MaterialError::Tls);
    }
    let unverified = UnverifiedTls::new().map_err(MaterialError::Tls)?;
    Ok(if build.provisioning.secure {
        TlsPolicy::RequiredUnverified(unverified)
    } else {
        TlsPolicy::PlainWhereNothingBetter(unverified)
    })
}

/// Where a node in provisioning mode looks for brokers. Nowhere else, whatever fails.
#[must_use]
pub fn provisioning_targets(build: &BuildInfo, resolver: Resolver) -> Targets {
    match build.provisioning.srv_domain {
        Some(domain) if build.provisioning.brokers.is_empty() => Targets::Srv(Srv {
            names: vec!["_choria-provisioner._tcp".to_owned()],
            domain: domain.to_owned(),
            resolver,
        }),
        // `build.rs` checked every one of them
        Some(_) | None => Targets::Servers(servers(build.provisioning.brokers.iter().copied())),
    }
}

/// The protection of a connection in normal mode: mutual TLS, verified; plain text only where the build is made for an
/// unsigned network and the configuration names no certificates.
///
/// # Errors
///
/// [`MaterialError`] when certificates are configured and cannot be used, or must be and are not.
pub fn normal_policy(build: &BuildInfo, settings: &Settings) -> Result<TlsPolicy, MaterialError> {
    if !build.tls {
        return Ok(TlsPolicy::Disabled);
    }
    let file = &settings.security.file;
    if !build.secure && file.certificate.is_none() && file.key.is_none() && file.ca.is_none() {
        let unverified = UnverifiedTls::new().map_err(MaterialError::Tls)?;
        return Ok(TlsPolicy::PlainWhereNothingBetter(unverified));
    }
    let certificate = read(
        file.certificate.as_deref(),
        "certificate",
        "plugin.security.file.certificate",
    )?;
    let key = read(
        file.key.as_deref(),
        "private key",
        "plugin.security.file.key",
    )?;
    let ca = read(file.ca.as_deref(), "CA", "plugin.security.file.ca")?;
    let client =
        ClientCertificate::from_pem(certificate.expose(), &key).map_err(MaterialError::Tls)?;
    let names = if settings.security.legacy_certificates {
        Names::LegacyCommonName
    } else {
        Names::AltNames
    };
    VerifiedTls::new(ca.expose(), names, Some(client))
        .map(TlsPolicy::Required)
        .map_err(MaterialError::Tls)
}

/// The protection of an operator's connection: as configured, where `verify` demands verification; a client without a
/// certificate of its own may still verify the broker's.
///
/// # Errors
///
/// [`MaterialError`] when certificates are configured and cannot be used, or must be and are not.
pub fn client_policy(
    build: &BuildInfo,
    settings: &Settings,
    verify: bool,
) -> Result<TlsPolicy, MaterialError> {
    let file = &settings.security.file;
    if file.certificate.is_some() || file.key.is_some() || (file.ca.is_none() && !verify) {
        return normal_policy(build, settings);
    }
    let ca = read(file.ca.as_deref(), "CA", "plugin.security.file.ca")?;
    VerifiedTls::new(ca.expose(), Names::AltNames, None)
        .map(TlsPolicy::Required)
        .map_err(MaterialError::Tls)
}

/// Where a node in normal mode looks for brokers (spec 03 §3.7). Without SRV domain the one of the identity is used.
///
/// # Errors
///
/// [`MaterialError::NoBrokers`] when the settings leave nothing to look for.
pub fn normal_targets(
    settings: &Settings,
    identity: &str,
    resolver: Resolver,
) -> Result<Targets, MaterialError> {
    let brokers = &settings.brokers;
    if !brokers.hosts.is_empty() {
        return Ok(Targets::Servers(servers(
            brokers.hosts.iter().map(ToString::to_string),
        )));
    }
    let domain = brokers.srv_domain.as_ref().map(ToString::to_string);
    let domain = domain.or_else(|| {
        identity
            .split_once('.')
            .map(|(_, domain)| domain.to_owned())
    });
    match domain {
        Some(domain) if brokers.use_srv => Ok(Targets::Srv(Srv {
            names: vec![
                "_mcollective-server._tcp".to_owned(),
                "_x-puppet-mcollective._tcp".to_owned(),
            ],
            domain,
            resolver,
        })),
        Some(_) | None => Err(MaterialError::NoBrokers),
    }
}

/// Who answers DNS questions: the machine's name servers, unless the configuration names one by its address.
#[must_use]
pub fn resolver(configured: Option<&config::Server>) -> Resolver {
    configured
        .and_then(|server| format!("{}:{}", server.host(), server.port()).parse().ok())
        .map_or(Resolver::System, Resolver::At)
}

fn servers<T: AsRef<str>>(texts: impl Iterator<Item = T>) -> Vec<Server> {
    texts
        .filter_map(|text| text.as_ref().parse().ok())
        .collect()
}

fn read(
    path: Option<&Path>,
    what: &'static str,
    key: &'static str,
) -> Result<Secret<String>, MaterialError> {
    let path = path.ok_or(MaterialError::NotConfigured { what, key })?;
    let bytes = source_file::read(path, LARGEST)
        .and_then(|bytes| {
            String::from_utf8(bytes)
                .map_err(|err| std::io::Error::new(std::io::ErrorKind::InvalidData, err))
        })
        .map_err(|err| MaterialError::Unreadable {
            what,
            path: path.to_owned(),
            err,
        })?;
    Ok(Secret::new(bytes))
}

/// Larger than any file of certificates a site uses, in bytes.
const LARGEST: u64 = 1024 * 1024;
