//! Everything that carries the name of a package, in one place: two packages of different names share nothing.

use buildspec::Format;
use buildspec::Package;
use buildspec::Program;

use super::error::ProductError;
use super::places;

/// What things are called and where they are. All paths are absolute, and have only characters that mean nothing to
/// systemd, to a shell and to logrotate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The package, the program and its manual page.
    pub name: String,
    /// The service as the journal calls it: `<name>-server` for an agent, `<name>` for a provisioner.
    pub service: String,
    /// Its unit, `<service>.service`.
    pub unit: String,
    /// The user that the service runs as.
    pub account: String,
    /// Who may read the configuration.
    pub group: String,
    /// The program.
    pub binary: String,
    /// Configuration.
    pub etcdir: String,
    /// What the program remembers.
    pub statedir: String,
    /// Logs.
    pub logdir: String,
    /// What a reboot may forget.
    pub rundir: String,
    /// Configurations as they are first made.
    pub share: String,
    /// Documentation.
    pub doc: String,
    /// Licences.
    pub licences: String,
    /// Further arguments of the service.
    pub environment: String,
    /// The file of the unit.
    pub unit_file: String,
    /// Whether the service is enabled, for systemd.
    pub preset: String,
    /// Accounts, for systemd.
    pub sysusers: String,
    /// Directories, for systemd.
    pub tmpfiles: String,
    /// Rotation of the logs.
    pub logrotate: String,
    /// Completion of arguments.
    pub bash: String,
    /// The same.
    pub zsh: String,
    /// The same.
    pub fish: String,
}

impl Names {
    /// The names of a package.
    ///
    /// # Errors
    /// When a name or a path would mean something to systemd, a shell or logrotate, or is a folder of the system.
    pub fn new(package: &Package) -> Result<Self, ProductError> {
        places::judge(package)?;
        let name = package.name.as_str();
        let service = match package.program {
            Program::Agent => format!("{name}-server"),
            Program::Provisioner => name.to_owned(),
        };
        let account = match package.program {
            Program::Agent => ROOT,
            Program::Provisioner => name,
        };
        let (defaults, zsh) = match package.format {
            Format::Rpm => ("/etc/sysconfig", "/usr/share/zsh/site-functions"),
            Format::Deb => ("/etc/default", "/usr/share/zsh/vendor-completions"),
            Format::Archive => ("/etc/default", "/usr/share/zsh/site-functions"),
        };
        Ok(Self {
            unit: format!("{service}.service"),
            account: account.to_owned(),
            group: package.group.clone(),
            binary: format!("{}/{name}", package.bindir),
            etcdir: package.etcdir.clone(),
            statedir: package.statedir.clone(),
            logdir: format!("/var/log/{name}"),
            rundir: format!("/run/{name}"),
            share: format!("/usr/share/{name}"),
            doc: format!("/usr/share/doc/{name}"),
            licences: format!("/usr/share/licenses/{name}"),
            environment: format!("{defaults}/{service}"),
            unit_file: format!("/usr/lib/systemd/system/{service}.service"),
            preset: format!("/usr/lib/systemd/system-preset/60-{service}.preset"),
            sysusers: format!("/usr/lib/sysusers.d/{name}.conf"),
            tmpfiles: format!("/usr/lib/tmpfiles.d/{name}.conf"),
            logrotate: format!("/etc/logrotate.d/{name}"),
            bash: format!("/usr/share/bash-completion/completions/{name}"),
            zsh: format!("{zsh}/_{name}"),
            fish: format!("/usr/share/fish/vendor_completions.d/{name}.fish"),
            name: name.to_owned(),
            service,
        })
    }

    /// Where a configuration is that the program reads.
    #[must_use]
    pub fn configuration(&self, file: &str) -> String {
        format!("{}/{file}", self.etcdir)
    }

    /// Where the configuration is as it is first made.
    #[must_use]
    pub fn original(&self, file: &str) -> String {
        format!("{}/{file}", self.share)
    }

    /// The configurations that are made when they are missing.
    #[must_use]
    pub const fn made(program: Program) -> &'static [&'static str] {
        match program {
            Program::Agent => &["server.conf"],
            Program::Provisioner => &["provisioner.yaml", "client.conf"],
        }
    }
}

pub(super) const ROOT: &str = "root";
