//! The certificate that requests are signed with.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::build_info::BuildInfo;
use crate::client::Who;
use crate::client::certname;
use crate::config::CertificateFiles;
use crate::config::NoFiles;
use crate::config::Owner;
use crate::config::Settings;
use crate::config::choices::SecurityProvider;
use crate::config::settings::Security;
use crate::os::host;
use crate::os::source_file;
use crate::protocol::names::Collective;
use crate::report::Exit;
use crate::secret::Secret;
use crate::security::part::Part;
use crate::security::request::Signer;
use crate::security::request::SignerError;

/// Why requests cannot be signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// No certificate is configured.
    #[error("requests must be signed")]
    NotConfigured(#[source] NoFiles),
    /// A file cannot be read.
    #[error("cannot read the {what} {}", path.display())]
    Read {
        /// What is in it.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        err: std::io::Error,
    },
    /// The files do not make a signature.
    #[error("cannot sign with {} and {}", certificate.display(), key.display())]
    Unusable {
        /// File of the certificate.
        certificate: PathBuf,
        /// File of its key.
        key: PathBuf,
        /// What is wrong.
        #[source]
        err: SignerError,
    },
    /// Nodes would refuse every request.
    #[error(
        "MCOLLECTIVE_CERTNAME is {caller} and the certificate is for {names}: nodes believe requests only under a name \
         of the certificate"
    )]
    OtherName {
        /// The name that was asked for.
        caller: String,
        /// Those of the certificate.
        names: String,
    },
}

impl SigningError {
    /// The exit code that says so.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Read { .. } => Exit::NoInput,
            Self::NotConfigured(_) | Self::Unusable { .. } | Self::OtherName { .. } => Exit::Config,
        }
    }
}

/// Who calls, and what signs the calls.
#[derive(Debug)]
pub struct Caller {
    /// The name in the caller id.
    pub certname: String,
    /// Nothing where requests go out unsigned.
    pub signer: Option<Arc<Signer>>,
}

impl Caller {
    /// Somebody who asks nothing.
    pub(super) fn silent(who: &Who<'_>) -> Self {
        Self {
            certname: certname(who),
            signer: None,
        }
    }

    /// Decides it for requests to `collective`. Unsigned are those of a build for an unsigned network, those to nodes
    /// that wait for a provisioner when there is no certificate (they could not judge it), and all of them when the
    /// environment says `INSECURE_YES_REALLY=true`, as the reference has it.
    ///
    /// Where nobody chose a name, the certificate does: nodes believe no other.
    ///
    /// # Errors
    ///
    /// [`SigningError`] when requests must be signed and cannot be.
    pub fn of(
        build: &BuildInfo,
        settings: &Settings,
        who: &Who<'_>,
        collective: &Collective,
    ) -> Result<Self, SigningError> {
        let certname = certname(who);
        let owner = Owner {
            root: who.root,
            ..host::owner(&certname)
        };
        let files = CertificateFiles::of(&settings.security, &owner);
        let bare = !has_certificate(&settings.security, &files);
        let really = std::env::var("INSECURE_YES_REALLY").is_ok_and(|value| value == "true");
        if !build.secure || really || (bare && collective.as_str() == WAITING) {
            return Ok(Self {
                certname,
                signer: None,
            });
        }
        let signer = signer(&files.map_err(SigningError::NotConfigured)?)?;
        let names = signer.names();
        let speaks = names.contains(&certname)
            || names.iter().any(|name| {
                let mut privileged = settings.security.privileged_users.iter();
                privileged.any(|pattern| pattern.is_match(name))
            });
        let certname = match (speaks, who.chosen, names.first()) {
            (true, _, _) => certname,
            (false, None, Some(own)) => own.clone(),
            (false, _, _) => {
                return Err(SigningError::OtherName {
                    caller: certname,
                    names: names.join(", "),
                });
            }
        };
        Ok(Self {
            certname,
            signer: Some(Arc::new(signer)),
        })
    }
}

/// Whether the operator has a certificate, or at least means to: provider `puppet` is the default of everybody.
fn has_certificate(security: &Security, files: &Result<CertificateFiles, NoFiles>) -> bool {
    match (security.provider, files) {
        (SecurityProvider::Puppet, Ok(files)) => files.path(Part::Certificate).exists(),
        (SecurityProvider::File, _) => {
            security.file.certificate.is_some() || security.file.key.is_some()
        }
        (SecurityProvider::Puppet, Err(_))
        | (
            SecurityProvider::Choria | SecurityProvider::CertManager | SecurityProvider::Pkcs11,
            _,
        ) => true,
    }
}

fn signer(files: &CertificateFiles) -> Result<Signer, SigningError> {
    let (certificate, key) = (files.path(Part::Certificate), files.path(Part::Key));
    Signer::from_pem(
        read(certificate, "certificate")?.expose(),
        read(key, "private key")?.expose(),
    )
    .map_err(|err| SigningError::Unusable {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        err,
    })
}

fn read(path: &Path, what: &'static str) -> Result<Secret<String>, SigningError> {
    source_file::read_text(path, LARGEST)
        .map(Secret::new)
        .map_err(|err| SigningError::Read {
            what,
            path: path.to_owned(),
            err,
        })
}

/// The collective of nodes that wait for a provisioner.
const WAITING: &str = "provisioning";
/// Larger than any file of certificates, in bytes.
const LARGEST: u64 = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build_info::BUILD_INFO;
    use crate::config::Defaults;
    use crate::config::Raw;

    const SECURE: BuildInfo = BuildInfo {
        secure: true,
        ..BUILD_INFO
    };

    fn settings(lines: &[(&str, &str)]) -> Settings {
        let mut raw = Raw::default();
        for (key, value) in lines {
            raw.set(key, value, crate::config::Origin::Host);
        }
        let defaults = Defaults::new(&SECURE, Path::new("/etc/muster/client.conf"), None);
        Settings::resolve(&raw, &defaults).unwrap().settings
    }

    /// A certificate with its key, in files.
    fn certified(folder: &Path, names: &[&str]) -> Settings {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = rcgen::CertificateParams::new(names.clone()).unwrap();
        let common = rcgen::DnType::CommonName;
        params.distinguished_name.push(common, names[0].as_str());
        let pem = params.self_signed(&key).unwrap().pem();
        let place = |name: &str, text: &str| {
            use std::io::Write as _;
            let path = folder.join(name);
            let mut file = std::fs::File::create(&path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            path.display().to_string()
        };
        let (certificate, key) = (place("c", &pem), place("k", &key.serialize_pem()));
        settings(&[
            ("plugin.security.provider", "file"),
            ("plugin.security.file.ca", &certificate),
            ("plugin.security.file.certificate", &certificate),
            ("plugin.security.file.key", &key),
        ])
    }

    fn caller(
        settings: &Settings,
        chosen: Option<&str>,
        collective: &str,
    ) -> Result<(String, bool), SigningError> {
        let who = Who {
            chosen,
            root: false,
            user: Some("ops"),
            suffix: "mcollective",
            identity: "host.example.net",
        };
        let collective = Collective::new(collective).unwrap();
        let caller = Caller::of(&SECURE, settings, &who, &collective)?;
        Ok((caller.certname, caller.signer.is_some()))
    }

    #[test]
    fn requests_are_signed_under_a_name_of_the_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let settings = certified(folder.path(), &["rip.mcollective", "ops.mcollective"]);
        for (chosen, expected) in [
            (None, "ops.mcollective"),
            (Some("rip.mcollective"), "rip.mcollective"),
        ] {
            let (name, signed) = caller(&settings, chosen, "mcollective").unwrap();
            assert_eq!((name.as_str(), signed), (expected, true));
        }
        assert!(matches!(
            caller(&settings, Some("eve.mcollective"), "mcollective"),
            Err(SigningError::OtherName { .. })
        ));
    }

    #[test]
    fn the_certificate_names_the_caller_when_nobody_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let settings = certified(folder.path(), &["rip.mcollective"]);
        let (name, signed) = caller(&settings, None, "mcollective").unwrap();
        assert_eq!((name.as_str(), signed), ("rip.mcollective", true));
    }

    #[test]
    fn a_privileged_certificate_signs_for_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let settings = certified(folder.path(), &["signer.privileged.mcollective"]);
        let (name, signed) = caller(&settings, Some("bob"), "mcollective").unwrap();
        assert_eq!((name.as_str(), signed), ("bob", true));
    }

    #[test]
    fn without_a_certificate_only_waiting_nodes_can_be_asked() {
        let bare = settings(&[("plugin.security.provider", "file")]);
        let (_, signed) = caller(&bare, None, "provisioning").unwrap();
        assert!(!signed);
        assert!(matches!(
            caller(&bare, None, "mcollective"),
            Err(SigningError::NotConfigured(_))
        ));
        let half = settings(&[
            ("plugin.security.provider", "file"),
            ("plugin.security.file.certificate", "/nonexistent"),
        ]);
        assert!(matches!(
            caller(&half, None, "provisioning"),
            Err(SigningError::NotConfigured(_))
        ));
    }
}
