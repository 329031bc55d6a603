//! From the words of a compile target to a platform: the one table of machines.

use crate::fault::Fault;
use crate::near::Hint;
use crate::platform::Platform;

/// What `os`, `arch` and `arm` come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Machine {
    /// Binaries are made for it.
    Built(Platform),
    /// The reference makes binaries for it.
    Skipped(&'static str),
}

impl Machine {
    /// Looks up the words of Go, which buildspecs are written in. `arm` counts for the architecture of that name only.
    ///
    /// # Errors
    /// With the key that is wrong, and what is wrong with it.
    pub(crate) fn find(
        os: &str,
        arch: &str,
        arm: Option<&str>,
    ) -> Result<Self, (&'static str, Fault)> {
        let of_os = || TABLE.iter().filter(|row| row.os == os);
        if of_os().next().is_none() {
            let fault = Fault::UnknownSystem {
                name: os.to_owned(),
                hint: Hint::new(os, different(TABLE.iter().map(|row| row.os))),
            };
            return Err(("os", fault));
        }
        if !of_os().any(|row| row.arch == arch) {
            let fault = Fault::UnknownArchitecture {
                name: arch.to_owned(),
                hint: Hint::new(arch, different(of_os().map(|row| row.arch))),
            };
            return Err(("arch", fault));
        }
        let row = of_os()
            .find(|row| row.arch == arch && (row.arm.is_none() || row.arm == arm))
            .ok_or_else(|| arm.map_or(("arch", Fault::Needs { other: "arm" }), wrong_arm))?;
        Ok(row.machine)
    }
}

fn wrong_arm(found: &str) -> (&'static str, Fault) {
    let fault = Fault::BadEntry {
        entry: found.to_owned(),
        wanted: "a version of that architecture: 5, 6 or 7",
    };
    ("arm", fault)
}

fn different<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all: Vec<&str> = words.collect();
    all.sort_unstable();
    all.dedup();
    all
}

struct Row {
    os: &'static str,
    arch: &'static str,
    arm: Option<&'static str>,
    machine: Machine,
}

const fn row(
    os: &'static str,
    arch: &'static str,
    arm: Option<&'static str>,
    machine: Machine,
) -> Row {
    Row {
        os,
        arch,
        arm,
        machine,
    }
}

const TABLE: &[Row] = &[
    row("linux", "amd64", None, Machine::Built(Platform::X86_64)),
    row("linux", "arm64", None, Machine::Built(Platform::Aarch64)),
    row("linux", "arm", Some("7"), Machine::Built(Platform::Armv7)),
    row("linux", "arm", Some("6"), Machine::Skipped(OLD_ARM)),
    row("linux", "arm", Some("5"), Machine::Skipped(OLD_ARM)),
    row("linux", "386", None, Machine::Skipped("32-bit x86")),
    row("linux", "ppc64le", None, Machine::Skipped("64-bit PowerPC")),
    row("darwin", "amd64", None, Machine::Skipped(MACOS)),
    row("darwin", "arm64", None, Machine::Skipped(MACOS)),
    row("windows", "386", None, Machine::Skipped(WINDOWS)),
    row("windows", "amd64", None, Machine::Skipped(WINDOWS)),
    row("windows", "arm64", None, Machine::Skipped(WINDOWS)),
];

const OLD_ARM: &str = "32-bit Arm before version 7";
const MACOS: &str = "macOS";
const WINDOWS: &str = "Windows";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_is_the_machine_of_one_target() {
        for platform in Platform::ALL {
            let rows = TABLE
                .iter()
                .filter(|row| row.machine == Machine::Built(platform));
            assert_eq!(rows.count(), 1, "{platform}");
        }
    }

    #[test]
    fn the_version_of_the_architecture_decides_about_arm() {
        let find = |arm| Machine::find("linux", "arm", arm);
        assert_eq!(find(Some("7")), Ok(Machine::Built(Platform::Armv7)));
        assert_eq!(find(Some("5")), Ok(Machine::Skipped(OLD_ARM)));
        assert_eq!(find(None), Err(("arch", Fault::Needs { other: "arm" })));
        assert!(matches!(
            find(Some("8")),
            Err(("arm", Fault::BadEntry { .. }))
        ));
    }

    #[test]
    fn words_that_nobody_knows_are_refused_with_their_key() {
        let find = |os, arch| {
            Machine::find(os, arch, None).map_err(|(key, fault)| (key, fault.to_string()))
        };
        assert_eq!(
            find("linus", "amd64"),
            Err(("os", "unknown os `linus`, did you mean `linux`?".into()))
        );
        assert_eq!(
            find("linux", "sparc"),
            Err((
                "arch",
                "unknown architecture `sparc`, known: 386, amd64, arm, arm64, ppc64le".into()
            ))
        );
    }
}
