//! What rpm refuses, or worse, takes for something else, is refused before anything is built.

use crate::model::Entry;
use crate::model::Kind;
use crate::model::Manifest;
use crate::model::Requirement;
use crate::model::Scriptlets;

use super::error::RpmError;

/// Checks all values of a manifest.
pub(super) fn check(manifest: &Manifest) -> Result<(), RpmError> {
    name(&manifest.name)?;
    version("version", &manifest.version)?;
    version("release", &manifest.release)?;
    for (field, value) in [
        ("summary", &manifest.summary),
        ("license", &manifest.license),
        ("url", &manifest.url),
        ("group", &manifest.rpm_group),
    ] {
        line(field, value)?;
    }
    // somebody may be named, and need not
    if !manifest.contact.is_empty() {
        line("contact", &manifest.contact)?;
    }
    text("description", &manifest.description)?;
    for requirement in &manifest.requires {
        dependency(requirement)?;
    }
    scriptlets(&manifest.scriptlets)?;
    for (path, entry) in manifest.tree.iter() {
        file(path, entry)?;
    }
    Ok(())
}

fn name(value: &str) -> Result<(), RpmError> {
    let first = value.chars().next();
    if !first.is_some_and(|first| first.is_ascii_alphanumeric()) {
        return refuse("name", value, "it must start with a letter or digit");
    }
    if !value.chars().all(|c| is_word(c) || c == '-') {
        return refuse("name", value, "allowed are letters, digits and .-_+");
    }
    Ok(())
}

/// Versions and releases: a hyphen separates them, and `%{}` are macros.
fn version(field: &str, value: &str) -> Result<(), RpmError> {
    if value.is_empty() {
        return refuse(field, value, "it is empty");
    }
    if !value.chars().all(|c| is_word(c) || matches!(c, '~' | '^')) {
        return refuse(field, value, "allowed are letters, digits and ._+~^");
    }
    Ok(())
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+')
}

fn line(field: &str, value: &str) -> Result<(), RpmError> {
    if value.is_empty() {
        return refuse(field, value, "it is empty");
    }
    if value.chars().any(char::is_control) {
        return refuse(field, value, "it must be one line of text");
    }
    Ok(())
}

fn text(field: &str, value: &str) -> Result<(), RpmError> {
    if value
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
    {
        return refuse(field, value, "it must not contain control characters");
    }
    Ok(())
}

fn dependency(requirement: &Requirement) -> Result<(), RpmError> {
    let value = &requirement.name;
    let plain =
        |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, ',' | '<' | '>' | '=');
    if value.is_empty() || value.starts_with('(') || !value.chars().all(plain) {
        return refuse("requirement", value, "it must be one name or path");
    }
    Ok(())
}

fn scriptlets(scriptlets: &Scriptlets) -> Result<(), RpmError> {
    for (field, script) in [
        ("scriptlet %pre", &scriptlets.before_install),
        ("scriptlet %post", &scriptlets.after_install),
        ("scriptlet %preun", &scriptlets.before_removal),
        ("scriptlet %postun", &scriptlets.after_removal),
    ] {
        let script = script.as_deref().unwrap_or_default();
        if script.contains('\0') {
            return refuse(field, script, "it must not contain zero bytes");
        }
    }
    Ok(())
}

fn file(path: &str, entry: &Entry) -> Result<(), RpmError> {
    for (whose, value) in [("owner", &entry.owner), ("group", &entry.group)] {
        if value.is_empty() || value.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return refuse(&format!("{whose} of {path}"), value, "it must be one name");
        }
    }
    if entry.mode > 0o7777 {
        let mode = format!("{:o}", entry.mode);
        return refuse(
            &format!("mode of {path}"),
            &mode,
            "it has more than 12 bits",
        );
    }
    match &entry.kind {
        Kind::Link(target) if target.is_empty() || target.chars().any(char::is_control) => {
            refuse(&format!("target of {path}"), target, "it must be a path")
        }
        Kind::Directory | Kind::File(_) | Kind::Copy(_) | Kind::Link(_) | Kind::Ghost => Ok(()),
    }
}

fn refuse(field: &str, value: &str, reason: &'static str) -> Result<(), RpmError> {
    Err(RpmError::Field {
        field: field.to_owned(),
        value: value.to_owned(),
        reason,
    })
}
