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
    /// The package. What stands in the place of a mistake is never seen, because mistakes are reported.
    pub(crate) fn read(self, read: &ReadFile<'_>, found: &mut Findings) -> Package {
        let properties = self.properties;
        properties.check_keys(self.recipe.format, found);
        self.check_architecture(found);
        if properties.get("name").is_none() {
            found.fault(&properties.place, Fault::Missing { name: "name" });
        }
        let name = properties.read("name", &grammar::NAME, found);
        let group = group(properties, name.as_deref(), found);
        let mut package = Package {
            group: group.unwrap_or_default(),
            dist: self.dist(found),
            compression: self.compression(found),
            rpm_format: self.rpm_format(found),
            license_files: license_files(properties, read, found),
            ..self.with_defaults(name.unwrap_or_default())
        };
        fill_folders(&mut package, properties, found);
        fill_texts(&mut package, properties, found);
        fill_switches(&mut package, properties, found);
        check_own_paths(&package, properties, found);
        package
    }

    /// A package of that name that says nothing else of itself.
    fn with_defaults(self, name: String) -> Package {
        Package {
            key: self.key.to_owned(),
            place: self.properties.place.clone(),
            format: self.recipe.format,
            binary: self.binary,
            program: self.program,
            platform: self.platform,
            bindir: "/usr/bin".to_owned(),
            etcdir: format!("/etc/{name}"),
            statedir: format!("/var/lib/{name}"),
            release: "1".to_owned(),
            dist: None,
            group: name.clone(),
            name,
            manage_conf: true,
            enable: true,
            restart_on_upgrade: true,
            contact: None,
            rpm_group: "System Environment/Base".to_owned(),
            summary: None,
            description: None,
            url: None,
            license: "Apache-2.0".to_owned(),
            license_files: Vec::new(),
            compression: self.recipe.compression,
            rpm_format: RpmFormat::default(),
        }
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

/// Programs may be put where others are. The other folders get a group and a mode of the package's.
fn fill_folders(package: &mut Package, properties: &Properties<'_>, found: &mut Findings) {
    let folders = [
        ("bindir", &mut package.bindir),
        ("etcdir", &mut package.etcdir),
        ("statedir", &mut package.statedir),
    ];
    for (key, folder) in folders {
        let Some(path) = properties.read(key, &grammar::FOLDER, found) else {
            continue;
        };
        let shared = SHARED.contains(&path.as_str()) || path.matches('/').count() == 1;
        if shared && key != "bindir" {
            let fault = Fault::SharedFolder {
                found: path.clone(),
            };
            found.fault(properties.place_of(key), fault);
        }
        *folder = path;
    }
}

fn fill_texts(package: &mut Package, properties: &Properties<'_>, found: &mut Findings) {
    package.contact = properties.read("contact", &grammar::CONTACT, found);
    package.summary = properties.read("summary", &grammar::LINE, found);
    package.description = properties.read("description", &grammar::PARAGRAPHS, found);
    package.url = properties.read("url", &grammar::URL, found);
    for (key, rule, text) in [
        ("release", &grammar::RELEASE, &mut package.release),
        ("rpm_group", &grammar::LINE, &mut package.rpm_group),
        ("license", &grammar::LICENSE, &mut package.license),
    ] {
        if let Some(given) = properties.read(key, rule, found) {
            *text = given;
        }
    }
}

fn fill_switches(package: &mut Package, properties: &Properties<'_>, found: &mut Findings) {
    for (key, switch) in [
        ("manage_conf", &mut package.manage_conf),
        ("manage_server_preset", &mut package.enable),
        ("restart_on_upgrade", &mut package.restart_on_upgrade),
    ] {
        if let Some(given) = properties.read(key, &grammar::SWITCH, found) {
            *switch = given;
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

fn group(properties: &Properties<'_>, name: Option<&str>, found: &mut Findings) -> Option<String> {
    if properties.get("group").is_some() {
        return properties.read("group", &grammar::GROUP, found);
    }
    read_by(&grammar::GROUP, properties.place_of("name"), name?, found)
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
