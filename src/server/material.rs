//! How the node protects its connection and where it looks for brokers, from build and settings.

use std::path::Path;
use std::path::PathBuf;

use crate::build_info::BuildInfo;
use crate::config;
use crate::config::CertificateFiles;
use crate::config::NoFiles;
use crate::config::Owner;
use crate::config::Settings;
use crate::config::choices::SecurityProvider;
use crate::os::source_file;
use crate::secret::Secret;
use crate::security::material::Material;
use crate::security::material::Pem;
use crate::security::material::Terms;
use crate::security::part::Part;
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
    /// The settings name no files.
    #[error(transparent)]
    NoFiles(#[from] NoFiles),
    /// A file of certificate, key or CA cannot be read.
    #[error("cannot read the {part} {}", path.display())]
    Unreadable {
        /// What it should hold.
        part: Part,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        err: std::io::Error,
    },
    /// A file of certificate, key or CA cannot be used.
    #[error("cannot use the {part} {}", path.display())]
    Unusable {
        /// What it should hold.
        part: Part,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        err: TlsError,
    },
    /// TLS cannot be set up, whatever the files hold.
    #[error("TLS cannot be set up")]
    Tls(#[source] TlsError),
    /// Neither brokers nor an SRV domain.
    #[error(
        "no brokers are known: set plugin.choria.middleware_hosts, or plugin.choria.srv_domain"
    )]
    NoBrokers,
}

/// What a connection in normal mode needs.
#[derive(Debug)]
pub enum Needs {
    /// No certificates, but this protection.
    Nothing(TlsPolicy),
    /// Mutual TLS, verified, with these files.
    Certificates(CertificateFiles),
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

/// What a connection in normal mode needs: mutual TLS, verified; plain text only where the build is made for an unsigned
/// network and the configuration names no certificates.
///
/// # Errors
///
/// [`MaterialError`] when certificates must be configured and are not.
pub fn needs(
    build: &BuildInfo,
    settings: &Settings,
    owner: &Owner<'_>,
) -> Result<Needs, MaterialError> {
    let security = &settings.security;
    match CertificateFiles::needed(build, security, owner)? {
        Some(files) => Ok(Needs::Certificates(files)),
        None if build.tls => UnverifiedTls::with(&security.terms().parameters)
            .map(TlsPolicy::PlainWhereNothingBetter)
            .map(Needs::Nothing)
            .map_err(MaterialError::Tls),
        None => Ok(Needs::Nothing(TlsPolicy::Disabled)),
    }
}

/// Reads the three files and makes material of them.
///
/// # Errors
///
/// [`MaterialError`] when a file cannot be read or no connection can be made with it.
pub fn load(files: &CertificateFiles, terms: &Terms) -> Result<Material, MaterialError> {
    of(files, read(files)?, terms)
}

/// The texts of the three files.
pub(super) fn read(files: &CertificateFiles) -> Result<Pem, MaterialError> {
    let text = |part| part_of(files.path(part), part);
    Ok(Pem {
        certificate: text(Part::Certificate)?,
        key: Secret::new(text(Part::Key)?),
        ca: text(Part::Ca)?,
    })
}

/// Material of the texts of the three files.
pub(super) fn of(
    files: &CertificateFiles,
    pem: Pem,
    terms: &Terms,
) -> Result<Material, MaterialError> {
    Material::new(pem, terms).map_err(|err| match err.part() {
        None => MaterialError::Tls(err),
        Some(part) => MaterialError::Unusable {
            part,
            path: files.path(part).to_owned(),
            err,
        },
    })
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
    owner: &Owner<'_>,
    verify: bool,
) -> Result<TlsPolicy, MaterialError> {
    let security = &settings.security;
    let file = &security.file;
    let no_certificate = security.provider == SecurityProvider::File
        && file.certificate.is_none()
        && file.key.is_none();
    let terms = security.terms();
    let tls = if no_certificate && (file.ca.is_some() || verify) {
        let path = file.ca.as_deref();
        let path = path.ok_or(NoFiles::NotSet { part: Part::Ca })?;
        let ca = part_of(path, Part::Ca)?;
        VerifiedTls::with(&ca, terms.names, None, &terms.parameters).map_err(MaterialError::Tls)?
    } else {
        let files = match needs(build, settings, owner)? {
            Needs::Nothing(policy) if !verify => return Ok(policy),
            Needs::Nothing(_) => CertificateFiles::of(security, owner)?,
            Needs::Certificates(files) => files,
        };
        load(&files, &terms)?.tls().clone()
    };
    Ok(TlsPolicy::Required(tls))
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

fn part_of(path: &Path, part: Part) -> Result<String, MaterialError> {
    source_file::read_text(path, LARGEST).map_err(|err| MaterialError::Unreadable {
        part,
        path: path.to_owned(),
        err,
    })
}

/// Larger than any file of certificates a site uses, in bytes.
const LARGEST: u64 = 1024 * 1024;
