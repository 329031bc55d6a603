//! The paths of an RPM that is read.

use std::collections::BTreeMap;

use ::rpm::DigestAlgorithm;
use ::rpm::FileEntry;
use ::rpm::FileFlags;
use ::rpm::FileType;
use ::rpm::PackageMetadata;

use crate::model::Packed;

use super::error::RpmError;

/// All paths with what the headers say about them.
pub(super) fn files(metadata: &PackageMetadata) -> Result<BTreeMap<String, Packed>, RpmError> {
    let entries = metadata.get_file_entries().map_err(RpmError::parse)?;
    let files = entries
        .iter()
        .map(|entry| (entry.path().to_string_lossy().into_owned(), packed(entry)));
    Ok(files.collect())
}

fn packed(entry: &FileEntry<'_>) -> Packed {
    let digest = entry
        .digest()
        .filter(|digest| digest.algorithm() == DigestAlgorithm::Sha2_256);
    Packed {
        kind: kind(entry),
        mode: u32::from(entry.permissions()),
        owner: entry.user().to_owned(),
        group: entry.group().to_owned(),
        size: u64::try_from(entry.size()).unwrap_or(u64::MAX),
        sha256: digest.map_or_else(String::new, |digest| digest.as_hex().to_owned()),
        modified: u64::from(entry.modified_at().0),
        marks: marks(entry.flags()),
    }
}

fn kind(entry: &FileEntry<'_>) -> String {
    if entry.flags().contains(FileFlags::GHOST) {
        return "ghost".to_owned();
    }
    match entry.file_type() {
        FileType::Regular => "file".to_owned(),
        FileType::Dir => "directory".to_owned(),
        FileType::SymbolicLink => format!("link to {}", entry.linkto().unwrap_or_default()),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn marks(flags: FileFlags) -> Vec<String> {
    let config = [
        (FileFlags::MISSINGOK, "missingok"),
        (FileFlags::NOREPLACE, "noreplace"),
    ];
    let how: Vec<&str> = config
        .into_iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .map(|(_, name)| name)
        .collect();
    let mut marks = Vec::new();
    if flags.contains(FileFlags::CONFIG) && how.is_empty() {
        marks.push("config".to_owned());
    } else if flags.contains(FileFlags::CONFIG) {
        marks.push(format!("config({})", how.join(",")));
    }
    for (flag, name) in [(FileFlags::DOC, "doc"), (FileFlags::LICENSE, "license")] {
        if flags.contains(flag) {
            marks.push(name.to_owned());
        }
    }
    marks
}
