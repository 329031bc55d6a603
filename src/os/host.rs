//! Who this machine is and who runs this process: host name, machine id, whose certificate it uses; and the pid file it
//! shows.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::atomic_file;
use super::atomic_file::WriteError;
use super::configuration;
use super::files::Files;
use crate::config::Owner;

/// The kernel's host name, as it is.
///
/// # Errors
///
/// [`HostError`] if it cannot be read, is empty, or is not text.
pub fn host_name() -> Result<String, HostError> {
    let name = nix::unistd::gethostname().map_err(HostError::Unreadable)?;
    match name.into_string() {
        Ok(name) if !name.is_empty() => Ok(name),
        Ok(_) | Err(_) => Err(HostError::NotAName),
    }
}

/// The machine id below `root` (`/`, except in tests): 32 lower-case hexadecimal digits.
///
/// `None` if there is none yet, which is normal for an image before its first boot.
#[must_use]
pub fn machine_id(root: &Path) -> Option<String> {
    MACHINE_ID_FILES
        .iter()
        .filter_map(|file| fs::read_to_string(root.join(file)).ok())
        .map(|text| text.trim_end().to_owned())
        .find(|id| is_machine_id(id))
}

/// Whether the process may do anything.
#[must_use]
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Whose certificate is looked for in this process, under this name.
#[must_use]
pub fn owner(certname: &str) -> Owner<'_> {
    Owner {
        certname,
        root: is_root(),
        home: configuration::home(),
    }
}

/// The owner of a directory, or of the one it would be made in, when that is not the user of this process.
#[must_use]
pub fn foreign_owner(directory: &Path) -> Option<u32> {
    let owner = directory
        .ancestors()
        .take(2)
        .find_map(|path| fs::metadata(path).ok())?
        .uid();
    (owner != nix::unistd::geteuid().as_raw()).then_some(owner)
}

/// Writes the process id, decimal and without a newline, as the supervisor of a reference server expects it.
///
/// # Errors
///
/// A [`WriteError`] if the file cannot be written.
pub fn write_pid_file(files: &dyn Files, path: &Path) -> Result<(), WriteError> {
    let id = std::process::id().to_string();
    // a process that was killed while it wrote its own; where nothing can be removed nothing can be written
    drop(atomic_file::sweep_beside(files, path));
    atomic_file::write(files, path, id.as_bytes(), 0o644)
}

/// The machine has no usable host name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The kernel does not tell it.
    #[error("cannot read the host name")]
    Unreadable(#[source] nix::Error),
    /// It is empty or not text.
    #[error("the host name is empty or not text")]
    NotAName,
}

/// machine-id(5): not `uninitialized`, and not all zeros.
fn is_machine_id(id: &str) -> bool {
    id.len() == 32
        && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        && id.bytes().any(|b| b != b'0')
}

const MACHINE_ID_FILES: [&str; 2] = ["etc/machine-id", "var/lib/dbus/machine-id"];

#[cfg(test)]
mod tests {
    use crate::os::files::RealFiles;

    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn root_with(file: &str, content: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        atomic_file::write(&RealFiles, &path, content.as_bytes(), 0o444).unwrap();
        root
    }

    #[test]
    fn the_host_name_is_the_kernels() {
        let kernel = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        assert_eq!(host_name().unwrap(), kernel.trim_end());
    }

    #[test]
    fn a_directory_of_this_user_has_no_foreign_owner() {
        let own = tempfile::tempdir().unwrap();
        assert_eq!(foreign_owner(own.path()), None);
        assert_eq!(foreign_owner(&own.path().join("missing")), None);
        if is_root() {
            std::os::unix::fs::chown(own.path(), Some(12_345), None).unwrap();
            assert_eq!(foreign_owner(&own.path().join("missing")), Some(12_345));
        }
    }

    #[test]
    fn the_machine_id_comes_from_either_place() {
        for file in MACHINE_ID_FILES {
            let root = root_with(file, &format!("{ID}\n"));
            assert_eq!(machine_id(root.path()).as_deref(), Some(ID));
        }
    }

    #[test]
    fn an_image_before_its_first_boot_has_no_machine_id() {
        for content in [
            "",
            "uninitialized\n",
            "00000000000000000000000000000000\n",
            "0123\n",
        ] {
            let root = root_with("etc/machine-id", content);
            assert_eq!(machine_id(root.path()), None, "{content:?}");
        }
    }

    #[test]
    fn the_pid_file_holds_the_pid_and_no_newline() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("muster.pid");
        write_pid_file(&RealFiles, &path).unwrap();
        write_pid_file(&RealFiles, &path).unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            std::process::id().to_string()
        );
    }
}
