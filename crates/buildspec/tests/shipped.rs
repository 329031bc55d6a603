//! The buildspecs that are shipped, and those of the reference, are valid.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::io;
use std::path::Path;
use std::path::PathBuf;

use buildspec::Caution;
use buildspec::Resolved;
use buildspec::Spec;
use buildspec::Verifier;
use sha2::Digest as _;
use sha2::Sha256;

/// A buildspec below this crate, with the files beside it.
fn load(path: &str) -> (Spec, PathBuf) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(&path).unwrap();
    let spec = Spec::parse(&path.display().to_string(), &text).unwrap();
    (spec, path.parent().unwrap().to_owned())
}

fn resolve(path: &str, build: &str, target: Option<&str>) -> Resolved {
    let (spec, folder) = load(path);
    spec.resolve(build, target, &|name| {
        std::fs::read_to_string(folder.join(name))
    })
    .unwrap()
}

fn cautions(resolved: &Resolved) -> Vec<Caution> {
    resolved
        .warnings
        .iter()
        .map(|warning| warning.caution.clone())
        .collect()
}

const ROOT: &str = "../../buildspec.yaml";
const E2E: &str = "../../tests/e2e/buildspec.yaml";

#[test]
fn every_build_and_target_of_every_file_is_valid() {
    for path in [
        ROOT,
        E2E,
        "tests/data/reference-today.yaml",
        "tests/data/reference-2018.yaml",
    ] {
        let (spec, folder) = load(path);
        let read =
            |name: &str| -> io::Result<String> { std::fs::read_to_string(folder.join(name)) };
        let builds = spec
            .check(&read)
            .unwrap_or_else(|problems| panic!("{problems}"));
        assert!(!builds.is_empty());
    }
}

#[test]
fn the_head_of_our_file_explains_every_flag() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(ROOT)).unwrap();
    let head = text.split("\nfoss:").next().unwrap();
    let elsewhere = ["Version", "SHA", "BuildTime"]; // said in words
    for flag in buildspec::flag_names().filter(|flag| !elsewhere.contains(flag)) {
        assert!(head.contains(flag), "{flag}");
    }
}

#[test]
fn the_ordinary_build_neither_provisions_nor_warns() {
    let foss = resolve(ROOT, "foss", None);
    let provisioning = &foss.flags.provisioning;
    assert!(
        provisioning.brokers.is_empty()
            && provisioning.srv_domain.is_none()
            && provisioning.tokens.is_empty()
    );
    assert!(!provisioning.mode_default && foss.flags.tls && foss.flags.secure);
    assert_eq!(foss.warnings, []);
}

#[test]
fn the_demo_provisions_on_this_machine() {
    let demo = resolve(ROOT, "demo", None).flags.provisioning;
    assert_eq!(demo.brokers, ["nats://127.0.0.1:24222"]);
    assert!(demo.mode_default && demo.secure && demo.agent);
    assert!(matches!(
        demo.tokens.as_slice(),
        [Verifier::Argon2id { .. }]
    ));
    assert_eq!(
        demo.registration_subjects,
        ["provisioning.registration.data"]
    );
}

#[test]
fn the_example_company_has_its_broker_files_and_token() {
    let acme = resolve(ROOT, "acme", None).flags.provisioning;
    assert_eq!(acme.brokers, ["nats://choria-provision.example.net:4222"]);
    assert!(acme.mode_default);
    assert_eq!(
        acme.registration_data.as_deref(),
        Some("/opt/acme/etc/node-metadata.json")
    );
    assert_eq!(
        acme.facts.as_deref(),
        Some("/opt/acme/etc/node-metadata.json")
    );
    // as the comment in the file says
    let [Verifier::Sha256 { salt, digest }] = acme.tokens.as_slice() else {
        panic!("not a digest");
    };
    let expected = Sha256::new()
        .chain_update(salt)
        .chain_update("0123456789abcdef0123456789abcdef")
        .finalize();
    assert_eq!(expected.as_slice(), digest);
}

#[test]
fn the_builds_for_end_to_end_tests_differ_where_their_names_say() {
    let e2e = resolve(E2E, "e2e", None).flags.provisioning;
    assert_eq!(e2e.srv_domain.as_deref(), Some("muster.test"));
    assert!(e2e.mode_default && e2e.secure && e2e.tokens.len() == 1);
    let plain = resolve(E2E, "e2e-plain", None).flags.provisioning;
    assert!(plain.mode_default && !plain.secure && plain.tokens.len() == 1);
    let open = resolve(E2E, "e2e-open", None);
    assert!(open.flags.provisioning.tokens.is_empty());
    assert!(cautions(&open).contains(&Caution::AnyoneMayAct));
}

#[test]
fn the_stock_build_of_the_reference_loads_with_its_targets_and_packages() {
    let path = "tests/data/reference-today.yaml";
    let (spec, _) = load(path);
    assert_eq!(spec.builds().collect::<Vec<_>>(), ["foss"]);
    assert_eq!(spec.targets("foss").count(), 6);
    assert_eq!(
        spec.packages("foss").collect::<Vec<_>>(),
        ["linux_64_tarball", "el_64", "debian_64"]
    );
    let windows = resolve(path, "foss", Some("64bit_windows"));
    let jwt = windows.flags.provisioning.jwt_file.as_deref();
    assert_eq!(jwt, Some(r"C:\ProgramData\Choria\etc\provisioning.jwt"));
    assert_eq!(cautions(&windows), [Caution::FlagsMap, Caution::NotBuilt]);
    assert_eq!(
        resolve(path, "foss", Some("armv7_linux"))
            .target
            .arm
            .as_deref(),
        Some("7")
    );
}

#[test]
fn a_custom_build_of_2018_loads_with_warnings_only() {
    let acme = resolve(
        "tests/data/reference-2018.yaml",
        "acme",
        Some("32bit_linux"),
    );
    assert_eq!(acme.target.arch.as_deref(), Some("386"));
    assert_eq!(acme.flags.provisioning.brokers.len(), 2);
    assert_eq!(
        cautions(&acme),
        [
            Caution::FlagsMap,
            Caution::NoEffect,
            Caution::PlainText,
            Caution::TokenInFile
        ]
    );
}
