//! The properties of one package: the defaults of its build with its own on top, key by key. Null removes one.

use crate::caution::Caution;
use crate::fault::Fault;
use crate::findings::Dead;
use crate::findings::Findings;
use crate::grammar::Rule;
use crate::near::Hint;
use crate::package::Format;
use crate::problem::Place;
use crate::spec::DEFAULTS;
use crate::value::printable;
use crate::yaml::Entry;
use crate::yaml::Node;
use crate::yaml::Value;

/// The properties of one package.
pub(crate) struct Properties<'a> {
    /// Where the package itself stands.
    pub(crate) place: Place,
    all: Vec<Property<'a>>,
}

/// One property.
pub(crate) struct Property<'a> {
    pub(crate) key: &'a str,
    pub(crate) place: Place,
    pub(crate) node: &'a Node,
    from: Origin,
}

/// Which block a property stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Defaults,
    Own,
}

impl<'a> Properties<'a> {
    /// Finds a package below `packages`.
    pub(crate) fn choose(
        place: &Place,
        packages: &'a Node,
        name: &str,
        found: &mut Findings,
    ) -> Result<Self, Dead> {
        let packages = found.entries(place, packages, "a map of packages");
        let named = || packages.iter().filter(|entry| entry.key != DEFAULTS);
        let Some(package) = named().find(|entry| entry.key == name) else {
            let hint = Hint::new(name, named().map(|entry| entry.key.as_str()));
            let name = name.to_owned();
            return Err(Dead::new(place, Fault::UnknownPackage { name, hint }));
        };
        let mut properties = Self {
            place: place.key(name, package.line),
            all: Vec::new(),
        };
        if let Some(defaults) = packages.iter().find(|entry| entry.key == DEFAULTS) {
            properties.add(place, defaults, Origin::Defaults, found);
        }
        properties.add(place, package, Origin::Own, found);
        Ok(properties)
    }

    fn add(&mut self, place: &Place, block: &'a Entry, from: Origin, found: &mut Findings) {
        let place = place.key(&block.key, block.line);
        for entry in found.entries(&place, &block.value, "a map of properties") {
            self.all.retain(|property| property.key != entry.key);
            if !matches!(entry.value.value, Value::Null) {
                self.all.push(Property {
                    key: &entry.key,
                    place: place.key(&entry.key, entry.line),
                    node: &entry.value,
                    from,
                });
            }
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Property<'a>> {
        self.all.iter().find(|property| property.key == key)
    }

    /// Where a property stands, or the package when it does not.
    pub(crate) fn place_of(&self, key: &str) -> &Place {
        self.get(key)
            .map_or(&self.place, |property| &property.place)
    }

    /// Reads a property by its rule; what is not there is nothing.
    pub(crate) fn read<T>(&self, key: &str, rule: &Rule<T>, found: &mut Findings) -> Option<T> {
        let property = self.get(key)?;
        let text = found.text(&property.place, property.node)?;
        read_by(rule, &property.place, text, found)
    }

    /// Reports keys that mean nothing: as mistakes, or as what the reference or another format knows.
    pub(crate) fn check_keys(&self, format: Format, found: &mut Findings) {
        for property in &self.all {
            let known = KEYS.iter().find(|(key, _)| *key == property.key);
            match known {
                // what is inherited may be meant for the other packages of the build
                Some((_, formats)) => {
                    if property.from == Origin::Own && !formats.contains(&format) {
                        found.warn(&property.place, Caution::NotForFormat);
                    }
                }
                None if OF_THE_REFERENCE.contains(&property.key) => {
                    found.warn(&property.place, Caution::NoMeaning);
                }
                None => found.fault(
                    &property.place,
                    Fault::UnknownKey {
                        name: property.key.to_owned(),
                        hint: Hint::new(property.key, KEYS.iter().map(|(key, _)| *key)),
                    },
                ),
            }
        }
    }
}

/// Reads a text by a rule.
pub(crate) fn read_by<T>(
    rule: &Rule<T>,
    place: &Place,
    text: &str,
    found: &mut Findings,
) -> Option<T> {
    let value = (rule.read)(text);
    if value.is_none() {
        found.fault(
            place,
            Fault::BadEntry {
                entry: printable(text),
                wanted: rule.wanted,
            },
        );
    }
    value
}

/// The names of all properties that a package may have.
pub fn property_names() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(key, _)| *key)
}

const ALL: &[Format] = &[Format::Rpm, Format::Deb, Format::Archive];
const RPM: &[Format] = &[Format::Rpm];
const DEB: &[Format] = &[Format::Deb];
const ARCHIVE: &[Format] = &[Format::Archive];

/// Every property, and the formats it means something to.
const KEYS: &[(&str, &[Format])] = &[
    ("binary", ALL),
    ("bindir", ALL),
    ("compression", &[Format::Rpm, Format::Deb]),
    ("contact", ALL),
    ("description", ALL),
    ("dist", RPM),
    ("distro", DEB),
    ("etcdir", ALL),
    ("format", ARCHIVE),
    ("group", ALL),
    ("license", ALL),
    ("license_files", ALL),
    ("manage_conf", ALL),
    ("manage_server_preset", ALL),
    ("name", ALL),
    ("os", ARCHIVE),
    ("release", ALL),
    ("restart_on_upgrade", ALL),
    ("rpm_format", RPM),
    ("rpm_group", RPM),
    ("statedir", ALL),
    ("summary", ALL),
    ("target_arch", ALL),
    ("template", ALL),
    ("url", ALL),
];

/// Properties that only templates of the reference know.
const OF_THE_REFERENCE: &[&str] = &[
    "broker_start_order",
    "broker_start_runlevels",
    "display_name",
    "server_start_order",
    "server_start_runlevels",
];
