//! Whether the next start of this node would end in normal mode, connected to somewhere. A node that does not start is
//! lost, so what a start refuses (`server::start`, `server::material`) is refused here first, with the same readers.

use std::path::Path;

use super::Site;
use super::error::ConfigureError;
use super::tls::Tls;
use crate::config::CertificateFiles;
use crate::config::ConfigError;
use crate::config::Defaults;
use crate::config::Raw;
use crate::config::Settings;
use crate::config::Source;
use crate::config::choices::SecurityProvider;
use crate::os::configuration;
use crate::os::configuration::ReadError;
use crate::os::configuration::Sources;
use crate::os::host;
use crate::os::source_file;
use crate::report::Chain;
use crate::secret::Secret;
use crate::security::material::Material;
use crate::security::material::Pem;
use crate::security::part::Part;
use crate::security::tls::TlsError;

/// Why a restart would be useless.
#[derive(Debug)]
pub(super) enum NotBootable {
    /// The configuration cannot be used.
    Unreadable(String),
    /// It enters provisioning mode.
    Provisions,
}

/// The configuration as it is on disk.
#[derive(Debug)]
pub(super) struct Situation(Sources);

impl Situation {
    /// Reads it.
    pub(super) fn read(site: &Site) -> Result<Self, ReadError> {
        configuration::read(&site.node.config_file).map(Self)
    }

    /// What the main file says about this program on this machine.
    pub(super) fn local_settings(&self) -> Vec<(String, String)> {
        let raw = Raw::read(self.0.main.as_ref(), &[]);
        raw.entries()
            .filter(|(key, _)| key.starts_with("plugin.muster."))
            .map(|(key, entry)| (key.to_owned(), entry.text.expose().clone()))
            .collect()
    }

    /// The settings that the next start would find with this main file.
    pub(super) fn with(&self, site: &Site, text: &str) -> Result<Settings, ConfigureError> {
        let path = site.node.config_file.display().to_string();
        let raw = self.0.raw_with(&Source::new(&path, text));
        let settings = resolve(site, raw).map_err(ConfigureError::Invalid)?;
        if provisions(site, &settings) {
            return Err(ConfigureError::Provisions);
        }
        // a transaction that a crash interrupts is looked for where the new file says
        if !std::path::absolute(&settings.muster.state_dir).is_ok_and(|path| path == site.state_dir)
        {
            return Err(ConfigureError::NotStartable {
                why: "the state directory cannot be changed over the network".to_owned(),
            });
        }
        Ok(settings)
    }
}

/// Whether the next start of this node would leave provisioning mode.
pub(super) fn would_start(site: &Site) -> Result<(), NotBootable> {
    let unreadable = |why: &dyn std::error::Error| NotBootable::Unreadable(Chain(why).to_string());
    let Situation(sources) = Situation::read(site).map_err(|err| unreadable(&err))?;
    if sources.main.is_none() {
        return Err(NotBootable::Unreadable(
            "the file does not exist".to_owned(),
        ));
    }
    let settings = resolve(site, sources.raw()).map_err(|err| unreadable(&err))?;
    if provisions(site, &settings) {
        return Err(NotBootable::Provisions);
    }
    check(site, &settings, None).map_err(NotBootable::Unreadable)
}

/// Whether a start in normal mode would find all it needs.
///
/// # Errors
///
/// What would be missing, in words.
pub(super) fn check(site: &Site, settings: &Settings, tls: Option<&Tls>) -> Result<(), String> {
    let security = &settings.security;
    if security.provider == SecurityProvider::Choria || security.server_anon_tls {
        return Err("server tokens are not supported by this build".to_owned());
    }
    brokers(site, settings)?;
    let identity = settings.identity.as_ref().unwrap_or(&site.node.identity);
    let owner = host::owner(identity.as_str());
    let needed = CertificateFiles::needed(&site.build, security, &owner);
    let Some(files) = needed.map_err(|err| err.to_string())? else {
        return Ok(());
    };
    let read = |part| {
        content(files.path(part), tls).map_err(|why| format!("{} names {why}", files.setting(part)))
    };
    let pem = Pem {
        certificate: read(Part::Certificate)?.expose().clone(),
        key: read(Part::Key)?,
        ca: read(Part::Ca)?.expose().clone(),
    };
    Material::new(pem, &security.terms())
        .map(drop)
        .map_err(|err| format!("the TLS files cannot be used: {}", told(&err)))
}

fn brokers(site: &Site, settings: &Settings) -> Result<(), String> {
    let brokers = &settings.brokers;
    let identity = settings.identity.as_ref().unwrap_or(&site.node.identity);
    let domain = brokers.srv_domain.is_some() || identity.as_str().contains('.');
    if brokers.hosts.is_empty() && !(brokers.use_srv && domain) {
        return Err(
            "no brokers are known, set plugin.choria.middleware_hosts or plugin.choria.srv_domain"
                .to_owned(),
        );
    }
    Ok(())
}

/// What a file will hold: of those that are about to be written, the new content.
fn content(path: &Path, tls: Option<&Tls>) -> Result<Secret<String>, String> {
    if let Some(new) = tls.and_then(|tls| tls.content(path)) {
        return Ok(new);
    }
    let text = source_file::read_text(path, LARGEST).map_err(|err| {
        let path = path.display();
        match err.kind() {
            std::io::ErrorKind::NotFound => format!("{path}, which does not exist"),
            std::io::ErrorKind::InvalidData => format!("{path}, which is not text"),
            _ => format!("{path}, which cannot be read: {err}"),
        }
    })?;
    Ok(Secret::new(text))
}

/// The parser's complaint about PEM may show a line of it, and one of the texts is a key.
fn told(err: &TlsError) -> String {
    match err {
        TlsError::Pem { .. } => err.to_string(),
        TlsError::NoKey
        | TlsError::Empty { .. }
        | TlsError::Root(_)
        | TlsError::ForeignKey
        | TlsError::ClientCertificate(_)
        | TlsError::Provider(_) => Chain(err).to_string(),
    }
}

fn provisions(site: &Site, settings: &Settings) -> bool {
    site.build.provisioning.wanted(settings.provision)
}

fn resolve(site: &Site, mut raw: Raw) -> Result<Settings, ConfigError> {
    raw.overlay_environment(configuration::variable);
    let home = configuration::home();
    let defaults = Defaults::new(&site.build, &site.node.config_file, home.as_deref());
    Settings::resolve(&raw, &defaults).map(|resolved| resolved.settings)
}

/// Larger than any file of certificates a site uses, in bytes.
const LARGEST: u64 = 1024 * 1024;
