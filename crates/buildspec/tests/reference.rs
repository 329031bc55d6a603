//! What becomes of the reference's buildspecs: every warning, every target and every package, by heart.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use buildspec::Spec;
use buildspec::TargetChoice;
use buildspec::Warning;
use buildspec::one_list;

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    std::fs::read_to_string(path).unwrap()
}

/// What stands in the golden file of a buildspec.
fn outcome(name: &str) -> String {
    let spec = Spec::parse(name, &text(name)).unwrap();
    let nothing = |_: &str| -> io::Result<String> { Err(io::ErrorKind::NotFound.into()) };
    spec.check(&nothing).unwrap();
    let mut out = String::new();
    for build in spec.builds() {
        let mut warnings: Vec<Warning> = Vec::new();
        for target in spec.targets(build) {
            let what = match spec.target_choice(build, target, &nothing).unwrap() {
                TargetChoice::Built(resolved, platform) => {
                    warnings.extend(resolved.warnings);
                    format!("{} for {platform}", resolved.target.program.crate_name())
                }
                TargetChoice::Skipped(found) => {
                    warnings.extend(found);
                    "skipped".to_owned()
                }
            };
            writeln!(out, "{build} target {target}: {what}").unwrap();
        }
        let keys: Vec<&str> = spec.packages(build).collect();
        let (packages, found) = spec.package_set(build, &keys, &nothing).unwrap();
        warnings.extend(found);
        for key in keys {
            let package = packages.iter().find(|package| package.key == key);
            let what = package.map_or_else(
                || "skipped".to_owned(),
                |package| {
                    format!(
                        "{:?} {} {:?} {:?}, {} with {} in {}, {:?}",
                        package.format,
                        package.name,
                        package.release,
                        package.dist,
                        package.binary,
                        package.etcdir,
                        package.bindir,
                        package.compression
                    )
                },
            );
            writeln!(out, "{build} package {key}: {what}").unwrap();
        }
        for warning in one_list(warnings) {
            writeln!(out, "{warning}").unwrap();
        }
        out.push('\n');
    }
    out
}

fn check(name: &str) {
    let found = outcome(&format!("{name}.yaml"));
    assert_eq!(found, text(&format!("{name}.txt")), "found:\n{found}");
}

#[test]
fn the_file_of_2018_is_accepted_and_every_warning_is_known() {
    check("reference-2018");
}

#[test]
fn the_file_of_today_is_accepted_and_every_warning_is_known() {
    check("reference-today");
}

#[test]
fn the_file_of_the_provisioner_is_accepted_and_every_warning_is_known() {
    check("reference-provisioner");
}

#[test]
fn strict_changes_nothing_for_what_only_has_no_meaning_here() {
    for name in [
        "reference-2018.yaml",
        "reference-today.yaml",
        "reference-provisioner.yaml",
    ] {
        let text = text(name).replace("foss:\n", "foss:\n  strict: true\n");
        let spec = Spec::parse(name, &text).unwrap();
        let nothing = |_: &str| -> io::Result<String> { Err(io::ErrorKind::NotFound.into()) };
        for target in spec.targets("foss") {
            spec.target_choice("foss", target, &nothing).unwrap();
        }
        let keys: Vec<&str> = spec.packages("foss").collect();
        spec.package_set("foss", &keys, &nothing).unwrap();
    }
}

#[test]
fn a_token_of_one_character_stays_a_mistake_with_its_line() {
    let text = text("reference-2018.yaml").replace("\"toomanysecrets\"", "\"x\"");
    let line = text
        .lines()
        .position(|line| line.contains("ProvisionToken: \"x\""))
        .unwrap()
        + 1;
    let spec = Spec::parse("spec.yaml", &text).unwrap();
    let nothing = |_: &str| -> io::Result<String> { Err(io::ErrorKind::NotFound.into()) };
    let problems = spec
        .target_choice("acme", "64bit_linux", &nothing)
        .unwrap_err();
    assert_eq!(
        problems.to_string(),
        format!(
            "spec.yaml:{line}: acme.compile_targets.defaults.flags.ProvisionToken: a token has 2 to 128 characters, this one 1"
        )
    );
}
