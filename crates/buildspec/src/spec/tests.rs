use super::*;
use crate::token::Verifier;

/// The only files there are.
fn read(path: &str) -> io::Result<String> {
    match path {
        "ca.pem" => Ok("-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n".into()),
        "key.pem" => {
            Ok("-----BEGIN PRIVATE KEY-----\nMAMCAQE=\n-----END PRIVATE KEY-----\n".into())
        }
        "tokens" => Ok("toomanysecrets\r\n\nanothersecret\n".into()),
        "nothing" => Ok("\n\n".into()),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    }
}

/// A buildspec whose first flag stands on line 5.
fn with_flags(flags: &str) -> String {
    let flags: String = flags
        .lines()
        .map(|line| format!("        {line}\n"))
        .collect();
    format!("b:\n  compile_targets:\n    defaults:\n      flags:\n{flags}")
}

fn resolve(yaml: &str, target: Option<&str>) -> Result<Resolved, Problems> {
    Spec::parse("spec.yaml", yaml)?.resolve("b", target, &read)
}

fn flags(lines: &str) -> Resolved {
    resolve(&with_flags(lines), None).unwrap()
}

/// Line and text of every problem.
fn problems(yaml: &str, target: Option<&str>) -> Vec<(u64, String)> {
    let Problems(problems) = resolve(yaml, target).unwrap_err();
    problems
        .into_iter()
        .map(|problem| (problem.place.line, problem.fault.to_string()))
        .collect()
}

fn cautions(resolved: &Resolved) -> Vec<Caution> {
    resolved
        .warnings
        .iter()
        .map(|warning| warning.caution.clone())
        .collect()
}

/// A line of flags and what is wrong with it.
const MISTAKES: &[(&str, &str)] = &[
    (
        "ProvisionSecur: true",
        "unknown flag `ProvisionSecur`, did you mean `ProvisionSecure`?",
    ),
    (
        "provisionsecure: true",
        "unknown flag `provisionsecure`, did you mean `ProvisionSecure`?",
    ),
    (
        "ex.net/build.ProvisionFact: /a",
        "unknown flag `ex.net/build.ProvisionFact`, did you mean `ProvisionFacts`?",
    ),
    (
        "ProvisionSecure: yes",
        "expected exactly true or false, found `yes`",
    ),
    (
        "ProvisionModeDefault: True",
        "expected exactly true or false, found `True`",
    ),
    ("TLS: \"\"", "expected exactly true or false, found ``"),
    ("TLS: [true]", "expected a single value"),
    (
        "maxBrokerClients: lots",
        "expected a whole number, found `lots`",
    ),
    (
        "ProvisionFacts: etc/facts.json",
        "expected an absolute path, found `etc/facts.json`",
    ),
    (
        "ProvisionJWTFile: 'C:\\x.jwt'",
        "expected an absolute path, found `C:\\x.jwt`",
    ),
    (
        "ProvisionStatusFile: \"/a\\nb\"",
        "control characters are not allowed",
    ),
    ("ProvisionBrokerURLs: \"a:4222,,b:4222\"", "an empty entry"),
    (
        "ProvisionBrokerSRVDomain: ex ample",
        "`ex ample` is not a domain",
    ),
    (
        "ProvisionRegistrationSubjects: a.>",
        "`a.>` is not a subject to publish to",
    ),
    (
        "DefaultCollectives: a b",
        "`a b` is not the name of a collective",
    ),
    (
        "ClientIdentitySuffix: a=b",
        "`a=b` is not a suffix of letters, digits and ._-",
    ),
    (
        "ProvisionModeDefault: true",
        "true needs ProvisionBrokerURLs, ProvisionBrokerSRVDomain or ProvisionJWTFile",
    ),
    (
        "ProvisioningBrokerPassword: x",
        "needs ProvisioningBrokerUsername too",
    ),
    (
        "ProvisioningBrokerUsername: x",
        "needs ProvisioningBrokerPassword too",
    ),
    (
        "ProvisionCA: other.pem",
        "cannot read other.pem: entity not found",
    ),
    (
        "ProvisionCA: key.pem",
        "key.pem holds a private key, which must not be part of a build",
    ),
    (
        "ProvisionToken: x",
        "a token has 2 to 128 characters, this one 1",
    ),
    ("ProvisionTokens: \"one,,two\"", "an empty entry"),
    (
        "ProvisionTokens: [seven, seven]",
        "the same token is listed twice",
    ),
    (
        "ProvisionTokenFile: missing",
        "cannot read missing: entity not found",
    ),
    ("ProvisionTokenFile: nothing", "nothing holds no token"),
    (
        "ProvisionTokenHash: sha256:1:2",
        "a token hash of this kind is sha256:<32 hex digits of salt>:<64 hex digits>",
    ),
];

#[test]
fn each_mistake_is_named_with_its_line() {
    for (line, text) in MISTAKES {
        assert_eq!(
            problems(&with_flags(&format!("# first\n{line}")), None),
            [(6, (*text).to_owned())],
            "{line}"
        );
    }
}

#[test]
fn all_mistakes_are_reported_together_in_the_order_of_the_file() {
    let yaml = with_flags(
        "TLS: on\nProvisionFact: /a\nProvisionBrokerURLs: a:1, b\nProvisionBrokerSRVDomain: c.d",
    )
    .replace("b:\n", "b:\n  package: {}\n");
    let found = problems(&yaml, None);
    let lines: Vec<u64> = found.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 6, 7, 8, 9], "{found:?}");
    assert_eq!(
        found.last().unwrap().1,
        "cannot be combined with ProvisionBrokerURLs"
    );
}

#[test]
fn a_misread_broker_is_not_called_missing() {
    let found = problems(
        &with_flags("ProvisionModeDefault: true\nProvisionBrokerURLs: nowhere"),
        None,
    );
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn unknown_names_come_with_the_known_ones() {
    let spec = Spec::parse("s.yaml", &with_flags("TLS: true")).unwrap();
    let text = spec.resolve("bb", None, &read).unwrap_err().to_string();
    assert_eq!(text, "s.yaml:1: unknown build `bb`, did you mean `b`?");
    let text = spec
        .resolve("b", Some("linux"), &read)
        .unwrap_err()
        .to_string();
    assert_eq!(
        text,
        "s.yaml:2: b.compile_targets: unknown compile target `linux`, known: defaults"
    );
}

#[test]
fn shapes_are_checked() {
    let table = [
        ("[]", "expected a map of builds"),
        ("b: 5", "expected a build: a map with compile_targets"),
        ("b: {}", "`compile_targets` is missing"),
        ("b: { compile_targets: x }", "expected a map of targets"),
        (
            "b: { compile_targets: { defaults: [a] } }",
            "expected a map of settings",
        ),
        (
            "b: { compile_targets: { defaults: { flags: [a] } } }",
            "expected a map of flags",
        ),
        (
            "b: { compile_targets: { defaults: { outputs: a } } }",
            "unknown key `outputs`, did you mean `output`?",
        ),
        (
            "b: { compile_targets: { defaults: { arm: seven } } }",
            "expected a whole number, found `seven`",
        ),
        (
            "b: { compile_targets: { defaults: { output: 'a-{{verison}}' } } }",
            "unknown placeholder `{{verison}}`",
        ),
        (
            "b: { compile_targets: { defaults: { libc: glib } } }",
            "`glib` is not musl or gnu",
        ),
        (
            "b: { compile_targets: {}, strict: maybe }",
            "expected exactly true or false, found `maybe`",
        ),
    ];
    for (yaml, text) in table {
        let found = problems(yaml, None);
        assert!(
            found
                .iter()
                .any(|(line, found)| *line == 1 && found == text),
            "{yaml}: {found:?}"
        );
    }
}

#[test]
fn no_error_and_no_debug_output_quotes_a_secret() {
    let secret = "hunter2secret\u{7}";
    for flag in [
        "ProvisionToken",
        "ProvisionTokens",
        "ProvisionTokenHash",
        "ProvisioningBrokerPassword",
    ] {
        let yaml = with_flags(&format!("{flag}: \"hunter2secret\\a\""));
        let text = resolve(&yaml, None).unwrap_err().to_string();
        assert!(!text.contains("hunter2"), "{text}");
        assert!(!format!("{:?}", Spec::parse("s", &yaml).unwrap()).contains("hunter2"));
    }
    let long = with_flags(&format!("ProvisionToken: {}", "x".repeat(200)));
    assert!(
        !resolve(&long, None)
            .unwrap_err()
            .to_string()
            .contains("xxx")
    );
    let login = "ProvisioningBrokerUsername: node\nProvisioningBrokerPassword: hunter2secret\n";
    let debug = format!(
        "{:?}",
        flags(&format!("{login}ProvisionToken: hunter2secret"))
    );
    assert!(debug.contains("node") && !debug.contains(secret.trim_end_matches('\u{7}')));
}

#[test]
fn without_flags_a_node_does_not_provision_and_is_secure() {
    let yaml = "b: { compile_targets: { defaults: } }";
    let resolved = resolve(yaml, None).unwrap();
    let mut expected = Flags::default();
    expected.provisioning.registration_subjects = vec!["provisioning.registration.data".into()];
    assert_eq!(resolved.flags, expected);
    assert!(
        expected.tls
            && expected.secure
            && expected.provisioning.secure
            && !expected.provisioning.mode_default
    );
    assert_eq!(resolved.warnings, []);
}

#[test]
fn targets_inherit_flags_one_by_one_and_null_removes_one() {
    let yaml = "\
b:
  compile_targets:
    defaults:
      os: linux
      output: x-{{os}}
      environment: { A: 1.10, B: two }
      flags: { ProvisionFacts: /facts, ProvisionStatusFile: /status, TLS: false }
    one:
      arch: 386
      environment: { B: null, C: three }
      flags: { ProvisionFacts: null, TLS: true, DefaultCollectives: 'a, b' }
";
    let resolved = resolve(yaml, Some("one")).unwrap();
    assert_eq!(resolved.target.os.as_deref(), Some("linux"));
    assert_eq!(resolved.target.arch.as_deref(), Some("386"));
    let environment: Vec<(&str, &str)> = resolved
        .target
        .environment
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(environment, [("A", "1.10"), ("C", "three")]);
    let flags = resolved.flags;
    assert!(flags.tls);
    assert_eq!(flags.default_collectives, ["a", "b"]);
    assert_eq!(flags.provisioning.facts, None);
    assert_eq!(flags.provisioning.status_file.as_deref(), Some("/status"));
}

#[test]
fn a_target_needs_an_os_and_an_architecture() {
    let yaml = "b:\n  compile_targets:\n    one: { os: linux }\n";
    assert_eq!(
        problems(yaml, Some("one")),
        [(3, "`arch` is missing".to_owned())]
    );
}

#[test]
fn older_peers_are_told_only_by_builds_that_allow_plain_text() {
    let subjects = |lines: &str| flags(lines).flags.provisioning.registration_subjects;
    assert_eq!(subjects("TLS: true"), ["provisioning.registration.data"]);
    assert_eq!(
        subjects("ProvisionSecure: false"),
        ["provisioning.registration.data", "choria.provisioning_data"]
    );
    assert_eq!(
        subjects("ProvisionSecure: false\nProvisionRegistrationSubjects: [a.b, c]"),
        ["a.b", "c"]
    );
}

#[test]
fn tokens_come_from_four_flags_in_a_fixed_order() {
    let hash = format!("sha256:{}:{}", "01".repeat(16), "ab".repeat(32));
    let resolved = flags(&format!(
        "ProvisionTokenHash: {hash}\nProvisionTokenFile: tokens\nProvisionTokens: [first, 'se,cond']\nProvisionToken: zero"
    ));
    let expected: Vec<Verifier> = [
        "zero",
        "first",
        "se,cond",
        "toomanysecrets",
        "anothersecret",
    ]
    .into_iter()
    .enumerate()
    .map(|(index, token)| Verifier::of_token(token, "b", "defaults", index).unwrap())
    .chain([Verifier::of_hash(&hash).unwrap()])
    .collect();
    assert_eq!(resolved.flags.provisioning.tokens, expected);
}

#[test]
fn what_weakens_a_node_is_warned_about() {
    let table: &[(&str, &[Caution])] = &[
        ("ProvisionBrokerURLs: a:1", &[Caution::AnyoneMayAct]),
        ("ProvisionBrokerURLs: a:1\nProvisionAgent: false", &[]),
        ("ProvisionBrokerURLs: a:1\nProvisionTokenFile: tokens", &[]),
        ("ProvisionToken: longenough", &[Caution::TokenInFile]),
        (
            "ProvisionToken: short",
            &[Caution::TokenInFile, Caution::ShortToken { length: 5 }],
        ),
        ("ProvisionToken: \"\"", &[]),
        ("ProvisionSecure: false", &[Caution::PlainText]),
        ("ProvisionSecure: false\nProvisionCA: ca.pem", &[]),
        (
            "TLS: false\nSecure: false",
            &[Caution::TlsOff, Caution::Unsigned],
        ),
        (
            "ProvisioningBrokerUsername: u\nProvisioningBrokerPassword: p",
            &[Caution::PasswordBaked],
        ),
        ("ProvisionAllowServerUpdate: true", &[Caution::NotBuilt]),
        ("ProvisioningUsesProtocolV2: true", &[Caution::NotBuilt]),
        ("maxBrokerClients: 10", &[Caution::NoEffect]),
        (
            "Version: 1",
            &[Caution::FromEnvironment {
                variable: "VERSION",
            }],
        ),
        ("SHA: a", &[Caution::FromEnvironment { variable: "SHA1" }]),
        (
            "BuildTime: a",
            &[Caution::FromEnvironment {
                variable: "SOURCE_DATE_EPOCH",
            }],
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(&cautions(&flags(lines)), expected, "{lines}");
    }
}

#[test]
fn a_strict_build_refuses_what_others_are_warned_about() {
    let yaml = with_flags("ProvisionToken: longenough\nmaxBrokerClients: 5")
        .replace("b:\n", "b:\n  strict: true\n");
    let Problems(found) = resolve(&yaml, None).unwrap_err();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].fault, Fault::Strict(Caution::TokenInFile));
}

#[test]
fn the_rest_of_the_file_does_not_matter_until_all_is_checked() {
    let yaml = format!(
        "flags_map: {{ A: b }}\nother:\n  compile_targets:\n    defaults: {{ flags: {{ Typo: 1 }} }}\n    one: {{}}\n{}",
        with_flags("TLS: true")
    );
    let resolved = resolve(&yaml, None).unwrap();
    assert_eq!(cautions(&resolved), [Caution::FlagsMap]);
    let Problems(found) = Spec::parse("s", &yaml).unwrap().check(&read).unwrap_err();
    let lines: Vec<u64> = found.iter().map(|problem| problem.place.line).collect();
    assert_eq!(lines, [4, 5, 5], "each once: {found:?}");
}

#[test]
fn a_flag_may_be_named_by_the_variable_of_the_reference() {
    let resolved = flags("a.net/build.ProvisionStatusFile: /status\na.net/protocol.Secure: true");
    let status = resolved.flags.provisioning.status_file.as_deref();
    assert_eq!(status, Some("/status"));
    assert_eq!(
        cautions(&resolved),
        [
            Caution::GoVariable {
                flag: "ProvisionStatusFile"
            },
            Caution::GoVariable { flag: "Secure" }
        ]
    );
    let date = cautions(&flags("a.net/build.BuildDate: now"));
    assert_eq!(
        date.first(),
        Some(&Caution::GoVariable { flag: "BuildTime" })
    );
}

#[test]
fn a_flag_under_two_names_is_set_once() {
    let found = problems(&with_flags("TLS: true\na.net/build.TLS: true"), None);
    let text = "`TLS` stands here a second time, the first is in line 5".to_owned();
    assert_eq!(found, [(6, text)]);
}

/// One target `t` in line 3.
fn with_target(keys: &str) -> Spec {
    let text = format!("b:\n  compile_targets:\n    t: {{ {keys} }}\n");
    Spec::parse("spec.yaml", &text).unwrap()
}

#[test]
fn a_target_runs_on_a_platform() {
    for (keys, platform) in [
        ("os: linux, arch: amd64, libc: musl", Platform::X86_64),
        ("os: linux, arch: arm64", Platform::Aarch64),
        ("os: linux, arch: arm, arm: 7, libc: gnu", Platform::Armv7),
    ] {
        let choice = with_target(keys).target_choice("b", "t", &read).unwrap();
        let TargetChoice::Built(resolved, chosen) = choice else {
            panic!("skipped: {keys}")
        };
        assert_eq!(
            (chosen, resolved.target.platform),
            (platform, Some(platform))
        );
        assert_eq!(resolved.target.program, Program::Agent);
    }
}

#[test]
fn targets_of_the_reference_that_are_not_built_are_skipped() {
    for (keys, machine) in [
        ("os: linux, arch: 386", "32-bit x86"),
        ("os: linux, arch: ppc64le", "64-bit PowerPC"),
        (
            "os: linux, arch: arm, arm: 5",
            "32-bit Arm before version 7",
        ),
        ("os: darwin, arch: arm64", "macOS"),
        ("os: windows, arch: amd64", "Windows"),
    ] {
        let spec = with_target(&format!("{keys}, flags: {{ maxBrokerClients: 5 }}"));
        let TargetChoice::Skipped(warnings) = spec.target_choice("b", "t", &read).unwrap() else {
            panic!("built: {keys}")
        };
        let found: Vec<(u64, Caution)> = warnings
            .into_iter()
            .map(|warning| (warning.place.line, warning.caution))
            .collect();
        assert_eq!(found, [(3, Caution::TargetSkipped { machine })]);
        assert_eq!(
            spec.resolve("b", Some("t"), &read).unwrap().target.platform,
            None
        );
    }
}

#[test]
fn what_a_target_says_wrongly_of_its_machine_is_a_mistake() {
    for (keys, text) in [
        (
            "os: linux, arch: sparc",
            "unknown architecture `sparc`, known: 386, ",
        ),
        (
            "os: linx, arch: amd64",
            "unknown os `linx`, did you mean `linux`?",
        ),
        ("os: linux, arch: arm", "needs arm too"),
        (
            "os: linux, arch: arm, arm: 8",
            "`8` is not a version of that architecture",
        ),
        (
            "os: linux, arch: arm64, libc: gnu",
            "`gnu` does not fit, aarch64-unknown-linux-musl is built with musl",
        ),
        (
            "os: linux, arch: amd64, program: broker",
            "`broker` is not agent or provisioner",
        ),
        ("os: [linux], arch: amd64", "expected a single value"),
        (
            "os: linux, arch: amd64, post: '{{sha}}'",
            "unknown placeholder `{{sha}}`",
        ),
    ] {
        let Problems(found) = with_target(keys)
            .target_choice("b", "t", &read)
            .unwrap_err();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].place.line == 3 && found[0].fault.to_string().starts_with(text),
            "{found:?}"
        );
    }
}

#[test]
fn the_defaults_alone_are_no_target_to_build() {
    let spec = with_target("os: linux, arch: amd64");
    let err = spec.target_choice("b", DEFAULTS, &read).unwrap_err();
    assert!(
        err.to_string()
            .contains("unknown compile target `defaults`, known: t"),
        "{err}"
    );
}

#[test]
fn what_only_the_compiler_of_the_reference_knows_is_named() {
    let yaml = "\
b:
  strict: true
  compile_targets:
    defaults:
      pre: [never seen]
      tags: [a]
      environment: { GOAMD64: v2, SITE: ams }
    t:
      os: linux
      arch: amd64
      arm: 7
      pre: [go generate, make assets]
      post: ['{{output}} build-info']
      build_package: ./
      environment: { CGO_ENABLED: 0, SITE: null, OTHER: x }
";
    let resolved = resolve(yaml, Some("t")).unwrap();
    let command = |command: &str| command.to_owned();
    let found: Vec<(u64, &Caution)> = resolved
        .warnings
        .iter()
        .map(|warning| (warning.place.line, &warning.caution))
        .collect();
    assert_eq!(
        found,
        [
            (6, &Caution::NoMeaning),
            (7, &Caution::NoMeaning),
            (11, &Caution::NoMeaning),
            (
                12,
                &Caution::GoStep {
                    command: command("go generate")
                }
            ),
            (
                12,
                &Caution::Command {
                    command: command("make assets")
                }
            ),
            (
                13,
                &Caution::Command {
                    command: command("{{output}} build-info")
                }
            ),
            (14, &Caution::NoMeaning),
            (15, &Caution::NoMeaning),
            (15, &Caution::Variable),
        ]
    );
    let commands = Spec::parse("s", yaml).unwrap().commands("b", "t").unwrap();
    assert_eq!(commands.pre, ["make assets"]);
    assert_eq!(commands.post, ["{{output}} build-info"]);
    assert_eq!(commands.environment.keys().collect::<Vec<_>>(), ["OTHER"]);
}

#[test]
fn commands_of_what_does_not_exist_are_refused() {
    let spec = with_target("os: linux, arch: amd64");
    for (build, target) in [("bb", "t"), ("b", "u")] {
        assert_eq!(spec.commands(build, target).unwrap_err().0.len(), 1);
    }
}

#[test]
fn the_buildspec_of_the_references_provisioner_makes_provisioners() {
    let text = "flags_map: { SHA: github.com/choria-io/provisioner/cmd.sha }\nb:\n  compile_targets:\n    t: { os: linux, arch: amd64 }\n    a: { os: linux, arch: amd64, program: agent }\n";
    let spec = Spec::parse("s", text).unwrap();
    let resolved = spec.resolve("b", Some("t"), &read).unwrap();
    assert_eq!(resolved.target.program, Program::Provisioner);
    assert_eq!(
        cautions(&resolved),
        [Caution::FlagsMap, Caution::ProvisionerOfReference]
    );
    let agent = spec.resolve("b", Some("a"), &read).unwrap();
    assert_eq!(agent.target.program, Program::Agent);
}
