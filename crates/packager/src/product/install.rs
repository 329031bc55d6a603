//! What an archive has instead of scripts: a text that says what to do.

use buildspec::Program;

use crate::model::Entry;
use crate::model::Kind;
use crate::model::Role;

use super::error::ProductError;
use super::manifest::archive_name;
use super::manifest::machine;
use super::names::Names;
use super::names::ROOT;
use super::scriptlets;
use super::stage::Stage;
use super::templates;

/// Adds `/INSTALL`, which is at the top of the archive.
pub(super) fn fill(stage: &mut Stage<'_>) -> Result<(), ProductError> {
    let (package, names) = (stage.package, stage.names);
    let version = stage.ingredients.version_in_format;
    let made: Vec<String> = scriptlets::made(package, names)
        .map(|(from, to)| {
            let group = &names.group;
            format!("    [ -e {to} ] || install -m 0640 -o root -g {group} {from} {to}")
        })
        .collect();
    let kept: Vec<String> = stage
        .configurations()
        .map(|path| format!("        --exclude='*{path}'"))
        .collect();
    let values = stage
        .values
        .clone()
        .with("top", format!("{}-{version}", package.name))
        .with(
            "archive",
            archive_name(&package.name, version, package.platform),
        )
        .with("machine", machine(package.platform))
        .with("accounts", accounts(package.program, names))
        .with("made", made.join("\n"))
        .with("kept", kept.join(" \\\n"));
    let text = templates::INSTALL.render(&values)?.into_bytes();
    let entry = Entry::new(Kind::File(text), 0o644).with_role(Role::Documentation);
    stage.add(INSTALL, entry)
}

fn accounts(program: Program, names: &Names) -> String {
    let Names {
        account,
        group,
        statedir,
        ..
    } = names;
    let group_made = format!("    getent group {group} || groupadd -r {group}");
    match program {
        Program::Agent if group == ROOT => "    root, who is there.".to_owned(),
        Program::Agent => group_made,
        Program::Provisioner => format!(
            "{group_made}\n    getent passwd {account} || \
             useradd -r -M -g {group} -d {statedir} -s /usr/sbin/nologin {account}"
        ),
    }
}

/// What an archive says about itself, at its top.
pub(crate) const INSTALL: &str = "/INSTALL";
