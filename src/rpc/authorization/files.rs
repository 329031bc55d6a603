//! Policy and groups files as they are now, each read once and again when it changed.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use super::lines::MAX_FILE;
use super::lines::PolicyError;
use crate::os::source_file;
use crate::os::source_file::Stamp;

/// What was read of files of one kind, good or not.
#[derive(Debug)]
pub(super) struct Known<T>(BTreeMap<PathBuf, Content<T>>);

#[derive(Debug)]
struct Content<T> {
    stamp: Stamp,
    read: Result<Arc<T>, String>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Known<T> {
    /// The file as it is now; nothing when there is none. The error names the file, and the line where there is one.
    pub(super) fn current(
        &mut self,
        path: &Path,
        parse: fn(&[u8]) -> Result<T, PolicyError>,
    ) -> Result<Option<Arc<T>>, String> {
        let Some(stamp) = stamp(path)? else {
            self.0.remove(path);
            return Ok(None);
        };
        if let Some(known) = self.0.get(path)
            && known.stamp == stamp
        {
            return known.read.clone().map(Some);
        }
        // stamped before it is read: a change in between is seen the next time
        let parsed = match source_file::read(path, LARGEST) {
            Ok(bytes) => parse(&bytes).map(Arc::new),
            Err(err) if err.kind() == io::ErrorKind::FileTooLarge => Err(PolicyError::TooLarge),
            Err(err) => {
                // not kept: it may be the machine's fault and not the file's
                self.0.remove(path);
                return Err(unreadable(path, &err));
            }
        };
        let read = parsed.map_err(|err| err.in_file(path));
        let answer = read.clone().map(Some);
        self.0.insert(path.to_owned(), Content { stamp, read });
        answer
    }
}

fn stamp(path: &Path) -> Result<Option<Stamp>, String> {
    match source_file::stamp(path) {
        Ok(None) if source_file::is_link(path) => {
            Err(format!("{}: a link that leads nowhere", path.display()))
        }
        Ok(stamp) => Ok(stamp),
        Err(err) => Err(unreadable(path, &err)),
    }
}

fn unreadable(path: &Path, err: &io::Error) -> String {
    format!("{}: it cannot be read: {err}", path.display())
}

const LARGEST: u64 = MAX_FILE as u64;
