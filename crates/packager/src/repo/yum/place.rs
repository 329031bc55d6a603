//! Puts `repodata/` in its place as a whole.

use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::REPODATA;
use super::error::YumError;

/// Writes the files into a new folder and lets it take the place of the old one.
pub(super) fn place(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), YumError> {
    let work = tempfile::Builder::new()
        .prefix(".repodata-")
        .tempdir_in(folder)
        .map_err(|err| failed(folder, err))?;
    let new = work.path().join("new");
    filled(&new, files).map_err(|err| failed(&new, err))?;
    let target = folder.join(REPODATA);
    let old = work.path().join("old");
    exchange(&new, &target, &old).map_err(|err| failed(&target, err))
}

fn filled(new: &Path, files: &BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    fs::create_dir(new)?;
    for (name, bytes) in files {
        let mut file = File::create(new.join(name))?;
        file.write_all(bytes)?;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
        file.sync_all()?;
    }
    fs::set_permissions(new, fs::Permissions::from_mode(0o755))?;
    File::open(new)?.sync_all()
}

/// Renames `target` to `old`, if there is one, and `new` to `target`; takes the first back when the second fails.
fn exchange(new: &Path, target: &Path, old: &Path) -> io::Result<()> {
    let moved = match fs::rename(target, old) {
        Ok(()) => true,
        Err(err) if err.kind() == io::ErrorKind::NotFound => false,
        Err(err) => return Err(err),
    };
    let placed = fs::rename(new, target);
    if placed.is_err() && moved {
        fs::rename(old, target)?;
    }
    placed
}

fn failed(path: &Path, err: io::Error) -> YumError {
    YumError::Write {
        path: path.to_owned(),
        err,
    }
}
