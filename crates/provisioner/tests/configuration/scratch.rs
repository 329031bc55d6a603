//! A machine that exists in memory only.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::path::PathBuf;

use muster::secret::Secret;
use muster_provisioner::config::Config;
use muster_provisioner::config::ConfigError;
use muster_provisioner::config::Loaded;
use muster_provisioner::config::NotAProgram;
use muster_provisioner::config::SecretFile;
use muster_provisioner::config::Surroundings;
use muster_provisioner::config::read;

/// What is on the machine.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) variables: BTreeMap<&'static str, &'static str>,
    pub(crate) files: BTreeMap<PathBuf, &'static str>,
    pub(crate) programs: BTreeSet<PathBuf>,
    pub(crate) shared: BTreeSet<PathBuf>,
}

impl Scratch {
    /// Three processors, a program `/opt/helper` and one in `PATH`, some secrets.
    pub(crate) fn usual() -> Self {
        let mut scratch = Self::default();
        scratch.variables.extend([
            ("PATH", "bin:/usr/local/bin:/usr/bin/"),
            ("CREDENTIALS_DIRECTORY", "/run/credentials"),
            ("TOKEN", "from the environment"),
            ("EMPTY", ""),
        ]);
        scratch.files.extend([
            (PathBuf::from("/etc/token"), "from a file\n"),
            (PathBuf::from("/etc/dos"), "from a file\r\n"),
            (PathBuf::from("/etc/lines"), "one\ntwo\n"),
            (PathBuf::from("/etc/blank"), "\n"),
            (PathBuf::from("/run/credentials/token"), "from systemd"),
        ]);
        scratch.programs.extend([
            PathBuf::from("/opt/helper"),
            PathBuf::from("/usr/bin/site-helper"),
            PathBuf::from("bin/relative-helper"),
        ]);
        scratch
    }

    pub(crate) fn yaml(&self, text: &str) -> Result<Loaded, ConfigError> {
        read(text, Path::new("/etc/provisioner.yaml"), self)
    }
}

/// The configuration that a text means on the usual machine.
pub(crate) fn config(text: &str) -> Config {
    Scratch::usual()
        .yaml(text)
        .unwrap_or_else(|err| panic!("{err}"))
        .config
}

impl Surroundings for Scratch {
    fn variable(&self, name: &str) -> Option<Secret<String>> {
        let text = self.variables.get(name)?;
        Some(Secret::new((*text).to_owned()))
    }

    fn processors(&self) -> NonZeroUsize {
        NonZeroUsize::new(3).unwrap()
    }

    fn secret_file(&self, path: &Path) -> io::Result<SecretFile> {
        let text = self.files.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(SecretFile {
            text: Secret::new((*text).to_owned()),
            shared: self.is_shared(path),
        })
    }

    fn is_shared(&self, path: &Path) -> bool {
        self.shared.contains(path)
    }

    fn check_program(&self, path: &Path) -> Result<(), NotAProgram> {
        if self.programs.contains(path) {
            Ok(())
        } else {
            Err(NotAProgram::Missing)
        }
    }
}
