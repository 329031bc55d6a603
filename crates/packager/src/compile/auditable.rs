//! The list of crates as `cargo auditable` puts it into binaries: JSON, compressed, in the section `.dep-v0`. Scanners of
//! binaries read it there. Pure.

use std::io::Write as _;

use auditable_serde::DependencyKind;
use auditable_serde::Package;
use auditable_serde::Source;
use auditable_serde::VersionInfo;
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::error::CompileError;
use super::inside::Inside;
use super::inside::Origin;
use super::inside::Part;

/// Name of the section.
pub(super) const SECTION: &str = ".dep-v0";

/// Bytes of the section.
///
/// # Errors
/// When they cannot be written, which would be a mistake of ours.
pub(super) fn section(inside: &Inside) -> Result<Vec<u8>, CompileError> {
    let json = serde_json::to_vec(&list(inside)).map_err(|err| CompileError::Understand {
        what: "our list of crates",
        reason: err.to_string(),
    })?;
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(&json).and_then(|()| encoder.finish());
    written.map_err(|err| CompileError::Understand {
        what: "our list of crates",
        reason: err.to_string(),
    })
}

fn list(inside: &Inside) -> VersionInfo {
    let package = |each: &super::inside::Crate| Package {
        name: each.name.clone(),
        version: each.version.clone(),
        source: match each.origin {
            Origin::Local => Source::Local,
            Origin::Main => Source::CratesIo,
            Origin::Registry(_) => Source::Registry,
            Origin::Git(_) => Source::Git,
        },
        kind: match each.part {
            Part::Root | Part::Linked => DependencyKind::Runtime,
            Part::Build => DependencyKind::Build,
        },
        dependencies: each.needs.clone(),
        root: each.part == Part::Root,
    };
    VersionInfo {
        packages: inside.crates.iter().map(package).collect(),
        format: FORMAT,
    }
}

/// The list follows what cargo compiled, not what `cargo metadata` supposes.
const FORMAT: u32 = 8;

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::ZlibDecoder;

    use super::*;
    use crate::compile::inside::sample;

    /// As a scanner reads it, which refuses cycles and a second root.
    fn read(bytes: &[u8]) -> VersionInfo {
        let mut json = String::new();
        ZlibDecoder::new(bytes).read_to_string(&mut json).unwrap();
        json.parse().unwrap()
    }

    #[test]
    fn a_scanner_reads_what_we_wrote() {
        let inside = sample::inside();
        let read = read(&section(&inside).unwrap());
        assert_eq!(read, list(&inside));
        let told: Vec<String> = read
            .packages
            .iter()
            .map(|each| {
                format!(
                    "{} {} {:?} {:?}",
                    each.name, each.version, each.source, each.kind
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "app 0.1.0 Local Runtime",
                "cfg-if 1.0.5 CratesIo Build",
                "itoa 1.0.18 CratesIo Runtime",
                "marks 0.1.0 Local Build",
                "tally 0.3.1 Git Runtime",
                "words 0.1.0 Local Runtime",
            ]
        );
    }

    #[test]
    fn there_is_one_root() {
        let roots = list(&sample::inside())
            .packages
            .into_iter()
            .filter(|each| each.root);
        let names: Vec<String> = roots.map(|each| each.name).collect();
        assert_eq!(names, ["app"]);
    }
}
