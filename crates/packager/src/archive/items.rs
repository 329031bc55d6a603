//! The tree of a manifest as it goes into a tar archive: ghosts left out, bytes at hand, every folder on the way there.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;

use crate::model::Entry;
use crate::model::Kind;
use crate::model::Role;
use crate::model::Tree;

use super::PackError;

/// One member of an archive.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    /// Absolute.
    pub(crate) path: &'a str,
    pub(crate) mode: u32,
    pub(crate) owner: &'a str,
    pub(crate) group: &'a str,
    pub(crate) role: Role,
    pub(crate) body: Body<'a>,
}

/// What a member is.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    Directory,
    File(Cow<'a, [u8]>),
    Link(&'a str),
}

/// Everything that an archive of this tree has, sorted by path. A folder comes before what is in it, because its path is
/// the beginning of theirs.
pub(crate) fn items(tree: &Tree) -> Result<Vec<Item<'_>>, PackError> {
    let mut items = BTreeMap::new();
    for (path, entry) in tree.iter() {
        let Some(body) = body(entry)? else {
            continue;
        };
        for parent in parents(path) {
            match tree.get(parent) {
                Some(owned) if owned.kind != Kind::Directory => {
                    return Err(PackError::NotADirectory {
                        path: parent.to_owned(),
                        below: path.to_owned(),
                    });
                }
                // The tree's own entry is added in its turn.
                Some(_) => {}
                None => drop(items.insert(parent, foreign(parent))),
            }
        }
        let item = Item {
            path,
            mode: entry.mode,
            owner: &entry.owner,
            group: &entry.group,
            role: entry.role,
            body,
        };
        items.insert(path, item);
    }
    Ok(items.into_values().collect())
}

/// What is packed for an entry; nothing for a ghost.
fn body(entry: &Entry) -> Result<Option<Body<'_>>, PackError> {
    Ok(Some(match &entry.kind {
        Kind::Directory => Body::Directory,
        Kind::File(bytes) => Body::File(Cow::Borrowed(bytes)),
        Kind::Copy(path) => {
            let bytes = fs::read(path).map_err(|err| PackError::Source {
                path: path.clone(),
                err,
            })?;
            Body::File(Cow::Owned(bytes))
        }
        Kind::Link(target) => Body::Link(target),
        Kind::Ghost => return Ok(None),
    }))
}

/// The folders above a path, `/` not among them.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/')
        .filter(|(at, _)| *at > 0)
        .filter_map(|(at, _)| path.get(..at))
}

/// A folder that is on the way and belongs to somebody else.
fn foreign(path: &str) -> Item<'_> {
    Item {
        path,
        mode: 0o755,
        owner: ROOT,
        group: ROOT,
        role: Role::Program,
        body: Body::Directory,
    }
}

const ROOT: &str = "root";
