//! What the generated crate takes over from our own `Cargo.toml`.

use std::path::Path;
use std::path::PathBuf;

use super::ComposeError;

/// The checkout.
#[derive(Debug, Clone)]
pub(super) struct Sources {
    /// Its folder, without links in its path.
    pub(super) folder: PathBuf,
    /// Version of muster.
    pub(super) version: String,
    /// `rust-version`
    pub(super) rust_version: String,
    /// `edition`
    pub(super) edition: String,
    /// The sections of the profiles that programs are built with, as they stand there.
    pub(super) profiles: String,
}

impl Sources {
    pub(super) fn read(folder: &Path) -> Result<Self, ComposeError> {
        let path = folder.join("Cargo.toml");
        let unreadable = |err| ComposeError::Read {
            path: path.clone(),
            err,
        };
        let folder = std::fs::canonicalize(folder).map_err(unreadable)?;
        let text = std::fs::read_to_string(&path).map_err(unreadable)?;
        Self::of(folder, &text).ok_or(ComposeError::NoSources { path })
    }

    /// Nothing for a manifest that is not muster's. It is ours and is formatted as it always is, so lines are enough.
    fn of(folder: PathBuf, text: &str) -> Option<Self> {
        let sections = sections(text);
        let section = |name: &str| sections.iter().find(|section| section.name == name);
        if section("package")?.value("name")? != "muster" {
            return None;
        }
        let workspace = section("workspace.package")?;
        let wanted = |section: &&Section<'_>| {
            PROFILES.iter().any(|profile| {
                let rest = section.name.strip_prefix("profile.");
                let rest = rest.and_then(|rest| rest.strip_prefix(profile));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        let profiles: Vec<String> = sections
            .iter()
            .filter(wanted)
            .map(|section| format!("[{}]\n{}\n", section.name, section.text()))
            .collect();
        Some(Self {
            folder,
            version: workspace.value("version")?.to_owned(),
            rust_version: workspace.value("rust-version")?.to_owned(),
            edition: workspace.value("edition")?.to_owned(),
            profiles: profiles.join("\n"),
        })
    }
}

/// A section and its lines.
struct Section<'a> {
    name: &'a str,
    lines: Vec<&'a str>,
}

impl<'a> Section<'a> {
    /// A value that is a text on one line.
    fn value(&self, key: &str) -> Option<&'a str> {
        let value = self.lines.iter().find_map(|line| {
            let (found, value) = line.split_once('=')?;
            (found.trim() == key).then(|| value.trim())
        })?;
        value.strip_prefix('"')?.strip_suffix('"')
    }

    /// The lines without those that say nothing, and without the remark that belongs to the next section.
    fn text(&self) -> String {
        let last = self.lines.iter().rposition(|line| line.contains('='));
        let lines = self
            .lines
            .iter()
            .take(last.map_or(0, |last| last.saturating_add(1)));
        lines.copied().collect::<Vec<_>>().join("\n")
    }
}

fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for line in text.lines() {
        let header = line.strip_prefix('[').and_then(|line| line.split_once(']'));
        if let Some((name, _)) = header {
            sections.push(Section {
                name,
                lines: Vec::new(),
            });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push(line);
        }
    }
    sections
}

/// Those that a program may be built with.
const PROFILES: [&str; 3] = ["dev", "release", "site"];
