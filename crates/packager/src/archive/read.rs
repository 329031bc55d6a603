//! The bytes of an archive in, what it contains out. The bytes may be anybody's.

use std::collections::BTreeMap;

use buildspec::Compression;

use crate::model::Contents;
use crate::model::Packed;

use super::ArchiveError;
use super::ListingError;
use super::listing;
use super::payload;

/// What is in an archive: the name of its folder as the field `Folder`, its files by the paths below that.
///
/// # Errors
/// When it is damaged or larger than anything of ours, or does not have exactly one folder at its top.
pub fn read(bytes: &[u8]) -> Result<Contents, ArchiveError> {
    let mut tar = payload::unpacker(Some(Compression::Gzip), bytes)
        .map_err(|err| ListingError::Damaged { err })?;
    let listed = listing::files(&mut *tar)?;
    let top = listed
        .first_key_value()
        .and_then(|(path, _)| path.split('/').nth(1))
        .ok_or(ArchiveError::Empty)?
        .to_owned();
    let mut files = BTreeMap::new();
    for (path, packed) in listed {
        let below = path
            .strip_prefix('/')
            .and_then(|path| path.strip_prefix(&top));
        match below {
            Some("") => {}
            Some(below) if below.starts_with('/') => drop(files.insert(below.to_owned(), packed)),
            Some(_) | None => return Err(ArchiveError::Tops { top, path }),
        }
    }
    Ok(contents(top, files))
}

fn contents(top: String, files: BTreeMap<String, Packed>) -> Contents {
    Contents {
        fields: BTreeMap::from([("Folder".to_owned(), top)]),
        scripts: BTreeMap::new(),
        files,
    }
}
