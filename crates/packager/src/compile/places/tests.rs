use std::ffi::OsStr;

use super::*;
use crate::compile::order::sample;

fn places(folder: &Path, platform: Platform) -> Variables {
    let buildspec = folder.join("buildspec.yaml");
    sample::write(&buildspec, sample::SPEC);
    let target = folder.join("target");
    let order = Order {
        platform,
        ..sample::order(folder, &target, &buildspec)
    };
    Places::new(&order).unwrap().settled(&order)
}

#[test]
fn cargo_is_told_about_the_build_in_full() {
    let folder = tempfile::tempdir().unwrap();
    let ours = places(folder.path(), Platform::Aarch64);
    let real = fs::canonicalize(folder.path()).unwrap();
    let expected = |name: &str| {
        ours.get(OsStr::new(name))
            .map(|value| value.to_str().unwrap().to_owned())
    };
    for (name, value) in [
        ("VERSION", "1.2.3"),
        ("SHA1", "0123abc"),
        ("SOURCE_DATE_EPOCH", "1700000000"),
        ("MUSTER_BUILD", "acme"),
        ("MUSTER_COMPILE_TARGET", "64bit_linux"),
        (
            "MUSTER_BUILDSPEC",
            real.join("buildspec.yaml").to_str().unwrap(),
        ),
        ("CARGO_TARGET_DIR", real.join("target").to_str().unwrap()),
        ("AWS_LC_SYS_NO_JITTER_ENTROPY", "1"),
    ] {
        assert_eq!(expected(name).as_deref(), Some(value), "{name}");
    }
}

#[test]
fn each_platform_has_tools_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    for (platform, name, value) in [
        (Platform::X86_64, "CC_x86_64_unknown_linux_musl", "musl-gcc"),
        (
            Platform::Aarch64,
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER",
            "aarch64-linux-gnu-gcc",
        ),
        (
            Platform::Armv7,
            "AR_armv7_unknown_linux_gnueabihf",
            "arm-linux-gnueabihf-ar",
        ),
    ] {
        let ours = places(folder.path(), platform);
        assert_eq!(ours.get(OsStr::new(name)).unwrap(), value);
    }
}

#[test]
fn names_of_builds_stay_inside_the_target_folder() {
    assert_eq!(file_name("acme-1_x"), "acme-1_x");
    assert_eq!(file_name(".."), "%2e%2e");
    assert_eq!(file_name("a/b"), "a%2fb");
}
