//! `Cargo.lock` of the generated crate.
//!
//! Without a file of the company it begins as a copy of ours, so that what both need is the same version; cargo adds what
//! only the company's crates need. It is then left alone until ours changes: a build that is repeated is the same build.

use std::path::Path;

use super::ComposeError;
use super::Sources;
use super::write;

/// What the lock file begins with.
pub(super) fn text(sources: &Sources, own: Option<&Path>) -> Result<String, ComposeError> {
    let path = own.map_or_else(|| sources.folder.join(NAME), Path::to_path_buf);
    std::fs::read_to_string(&path).map_err(|err| ComposeError::Read { path, err })
}

/// Puts it into the generated crate.
pub(super) fn place(into: &Path, text: &str, own: Option<&Path>) -> Result<(), ComposeError> {
    let (path, begun) = (into.join(NAME), into.join(BEGUN));
    let unchanged = || std::fs::read(&begun).is_ok_and(|there| there == text.as_bytes());
    if own.is_none() && path.exists() && unchanged() {
        return Ok(());
    }
    // in this order: what it began with is only noted once it did
    write(&path, text)?;
    write(&begun, text)
}

pub(super) const NAME: &str = "Cargo.lock";
/// What the lock file began with.
const BEGUN: &str = "Cargo.lock.begun";
