//! What a replaced file hands down to its successor: owner, group, mode, access control list, security label.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::lchown;
use std::path::Path;

/// Copies them all; refuses when one cannot be kept, since a key that silently became readable is worse than an error.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let old = fs::symlink_metadata(from)?;
    let new = fs::symlink_metadata(to)?;
    // Only what differs: an ordinary user may not even chown to himself on some systems.
    let owner = (old.uid() != new.uid()).then_some(old.uid());
    let group = (old.gid() != new.gid()).then_some(old.gid());
    if owner.is_some() || group.is_some() {
        lchown(to, owner, group)?;
    }
    // After the owner (a change of owner clears bits), before the list (its mask lives in the group bits).
    fs::set_permissions(to, old.permissions())?;
    copy_extended(from, to, ACCESS_LIST)?;
    copy_extended(from, to, SECURITY_LABEL)
}

fn copy_extended(from: &Path, to: &Path, name: &str) -> io::Result<()> {
    let old = extended(from, name)?;
    let new = extended(to, name)?;
    match old {
        Some(value) if new.as_ref() != Some(&value) => xattr::set(to, name, &value),
        // The directory's default list was given to the new file, but the old one had none.
        None if new.is_some() && name == ACCESS_LIST => xattr::remove(to, name),
        Some(_) | None => Ok(()),
    }
}

fn extended(path: &Path, name: &str) -> io::Result<Option<Vec<u8>>> {
    match xattr::get(path, name) {
        Err(err) if err.kind() == io::ErrorKind::Unsupported => Ok(None),
        other => other,
    }
}

const ACCESS_LIST: &str = "system.posix_acl_access";
const SECURITY_LABEL: &str = "security.selinux";

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// acl(5) as the kernel stores it: user:rw, user 1234:r, group:r, mask:r, other:none.
    const LIST: &[u8] = &[
        2, 0, 0, 0, //
        1, 0, 6, 0, 255, 255, 255, 255, //
        2, 0, 4, 0, 210, 4, 0, 0, //
        4, 0, 4, 0, 255, 255, 255, 255, //
        16, 0, 4, 0, 255, 255, 255, 255, //
        32, 0, 0, 0, 255, 255, 255, 255,
    ];

    fn two_files() -> (tempfile::TempDir, std::path::PathBuf, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        File::create(&old).unwrap();
        File::create(&new).unwrap();
        (dir, old, new)
    }

    #[test]
    fn the_mode_and_the_access_list_are_kept() {
        let (_dir, old, new) = two_files();
        fs::set_permissions(&old, Permissions::from_mode(0o640)).unwrap();
        xattr::set(&old, ACCESS_LIST, LIST).unwrap();
        copy(&old, &new).unwrap();
        assert_eq!(fs::metadata(&new).unwrap().mode() & 0o7777, 0o640);
        assert_eq!(
            xattr::get(&new, ACCESS_LIST).unwrap().as_deref(),
            Some(LIST)
        );
    }

    #[test]
    fn a_list_that_the_old_file_did_not_have_is_not_inherited() {
        let (_dir, old, new) = two_files();
        xattr::set(&new, ACCESS_LIST, LIST).unwrap();
        copy(&old, &new).unwrap();
        assert_eq!(xattr::get(&new, ACCESS_LIST).unwrap(), None);
    }

    #[test]
    fn a_file_system_without_lists_has_none() {
        let found = extended(Path::new("/proc/self/status"), ACCESS_LIST);
        assert_eq!(found.unwrap(), None);
    }

    #[test]
    fn an_owner_is_kept_or_the_copy_is_refused() {
        let (_dir, old, new) = two_files();
        if lchown(&old, Some(1234), Some(1235)).is_ok() {
            copy(&old, &new).unwrap();
            let kept = fs::metadata(&new).unwrap();
            assert_eq!((kept.uid(), kept.gid()), (1234, 1235));
        } else {
            // Not as root: a file of root's cannot be imitated.
            let err = copy(Path::new("/etc/passwd"), &new).unwrap_err();
            assert_eq!(err.kind(), io::ErrorKind::PermissionDenied);
        }
    }
}
