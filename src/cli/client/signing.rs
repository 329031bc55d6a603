//! The certificate that an operator's requests are signed with.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::build_info::BuildInfo;
use crate::config::Settings;
use crate::os::source_file;
use crate::report::Exit;
use crate::secret::Secret;
use crate::security::request::Signer;
use crate::security::request::SignerError;

/// Why requests cannot be signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::cli) enum SigningError {
    /// A path is not configured.
    #[error("requests must be signed and no {what} is configured, set {key}")]
    NotConfigured {
        what: &'static str,
        key: &'static str,
    },
    /// A file cannot be read.
    #[error("cannot read the {what} {}", path.display())]
    Read {
        what: &'static str,
        path: PathBuf,
        #[source]
        err: std::io::Error,
    },
    /// The files do not make a signature.
    #[error("cannot sign with {} and {}", certificate.display(), key.display())]
    Unusable {
        certificate: PathBuf,
        key: PathBuf,
        #[source]
        err: SignerError,
    },
    /// Nodes would refuse every request.
    #[error(
        "requests would go out as {caller}, and the certificate {} is for {names}: set MCOLLECTIVE_CERTNAME to one of its \
         names",
        certificate.display()
    )]
    OtherName {
        caller: String,
        certificate: PathBuf,
        names: String,
    },
}

impl SigningError {
    /// The exit code that says so.
    pub(in crate::cli) const fn exit(&self) -> Exit {
        match self {
            Self::Read { .. } => Exit::NoInput,
            Self::NotConfigured { .. } | Self::Unusable { .. } | Self::OtherName { .. } => {
                Exit::Config
            }
        }
    }
}

/// What signs the requests of `caller`: nothing in a build for an unsigned network, or when the environment says
/// `INSECURE_YES_REALLY=true` as the reference has it.
pub(super) fn signer(
    build: &BuildInfo,
    settings: &Settings,
    caller: &str,
) -> Result<Option<Arc<Signer>>, SigningError> {
    let really = std::env::var("INSECURE_YES_REALLY").is_ok_and(|value| value == "true");
    if !build.secure || really {
        return Ok(None);
    }
    let file = &settings.security.file;
    let certificate = file
        .certificate
        .as_deref()
        .ok_or(SigningError::NotConfigured {
            what: "certificate",
            key: "plugin.security.file.certificate",
        })?;
    let key = file.key.as_deref().ok_or(SigningError::NotConfigured {
        what: "private key",
        key: "plugin.security.file.key",
    })?;
    let signer = Signer::from_pem(
        read(certificate, "certificate")?.expose(),
        read(key, "private key")?.expose(),
    )
    .map_err(|err| SigningError::Unusable {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        err,
    })?;
    let speaks = signer.names().iter().any(|name| name == caller)
        || settings
            .security
            .privileged_users
            .iter()
            .any(|pattern| signer.names().iter().any(|name| pattern.is_match(name)));
    if !speaks {
        return Err(SigningError::OtherName {
            caller: format!("choria={caller}"),
            certificate: certificate.to_owned(),
            names: signer.names().join(", "),
        });
    }
    Ok(Some(Arc::new(signer)))
}

fn read(path: &Path, what: &'static str) -> Result<Secret<String>, SigningError> {
    source_file::read(path, LARGEST)
        .and_then(|bytes| {
            String::from_utf8(bytes)
                .map_err(|err| std::io::Error::new(std::io::ErrorKind::InvalidData, err))
        })
        .map(Secret::new)
        .map_err(|err| SigningError::Read {
            what,
            path: path.to_owned(),
            err,
        })
}

/// Larger than any file of certificates, in bytes.
const LARGEST: u64 = 256 * 1024;
