//! The manifest of a package.

use std::path::Path;

use buildspec::Format;
use buildspec::Package;
use buildspec::Platform;
use buildspec::Program;

use crate::model::Manifest;
use crate::model::Requirement;

use super::agent;
use super::debian;
use super::error::ProductError;
use super::install;
use super::manual::Completions;
use super::names::Names;
use super::provisioner;
use super::scriptlets::scriptlets;
use super::stage::Stage;
use super::templates;

/// What a package is made from, besides its description.
#[derive(Debug, Clone, Copy)]
pub struct Ingredients<'a> {
    /// The version as it was given: what the binary says.
    pub version: &'a str,
    /// The same in the spelling of the format.
    pub version_in_format: &'a str,
    /// The finished binary.
    pub binary: &'a Path,
    /// What it was made from, as `CycloneDX` JSON.
    pub sbom: Option<&'a [u8]>,
    /// Licences: name of the file and text; ours is the first.
    pub licences: &'a [(String, Vec<u8>)],
    /// Seconds since 1970.
    pub source_date: u64,
    /// Manual pages: name of the file (`acme.1`) and text.
    pub pages: &'a [(String, Vec<u8>)],
    /// Completion of arguments.
    pub completions: &'a Completions,
}

/// The manifest of a package in its format.
///
/// # Errors
/// When a name or path of the package cannot be used, something would be there twice, or the format wants more.
pub fn manifest(
    package: &Package,
    ingredients: &Ingredients<'_>,
) -> Result<Manifest, ProductError> {
    let names = Names::new(package)?;
    let values = templates::values(&names, ingredients.version).with(
        "purge_note",
        match package.format {
            Format::Deb => format!("; only \"apt purge {}\" removes them", names.name),
            Format::Rpm | Format::Archive => String::new(),
        },
    );
    let mut stage = Stage::new(package, ingredients, &names, &values);
    match package.program {
        Program::Agent => agent::fill(&mut stage)?,
        Program::Provisioner => provisioner::fill(&mut stage)?,
    }
    let (release, contact) = match package.format {
        Format::Deb => {
            debian::fill(&mut stage)?;
            let contact = package.contact.as_deref().map(debian::contact);
            (debian::revision(package), contact)
        }
        Format::Rpm => (rpm_release(package), package.contact.clone()),
        Format::Archive => {
            install::fill(&mut stage)?;
            (package.release.clone(), package.contact.clone())
        }
    };
    let tree = stage.finish()?;
    Ok(Manifest {
        name: package.name.clone(),
        version: ingredients.version_in_format.to_owned(),
        release,
        platform: package.platform,
        summary: package
            .summary
            .clone()
            .unwrap_or_else(|| summary(package.program).to_owned()),
        description: package
            .description
            .clone()
            .unwrap_or_else(|| description(package.program).to_owned()),
        license: package.license.clone(),
        url: url(package).to_owned(),
        contact: contact.unwrap_or_default(),
        rpm_group: package.rpm_group.clone(),
        compression: package.compression,
        rpm_format: package.rpm_format,
        source_date: ingredients.source_date,
        requires: requires(package),
        scriptlets: scriptlets(package, &names, &values, &tree)?,
        tree,
    })
}

/// What the file of a package is called.
#[must_use]
pub fn file_name(manifest: &Manifest, format: Format) -> String {
    let Manifest {
        name,
        version,
        release,
        platform,
        ..
    } = manifest;
    match format {
        Format::Rpm => format!("{name}-{version}-{release}.{}.rpm", platform.rpm()),
        Format::Deb => format!("{name}_{version}-{release}_{}.deb", platform.debian()),
        Format::Archive => archive_name(name, version, *platform),
    }
}

/// What the file of an archive is called.
pub(super) fn archive_name(name: &str, version: &str, platform: Platform) -> String {
    format!("{name}-{version}-linux-{}.tar.gz", machine(platform))
}

/// What `uname -m` says.
pub(super) const fn machine(platform: Platform) -> &'static str {
    match platform {
        Platform::X86_64 => "x86_64",
        Platform::Aarch64 => "aarch64",
        Platform::Armv7 => "armv7l",
    }
}

/// Where to read more.
pub(super) fn url(package: &Package) -> &str {
    package
        .url
        .as_deref()
        .unwrap_or(env!("CARGO_PKG_REPOSITORY"))
}

fn rpm_release(package: &Package) -> String {
    match &package.dist {
        Some(dist) => format!("{}.{dist}", package.release),
        None => package.release.clone(),
    }
}

/// What makes accounts must be there before files are unpacked. The binary needs nothing.
fn requires(package: &Package) -> Vec<Requirement> {
    let needs = |name: &str, early| Requirement {
        name: name.to_owned(),
        early,
    };
    match (package.format, package.program) {
        (Format::Rpm, Program::Agent) => {
            vec![needs("/usr/sbin/groupadd", true), needs("systemd", false)]
        }
        (Format::Rpm, Program::Provisioner) => vec![
            needs("/usr/sbin/groupadd", true),
            needs("/usr/sbin/useradd", true),
            needs("systemd", false),
        ],
        (Format::Deb, _) => vec![needs("passwd", true)],
        (Format::Archive, _) => Vec::new(),
    }
}

const fn summary(program: Program) -> &'static str {
    match program {
        Program::Agent => "Provisioning agent and managed node of a fleet",
        Program::Provisioner => "Provisioner that onboards the nodes of a fleet",
    }
}

/// In lines that both formats leave as they are.
const fn description(program: Program) -> &'static str {
    match program {
        Program::Agent => {
            "Takes a server from nothing to its place in the fleet: a node without\n\
             configuration finds its provisioning network, is given an identity and a\n\
             configuration, and becomes a managed node that answers requests.\n\n\
             The protocol is that of Choria."
        }
        Program::Provisioner => {
            "Finds nodes that wait to be provisioned, asks the site's helper or the built-in\n\
             certificate authority what each should become, and takes each through its\n\
             onboarding.\n\n\
             The protocol is that of Choria."
        }
    }
}
