//! A manifest in, the bytes of an archive out.

use buildspec::Compression;

use crate::model::Manifest;

use super::ArchiveError;
use super::PackError;
use super::items;
use super::payload::Packer;
use super::tarball::Tarball;

/// The archive of a manifest. It is compressed with gzip, whatever the manifest says: it is read by people with any tar.
///
/// # Errors
/// When the name or the version cannot be part of a folder's name, or a [`PackError`] of the tree.
pub fn write(manifest: &Manifest) -> Result<Vec<u8>, ArchiveError> {
    let top = format!("{}/", folder(manifest)?);
    let items = items::items(&manifest.tree)?;
    let written = |err| PackError::Write { err };
    let packer = Packer::new(Compression::Gzip).map_err(written)?;
    let mut tarball = Tarball::new(packer, manifest.source_date);
    tarball.add_tree(&top, &items)?;
    let packed = tarball.finish().and_then(Packer::finish);
    Ok(packed.map_err(written)?)
}

/// `<name>-<version>`.
fn folder(manifest: &Manifest) -> Result<String, ArchiveError> {
    let folder = format!("{}-{}", manifest.name, manifest.version);
    match folder
        .chars()
        .find(|character| !character.is_ascii_alphanumeric() && !"+-._~".contains(*character))
    {
        Some(character) => Err(ArchiveError::Folder { folder, character }),
        None => Ok(folder),
    }
}
