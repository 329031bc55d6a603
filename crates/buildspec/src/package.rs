//! One package of a build, with the defaults of its build merged in.

use crate::platform::Platform;
use crate::problem::Place;

/// What a package is, validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its key in the buildspec, such as `el_64`.
    pub key: String,
    /// Where it stands there.
    pub place: Place,
    /// From its `template`.
    pub format: Format,
    /// The compile target whose binary it ships.
    pub binary: String,
    /// What that binary is: `program` of its compile target.
    pub program: Program,
    /// What the binary runs on. `target_arch` agrees with it.
    pub platform: Platform,
    /// `name`: of the package, the binary, the unit and everything else that two packages may not share. At most 31 of
    /// `[a-z0-9+.-]`, the first a letter.
    pub name: String,
    /// `bindir`, absolute. `/usr/bin`.
    pub bindir: String,
    /// `etcdir`, absolute. `/etc/<name>`.
    pub etcdir: String,
    /// `statedir`, absolute: what the program remembers. `/var/lib/<name>`.
    pub statedir: String,
    /// `release`. `1`.
    pub release: String,
    /// `dist` of RPMs, `distro` of DEBs: what stands behind the release.
    pub dist: Option<String>,
    /// `group`: who may read the configuration. The name of the package.
    pub group: String,
    /// `manage_conf`: whether a first configuration is made when there is none. True.
    pub manage_conf: bool,
    /// `manage_server_preset`: whether a first installation enables the service; it never starts it. True.
    pub enable: bool,
    /// `restart_on_upgrade`: whether a running service is restarted by an upgrade. True.
    pub restart_on_upgrade: bool,
    /// `contact`: `Name <mail>` or a bare mail address.
    pub contact: Option<String>,
    /// `rpm_group`. `System Environment/Base`.
    pub rpm_group: String,
    /// `summary`, one line.
    pub summary: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `url`.
    pub url: Option<String>,
    /// `license`: SPDX expression. `Apache-2.0`.
    pub license: String,
    /// `license_files`: texts that are shipped beside our own, as the buildspec has them: relative ones are relative to it.
    pub license_files: Vec<(Place, String)>,
    /// `compression` of the payload.
    pub compression: Compression,
    /// `rpm_format`: version of the RPM header.
    pub rpm_format: RpmFormat,
}

/// The kinds of packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// `el/…`.
    Rpm,
    /// `debian/…`.
    Deb,
    /// `archive/basic` with `format: tgz`.
    Archive,
}

/// The programs that are packaged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// `program: agent`: `muster`.
    #[default]
    Agent,
    /// `program: provisioner`: `muster-provisioner`.
    Provisioner,
}

impl Program {
    /// The word of `program` in a compile target.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "agent" => Some(Self::Agent),
            "provisioner" => Some(Self::Provisioner),
            _ => None,
        }
    }

    /// The crate's package and binary name.
    #[must_use]
    pub const fn crate_name(self) -> &'static str {
        match self {
            Self::Agent => "muster",
            Self::Provisioner => "muster-provisioner",
        }
    }
}

/// How payloads are compressed. Levels are fixed, because they are part of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Read by everything, EL7 included.
    Gzip,
    /// Read by EL7 and everything newer; slow to make.
    Xz,
    /// EL8 and newer; dpkg of Debian 12 and newer.
    Zstd,
}

/// Versions of RPM's header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RpmFormat {
    /// Read by every rpm there is.
    #[default]
    V4,
    /// rpm 4.20 and newer.
    V6,
}
