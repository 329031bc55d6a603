//! Which files hold the certificate, the key and the CA: a matter of the security provider (spec 02 §3.2 and §3.3).
//!
//! Provider `file` names the three. Provider `puppet` finds them in Puppet's directory under the name of whoever it is:
//! for a node its identity, for a person the certificate name, and nothing else; the reference takes the name of the
//! user for some nodes too. Where no directory is set, the reference asks the program `puppet`; here it is the directory
//! of Puppet's packages for root and Puppet's own one in the home of everyone else.

use std::path::Path;
use std::path::PathBuf;

use crate::build_info::BuildInfo;
use crate::config::choices::SecurityProvider;
use crate::config::settings::Security;
use crate::security::material::Terms;
use crate::security::part::Part;
use crate::security::tls::Names;
use crate::security::tls::Parameters;

/// The files of a node or a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    certificate: PathBuf,
    key: PathBuf,
    ca: PathBuf,
    provider: SecurityProvider,
}

/// Whose files are wanted.
#[derive(Debug, Clone)]
pub struct Owner<'a> {
    /// The name of the certificate: the identity of a node, the certificate name of a person.
    pub certname: &'a str,
    /// Whether the process runs as root.
    pub root: bool,
    /// The user's home.
    pub home: Option<String>,
}

/// Why there are no files to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoFiles {
    /// The provider keeps its keys elsewhere.
    #[error(
        "plugin.security.provider = {provider} is not supported by this build, use file or puppet"
    )]
    Unsupported {
        /// The provider.
        provider: SecurityProvider,
    },
    /// One of the three is not named.
    #[error("{} is not set", setting(*part))]
    NotSet {
        /// Which one.
        part: Part,
    },
    /// Puppet's directory is unknown.
    #[error("plugin.choria.ssldir is not set and there is no home directory")]
    NoHome,
}

impl CertificateFiles {
    /// The files that these settings name for this owner. Whether they exist is another question.
    ///
    /// # Errors
    ///
    /// [`NoFiles`] when the settings name none.
    pub fn of(security: &Security, owner: &Owner<'_>) -> Result<Self, NoFiles> {
        match security.provider {
            SecurityProvider::File => {
                let file = &security.file;
                let named =
                    |path: &Option<PathBuf>, part| path.clone().ok_or(NoFiles::NotSet { part });
                Ok(Self {
                    certificate: named(&file.certificate, Part::Certificate)?,
                    key: named(&file.key, Part::Key)?,
                    ca: named(&file.ca, Part::Ca)?,
                    provider: SecurityProvider::File,
                })
            }
            SecurityProvider::Puppet => puppet(security.ssldir.as_deref(), owner),
            provider @ (SecurityProvider::Pkcs11
            | SecurityProvider::CertManager
            | SecurityProvider::Choria) => Err(NoFiles::Unsupported { provider }),
        }
    }

    /// The files that a connection of this build needs: none where TLS is off, or where the build is made for an unsigned
    /// network and no setting names certificates.
    ///
    /// # Errors
    ///
    /// [`NoFiles`] when the settings name none and must.
    pub fn needed(
        build: &BuildInfo,
        security: &Security,
        owner: &Owner<'_>,
    ) -> Result<Option<Self>, NoFiles> {
        if !build.tls {
            return Ok(None);
        }
        match Self::of(security, owner) {
            Err(err @ NoFiles::Unsupported { .. }) => Err(err),
            _ if !build.secure && !security.names_certificates() => Ok(None),
            files => files.map(Some),
        }
    }

    /// The file of a part.
    #[must_use]
    pub fn path(&self, part: Part) -> &Path {
        match part {
            Part::Certificate => &self.certificate,
            Part::Key => &self.key,
            Part::Ca => &self.ca,
        }
    }

    /// The setting that decides about the file of a part.
    #[must_use]
    pub const fn setting(&self, part: Part) -> &'static str {
        match self.provider {
            SecurityProvider::File => setting(part),
            SecurityProvider::Puppet
            | SecurityProvider::Pkcs11
            | SecurityProvider::CertManager
            | SecurityProvider::Choria => "plugin.choria.ssldir",
        }
    }
}

impl Security {
    /// Whether any setting names certificates. Where none does, a build for unsigned networks may do without.
    const fn names_certificates(&self) -> bool {
        let puppet = matches!(self.provider, SecurityProvider::Puppet);
        self.file.certificate.is_some()
            || self.file.key.is_some()
            || self.file.ca.is_some()
            || puppet && self.ssldir.is_some()
    }

    /// The file of the authorities that vouch for callers; the same that vouch for brokers. Provider `file` may name it and
    /// neither certificate nor key.
    #[must_use]
    pub fn authorities(&self, owner: &Owner<'_>) -> Option<PathBuf> {
        if self.provider == SecurityProvider::File {
            return self.file.ca.clone();
        }
        CertificateFiles::of(self, owner).ok().map(|files| files.ca)
    }

    /// How brokers are verified and what is offered to them. Those of provider `puppet` may always be old ones.
    #[must_use]
    pub fn terms(&self) -> Terms {
        let puppet = matches!(self.provider, SecurityProvider::Puppet);
        Terms {
            names: if self.legacy_certificates || puppet {
                Names::LegacyCommonName
            } else {
                Names::AltNames
            },
            parameters: Parameters::named(&self.cipher_suites, &self.curves),
        }
    }
}

fn puppet(ssldir: Option<&Path>, owner: &Owner<'_>) -> Result<CertificateFiles, NoFiles> {
    let directory = match (ssldir, &owner.home) {
        (Some(directory), _) => directory.to_owned(),
        (None, _) if owner.root => PathBuf::from("/etc/puppetlabs/puppet/ssl"),
        (None, Some(home)) => Path::new(home).join(".puppetlabs/etc/puppet/ssl"),
        (None, None) => return Err(NoFiles::NoHome),
    };
    let own = format!("{}.pem", owner.certname);
    Ok(CertificateFiles {
        certificate: directory.join("certs").join(&own),
        key: directory.join("private_keys").join(&own),
        ca: directory.join("certs/ca.pem"),
        provider: SecurityProvider::Puppet,
    })
}

const fn setting(part: Part) -> &'static str {
    match part {
        Part::Certificate => "plugin.security.file.certificate",
        Part::Key => "plugin.security.file.key",
        Part::Ca => "plugin.security.file.ca",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Defaults;
    use crate::config::Raw;
    use crate::config::Settings;
    use crate::config::Source;

    fn security(text: &str) -> Security {
        let raw = Raw::read(Some(&Source::new("server.conf", text)), &[]);
        let defaults = Defaults {
            collectives: &[],
            directory: Path::new("/etc/muster"),
            home: Some("/home/bob"),
        };
        let resolved = Settings::resolve(&raw, &defaults).unwrap();
        resolved.settings.security
    }

    fn files(text: &str, root: bool, home: Option<&str>) -> Result<CertificateFiles, NoFiles> {
        CertificateFiles::of(&security(text), &owner(root, home))
    }

    fn owner(root: bool, home: Option<&str>) -> Owner<'static> {
        Owner {
            certname: "n1.example.net",
            root,
            home: home.map(str::to_owned),
        }
    }

    fn paths(text: &str, root: bool, home: Option<&str>) -> [String; 3] {
        let files = files(text, root, home).unwrap();
        Part::ALL.map(|part| files.path(part).display().to_string())
    }

    #[test]
    fn provider_file_names_its_files() {
        let all = "plugin.security.provider = file\nplugin.security.file.certificate = /c\n\
                   plugin.security.file.key = /k\nplugin.security.file.ca = /a\n";
        assert_eq!(paths(all, false, None), ["/c", "/k", "/a"]);
        for (missing, part) in [
            ("/c", Part::Certificate),
            ("/k", Part::Key),
            ("/a", Part::Ca),
        ] {
            let lines = all.lines().filter(|line| !line.ends_with(missing));
            let text = lines.collect::<Vec<_>>().join("\n");
            assert_eq!(files(&text, false, None), Err(NoFiles::NotSet { part }));
        }
    }

    #[test]
    fn provider_puppet_finds_them_under_the_name_of_the_node() {
        let below = |directory: &str| {
            [
                "certs/n1.example.net.pem",
                "private_keys/n1.example.net.pem",
                "certs/ca.pem",
            ]
            .map(|file| format!("{directory}/{file}"))
        };
        assert_eq!(
            paths("plugin.choria.ssldir = /ssl", false, None),
            below("/ssl")
        );
        assert_eq!(paths("", true, None), below("/etc/puppetlabs/puppet/ssl"));
        let home = Some("/home/bob");
        assert_eq!(
            paths("", false, home),
            below("/home/bob/.puppetlabs/etc/puppet/ssl")
        );
        assert_eq!(files("", false, None), Err(NoFiles::NoHome));
    }

    #[test]
    fn authorities_need_no_certificate_and_no_key() {
        for (text, expected) in [
            (
                "plugin.security.provider = file\nplugin.security.file.ca = /a",
                Some("/a"),
            ),
            ("plugin.security.provider = file", None),
            ("plugin.choria.ssldir = /ssl", Some("/ssl/certs/ca.pem")),
            ("", None),
            ("plugin.security.provider = choria", None),
        ] {
            let found = security(text).authorities(&owner(false, None));
            assert_eq!(found, expected.map(PathBuf::from), "{text}");
        }
    }

    #[test]
    fn providers_without_files_are_refused_by_name() {
        for name in ["pkcs11", "certmanager", "choria"] {
            let refused = files(&format!("plugin.security.provider = {name}"), true, None);
            let text = refused.unwrap_err().to_string();
            assert!(
                text.contains(name) && text.contains("file or puppet"),
                "{text}"
            );
        }
    }

    #[test]
    fn certificates_are_named_by_any_of_their_settings() {
        for named in [
            "plugin.security.file.ca = /a",
            "plugin.choria.ssldir = /ssl",
            "plugin.security.provider = file\nplugin.security.file.key = /k",
        ] {
            assert!(security(named).names_certificates(), "{named}");
        }
        for not in [
            "",
            "plugin.security.provider = file\nplugin.choria.ssldir = /ssl",
        ] {
            assert!(!security(not).names_certificates(), "{not}");
        }
    }
}
