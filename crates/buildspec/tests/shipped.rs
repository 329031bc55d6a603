//! The buildspecs that are shipped, and those of the reference, are valid.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::io;
use std::path::Path;
use std::path::PathBuf;

use buildspec::Caution;
use buildspec::Format;
use buildspec::Package;
use buildspec::Platform;
use buildspec::Program;
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
        "tests/data/reference-provisioner.yaml",
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
    let head = head();
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

/// What stands in the head of our file, a block of comments.
fn head() -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(ROOT)).unwrap();
    text.split("\nfoss:").next().unwrap().to_owned()
}

#[test]
fn the_head_of_our_file_explains_every_property_of_a_package() {
    let head = head();
    for name in buildspec::property_names().filter(|name| *name != "os") {
        let words = head.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        assert!(words.into_iter().any(|word| word == name), "{name}");
    }
}

fn packages(build: &str) -> Vec<Package> {
    let (spec, _) = load(ROOT);
    let keys: Vec<&str> = spec.packages(build).collect();
    let nothing = |_: &str| -> io::Result<String> { Err(io::ErrorKind::NotFound.into()) };
    let (packages, warnings) = spec.package_set(build, &keys, &nothing).unwrap();
    assert_eq!((packages.len(), warnings), (keys.len(), Vec::new()));
    packages
}

#[test]
fn the_first_build_has_every_format_platform_and_program() {
    let described = |build: &str| -> Vec<(String, Format, Platform, Program)> {
        let packages = packages(build).into_iter();
        packages
            .map(|it| (it.key, it.format, it.platform, it.program))
            .collect()
    };
    let foss = described("foss");
    // what one wants first, with one compiler
    let acme = described("acme");
    let x86_64_agent = |row: &(String, Format, Platform, Program)| {
        (row.2, row.3) == (Platform::X86_64, Program::Agent)
    };
    assert_eq!(acme.len(), 3);
    assert!(acme.iter().all(x86_64_agent));
    for platform in Platform::ALL {
        assert!(
            foss.iter()
                .any(|(_, format, it, _)| *it == platform && *format == Format::Deb)
        );
    }
    for format in [Format::Rpm, Format::Deb, Format::Archive] {
        for program in [Program::Agent, Program::Provisioner] {
            let is_it =
                |row: &&(String, Format, Platform, Program)| (row.1, row.3) == (format, program);
            assert!(foss.iter().any(|row| is_it(&row)), "{format:?} {program:?}");
        }
    }
}

#[test]
fn the_example_company_has_everything_under_its_own_name() {
    for package in packages("acme") {
        let name = "acme-muster";
        assert_eq!(package.name, name);
        assert_eq!(package.bindir, format!("/opt/{name}/sbin"));
        assert_eq!(package.etcdir, format!("/opt/{name}/etc"));
        assert_eq!(package.statedir, format!("/var/lib/{name}"));
        assert_eq!(package.group, name);
    }
}
