//! Packages of an invented company, as every test has them.

mod machine;
mod manual;
mod readme;
mod scripts;
mod texts;
mod trees;
mod units;
mod upgrades;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;

use buildspec::Compression;
use buildspec::Format;
use buildspec::Package;
use buildspec::Place;
use buildspec::Platform;
use buildspec::Program;
use buildspec::RpmFormat;

use super::*;
use crate::model::Kind;
use crate::model::Manifest;

/// An agent `acme-muster` where packages usually are.
pub(super) fn agent(format: Format) -> Package {
    package(format, Program::Agent, "acme-muster")
}

/// A provisioner `acme-provisioner` where packages usually are.
pub(super) fn provisioner(format: Format) -> Package {
    package(format, Program::Provisioner, "acme-provisioner")
}

/// An agent below `/opt`.
fn elsewhere(package: Package) -> Package {
    let name = package.name.clone();
    Package {
        bindir: format!("/opt/{name}/sbin"),
        etcdir: format!("/opt/{name}/etc"),
        statedir: format!("/opt/{name}/state"),
        ..package
    }
}

fn package(format: Format, program: Program, name: &str) -> Package {
    Package {
        key: "el_64".to_owned(),
        place: Place {
            file: "buildspec.yaml".to_owned(),
            line: 1,
            path: String::new(),
        },
        format,
        binary: "64bit_linux".to_owned(),
        program,
        platform: Platform::X86_64,
        name: name.to_owned(),
        bindir: "/usr/bin".to_owned(),
        etcdir: format!("/etc/{name}"),
        statedir: format!("/var/lib/{name}"),
        release: "1".to_owned(),
        dist: None,
        group: name.to_owned(),
        manage_conf: true,
        enable: true,
        restart_on_upgrade: true,
        contact: Some("Acme & Sons <admins@example.net>".to_owned()),
        rpm_group: "System Environment/Base".to_owned(),
        summary: None,
        description: None,
        url: None,
        license: "Apache-2.0".to_owned(),
        license_files: Vec::new(),
        compression: Compression::Gzip,
        rpm_format: RpmFormat::V4,
    }
}

fn made(package: &Package) -> Result<Manifest, ProductError> {
    let names = Names::new(package)?;
    let completions = completions(package.program, &names.name);
    manifest(
        package,
        &Ingredients {
            version: "1.2.3-rc.1",
            version_in_format: "1.2.3~rc.1",
            binary: Path::new("/build/binary"),
            sbom: Some(b"{}"),
            licences: &[
                ("LICENSE".to_owned(), LICENCE.as_bytes().to_vec()),
                ("ACME TERMS".to_owned(), b"One.\n\nTwo.\n".to_vec()),
            ],
            source_date: 1_600_000_000,
            pages: &[(format!("{}.1", names.name), b".TH page\n".to_vec())],
            completions: &completions,
        },
    )
}

/// The text of a file in a package.
fn text(manifest: &Manifest, path: &str) -> String {
    match manifest.tree.get(path).map(|entry| &entry.kind) {
        Some(Kind::File(bytes)) => String::from_utf8(bytes.clone()).unwrap(),
        other => panic!("{path}: {other:?}"),
    }
}

/// Puts a text into a folder.
fn put(folder: &Path, path: &str, text: &str) -> PathBuf {
    let path = folder.join(path.trim_start_matches('/'));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    File::create(&path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    path
}

/// Runs a tool; nothing where this machine does not have it.
fn tool(command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => None,
        Err(err) => panic!("{command:?}: {err}"),
    }
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|said| String::from_utf8_lossy(said).into_owned())
        .concat()
}

const LICENCE: &str = include_str!("../../../../LICENSE");
