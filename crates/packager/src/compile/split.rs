//! Takes the debug information out of a program, puts the list of its crates in, and gives both files their names.
//!
//! Debuggers find the information by the build id, which stays in both files, or by the name and the sum that the program
//! keeps of the file.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::fs;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use super::auditable;
use super::cargo::Cargo;
use super::error::CompileError;

/// A program in two files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    /// What is run.
    pub(super) binary: PathBuf,
    /// What a debugger reads besides.
    pub(super) debug: PathBuf,
}

/// Makes `NAME` and `NAME.debug` in a folder of a linked program. Each appears under its name when it is whole.
///
/// # Errors
/// When a tool fails or a file cannot be written.
pub(super) fn split(
    cargo: &Cargo<'_>,
    objcopy: &str,
    linked: &Path,
    crates: &[u8],
    folder: &Path,
    name: &str,
) -> Result<Split, CompileError> {
    fs::create_dir_all(folder).map_err(CompileError::file("create", folder))?;
    sweep(folder)?;
    let work = tempfile::Builder::new()
        .prefix(MAKING)
        .tempdir_in(folder)
        .map_err(CompileError::file("create a folder in", folder))?;
    let section = work.path().join("crates");
    File::create(&section)
        .and_then(|mut file| file.write_all(crates))
        .map_err(CompileError::file("write", &section))?;
    let debug_name = format!("{name}.debug");
    let debug = work.path().join(&debug_name);
    let binary = work.path().join(name);
    let keep = [
        "--only-keep-debug".into(),
        linked.into(),
        debug.clone().into_os_string(),
    ];
    cargo.ask(objcopy, &keep)?;
    let strip: [OsString; 6] = [
        "--strip-all".into(),
        "--add-section".into(),
        joined(&[
            auditable::SECTION.as_ref(),
            "=".as_ref(),
            section.as_os_str(),
        ]),
        joined(&["--add-gnu-debuglink=".as_ref(), debug.as_os_str()]),
        linked.into(),
        binary.clone().into_os_string(),
    ];
    cargo.ask(objcopy, &strip)?;
    let made = Split {
        binary: folder.join(name),
        debug: folder.join(debug_name),
    };
    // the program last: who sees it sees what belongs to it
    for (from, to) in [(&debug, &made.debug), (&binary, &made.binary)] {
        fs::rename(from, to).map_err(CompileError::file("write", to))?;
    }
    Ok(made)
}

/// Removes what runs that were ended left behind. The caller holds the lock of the target folder.
fn sweep(folder: &Path) -> Result<(), CompileError> {
    for entry in fs::read_dir(folder).map_err(CompileError::file("read", folder))? {
        let entry = entry.map_err(CompileError::file("read", folder))?;
        if entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(MAKING.as_bytes())
        {
            let path = entry.path();
            fs::remove_dir_all(&path).map_err(CompileError::file("remove", &path))?;
        }
    }
    Ok(())
}

fn joined(parts: &[&OsStr]) -> OsString {
    parts.iter().copied().collect()
}

/// How the names of folders begin in which something is being made.
const MAKING: &str = ".making-";

#[cfg(test)]
mod tests;
