//! The TLS inputs of `configure`: certificate and CA, for a key that this node made.

use std::path::Path;
use std::path::PathBuf;

use super::Site;
use super::error::ConfigureError;
use super::inputs::Configure;
use crate::config::policy::Policy;
use crate::config::policy::Verdict;
use crate::os::files::Kind;
use crate::secret::Secret;
use crate::security::certificate;
use crate::security::key::RsaKey;

/// Certificate, CA and key, checked against each other.
#[derive(Debug)]
pub(super) struct Tls {
    /// Where they go.
    pub(super) directory: PathBuf,
    /// PEM as it was given.
    pub(super) certificate: String,
    /// PEM as it was given.
    pub(super) ca: String,
    /// The staged key, unless the certificate is for the one that is live already.
    pub(super) key: Option<Secret<String>>,
    /// Names in the certificate.
    pub(super) names: Vec<String>,
}

impl Tls {
    /// Path of the certificate.
    pub(super) fn certificate_path(&self) -> PathBuf {
        self.directory.join("certificate.pem")
    }

    /// Path of the CA.
    pub(super) fn ca_path(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// Path of the private key.
    pub(super) fn key_path(&self) -> PathBuf {
        private_key(&self.directory)
    }

    /// What the file will hold, if it is one that this set writes.
    pub(super) fn content(&self, path: &Path) -> Option<Secret<String>> {
        if path == self.certificate_path() {
            Some(Secret::new(self.certificate.clone()))
        } else if path == self.ca_path() {
            Some(Secret::new(self.ca.clone()))
        } else if path == self.key_path() {
            self.key.clone()
        } else {
            None
        }
    }
}

/// Judges the TLS inputs; none of them given is fine.
///
/// # Errors
///
/// [`ConfigureError`] for a partial set, a directory that is not this node's, or a certificate that does not fit.
pub(super) async fn judge(
    site: &Site,
    policy: &Policy,
    inputs: &Configure,
) -> Result<Option<Tls>, ConfigureError> {
    let key_given = !inputs.key.expose().is_empty();
    let missing = match (inputs.certificate.is_empty(), inputs.ca.is_empty()) {
        (true, true) if !key_given => return Ok(None),
        (false, false) => None,
        (true, _) => Some("certificate"),
        (false, true) => Some("ca"),
    };
    if let Some(missing) = missing {
        return Err(ConfigureError::PartialTls { missing });
    }
    let directory = if inputs.ssldir.is_empty() {
        site.ssl_dir()
    } else {
        PathBuf::from(&inputs.ssldir)
    };
    if let Verdict::Refused(refusal) = policy.judge_ssl_directory(&directory, &site.config_dir()) {
        return Err(ConfigureError::SslDirectory(refusal));
    }
    without_links(site, &directory)?;
    if key_given {
        return Err(match policy.judge_private_key() {
            Verdict::Refused(refusal) => ConfigureError::PrivateKeyRefused(refusal),
            // the key would be encrypted for a secret that only the action `jwt` agrees on, and there is no JWT here
            Verdict::Allowed => ConfigureError::PrivateKey,
        });
    }
    fit(site, directory, inputs).await.map(Some)
}

/// A path that is the node's own as it is written must not lead elsewhere.
fn without_links(site: &Site, directory: &Path) -> Result<(), ConfigureError> {
    let own = site.config_dir();
    let below = directory
        .ancestors()
        .take_while(|path| path.starts_with(&own) && *path != own);
    for path in below {
        let found = site
            .files
            .entry(path)
            .map_err(ConfigureError::SslDirectoryUnknown)?;
        if found.is_some_and(|entry| entry.kind == Kind::SymbolicLink) {
            return Err(ConfigureError::SslDirectoryLink {
                directory: directory.to_owned(),
                link: path.to_owned(),
            });
        }
    }
    Ok(())
}

/// The certificate must be for the key that an earlier `configure` put in place, or for the staged one. The live key is
/// looked at first, because asking for the staged one generates it where there is none.
async fn fit(site: &Site, directory: PathBuf, inputs: &Configure) -> Result<Tls, ConfigureError> {
    let now = site.clock.now();
    let check =
        |key: &RsaKey| certificate::check(&inputs.certificate, &inputs.ca, &key.public_spki(), now);
    let live = live_key(site, &directory).and_then(|key| check(&key).ok());
    let (fitting, key) = if let Some(fitting) = live {
        (fitting, None)
    } else {
        let staged = site.keys.rsa().await.map_err(ConfigureError::Keys)?;
        let fitting = check(&staged).map_err(ConfigureError::Certificate)?;
        let pem = staged.private_pem().map_err(ConfigureError::KeyForm)?;
        (fitting, Some(pem))
    };
    Ok(Tls {
        directory,
        certificate: inputs.certificate.clone(),
        ca: inputs.ca.clone(),
        key,
        names: fitting.names,
    })
}

fn live_key(site: &Site, directory: &Path) -> Option<RsaKey> {
    let bytes = site.files.read(&private_key(directory), LARGEST_KEY).ok()?;
    let pem = Secret::new(String::from_utf8(bytes.expose().clone()).ok()?);
    RsaKey::from_pem(pem.expose()).ok()
}

fn private_key(directory: &Path) -> PathBuf {
    directory.join("private.pem")
}

/// Larger than any key file, in bytes.
const LARGEST_KEY: u64 = 64 * 1024;
