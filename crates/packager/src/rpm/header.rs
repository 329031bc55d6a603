//! The two headers of an RPM: the main one with what the library leaves open, and the one with digests and signature.

use ::rpm::Header;
use ::rpm::HeaderEntry;
use ::rpm::IndexData;
use ::rpm::IndexSignatureTag;
use ::rpm::IndexTag;
use ::rpm::SignatureHeaderBuilder;
use ::rpm::Tag;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use buildspec::RpmFormat;
use pgp::composed::Deserializable;
use pgp::composed::DetachedSignature;
use pgp::crypto::public_key::PublicKeyAlgorithm;

use crate::model::Manifest;
use crate::signing::Sign;

use super::error::RpmError;

/// The main header with the source package that tells rpm, dnf and createrepo that this is a binary one, and with the
/// date as it was given: the library would take the clock's when that is earlier.
pub(super) fn settled(
    header: &Header<IndexTag>,
    manifest: &Manifest,
    date: u32,
) -> Result<Header<IndexTag>, RpmError> {
    let source = format!(
        "{}-{}-{}.src.rpm",
        manifest.name, manifest.version, manifest.release
    );
    let changes = [
        (IndexTag::RPMTAG_SOURCERPM, IndexData::StringTag(source)),
        (IndexTag::RPMTAG_BUILDTIME, IndexData::Int32(vec![date])),
    ];
    let region = IndexTag::RPMTAG_HEADERIMMUTABLE;
    let mut entries = entries(header, region)?;
    for (tag, data) in changes {
        let tag = tag.to_u32();
        entries.retain(|entry| entry.tag != tag);
        entries.push(HeaderEntry::new(tag, data));
    }
    Ok(Header::from_entries(entries, region))
}

/// The header with digests and, when there is a signer, the signature of the main header.
pub(super) fn signature(
    main: &Header<IndexTag>,
    payload: usize,
    manifest: &Manifest,
    signer: Option<&dyn Sign>,
) -> Result<Header<IndexSignatureTag>, RpmError> {
    let bytes = bytes(main)?;
    let length = bytes.len().saturating_add(payload);
    let format = match manifest.rpm_format {
        RpmFormat::V4 => ::rpm::RpmFormat::V4,
        RpmFormat::V6 => ::rpm::RpmFormat::V6,
    };
    // no space is reserved for signatures: rpm before 4.14 does not know it
    let digests = SignatureHeaderBuilder::new()
        .format(format)
        .reserved_space(None)
        .set_content_length(u64::try_from(length).unwrap_or(u64::MAX))
        .calculate_digests(&bytes)
        .build()
        .map_err(RpmError::build)?;
    let region = IndexSignatureTag::HEADER_SIGNATURES;
    let mut entries = entries(&digests, region)?;
    if let Some(signer) = signer {
        let packet = signer
            .packet(&bytes, manifest.source_date)
            .map_err(|err| RpmError::Sign { err })?;
        entries.push(carried(packet, manifest.rpm_format)?);
    }
    Ok(Header::from_entries(entries, region))
}

/// Where a signature stands: version 4 has a tag for RSA and one for the rest, version 6 one for all.
fn carried(packet: Vec<u8>, format: RpmFormat) -> Result<HeaderEntry, RpmError> {
    let (tag, data) = match format {
        RpmFormat::V4 => (old_tag(&packet)?, IndexData::Bin(packet)),
        RpmFormat::V6 => (
            IndexSignatureTag::RPMSIGTAG_OPENPGP,
            IndexData::StringArray(vec![STANDARD.encode(packet)]),
        ),
    };
    Ok(HeaderEntry::new(tag.to_u32(), data))
}

fn old_tag(packet: &[u8]) -> Result<IndexSignatureTag, RpmError> {
    let signature = DetachedSignature::from_bytes(packet).map_err(|_| RpmError::Signature)?;
    match signature.signature.config().map(|config| config.pub_alg) {
        Some(PublicKeyAlgorithm::RSA) => Ok(IndexSignatureTag::RPMSIGTAG_RSA),
        Some(PublicKeyAlgorithm::EdDSALegacy) => Ok(IndexSignatureTag::RPMSIGTAG_DSA),
        _ => Err(RpmError::Signature),
    }
}

/// All entries but the region's, which is made anew.
fn entries<T: Tag>(header: &Header<T>, region: T) -> Result<Vec<HeaderEntry>, RpmError> {
    let all = header.get_all_entries().map_err(RpmError::build)?;
    let entries = all
        .into_iter()
        .filter(|(tag, _)| *tag != region.to_u32())
        .map(|(tag, data)| HeaderEntry::new(tag, data));
    Ok(entries.collect())
}

/// The main header as it is in the file, which is what digests and signatures are over.
fn bytes(main: &Header<IndexTag>) -> Result<Vec<u8>, RpmError> {
    let metadata = ::rpm::PackageMetadata {
        lead: ::rpm::Lead::new(""),
        signature: Header::new_empty(),
        header: main.clone(),
    };
    metadata.header_bytes().map_err(RpmError::build)
}
