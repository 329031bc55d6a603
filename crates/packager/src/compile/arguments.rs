//! The arguments of cargo and of the compilers. Pure.

use std::ffi::OsString;
use std::path::Path;

use buildspec::Platform;
use buildspec::Program;

use super::order::Profile;
use super::remap::Remap;
use crate::compose::Composed;

/// What cargo is to build, and as what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goal<'a> {
    /// The crate's manifest.
    pub(super) manifest: &'a Path,
    /// Name of its package and of its binary.
    pub(super) name: &'a str,
    /// What it runs on.
    pub(super) platform: Platform,
    /// Name of cargo's profile.
    pub(super) profile: &'static str,
}

/// Name of package and binary of a program.
pub(super) fn name(program: Program, composed: Option<&Composed>) -> &str {
    composed.map_or_else(|| program.crate_name(), |composed| composed.name.as_str())
}

/// Cargo's name of a profile.
pub(super) const fn profile(profile: Profile, program: Program) -> &'static str {
    match (profile, program) {
        (Profile::Quick, _) => "dev",
        (Profile::Release, Program::Agent) => "release",
        (Profile::Release, Program::Provisioner) => "site",
    }
}

/// The arguments of `cargo build`. Line tables are made and nothing is stripped, whatever the profile says: debug
/// information is split off afterwards.
pub(super) fn build(goal: &Goal<'_>) -> Vec<OsString> {
    let profile = goal.profile;
    let mut arguments: Vec<OsString> = ["build", "--locked", "--manifest-path"]
        .map(Into::into)
        .into();
    arguments.push(goal.manifest.into());
    let rest = [
        "--package",
        goal.name,
        "--bin",
        goal.name,
        "--profile",
        profile,
        "--target",
        goal.platform.triple(),
        "--message-format=json-render-diagnostics",
        "--config",
        &format!("profile.{profile}.debug='line-tables-only'"),
        "--config",
        &format!("profile.{profile}.strip='none'"),
        "--config",
        &format!("profile.{profile}.split-debuginfo='off'"),
    ];
    arguments.extend(rest.map(Into::into));
    arguments
}

/// The arguments of the `cargo update` that changes nothing but what is missing.
pub(super) fn complete_lock(goal: &Goal<'_>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["update", "--quiet", "--workspace", "--manifest-path"]
        .map(Into::into)
        .into();
    arguments.push(goal.manifest.into());
    arguments
}

/// The arguments of `cargo metadata`.
pub(super) fn metadata(goal: &Goal<'_>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["metadata", "--format-version=1", "--locked"]
        .map(Into::into)
        .into();
    arguments.extend(["--filter-platform", goal.platform.triple()].map(Into::into));
    arguments.push("--manifest-path".into());
    arguments.push(goal.manifest.into());
    arguments
}

/// The arguments of rustc for what is in the binary, in cargo's encoding.
pub(super) fn rust_flags(platform: Platform, remap: &Remap) -> String {
    let mut flags: Vec<String> = remap.rust().collect();
    // a name for the debug information that survives renaming; gcc's own default differs between distributions
    flags.push("-Clink-arg=-Wl,--build-id=sha1".to_owned());
    match platform {
        // half a megabyte of relocations in a few kilobytes; Rust's musl reads them, other linkers do not write them
        Platform::X86_64 => flags.push("-Clink-arg=-Wl,-z,pack-relative-relocs".to_owned()),
        Platform::Aarch64 => {}
        Platform::Armv7 => flags.push("-Ctarget-feature=+crt-static".to_owned()),
    }
    flags.join("\u{1f}")
}

/// The arguments of the C compiler, for build scripts.
pub(super) fn c_flags(platform: Platform, remap: &Remap) -> String {
    let mut flags: Vec<String> = remap.c().collect();
    match platform {
        // musl has no fortified functions, and the headers may be glibc's
        Platform::X86_64 | Platform::Aarch64 => flags.push("-U_FORTIFY_SOURCE".to_owned()),
        Platform::Armv7 => {}
    }
    flags.join(" ")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn remap() -> Remap {
        Remap::new(vec![(PathBuf::from("/s"), "/build".to_owned())]).unwrap()
    }

    #[test]
    fn the_programs_have_profiles_of_their_own() {
        assert_eq!(profile(Profile::Release, Program::Agent), "release");
        assert_eq!(profile(Profile::Release, Program::Provisioner), "site");
        assert_eq!(profile(Profile::Quick, Program::Provisioner), "dev");
    }

    #[test]
    fn a_companys_program_has_its_own_name_and_manifest() {
        let composed = Composed {
            manifest: PathBuf::from("/c/Cargo.toml"),
            name: "acme".to_owned(),
            lock: PathBuf::from("/c/Cargo.lock"),
            locked: true,
            agents: Vec::new(),
        };
        let goal = Goal {
            manifest: &composed.manifest,
            name: name(Program::Agent, Some(&composed)),
            platform: Platform::Aarch64,
            profile: "release",
        };
        let arguments = build(&goal);
        let found = |first: &str, second: &str| {
            let pairs = arguments.windows(2);
            pairs
                .into_iter()
                .any(|pair| pair[0] == first && pair[1] == second)
        };
        assert!(found("--manifest-path", "/c/Cargo.toml"));
        assert!(found("--package", "acme"));
        assert!(found("--bin", "acme"));
        assert!(found("--target", "aarch64-unknown-linux-musl"));
    }

    #[test]
    fn nothing_is_resolved_anew() {
        let goal = Goal {
            manifest: Path::new("/s/Cargo.toml"),
            name: "muster",
            platform: Platform::X86_64,
            profile: "release",
        };
        assert!(build(&goal).contains(&"--locked".into()));
        assert!(metadata(&goal).contains(&"--locked".into()));
    }

    #[test]
    fn only_glibc_is_told_to_be_static() {
        for platform in Platform::ALL {
            let told = rust_flags(platform, &remap()).contains("+crt-static");
            assert_eq!(told, platform == Platform::Armv7, "{platform}");
        }
    }

    #[test]
    fn code_for_musl_calls_no_fortified_functions() {
        assert!(c_flags(Platform::Aarch64, &remap()).contains("-U_FORTIFY_SOURCE"));
        assert!(c_flags(Platform::X86_64, &remap()).contains("-U_FORTIFY_SOURCE"));
    }
}
