//! The files of `repodata/`, as bytes.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::GzBuilder;
use rpmrepo_metadata::Checksum;
use rpmrepo_metadata::FilelistsXml;
use rpmrepo_metadata::MetadataError;
use rpmrepo_metadata::OtherXml;
use rpmrepo_metadata::Package;
use rpmrepo_metadata::PackageOptions;
use rpmrepo_metadata::PackageSource;
use rpmrepo_metadata::PrimaryXml;
use rpmrepo_metadata::RepomdRecord;
use rpmrepo_metadata::RepomdXml;
use rpmrepo_metadata::Repository;
use sha2::Digest;
use sha2::Sha256;

use crate::rpm;
use crate::signing::Sign;
use crate::signing::SignError;

use super::REPODATA;
use super::error::YumError;

/// What metadata says about a package. The package is read as a whole first, which refuses what the library would not.
pub(super) fn described(name: &str, bytes: &[u8], source_date: u64) -> Result<Package, YumError> {
    rpm::read(bytes).map_err(|err| YumError::Package {
        name: name.to_owned(),
        err,
    })?;
    let source = PackageSource {
        checksum: None,
        size_package: None,
        time_file: source_date,
        location_href: name.to_owned(),
        location_base: None,
    };
    Package::from_buffer(bytes, source, PackageOptions::default()).map_err(|err| {
        YumError::Describe {
            name: name.to_owned(),
            err: Box::new(err),
        }
    })
}

/// All files of `repodata/` by their names.
pub(super) fn files(
    repository: &mut Repository,
    source_date: u64,
    signer: Option<&dyn Sign>,
) -> Result<BTreeMap<String, Vec<u8>>, YumError> {
    let mut files = BTreeMap::new();
    for (kind, written) in [
        ("primary", repository.write_metadata_bytes::<PrimaryXml>()),
        (
            "filelists",
            repository.write_metadata_bytes::<FilelistsXml>(),
        ),
        ("other", repository.write_metadata_bytes::<OtherXml>()),
    ] {
        let open = written.map_err(refused)?;
        let bytes = compressed(&open)?;
        let name = format!("{}-{kind}.xml.gz", sha256(&bytes));
        let mut record = record(kind, &name, &bytes, &open);
        record.timestamp = i64::try_from(source_date).unwrap_or(i64::MAX);
        repository.repomd_mut().add_record(record);
        files.insert(name, bytes);
    }
    let revision = source_date.to_string();
    repository.repomd_mut().set_revision(&revision);
    let root = repository
        .write_metadata_bytes::<RepomdXml>()
        .map_err(refused)?;
    if let Some(signer) = signer {
        let signature = signer.detached(&root, source_date).map_err(unsigned)?;
        files.insert(format!("{ROOT}.asc"), signature.into_bytes());
        let public = signer.public().map_err(unsigned)?;
        files.insert(format!("{ROOT}.key"), public.into_bytes());
    }
    files.insert(ROOT.to_owned(), root);
    Ok(files)
}

fn record(kind: &str, name: &str, bytes: &[u8], open: &[u8]) -> RepomdRecord {
    let mut record = RepomdRecord::default();
    kind.clone_into(&mut record.metadata_name);
    record.location_href = format!("{REPODATA}/{name}").into();
    record.checksum = Checksum::Sha256(sha256(bytes));
    record.size = u64::try_from(bytes.len()).ok();
    record.open_checksum = Some(Checksum::Sha256(sha256(open)));
    record.open_size = u64::try_from(open.len()).ok();
    record
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>, YumError> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::new(9));
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .map_err(|err| YumError::Compress { err })
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn refused(err: MetadataError) -> YumError {
    YumError::Metadata { err: Box::new(err) }
}

const fn unsigned(err: SignError) -> YumError {
    YumError::Sign { err }
}

const ROOT: &str = "repomd.xml";
