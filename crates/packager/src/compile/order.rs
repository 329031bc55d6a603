//! What is asked for, and what comes of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use buildspec::Platform;
use buildspec::Program;

use crate::compose::Composed;

/// What is to be made of which sources.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The checkout.
    pub sources: &'a Path,
    /// Where cargo keeps what it makes, and where the result is put.
    pub target_folder: &'a Path,
    /// The buildspec.
    pub buildspec: &'a Path,
    /// The build in it.
    pub build: &'a str,
    /// The compile target of the build.
    pub target: &'a str,
    /// What the binary is to run on.
    pub platform: Platform,
    /// Which program.
    pub program: Program,
    /// Version of the build.
    pub version: &'a str,
    /// Revision of the sources.
    pub revision: &'a str,
    /// Date of the sources, seconds since 1970.
    pub source_date: u64,
    /// `environment` of the compile target.
    pub environment: &'a BTreeMap<String, String>,
    /// How thoroughly.
    pub profile: Profile,
    /// A company's program, which is built in place of our agent.
    pub composed: Option<&'a Composed>,
}

/// How a binary is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// To be shipped: cargo's profile `release` for the agent, `site` for the provisioner.
    Release,
    /// To be tried: cargo's profile `dev`.
    Quick,
}

/// A binary and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The program, without symbols and debug information: the bytes that are shipped.
    pub binary: PathBuf,
    /// Its debug information.
    pub debug: PathBuf,
    /// The list of what is in it, a `CycloneDX` 1.5 document in JSON.
    pub sbom: Vec<u8>,
    /// How many crates are in it.
    pub crates: usize,
}

#[cfg(test)]
pub(super) mod sample {
    use std::fs::File;
    use std::io::Write as _;

    use super::*;

    pub(in crate::compile) fn order<'a>(
        sources: &'a Path,
        target: &'a Path,
        buildspec: &'a Path,
    ) -> Order<'a> {
        static NOTHING: BTreeMap<String, String> = BTreeMap::new();
        Order {
            sources,
            target_folder: target,
            buildspec,
            build: "acme",
            target: "64bit_linux",
            platform: Platform::X86_64,
            program: Program::Agent,
            version: "1.2.3",
            revision: "0123abc",
            source_date: 1_700_000_000,
            environment: &NOTHING,
            profile: Profile::Release,
            composed: None,
        }
    }

    /// A build for every platform.
    pub(in crate::compile) const SPEC: &str = r#"acme:
  compile_targets:
    defaults:
      os: linux
      flags:
        ProvisionModeDefault: "true"
        ProvisionBrokerURLs: prov.example.net:4222
        ProvisionToken: toomanysecrets
    64bit_linux: { arch: amd64 }
    aarch64_linux: { arch: arm64 }
    armv7_linux: { arch: arm, arm: 7, libc: gnu }
"#;

    pub(in crate::compile) fn write(path: &Path, text: &str) {
        File::create(path)
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }
}
