//! What runs when a package comes and goes. The rules of each format are in its templates; here they are put together.

use buildspec::Format;
use buildspec::Package;
use buildspec::Program;

use crate::model::Scriptlets;
use crate::model::Tree;

use super::error::ProductError;
use super::names::Names;
use super::names::ROOT;
use super::template::Template;
use super::template::TemplateError;
use super::template::Values;
use super::templates;

/// The scripts of a package; an archive has none.
pub(super) fn scriptlets(
    package: &Package,
    names: &Names,
    values: &Values,
    tree: &Tree,
) -> Result<Scriptlets, ProductError> {
    let [before_install, after_install, before_removal, after_removal] = match package.format {
        Format::Rpm => [
            templates::RPM_PRE,
            templates::RPM_POST,
            templates::RPM_PREUN,
            templates::RPM_POSTUN,
        ],
        Format::Deb => [
            templates::DEB_PREINST,
            templates::DEB_POSTINST,
            templates::DEB_PRERM,
            templates::DEB_POSTRM,
        ],
        Format::Archive => return Ok(Scriptlets::default()),
    };
    let values = parts(package, names, values, tree)?;
    let has_accounts = package.program == Program::Provisioner || names.group != ROOT;
    let before_install = has_accounts.then_some(before_install);
    Ok(Scriptlets {
        before_install: before_install
            .map(|template| template.render(&values))
            .transpose()?,
        after_install: Some(after_install.render(&values)?),
        before_removal: Some(before_removal.render(&values)?),
        after_removal: Some(after_removal.render(&values)?),
    })
}

/// What is put into the scripts.
fn parts(
    package: &Package,
    names: &Names,
    values: &Values,
    tree: &Tree,
) -> Result<Values, TemplateError> {
    let part = |template: Template| template.part(values);
    let optional = |template: Option<Template>| template.map_or(Ok(String::new()), part);
    let (accounts, stays, purge) = match package.program {
        Program::Agent => (
            templates::ACCOUNTS_AGENT,
            templates::STAYS_AGENT,
            templates::PURGE_AGENT,
        ),
        Program::Provisioner => (
            templates::ACCOUNTS_PROVISIONER,
            templates::STAYS_PROVISIONER,
            templates::PURGE_PROVISIONER,
        ),
    };
    let made: Vec<String> = made(package, names)
        .map(|(from, to)| format!("make \"{from}\" \"{to}\""))
        .collect();
    let owned: Vec<String> = owned(tree).collect();
    let own = match owned.is_empty() {
        true => String::new(),
        false => templates::OWN.part(&values.clone().with("owned", owned.join("\n")))?,
    };
    let make = (!made.is_empty()).then_some(templates::MAKE);
    Ok(values
        .clone()
        .with("say", part(templates::SAY)?)
        .with("accounts", part(accounts)?)
        .with("make", optional(make)?)
        .with("made", made.join("\n"))
        .with("own", own)
        .with("tmpfiles", part(templates::TMPFILES)?)
        .with("enable", optional(enable(package))?)
        .with("restart", optional(restart(package))?)
        .with("stays", part(stays)?)
        .with("purge", part(purge)?))
}

/// A line for everything that is not root's alone.
fn owned(tree: &Tree) -> impl Iterator<Item = String> {
    tree.iter()
        .filter(|(_, entry)| entry.owner != ROOT || entry.group != ROOT)
        .map(|(path, entry)| format!("    own {}:{} \"{path}\"", entry.owner, entry.group))
}

/// The configurations that are made when they are missing: as they are shipped, and where they are read.
pub(super) fn made<'a>(
    package: &Package,
    names: &'a Names,
) -> impl Iterator<Item = (String, String)> + use<'a> {
    let files = if package.manage_conf {
        Names::made(package.program)
    } else {
        &[]
    };
    files
        .iter()
        .map(|file| (names.original(file), names.configuration(file)))
}

fn enable(package: &Package) -> Option<Template> {
    match (package.format, package.enable) {
        (Format::Rpm, true) => Some(templates::ENABLE_RPM),
        (Format::Deb, true) => Some(templates::ENABLE_DEB),
        (Format::Deb, false) => Some(templates::LEAVE_DEB),
        (Format::Rpm, false) | (Format::Archive, _) => None,
    }
}

fn restart(package: &Package) -> Option<Template> {
    match (package.format, package.restart_on_upgrade) {
        (Format::Rpm, true) => Some(templates::RESTART_RPM),
        (Format::Deb, true) => Some(templates::RESTART_DEB),
        (Format::Rpm | Format::Deb, false) | (Format::Archive, _) => None,
    }
}
