//! Files as the scenarios see them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;

/// Writes a file that only its owner may read, its folder too.
pub(crate) fn put(path: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .unwrap()
        .write_all(content.as_ref())
        .unwrap();
}

/// The text of a file, empty without one.
pub(crate) fn read(path: &Path) -> String {
    fs::read(path).map_or_else(
        |_| String::new(),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    )
}

/// The permissions of a file.
pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Every file and folder below a place, with mode and content.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<PathBuf, (u32, Option<Vec<u8>>)>);

impl Snapshot {
    /// What is there now.
    pub(crate) fn of(root: &Path) -> Self {
        let mut found = BTreeMap::new();
        let mut places = vec![root.to_owned()];
        while let Some(place) = places.pop() {
            let content = if place.is_dir() {
                places.extend(fs::read_dir(&place).unwrap().map(|it| it.unwrap().path()));
                None
            } else {
                Some(fs::read(&place).unwrap())
            };
            found.insert(place.clone(), (mode(&place), content));
        }
        Self(found)
    }

    /// The paths, for a message.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        self.0.keys().map(PathBuf::as_path).collect()
    }
}
