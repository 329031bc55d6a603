//! A manifest in, the bytes of a DEB out.

use std::io;

use md5::Md5;
use sha2::Digest;

use crate::archive::PackError;
use crate::archive::items::Body;
use crate::archive::items::Item;
use crate::archive::items::items;
use crate::archive::payload::Packer;
use crate::archive::tarball::Tarball;
use crate::model::Manifest;
use crate::model::Role;

use super::DebError;
use super::ar;
use super::control;

/// The package of a manifest. The same manifest is the same bytes.
///
/// # Errors
/// When Debian would refuse a name, a version or another field, or the tree cannot be packed.
pub fn write(manifest: &Manifest) -> Result<Vec<u8>, DebError> {
    let items = items(&manifest.tree)?;
    let text = control::text(manifest, installed_size(&items))?;
    let suffix = ar::suffix(Some(manifest.compression));
    let controls = control_archive(manifest, &text, &items)?;
    let payload = data_archive(manifest, &items)?;
    ar::write(
        &[
            ("debian-binary", b"2.0\n"),
            (&format!("control.tar{suffix}"), &controls),
            (&format!("data.tar{suffix}"), &payload),
        ],
        manifest.source_date,
    )
}

fn control_archive(
    manifest: &Manifest,
    text: &str,
    items: &[Item<'_>],
) -> Result<Vec<u8>, DebError> {
    let scripts = &manifest.scriptlets;
    let script = |body: &Option<String>| body.as_deref().map(script).unwrap_or_default();
    let files = [
        ("conffiles", 0o644, conffiles(items)),
        ("control", 0o644, text.to_owned()),
        ("md5sums", 0o644, md5sums(items)),
        ("postinst", 0o755, script(&scripts.after_install)),
        ("postrm", 0o755, script(&scripts.after_removal)),
        ("preinst", 0o755, script(&scripts.before_install)),
        ("prerm", 0o755, script(&scripts.before_removal)),
    ];
    let pack = || -> io::Result<Vec<u8>> {
        let mut tarball = Tarball::new(Packer::new(manifest.compression)?, manifest.source_date);
        tarball.add_directory(TOP)?;
        for (name, mode, text) in files.iter().filter(|(_, _, text)| !text.is_empty()) {
            tarball.add_file(&format!("{TOP}{name}"), *mode, text.as_bytes())?;
        }
        tarball.finish()?.finish()
    };
    Ok(pack().map_err(|err| PackError::Write { err })?)
}

fn data_archive(manifest: &Manifest, items: &[Item<'_>]) -> Result<Vec<u8>, PackError> {
    let written = |err| PackError::Write { err };
    let packer = Packer::new(manifest.compression).map_err(written)?;
    let mut tarball = Tarball::new(packer, manifest.source_date);
    tarball.add_tree(TOP, items)?;
    tarball.finish().and_then(Packer::finish).map_err(written)
}

/// A maintainer script. dpkg stops at one that fails, so that nothing after the failure is taken for done.
fn script(body: &str) -> String {
    format!("#!/bin/sh\nset -e\n\n{}\n", body.trim_end())
}

/// The files that dpkg asks about before it overwrites what an administrator wrote there.
fn conffiles(items: &[Item<'_>]) -> String {
    items
        .iter()
        .filter(|item| is_conffile(item))
        .map(|item| format!("{}\n", item.path))
        .collect()
}

/// The sums that `dpkg --verify` compares; it has its own of the conffiles.
fn md5sums(items: &[Item<'_>]) -> String {
    let mut text = String::new();
    for item in items.iter().filter(|item| !is_conffile(item)) {
        if let Body::File(bytes) = &item.body {
            let sum = hex::encode(Md5::digest(bytes));
            let path = item.path.trim_start_matches('/');
            text.push_str(&format!("{sum}  {path}\n"));
        }
    }
    text
}

fn is_conffile(item: &Item<'_>) -> bool {
    item.role == Role::Configuration && matches!(item.body, Body::File(_))
}

/// KiB on disk as dpkg-gencontrol counts them: files and links rounded up, everything else one, the root folder too.
fn installed_size(items: &[Item<'_>]) -> u64 {
    let kibibytes = |bytes: usize| u64::try_from(bytes.div_ceil(1024)).unwrap_or(u64::MAX);
    let all = items.iter().map(|item| match &item.body {
        Body::File(bytes) => kibibytes(bytes.len()),
        Body::Link(target) => kibibytes(target.len()),
        Body::Directory => 1,
    });
    all.fold(1, u64::saturating_add)
}

/// What the names of all members begin with.
const TOP: &str = "./";
