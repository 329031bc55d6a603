//! Buildspecs in the reference's dialect go through `package` as they are: every warning and every file, by heart.
//! `MUSTER_BLESS=1 cargo test -p muster-packager --test cli reference` writes them anew.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::desk::Desk;
use crate::desk::Ended;
use crate::desk::shipped;
use crate::machines::program;

/// The run of one build, with everything that depends on the machine replaced.
fn told(name: &str, build: &str, machines: &[(&str, &str)]) -> String {
    let desk = Desk::new();
    let binaries: Vec<String> = machines
        .iter()
        .map(|(target, machine)| format!("{target}={}", program(machine).display()))
        .collect();
    let (file, output) = (format!("{name}.yaml"), desk.path("dist"));
    let mut words = vec!["--build", build, "--buildspec", &file];
    words.extend(["--output", output.to_str().unwrap()]);
    for binary in &binaries {
        words.extend(["--binary", binary]);
    }
    let mut command = desk.package_command(&words);
    command.current_dir(shipped("crates/buildspec/tests/data"));
    let ended = Ended::of(command.output().unwrap()).well();
    let mut told = ended.err;
    for (_, machine) in machines {
        let path = program(machine);
        told = told.replace(path.to_str().unwrap(), machine);
    }
    for line in ended.out.lines() {
        let path = Path::new(line.split_whitespace().last().unwrap());
        writeln!(told, "{}", path.file_name().unwrap().to_str().unwrap()).unwrap();
    }
    told
}

#[track_caller]
fn is_golden(name: &str, build: &str, machines: &[(&str, &str)]) {
    let told = told(name, build, machines);
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cli/golden")
        .join(format!("{name}-{build}.txt"));
    if std::env::var_os("MUSTER_BLESS").is_some() {
        let mut file = fs::File::create(&path).unwrap();
        file.write_all(told.as_bytes()).unwrap();
    }
    assert_eq!(told, fs::read_to_string(&path).unwrap(), "{path:?}");
}

#[test]
fn the_stock_build_of_2018() {
    is_golden("reference-2018", "foss", &[("64bit_linux", "x86_64")]);
}

#[test]
fn a_custom_build_of_2018() {
    is_golden("reference-2018", "acme", &[("64bit_linux", "x86_64")]);
}

#[test]
fn the_stock_build_of_today() {
    is_golden(
        "reference-today",
        "foss",
        &[
            ("64bit_linux", "x86_64"),
            ("aarch64_linux", "aarch64"),
            ("armv7_linux", "arm"),
        ],
    );
}

#[test]
fn a_custom_build_of_today() {
    is_golden("reference-today", "acme", &[("64bit_linux", "x86_64")]);
}

#[test]
fn the_build_of_the_provisioner() {
    is_golden(
        "reference-provisioner",
        "foss",
        &[("64bit_linux", "x86_64"), ("aarch64_linux", "aarch64")],
    );
}
