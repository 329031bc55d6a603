//! From the properties of a package to a [`Package`], once its template and its target are known.

use crate::caution::Caution;
use crate::fault::Fault;
use crate::findings::Findings;
use crate::grammar;
use crate::package::Compression;
use crate::package::Format;
use crate::package::Package;
use crate::package::Program;
use crate::package::RpmFormat;
use crate::platform::Platform;
use crate::problem::Place;
use crate::properties::Properties;
use crate::properties::read_by;
use crate::spec::ReadFile;
use crate::template::Recipe;
use crate::value::printable;

/// What is known of a package before its own properties are read.
pub(crate) struct Draft<'a> {
    pub(crate) key: &'a str,
    pub(crate) properties: &'a Properties<'a>,
    pub(crate) recipe: Recipe,
    pub(crate) binary: String,
    pub(crate) program: Program,
    pub(crate) platform: Platform,
}

impl Draft<'_> {
    /// The package; nothing without a name, after which much of the rest is called. Other mistakes are reported too, so that
    /// what stands in their place is never seen.
    pub(crate) fn read(self, read: &ReadFile<'_>, found: &mut Findings) -> Option<Package> {
        let properties = self.properties;
        properties.check_keys(self.recipe.format, found);
        self.check_architecture(found);
        let license_files = license_files(properties, read, found);
        let compression = self.compression(found);
        let rpm_format = self.rpm_format(found);
        let dist = self.dist(found);
        let mut text = |key, rule| properties.read(key, rule, found);
        let texts = [
            text("contact", &grammar::CONTACT),
            text("summary", &grammar::LINE),
            text("description", &grammar::PARAGRAPHS),
            text("url", &grammar::URL),
        ];
        let [contact, summary, description, url] = texts;
        let release = text("release", &grammar::RELEASE).unwrap_or_else(|| "1".to_owned());
        let rpm_group = text("rpm_group", &grammar::LINE);
        let license = text("license", &grammar::LICENSE);
        let mut switch = |key| {
            properties
                .read(key, &grammar::SWITCH, found)
                .unwrap_or(true)
        };
        let manage_conf = switch("manage_conf");
        let enable = switch("manage_server_preset");
        let restart_on_upgrade = switch("restart_on_upgrade");
        let Folders {
            bindir,
            etcdir,
            statedir,
        } = Folders::read(properties, found);
        if properties.get("name").is_none() {
            found.fault(&properties.place, Fault::Missing { name: "name" });
        }
        let name = properties.read("name", &grammar::NAME, found)?;
        let group = group(properties, &name, found).unwrap_or_default();
        let package = Package {
            key: self.key.to_owned(),
            place: properties.place.clone(),
            format: self.recipe.format,
            binary: self.binary,
            program: self.program,
            platform: self.platform,
            bindir: bindir.unwrap_or_else(|| "/usr/bin".to_owned()),
            etcdir: etcdir.unwrap_or_else(|| format!("/etc/{name}")),
            statedir: statedir.unwrap_or_else(|| format!("/var/lib/{name}")),
            name,
            release,
            dist,
            group,
            manage_conf,
            enable,
            restart_on_upgrade,
            contact,
            rpm_group: rpm_group.unwrap_or_else(|| "System Environment/Base".to_owned()),
            summary,
            description,
            url,
            license: license.unwrap_or_else(|| "Apache-2.0".to_owned()),
            license_files,
            compression,
            rpm_format,
        };
        check_own_paths(&package, properties, found);
        Some(package)
    }

    fn check_architecture(&self, found: &mut Findings) {
        let Some(property) = self.properties.get("target_arch") else {
            return;
        };
        let platform = self.platform;
        let names = [platform.rpm(), platform.gnu(), platform.debian()];
        let Some(text) = found.text(&property.place, property.node) else {
            return;
        };
        if !names.contains(&text) {
            let fault = Fault::WrongArchitecture {
                found: printable(text),
                target: self.binary.clone(),
                wanted: names.join(", "),
            };
            found.fault(&property.place, fault);
        }
    }

    /// What stands behind the release. The builder of 2018 took a Debian code name from the key of the package.
    fn dist(&self, found: &mut Findings) -> Option<String> {
        let properties = self.properties;
        match self.recipe.format {
            Format::Archive => None,
            Format::Rpm => properties.read("dist", &grammar::DIST, found),
            Format::Deb if properties.get("distro").is_some() => {
                properties.read("distro", &grammar::DISTRO, found)
            }
            Format::Deb => {
                let (word, _) = self.key.split_once('_')?;
                let distro = CODE_NAMES.iter().find(|name| **name == word)?;
                let distro = (*distro).to_owned();
                found.warn(
                    &properties.place,
                    Caution::DistroFromKey {
                        distro: distro.clone(),
                    },
                );
                Some(distro)
            }
        }
    }

    fn compression(&self, found: &mut Findings) -> Compression {
        let given = self
            .properties
            .read("compression", &grammar::COMPRESSION, found);
        match self.recipe.format {
            Format::Archive => self.recipe.compression,
            Format::Rpm | Format::Deb => {
                let unread = self.recipe.distribution.filter(|it| !it.reads_zstd);
                if let (Some(Compression::Zstd), Some(distribution)) = (given, unread) {
                    self.warn_unreadable("compression", distribution.name, found);
                }
                given.unwrap_or(self.recipe.compression)
            }
        }
    }

    /// No rpm of a distribution that has a template of its own is new enough for the newer header.
    fn rpm_format(&self, found: &mut Findings) -> RpmFormat {
        let given = self
            .properties
            .read("rpm_format", &grammar::RPM_FORMAT, found);
        if let (Some(RpmFormat::V6), Some(distribution)) = (given, self.recipe.distribution) {
            self.warn_unreadable("rpm_format", distribution.name, found);
        }
        given.unwrap_or_default()
    }

    fn warn_unreadable(&self, key: &str, distribution: &'static str, found: &mut Findings) {
        found.warn(
            self.properties.place_of(key),
            Caution::UnreadableThere { distribution },
        );
    }
}

/// The folders of a package, as far as they are given.
struct Folders {
    bindir: Option<String>,
    etcdir: Option<String>,
    statedir: Option<String>,
}

impl Folders {
    /// Programs may be put where others are. The other folders get a group and a mode of the package's.
    fn read(properties: &Properties<'_>, found: &mut Findings) -> Self {
        let mut own = |key| {
            let folder = properties.read(key, &grammar::FOLDER, found)?;
            if SHARED.contains(&folder.as_str()) || folder.matches('/').count() == 1 {
                let fault = Fault::SharedFolder {
                    found: folder.clone(),
                };
                found.fault(properties.place_of(key), fault);
            }
            Some(folder)
        };
        Self {
            etcdir: own("etcdir"),
            statedir: own("statedir"),
            bindir: properties.read("bindir", &grammar::FOLDER, found),
        }
    }
}

/// Two properties must not lead to one path.
fn check_own_paths(package: &Package, properties: &Properties<'_>, found: &mut Findings) {
    let program = format!("{}/{}", package.bindir, package.name);
    let (etcdir, statedir) = (&package.etcdir, &package.statedir);
    for (key, path, others) in [
        (
            "etcdir",
            etcdir,
            [("bindir", &package.bindir), ("the program", &program)].as_slice(),
        ),
        (
            "statedir",
            statedir,
            &[
                ("bindir", &package.bindir),
                ("the program", &program),
                ("etcdir", etcdir),
            ],
        ),
    ] {
        let twin = others.iter().find(|(_, taken)| *taken == path);
        // a folder that nobody may have has its own error
        let misread = found.has_fault_at(properties.place_of(key));
        if let Some((other, _)) = twin.filter(|_| !misread) {
            found.fault(properties.place_of(key), Fault::SamePath { other });
        }
    }
}

fn group(properties: &Properties<'_>, name: &str, found: &mut Findings) -> Option<String> {
    if properties.get("group").is_some() {
        return properties.read("group", &grammar::GROUP, found);
    }
    read_by(&grammar::GROUP, properties.place_of("name"), name, found)
}

fn license_files(
    properties: &Properties<'_>,
    read: &ReadFile<'_>,
    found: &mut Findings,
) -> Vec<(Place, String)> {
    let Some(property) = properties.get("license_files") else {
        return Vec::new();
    };
    let mut files: Vec<(Place, String)> = Vec::new();
    for (place, text) in found.texts(&property.place, property.node) {
        let Some(path) = read_by(&grammar::FILE, &place, text, found) else {
            continue;
        };
        if let Err(err) = read(&path) {
            let text = err.to_string();
            found.fault(
                &place,
                Fault::Unreadable {
                    path: path.clone(),
                    text,
                },
            );
        }
        let same = |(_, earlier): &&(Place, String)| file_name(earlier) == file_name(&path);
        if let Some((first, _)) = files.iter().find(same) {
            let fault = Fault::Twice {
                name: file_name(&path).to_owned(),
                first: first.line,
            };
            found.fault(&place, fault);
        }
        files.push((place, path));
    }
    files
}

/// Licences are installed beside each other.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Folders that many packages put something into. Those at the top of the tree are too.
const SHARED: &[&str] = &[
    "/etc/default",
    "/etc/sysconfig",
    "/etc/systemd",
    "/opt/bin",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/etc",
    "/usr/local/sbin",
    "/usr/sbin",
    "/usr/share",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/opt",
    "/var/run",
    "/var/spool",
    "/var/tmp",
];

/// The distributions that buildspecs of the reference had packages for by name.
const CODE_NAMES: &[&str] = &[
    "bionic", "bookworm", "bullseye", "buster", "focal", "jammy", "stretch", "xenial",
];
