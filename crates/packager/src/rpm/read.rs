//! An RPM becomes its contents.

use std::collections::BTreeMap;
use std::panic;

use ::rpm::DependencyFlags;
use ::rpm::IndexSignatureTag;
use ::rpm::IndexTag;
use ::rpm::Package;
use ::rpm::PackageMetadata;
use ::rpm::Scriptlet;
use pgp::composed::Deserializable;
use pgp::composed::DetachedSignature;

use crate::model::Contents;

use super::error::RpmError;
use super::layout;
use super::packed::files;

/// What an RPM says and contains. Its digests are checked, its signature is named but not verified.
///
/// # Errors
/// An [`RpmError`] when the bytes are no whole, undamaged RPM.
pub fn read(bytes: &[u8]) -> Result<Contents, RpmError> {
    layout::check(bytes)?;
    // the bytes are anybody's, and the parser was not written by us
    panic::catch_unwind(|| understood(bytes)).unwrap_or(Err(RpmError::Panic))
}

fn understood(mut bytes: &[u8]) -> Result<Contents, RpmError> {
    let package = Package::parse(&mut bytes).map_err(RpmError::parse)?;
    check_length(&package)?;
    let digests = package.check_digests().map_err(RpmError::parse)?;
    digests
        .result()
        .map_err(|err| RpmError::Digest { err: Box::new(err) })?;
    let metadata = &package.metadata;
    Ok(Contents {
        fields: fields(metadata)?,
        scripts: scripts(metadata),
        files: files(metadata)?,
    })
}

/// Version 4 says how long header and payload are; older packages have no digest of the payload.
fn check_length(package: &Package) -> Result<(), RpmError> {
    let offsets = package.metadata.get_package_segment_offsets();
    let size = IndexSignatureTag::RPMSIGTAG_SIZE;
    let Ok(said) = package.metadata.signature.get_entry_data_as_u32(size) else {
        return Ok(());
    };
    let payload = u64::try_from(package.payload.len()).unwrap_or(u64::MAX);
    let needed = offsets.header.saturating_add(u64::from(said));
    let there = offsets.payload.saturating_add(payload);
    if there < needed {
        return Err(RpmError::Truncated {
            part: "payload",
            needed,
            there,
        });
    }
    Ok(())
}

fn fields(metadata: &PackageMetadata) -> Result<BTreeMap<String, String>, RpmError> {
    let text = |value: Result<&str, ::rpm::Error>| value.ok().map(str::to_owned);
    let list = |value: Result<Vec<::rpm::Dependency>, ::rpm::Error>| {
        value
            .map(|all| all.iter().map(dependency).collect::<Vec<_>>().join("\n"))
            .map_err(RpmError::parse)
    };
    let name = metadata.get_name().map_err(RpmError::parse)?;
    let said = [
        ("Name", Some(name.to_owned())),
        ("Epoch", metadata.get_epoch().ok().map(|it| it.to_string())),
        ("Version", text(metadata.get_version())),
        ("Release", text(metadata.get_release())),
        ("Architecture", text(metadata.get_arch())),
        ("Summary", text(metadata.get_summary())),
        ("Description", text(metadata.get_description())),
        ("License", text(metadata.get_license())),
        ("URL", text(metadata.get_url())),
        ("Group", text(metadata.get_group())),
        ("Packager", text(metadata.get_packager())),
        ("Vendor", text(metadata.get_vendor())),
        ("Build Host", text(metadata.get_build_host())),
        (
            "Build Date",
            metadata.get_build_time().ok().map(|it| it.to_string()),
        ),
        ("Source RPM", text(metadata.get_source_rpm())),
        (
            "Payload",
            metadata
                .get_payload_compressor()
                .ok()
                .map(|it| it.to_string()),
        ),
        ("Signature", signature(metadata)),
        ("Provides", Some(list(metadata.get_provides())?)),
        ("Requires", Some(list(metadata.get_requires())?)),
        ("Recommends", Some(list(metadata.get_recommends())?)),
        ("Conflicts", Some(list(metadata.get_conflicts())?)),
        ("Obsoletes", Some(list(metadata.get_obsoletes())?)),
    ];
    let said = said.into_iter().filter_map(|(field, value)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some((field.to_owned(), value))
    });
    Ok(said.collect())
}

/// A dependency with what it is needed for: `/bin/sh (pre)`.
fn dependency(dependency: &::rpm::Dependency) -> String {
    let phases = [
        (DependencyFlags::SCRIPT_PRE, "pre"),
        (DependencyFlags::SCRIPT_POST, "post"),
        (DependencyFlags::SCRIPT_PREUN, "preun"),
        (DependencyFlags::SCRIPT_POSTUN, "postun"),
    ];
    let when: Vec<&str> = phases
        .into_iter()
        .filter(|(flag, _)| dependency.flags.contains(*flag))
        .map(|(_, name)| name)
        .collect();
    match when.is_empty() {
        true => dependency.to_string(),
        false => format!("{dependency} ({})", when.join(", ")),
    }
}

/// The ids of the keys that signed.
fn signature(metadata: &PackageMetadata) -> Option<String> {
    let signatures = metadata.raw_signatures().ok()?;
    let mut keys = Vec::new();
    for signature in &signatures {
        let signature = DetachedSignature::from_bytes(&**signature).ok()?.signature;
        keys.extend(
            signature
                .issuer_key_id()
                .into_iter()
                .map(ToString::to_string),
        );
    }
    keys.dedup();
    Some(keys.join("\n"))
}

fn scripts(metadata: &PackageMetadata) -> BTreeMap<String, String> {
    let all = [
        (
            "%pre",
            metadata.get_pre_install_script(),
            IndexTag::RPMTAG_PREINPROG,
        ),
        (
            "%post",
            metadata.get_post_install_script(),
            IndexTag::RPMTAG_POSTINPROG,
        ),
        (
            "%preun",
            metadata.get_pre_uninstall_script(),
            IndexTag::RPMTAG_PREUNPROG,
        ),
        (
            "%postun",
            metadata.get_post_uninstall_script(),
            IndexTag::RPMTAG_POSTUNPROG,
        ),
        (
            "%pretrans",
            metadata.get_pre_trans_script(),
            IndexTag::RPMTAG_PRETRANSPROG,
        ),
        (
            "%posttrans",
            metadata.get_post_trans_script(),
            IndexTag::RPMTAG_POSTTRANSPROG,
        ),
        (
            "%preuntrans",
            metadata.get_pre_untrans_script(),
            IndexTag::RPMTAG_PREUNTRANSPROG,
        ),
        (
            "%postuntrans",
            metadata.get_post_untrans_script(),
            IndexTag::RPMTAG_POSTUNTRANSPROG,
        ),
        (
            "%verifyscript",
            metadata.get_verify_script(),
            IndexTag::RPMTAG_VERIFYSCRIPTPROG,
        ),
    ];
    let there = all.into_iter().filter_map(|(name, script, program)| {
        let script = script.or_else(|_| bare(metadata, program)).ok()?;
        Some((name.to_owned(), script_text(&script)))
    });
    there.collect()
}

/// A program that is run without a script: `%post -p /sbin/ldconfig`.
fn bare(metadata: &PackageMetadata, program: IndexTag) -> Result<Scriptlet, ::rpm::Error> {
    let program = metadata.header.get_entry_data_as_string_array(program)?;
    Ok(Scriptlet::new("").prog(program))
}

/// The script, with its interpreter in front when that is not the usual one.
fn script_text(script: &Scriptlet) -> String {
    match script.program.as_deref() {
        None | Some([]) => script.script.clone(),
        Some([shell]) if shell == "/bin/sh" => script.script.clone(),
        Some(program) => format!("#!{}\n{}", program.join(" "), script.script),
    }
}
