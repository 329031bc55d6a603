//! The list of crates as a `CycloneDX` 1.5 document, for people and tools that do not have the binary. Pure: the same
//! binary gives the same bytes, so it has no serial number and its date is that of the sources.
//!
//! It lists what is in the binary: its crates and Rust's standard library, not what only ran while it was made. A crate of
//! a folder has no package URL, since a registry may have another of the same name.

mod form;

use std::collections::BTreeSet;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use self::form::Bom;
use self::form::Component;
use self::form::Dependency;
use self::form::Hash;
use self::form::Licence;
use self::form::Metadata;
use self::form::Property;
use self::form::Tools;
use super::error::CompileError;
use super::inside::Crate;
use super::inside::Inside;
use super::inside::Origin;
use super::inside::Part;

/// What the document is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    /// Name of the program.
    pub(super) name: &'a str,
    /// Version of the build.
    pub(super) version: &'a str,
    /// Build in the buildspec.
    pub(super) build: &'a str,
    /// Compile target in the build.
    pub(super) target: &'a str,
    /// The compiler's target.
    pub(super) triple: &'a str,
    /// Revision of the sources.
    pub(super) revision: &'a str,
    /// Seconds since 1970.
    pub(super) source_date: u64,
    /// Version of the compiler.
    pub(super) rust: &'a str,
}

/// The document.
///
/// # Errors
/// When the date is beyond what can be written.
pub(super) fn document(inside: &Inside, subject: &Subject<'_>) -> Result<Vec<u8>, CompileError> {
    let references = References::new(inside);
    let libraries = inside.crates.iter().enumerate();
    let libraries = libraries.filter(|(_, each)| each.part == Part::Linked);
    let mut components: Vec<Component> = libraries
        .map(|(place, each)| component(each, references.of(place)))
        .collect();
    components.push(standard_library(subject.rust));
    let bom = Bom {
        format: "CycloneDX",
        spec_version: "1.5",
        version: 1,
        metadata: Metadata {
            timestamp: timestamp(subject.source_date)?,
            tools: Tools {
                components: vec![Component {
                    kind: "application",
                    name: "muster-packager".to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    ..Component::default()
                }],
            },
            component: program(inside, subject, &references),
            properties: properties(subject),
        },
        components,
        dependencies: dependencies(inside, &references, subject),
    };
    let mut bytes = serde_json::to_vec_pretty(&bom).map_err(|err| CompileError::Understand {
        what: "our list of crates",
        reason: err.to_string(),
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What each crate is called inside the document.
struct References(Vec<String>);

impl References {
    /// Names with versions; where two crates share both, their origin tells them apart.
    fn new(inside: &Inside) -> Self {
        let mut taken = BTreeSet::new();
        let name = |each: &Crate| {
            let plain = purl(each).unwrap_or_else(|| format!("{}@{}", each.name, each.version));
            let mut name = plain.clone();
            let mut number = 2;
            while !taken.insert(name.clone()) {
                name = format!("{plain}#{number}");
                number += 1;
            }
            name
        };
        Self(inside.crates.iter().map(name).collect())
    }

    fn of(&self, place: usize) -> String {
        self.0.get(place).cloned().unwrap_or_default()
    }
}

fn program(inside: &Inside, subject: &Subject<'_>, references: &References) -> Component {
    let root = inside.crates.iter().enumerate();
    let mut root = root.filter(|(_, each)| each.part == Part::Root);
    let (reference, licences) = root
        .next()
        .map(|(place, each)| (references.of(place), licences(each)))
        .unwrap_or_default();
    Component {
        kind: "application",
        reference,
        name: subject.name.to_owned(),
        version: subject.version.to_owned(),
        licences,
        ..Component::default()
    }
}

fn component(each: &Crate, reference: String) -> Component {
    let hash = |digest: &String| Hash {
        algorithm: "SHA-256",
        content: digest.clone(),
    };
    Component {
        kind: "library",
        reference,
        name: each.name.clone(),
        version: each.version.to_string(),
        scope: Some("required"),
        hashes: each.checksum.iter().map(hash).collect(),
        licences: licences(each),
        purl: purl(each),
        ..Component::default()
    }
}

fn standard_library(release: &str) -> Component {
    Component {
        kind: "library",
        reference: standard_reference(release),
        name: "rust-std".to_owned(),
        version: release.to_owned(),
        scope: Some("required"),
        licences: vec![Licence {
            expression: "MIT OR Apache-2.0".to_owned(),
        }],
        cpe: Some(format!("cpe:2.3:a:rust-lang:rust:{release}:*:*:*:*:*:*:*")),
        ..Component::default()
    }
}

fn standard_reference(release: &str) -> String {
    format!("rust-std@{release}")
}

fn dependencies(
    inside: &Inside,
    references: &References,
    subject: &Subject<'_>,
) -> Vec<Dependency> {
    let standard = standard_reference(subject.rust);
    let mut found = Vec::new();
    for (place, each) in inside.crates.iter().enumerate() {
        if !each.is_linked() {
            continue;
        }
        let linked = each.needs.iter().filter(|need| {
            let needed = inside.crates.get(**need);
            needed.is_some_and(Crate::is_linked)
        });
        let mut on: Vec<String> = linked.map(|need| references.of(*need)).collect();
        if each.part == Part::Root {
            on.push(standard.clone());
        }
        found.push(Dependency {
            reference: references.of(place),
            on,
        });
    }
    found.push(Dependency {
        reference: standard,
        on: Vec::new(),
    });
    found
}

fn properties(subject: &Subject<'_>) -> Vec<Property> {
    let property = |name: &'static str, value: &str| Property {
        name,
        value: value.to_owned(),
    };
    vec![
        property("muster:build", subject.build),
        property("muster:compile-target", subject.target),
        property("muster:revision", subject.revision),
        property("muster:rust-target", subject.triple),
    ]
}

/// Old crates write `/` for `OR`, which SPDX does not know.
fn licences(each: &Crate) -> Vec<Licence> {
    let licence = |text: &String| Licence {
        expression: text
            .split('/')
            .map(str::trim)
            .collect::<Vec<&str>>()
            .join(" OR "),
    };
    each.licence.iter().map(licence).collect()
}

fn purl(each: &Crate) -> Option<String> {
    let plain = format!(
        "pkg:cargo/{}@{}",
        each.name,
        escaped(&each.version.to_string())
    );
    match &each.origin {
        Origin::Local => None,
        Origin::Main => Some(plain),
        Origin::Registry(index) => Some(format!("{plain}?repository_url={}", escaped(index))),
        Origin::Git(address) => {
            let at_commit = address.replace('#', "@");
            Some(format!(
                "{plain}?vcs_url={}",
                escaped(&format!("git+{at_commit}"))
            ))
        }
    }
}

/// Percent-encoded as package URLs want it.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b".-_~:/".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(escape).collect()
}

fn timestamp(seconds: u64) -> Result<String, CompileError> {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|date| date.format(&Rfc3339).ok())
        .ok_or(CompileError::Date { seconds })
}

#[cfg(test)]
mod tests;
