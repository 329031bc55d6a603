//! A manifest becomes an RPM.

use std::fs;

use ::rpm::BuildConfig;
use ::rpm::CompressionWithLevel;
use ::rpm::Dependency;
use ::rpm::FileOptions;
use ::rpm::FileOptionsBuilder;
use ::rpm::Package;
use ::rpm::PackageBuilder;
use ::rpm::PackageMetadata;
use ::rpm::Scriptlet;
use ::rpm::Timestamp;
use buildspec::Compression;
use buildspec::RpmFormat;

use crate::model::Entry;
use crate::model::Kind;
use crate::model::Manifest;
use crate::model::Role;
use crate::signing::Sign;

use super::check::check;
use super::error::RpmError;
use super::header;

/// The bytes of the RPM that a manifest describes, signed when there is a signer. The same manifest and key are the same
/// bytes.
///
/// # Errors
/// An [`RpmError`]: a value that rpm refuses, a file that cannot be read, a key that does not sign.
pub fn write(manifest: &Manifest, signer: Option<&dyn Sign>) -> Result<Vec<u8>, RpmError> {
    check(manifest)?;
    let source_date = manifest.source_date;
    let date = u32::try_from(source_date).map_err(|_| RpmError::Date { source_date })?;
    let mut builder = described(manifest, date);
    for (path, entry) in manifest.tree.iter() {
        add(&mut builder, path, entry, Timestamp(date))?;
    }
    let built = builder.build().map_err(RpmError::build)?;
    let main = header::settled(&built.metadata.header, manifest, date)?;
    let signature = header::signature(&main, built.payload.len(), manifest, signer)?;
    let package = Package {
        metadata: PackageMetadata {
            lead: built.metadata.lead,
            signature,
            header: main,
        },
        payload: built.payload,
    };
    let mut bytes = Vec::new();
    package.write(&mut bytes).map_err(RpmError::build)?;
    Ok(bytes)
}

/// Everything but the files.
fn described(manifest: &Manifest, date: u32) -> PackageBuilder {
    let mut builder = PackageBuilder::new(
        &manifest.name,
        &manifest.version,
        &manifest.license,
        manifest.platform.rpm(),
        &manifest.summary,
    );
    let format = match manifest.rpm_format {
        RpmFormat::V4 => BuildConfig::v4(),
        RpmFormat::V6 => BuildConfig::v6(),
    };
    builder
        .using_config(
            format
                .compression(compression(manifest.compression))
                .source_date(Timestamp(date)),
        )
        .release(&manifest.release)
        .description(&manifest.description)
        .url(&manifest.url)
        .group(&manifest.rpm_group)
        .build_host(BUILD_HOST);
    if !manifest.contact.is_empty() {
        builder.packager(&manifest.contact);
    }
    for requirement in &manifest.requires {
        builder.requires(match requirement.early {
            true => Dependency::script_pre(&requirement.name),
            false => Dependency::any(&requirement.name),
        });
    }
    // one entry: what changed is said with the sources, and tools ask of which version a package is
    builder.add_changelog_entry(
        format!(
            "{} - {}-{}",
            manifest.contact, manifest.version, manifest.release
        ),
        format!("- Build of version {}.", manifest.version),
        Timestamp(date),
    );
    features(&mut builder, manifest);
    scriptlets(&mut builder, manifest);
    builder
}

/// What rpm itself must know; the library adds only the features of its own choosing.
fn features(builder: &mut PackageBuilder, manifest: &Manifest) {
    if manifest.compression == Compression::Xz {
        builder.requires(Dependency::rpmlib("PayloadIsXz", "5.2-1"));
    }
    for (sign, feature, since) in [
        ('~', "TildeInVersions", "4.10.0-1"),
        ('^', "CaretInVersions", "4.15.0-1"),
    ] {
        if manifest.version.contains(sign) || manifest.release.contains(sign) {
            builder.requires(Dependency::rpmlib(feature, since));
        }
    }
}

fn scriptlets(builder: &mut PackageBuilder, manifest: &Manifest) {
    let script = |text: &String| Scriptlet::new(text).prog(vec![SHELL]);
    let scriptlets = &manifest.scriptlets;
    if let Some(text) = &scriptlets.before_install {
        builder.pre_install_script(script(text));
    }
    if let Some(text) = &scriptlets.after_install {
        builder.post_install_script(script(text));
    }
    if let Some(text) = &scriptlets.before_removal {
        builder.pre_uninstall_script(script(text));
    }
    if let Some(text) = &scriptlets.after_removal {
        builder.post_uninstall_script(script(text));
    }
}

fn add(
    builder: &mut PackageBuilder,
    path: &str,
    entry: &Entry,
    date: Timestamp,
) -> Result<(), RpmError> {
    let owned = |options: FileOptionsBuilder| {
        let options = options
            .permissions(u16::try_from(entry.mode).unwrap_or(0))
            .user(&entry.owner)
            .group(&entry.group)
            .modified_at(date);
        match entry.role {
            Role::Program => options,
            Role::Configuration => options.config().noreplace(),
            Role::Documentation => options.doc(),
            Role::Licence => options.license(),
        }
    };
    let added = match &entry.kind {
        Kind::Directory => builder.with_dir_entry(owned(FileOptions::dir(path))),
        Kind::File(bytes) => builder.with_file_contents(&**bytes, owned(FileOptions::new(path))),
        Kind::Copy(source) => {
            // by its bytes and not by its path: the library would take over its time and hard links
            let bytes = fs::read(source).map_err(|err| RpmError::Read {
                path: source.clone(),
                err,
            })?;
            builder.with_file_contents(bytes, owned(FileOptions::new(path)))
        }
        Kind::Link(target) => builder.with_symlink(owned(FileOptions::symlink(path, target))),
        Kind::Ghost => builder.with_ghost(owned(FileOptions::ghost(path))),
    };
    added.map(drop).map_err(RpmError::build)
}

/// Levels are part of the bytes. xz has the level whose dictionary small machines can afford.
const fn compression(compression: Compression) -> CompressionWithLevel {
    match compression {
        Compression::Gzip => CompressionWithLevel::Gzip(9),
        Compression::Xz => CompressionWithLevel::Xz(6),
        Compression::Zstd => CompressionWithLevel::Zstd(19),
    }
}

const BUILD_HOST: &str = "reproducible";
const SHELL: &str = "/bin/sh";
