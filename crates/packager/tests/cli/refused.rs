//! Bad input: a clear answer, the right exit code, and nothing half made.

use std::fs;

use crate::desk::Desk;
use crate::desk::Ended;
use crate::machines::program;

/// The output folder of a run that failed holds nothing.
#[track_caller]
fn nothing_was_made(desk: &Desk) {
    assert_eq!(desk.names("dist"), Vec::<String>::new());
}

/// A mistake in the buildspec is found by `check` and by `package`, with file and line.
#[track_caller]
fn mistake(from: &str, to: &str, package: &str, said: &str) {
    let desk = Desk::new();
    let line = desk.respell(from, to);
    let place = format!("buildspec.yaml:{line}: ");
    desk.run(&["check"]).refused(78, &[&place, said]);
    desk.package_64(&["--package", package])
        .refused(78, &[&place, said]);
    nothing_was_made(&desk);
}

#[test]
fn a_misspelt_flag_is_named_with_its_line() {
    mistake(
        "ProvisionModeDefault:",
        "ProvisionModeDefualt:",
        "el_64",
        "unknown flag `ProvisionModeDefualt`, did you mean `ProvisionModeDefault`?",
    );
}

#[test]
fn a_misspelt_property_is_named_with_its_line() {
    mistake("etcdir:", "ectdir:", "el_64", "did you mean `etcdir`?");
}

#[test]
fn a_misspelt_template_is_named_with_its_line() {
    mistake(
        "template: el/generic",
        "template: el/genric",
        "el_64",
        "unknown template `el/genric`, did you mean `el/generic`?",
    );
}

#[test]
fn a_misspelt_target_of_a_package_is_named_with_its_line() {
    mistake(
        "binary: 64bit_linux }",
        "binary: 64bit_linx }",
        "el_64",
        "unknown compile target `64bit_linx`, did you mean `64bit_linux`?",
    );
}

#[test]
fn a_path_that_is_not_absolute_is_named_with_its_line() {
    mistake(
        "etcdir: /opt",
        "etcdir: opt",
        "el_64",
        "`opt/acme/etc` is not an absolute path",
    );
}

#[test]
fn a_file_on_the_node_that_is_not_absolute_is_named_with_its_line() {
    mistake(
        "ProvisionFacts: /opt",
        "ProvisionFacts: opt",
        "el_64",
        "expected an absolute path, found `opt/acme/facts.json`",
    );
}

#[test]
fn a_token_of_one_character_is_refused() {
    mistake(
        "ProvisionTokenFile: token",
        "ProvisionToken: x",
        "el_64",
        "a token has 2 to 128 characters, this one 1",
    );
}

#[test]
fn a_token_file_with_a_token_of_one_character_is_refused() {
    let desk = Desk::new();
    desk.write("token", "x\n");
    desk.package_64(&["--package", "el_64"]).refused(
        78,
        &[
            "buildspec.yaml:8: ",
            "a token has 2 to 128 characters, this one 1",
        ],
    );
    nothing_was_made(&desk);
}

#[test]
fn a_licence_that_is_missing_is_named_with_its_line() {
    mistake(
        "template: el/generic,",
        "template: el/generic, license_files: [acme-licence.txt],",
        "el_64",
        "cannot read acme-licence.txt: No such file or directory",
    );
}

#[test]
fn two_packages_with_the_same_paths_are_refused_with_both_lines() {
    mistake(
        "tarball: { template: archive/basic, format: tgz,",
        "other: { template: debian/generic, name: other,",
        "debian_64,other",
        "acme.packages.other: writes /opt/acme/etc, as buildspec.yaml:21: acme.packages.debian_64 does",
    );
}

#[test]
fn two_packages_that_would_write_the_same_unit_are_refused() {
    let desk = Desk::new();
    // the unit of the agent acme, and that of the provisioner acme-server
    let other = "provisioner: { os: linux, arch: amd64, libc: musl, program: provisioner, \
                 output: acme-provisioner }\n    64bit_windows:";
    let text = crate::desk::BUILDSPEC
        .replacen("64bit_windows:", other, 1)
        .replacen(
            "tarball: { template: archive/basic, format: tgz, binary: 64bit_linux }",
            "other: { template: el/generic, name: acme-server, etcdir: /opt/other, binary: provisioner }",
            1,
        );
    desk.write("buildspec.yaml", &text);
    let binary = format!("provisioner={}", program("x86_64").display());
    let ended = desk.package_64(&["--package", "el_64,other", "--binary", &binary]);
    assert!(
        matches!(ended.code, Some(65 | 78)),
        "{}{}",
        ended.out,
        ended.err
    );
    assert!(ended.err.contains("acme-server.service"), "{}", ended.err);
    nothing_was_made(&desk);
}

#[test]
fn a_package_that_stands_twice_is_refused() {
    mistake(
        "    debian_64: { template: debian/generic,",
        "    el_64: { template: debian/generic,",
        "el_64",
        "el_64",
    );
}

#[test]
fn several_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let desk = Desk::new();
    let text = crate::desk::BUILDSPEC
        .replace("ProvisionModeDefault:", "ProvisionModeDefualt:")
        .replace("etcdir: /opt", "etcdir: opt")
        .replace("template: debian/generic", "template: debain/generic");
    desk.write("buildspec.yaml", &text);
    let ended = desk.run(&["check"]);
    ended.refused(78, &["Defualt", "opt/acme/etc", "debain"]);
    let lines: Vec<usize> = ended
        .err
        .lines()
        .map(|line| {
            let rest = line.split_once("buildspec.yaml:").unwrap().1;
            rest.split_once(':').unwrap().0.parse().unwrap()
        })
        .collect();
    assert_eq!(lines, [6, 19, 21]);
}

#[test]
fn a_misspelt_package_is_answered_with_the_known_ones() {
    let desk = Desk::new();
    desk.package_64(&["--package", "el_46"]).refused(
        78,
        &[
            "buildspec.yaml:13: acme.packages: unknown package `el_46`",
            "debian_64",
        ],
    );
    nothing_was_made(&desk);
}

#[test]
fn a_misspelt_build_is_answered_with_the_known_ones() {
    let desk = Desk::new();
    for command in ["package", "build", "check", "list"] {
        desk.run(&[command, "--build", "acem"])
            .refused(78, &["buildspec.yaml:1: unknown build `acem`, known: acme"]);
    }
    nothing_was_made(&desk);
}

#[test]
fn without_a_build_the_known_ones_are_offered() {
    let desk = Desk::new();
    for command in ["package", "build"] {
        desk.run(&[command])
            .refused(64, &["which build? name one with --build: acme"]);
    }
}

#[test]
fn a_misspelt_target_is_answered_with_the_known_ones() {
    let desk = Desk::new();
    let words = [
        "build",
        "--build",
        "acme",
        "--source",
        crate::desk::source(),
    ];
    desk.run(&[&words[..], &["--target", "64bit_linx"]].concat())
        .refused(
            78,
            &["unknown compile target `64bit_linx`, did you mean `64bit_linux`?"],
        );
    nothing_was_made(&desk);
}

#[test]
fn misspelt_commands_and_options_are_answered_with_the_nearest() {
    let desk = Desk::new();
    desk.run(&["chek"]).refused(64, &["'check'"]);
    desk.run(&["package", "--ouput", "x"])
        .refused(64, &["'--output'"]);
}

#[test]
fn what_has_no_meaning_for_a_command_is_refused() {
    let desk = Desk::new();
    desk.run(&["repo", "--build", "acme", "."])
        .refused(64, &["--build"]);
    desk.run(&["diff", "a"]).refused(64, &["<B>"]);
    desk.run(&["package", "--passphrase-file", "p"])
        .refused(64, &["--key"]);
}

#[test]
fn packages_for_machines_that_are_not_built_for_are_skipped_with_a_warning() {
    let desk = Desk::new();
    let ended = desk
        .package_64(&["--package", "el6_64,windows_64,el_64"])
        .well();
    assert_eq!(
        ended.err.lines().take(2).collect::<Vec<_>>(),
        [
            "warning: buildspec.yaml:24: acme.packages.el6_64: is skipped: EL5 and EL6 have no systemd",
            "warning: buildspec.yaml:25: acme.packages.windows_64: is skipped: packages for Windows are not made here",
        ]
    );
    assert_eq!(
        desk.names("dist"),
        ["SHA256SUMS", "acme-1.2.3-1.el.x86_64.rpm"]
    );
}

#[test]
fn a_run_that_skips_everything_is_an_error() {
    let desk = Desk::new();
    desk.package(&["--package", "el6_64,windows_64"]).refused(
        65,
        &[
            "acme.packages.el6_64: is skipped",
            "acme.packages.windows_64: is skipped",
            "nothing to make",
        ],
    );
    let words = [
        "build",
        "--build",
        "acme",
        "--source",
        crate::desk::source(),
    ];
    desk.run(&[&words[..], &["--target", "64bit_windows"]].concat())
        .refused(65, &["Windows is not built here", "nothing to make"]);
    nothing_was_made(&desk);
}

#[test]
fn a_build_without_packages_is_said_to_have_none() {
    let desk = Desk::new();
    let (targets, _) = crate::desk::BUILDSPEC.split_once("  packages:").unwrap();
    desk.write("buildspec.yaml", targets);
    desk.package(&[])
        .refused(65, &["the build acme has no packages"]);
}

#[test]
fn versions_that_packages_cannot_have_are_refused() {
    for (version, said) in [
        ("1.2 3", "VERSION is `1.2 3`"),
        ("1_2", "has a '_'"),
        ("v1.2", "v1.2"),
        ("-1", "-1"),
        ("1:2", "1:2"),
        ("1.2.3-", "1.2.3-"),
    ] {
        let desk = Desk::new();
        let given = format!("--version={version}");
        desk.package_64(&["--package", "el_64", &given])
            .refused(64, &[said]);
        nothing_was_made(&desk);
    }
}

#[test]
fn revisions_and_dates_that_are_none_are_refused() {
    for (given, said) in [
        ("--revision=a b", "SHA1 is `a b`"),
        ("--date=yesterday", "SOURCE_DATE_EPOCH is `yesterday`"),
        ("--date=-1", "SOURCE_DATE_EPOCH is `-1`"),
        (
            "--date=99999999999999999999999",
            "SOURCE_DATE_EPOCH is `99999999999999999999999`",
        ),
    ] {
        let desk = Desk::new();
        desk.package_64(&["--package", "el_64", given])
            .refused(64, &[said]);
        nothing_was_made(&desk);
    }
}

#[test]
fn a_date_that_no_rpm_can_hold_is_refused() {
    let desk = Desk::new();
    desk.package_64(&["--package", "debian_64,el_64", "--date=4294967296"])
        .refused(65, &["el_64", "date"]);
    nothing_was_made(&desk);
}

/// Taking over such a binary is refused.
fn no_program(file: &str, code: i32, said: &[&str]) {
    let desk = Desk::new();
    let binary = format!("64bit_linux={file}");
    desk.package(&["--package", "el_64", "--binary", &binary])
        .refused(code, said);
    nothing_was_made(&desk);
}

#[test]
fn a_binary_for_another_machine_is_refused() {
    let file = program("aarch64");
    no_program(
        file.to_str().unwrap(),
        65,
        &[
            "wrong architecture",
            "64-bit Arm",
            "x86_64-unknown-linux-musl",
        ],
    );
}

#[test]
fn a_binary_that_needs_libraries_is_refused() {
    let file = program("dynamic");
    no_program(file.to_str().unwrap(), 65, &["is not statically linked"]);
}

#[test]
fn what_is_no_program_is_refused() {
    let desk = Desk::new();
    let script = desk.write("script", "#!/bin/sh\nexec true\n");
    let empty = desk.write("empty", "");
    for file in [script, empty] {
        no_program(file.to_str().unwrap(), 65, &["is not an ELF program"]);
    }
}

#[test]
fn a_binary_that_is_not_there_is_said_to_be_missing() {
    no_program(
        "/nowhere/muster",
        66,
        &["cannot read the binary /nowhere/muster: No such file or directory"],
    );
}

#[test]
fn a_program_that_is_cut_off_is_refused() {
    let desk = Desk::new();
    let whole = fs::read(program("x86_64")).unwrap();
    for length in [16, 63, 200] {
        let file = desk.path("cut");
        let mut cut = fs::File::create(&file).unwrap();
        std::io::Write::write_all(&mut cut, whole.get(..length).unwrap()).unwrap();
        no_program(file.to_str().unwrap(), 65, &["cut"]);
    }
}

#[test]
fn a_binary_for_a_target_that_is_not_made_is_refused() {
    let desk = Desk::new();
    desk.package_64(&["--package", "el_aarch64"])
        .refused(64, &["64bit_linux, which is not a compile target"]);
    let binary = format!("64bit_linux={}", program("x86_64").display());
    desk.package_64(&["--package", "el_64", "--binary", &binary])
        .refused(64, &["two binaries are given for 64bit_linux"]);
    nothing_was_made(&desk);
}

#[test]
fn an_output_folder_that_cannot_be_written_is_found_before_the_work() {
    let desk = Desk::new();
    for folder in ["/sys", "/proc/self/packages"] {
        let ended = desk.package_64(&["--package", "el_64", "--output", folder]);
        ended.refused(73, &["cannot write to the folder", folder]);
        assert!(!ended.err.contains("taking over"), "{}", ended.err);
    }
}

#[test]
fn an_output_folder_that_is_a_file_is_refused_and_stays() {
    let desk = Desk::new();
    let file = desk.write("dist", "precious");
    desk.package_64(&["--package", "el_64"])
        .refused(73, &["dist is not a folder"]);
    assert_eq!(fs::read_to_string(file).unwrap(), "precious");
}

#[test]
fn a_second_run_into_the_same_folder_is_told_to_wait() {
    let desk = Desk::new();
    fs::create_dir(desk.path("dist")).unwrap();
    let lock = fs::File::open(desk.path("dist")).unwrap();
    lock.lock().unwrap();
    desk.package_64(&["--package", "el_64"])
        .refused(75, &["another run is writing to the folder dist"]);
    nothing_was_made(&desk);
}

#[test]
fn a_folder_without_buildspec_is_told_the_option() {
    let desk = Desk::new();
    fs::remove_file(desk.path("buildspec.yaml")).unwrap();
    for command in ["check", "list", "package", "build"] {
        desk.run(&[command])
            .refused(66, &["no buildspec.yaml in ", "--buildspec"]);
    }
}

#[test]
fn a_buildspec_that_is_not_there_is_named() {
    let desk = Desk::new();
    desk.run(&["check", "--buildspec", "ours.yaml"])
        .refused(66, &["cannot read the buildspec ours.yaml"]);
}

#[test]
fn what_is_no_buildspec_is_named_with_its_line() {
    for (text, line) in [("- acme\n", 1), ("acme: {\n", 1), ("a: b\n", 1)] {
        let desk = Desk::new();
        desk.write("buildspec.yaml", text);
        let ended = desk.run(&["check"]);
        assert_eq!(ended.code, Some(78), "{text:?}: {}", ended.err);
        let place = format!("buildspec.yaml:{line}");
        assert!(ended.err.contains(&place), "{text:?}: {}", ended.err);
    }
}

#[test]
fn a_buildspec_without_builds_is_refused() {
    for text in ["", "# nothing\n", "flags_map: {}\n"] {
        let desk = Desk::new();
        desk.write("buildspec.yaml", text);
        for command in ["check", "list"] {
            desk.run(&[command])
                .refused(78, &["there are no builds in buildspec.yaml"]);
        }
    }
}

#[test]
fn sources_that_are_not_there_are_told_the_option() {
    let desk = Desk::new();
    let words = ["package", "--build", "acme", "--package", "el_64"];
    desk.run(&words)
        .refused(66, &["no sources of muster in ", "--source"]);
    let named = desk.run(&[&words[..], &["--source", "."]].concat());
    named.refused(66, &[". does not hold the sources of muster"]);
    nothing_was_made(&desk);
}

#[test]
fn a_cache_that_is_no_folder_is_refused_before_the_work() {
    let desk = Desk::new();
    let ended = Ended::of(
        desk.package_command(&["--package", "el_64"])
            .env("BUILD_CACHE", "cahce")
            .output()
            .unwrap(),
    );
    ended.refused(
        66,
        &["cahce, where finished binaries should be, is not a folder"],
    );
}

#[test]
fn a_company_s_provisioning_agent_beside_ours_is_refused() {
    let desk = Desk::new();
    desk.write(
        "packaging/agents.yaml",
        "- name: choria_provision\n  crate: acme-provision\n  path: acme_provision\n",
    );
    let refused = desk.package(&["--package", "el_64", "--work", "work"]);
    refused.refused(
        78,
        &[
            "packaging/agents.yaml:1: ",
            "the build acme must leave out: ProvisionAgent: \"false\"",
        ],
    );
    assert_eq!(desk.names("work"), [""; 0]);
}
