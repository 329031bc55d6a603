//! Looks at policy files before any request does: `muster config check`.

use std::io;
use std::path::Path;
use std::path::PathBuf;

use super::files::Known;
use super::groups::Groups;
use super::policies::GROUPS;
use super::policy::Policy;
use crate::protocol::names::AgentName;

/// What somebody should look at, as `file:line: …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Requests are denied because of it.
    Fault(String),
    /// It works, but perhaps not as its author thinks.
    Doubt(String),
}

/// What is to be said about the policy files of a directory, sorted by file.
///
/// # Errors
///
/// What the system said when the directory cannot be listed; no directory is no error.
pub fn check(directory: &Path) -> io::Result<Vec<Finding>> {
    let mut files: Vec<PathBuf> = match std::fs::read_dir(directory) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<_>>()?,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(err) => return Err(err),
    };
    files.sort();
    let mut findings = Vec::new();
    let groups = Known::default().current(&directory.join(GROUPS), Groups::parse);
    let groups = match groups {
        Ok(groups) => Some(groups.unwrap_or_default()),
        Err(problem) => {
            findings.push(Finding::Fault(problem));
            None
        }
    };
    for path in files {
        if path
            .extension()
            .is_some_and(|extension| extension == "policy")
        {
            findings.extend(finding(&path, groups.as_deref()));
        }
    }
    Ok(findings)
}

fn finding(path: &Path, groups: Option<&Groups>) -> Option<Finding> {
    let policy = match Known::default().current(path, Policy::parse) {
        Ok(policy) => policy?,
        Err(problem) => return Some(Finding::Fault(problem)),
    };
    let named = path.file_stem().and_then(|stem| stem.to_str());
    if named.is_none_or(|name| AgentName::new(name).is_err()) {
        return Some(Finding::Doubt(format!(
            "{}: no agent can have this name",
            path.display()
        )));
    }
    let groups = groups?;
    if let Err(err) = policy.check_groups(groups) {
        return Some(Finding::Fault(err.in_file(path)));
    }
    let unknown = policy.unknown_groups(groups);
    unknown.first().map(|(line, name)| {
        Finding::Doubt(format!(
            "{}:{line}: {name:?} is neither a caller id nor a group",
            path.display()
        ))
    })
}
