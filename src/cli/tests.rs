use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::args::Cli;
use super::args::Command;
use super::error::CliError;
use super::server::ServerAction;
use super::tool::DdlError;
use super::tool::find_ddl;
use super::*;
use crate::build_info::Provisioning;

pub(super) const BUILD: BuildInfo = BuildInfo {
    build: "foss",
    target: "defaults",
    version: "1.2.3",
    sha: "unknown",
    build_date: "unknown",
    rustc: "rustc",
    triple: "x86_64-unknown-linux-musl",
    tls: true,
    secure: false,
    default_collectives: &["mcollective"],
    client_identity_suffix: "mcollective",
    provisioning: Provisioning {
        brokers: &[],
        srv_domain: None,
        mode_default: false,
        agent: true,
        secure: true,
        ca: None,
        tokens: &[],
        registration_data: None,
        registration_subjects: &[],
        facts: None,
        jwt_file: None,
        status_file: None,
        user: None,
        password: None,
        protocol_v2: false,
        allow_update: false,
    },
};

fn parsed(line: &str) -> Result<Cli, clap::Error> {
    Cli::read(line.split_whitespace().map(OsString::from), &BUILD)
}

fn printed(line: &str) -> Result<String, CliError> {
    let mut out = Vec::new();
    run(parsed(line).unwrap(), &Program::alone(&BUILD), &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn a_check_of_the_configuration_names_file_and_line_of_policies_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        use std::io::Write as _;
        let mut file = std::fs::File::create(folder.path().join(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    std::fs::create_dir(folder.path().join("policies")).unwrap();
    write(
        "server.conf",
        "identity = n1\nplugin.choria.middleware_hosts = b1:4222\n",
    );
    write("policies/good.policy", "policy default deny\n");
    let checked = || {
        let line = format!(
            "muster config check {}/server.conf",
            folder.path().display()
        );
        let mut out = Vec::new();
        let exit = run(parsed(&line).unwrap(), &Program::alone(&BUILD), &mut out).unwrap();
        (exit, String::from_utf8(out).unwrap())
    };
    assert_eq!(checked().0, Exit::Ok);
    write("policies/odd.policy", "allow\tnobody\t*\t*\t*\n");
    let (exit, text) = checked();
    assert_eq!(exit, Exit::Ok);
    assert!(
        text.contains("odd.policy:1: \"nobody\" is neither"),
        "{text}"
    );
    write("policies/bad.policy", "# x\nallow * * * *\n");
    write("policies/groups", "ops\n");
    let (exit, text) = checked();
    assert_eq!(exit, Exit::Config);
    for wanted in ["policies/bad.policy:2: ", "policies/groups:1: "] {
        assert!(
            text.contains(&format!("error: {}/{wanted}", folder.path().display())),
            "{text}"
        );
    }
}

#[test]
fn a_check_of_the_configuration_says_what_would_end_the_start_and_who_would_be_denied() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.conf");
    let checked = |text: &str| {
        use std::io::Write as _;
        let mut written = std::fs::File::create(&file).unwrap();
        written.write_all(text.as_bytes()).unwrap();
        let line = format!("muster config check {}", file.display());
        let mut out = Vec::new();
        let exit = run(parsed(&line).unwrap(), &Program::alone(&BUILD), &mut out).unwrap();
        (exit, String::from_utf8(out).unwrap())
    };
    let brokers = "identity = n1\nplugin.choria.middleware_hosts = b1:4222\n";
    let certificates = "plugin.security.provider = file\nplugin.security.file.certificate = /no/such/a.pem\n\
                        plugin.security.file.key = /no/such/b.pem\nplugin.security.file.ca = /no/such/c.pem\n";
    for (text, fault, last) in [
        (
            "identity = n1\n".to_owned(),
            "no brokers are known",
            "would not start",
        ),
        (
            format!("{brokers}plugin.security.provider = pkcs11\n"),
            "plugin.security.provider = pkcs11 is not supported",
            "would not start",
        ),
        (
            format!("{brokers}{certificates}"),
            "cannot read the certificate /no/such/a.pem",
            "would not start",
        ),
        (
            format!("{brokers}rpcauthprovider = rego_policy\n"),
            "rpcauthprovider is rego_policy",
            "would start in normal mode and deny requests",
        ),
    ] {
        let (exit, said) = checked(&text);
        assert_eq!(exit, Exit::Config, "{said}");
        let (first, second) = said.split_once('\n').unwrap();
        assert!(
            first.starts_with("error: ") && first.contains(fault),
            "{said}"
        );
        assert!(second.contains(last), "{said}");
    }
    let (exit, said) = checked(brokers);
    assert_eq!(exit, Exit::Ok, "{said}");
    assert!(said.contains("is good"), "{said}");
}

#[test]
fn the_definitions_of_all_arguments_are_consistent() {
    <Cli as clap::CommandFactory>::command().debug_assert();
}

#[test]
fn both_spellings_of_the_daemon_are_one() {
    for line in [
        "muster server --config a.conf",
        "muster server run --config a.conf",
        "muster server --config a.conf run",
        "choria server --config=a.conf",
    ] {
        let Command::Server(args) = parsed(line).unwrap().command else {
            panic!("{line}");
        };
        assert_eq!(args.config.as_deref(), Some(Path::new("a.conf")), "{line}");
        assert!(matches!(args.action, None | Some(ServerAction::Run)));
    }
    assert!(matches!(
        printed("muster server run"),
        Err(CliError::NoConfiguration)
    ));
}

#[test]
fn the_spellings_of_the_reference_are_understood() {
    for line in [
        "choria buildinfo",
        "choria discover -j --silent --config client.cfg -T provisioning -I a -I /b/ -C web -F dc==dc1 -A rpcutil -S with(\"x\") --do a=b --dm broadcast",
        "choria find -v --dm mc --discovery-timeout 3 --discovery-window",
        "choria ping --wf dc=dc1 --wc a --wa b --wi c --with x -T provisioning --expect 3 --workers 3 --names",
        "choria rpc rpcutil ping -j --np --batch 10 --batch-sleep 2 --limit 10% --limit-seed 1 -o out --sort",
        "choria req rpcutil get_fact fact=dc -F a=b --display all --senders",
        "choria request rpcutil ping -r some.subject -v --workers 1",
        "choria facts dc -j -n -r",
        "choria inventory node1.example.net",
        "choria inventory --collectives -T mcollective",
    ] {
        assert!(parsed(line).is_ok(), "{line}");
    }
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    for line in [
        "muster discover --nodes x -F a=b",
        "muster ping --names --json",
        "muster req rpcutil ping --json --table",
        "muster inventory",
        "muster inventory a --collectives",
    ] {
        assert!(parsed(line).is_err(), "{line}");
    }
}

#[test]
fn the_program_answers_under_the_name_it_was_called_by() {
    let help = |line| parsed(line).unwrap_err().to_string();
    assert_eq!(help("/usr/bin/choria --version"), "choria 1.2.3\n");
    assert_eq!(help("./muster --version"), "muster 1.2.3\n");
    assert_eq!(help("renamed --version"), "muster 1.2.3\n");
}

#[test]
fn descriptions_are_exported_in_both_forms() {
    let json = printed("muster tool ddl rpcutil").unwrap();
    crate::rpc::ddl::load(json.as_bytes()).unwrap();
    let ruby = printed("muster tool ddl rpcutil --format ruby").unwrap();
    assert!(ruby.starts_with("metadata :name        => \"rpcutil\",\n"));
}

#[test]
fn a_description_on_disk_is_found_below_the_last_directory_that_has_it() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for (dir, (below, about)) in dirs
        .iter()
        .zip([("choria/agent", "first"), ("mcollective/agent", "second")])
    {
        let place = dir.path().join(below);
        std::fs::create_dir_all(&place).unwrap();
        let ddl =
            serde_json::json!({"metadata": {"name": "demo", "description": about}, "actions": []});
        serde_json::to_writer(
            std::fs::File::create(place.join("demo.json")).unwrap(),
            &ddl,
        )
        .unwrap();
        std::fs::File::create(place.join("broken.json")).unwrap();
    }
    let paths = dirs.each_ref().map(|dir| dir.path().to_owned());
    assert_eq!(
        find_ddl("demo", &Roster::default(), &paths)
            .unwrap()
            .metadata
            .description,
        "second"
    );
    assert!(matches!(
        find_ddl("absent", &Roster::default(), &paths),
        Err(DdlError::UnknownAgent { .. })
    ));
    assert!(matches!(
        find_ddl("../agent/demo", &Roster::default(), &paths),
        Err(DdlError::UnknownAgent { .. })
    ));
    assert!(matches!(
        find_ddl("broken", &Roster::default(), &paths),
        Err(DdlError::Unusable { .. })
    ));
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let written =
        |kind: io::ErrorKind| ending::conclude(NAME, Err(CliError::Write { err: kind.into() }));
    assert_eq!(written(io::ErrorKind::BrokenPipe), Exit::Ok);
    assert_eq!(written(io::ErrorKind::StorageFull), Exit::Io);
}

/// A program with one agent of a company.
fn with_company() -> Program<'static> {
    let agents = [greeter("acme_greeter")];
    Program {
        build: &BUILD,
        company: Arc::new(Roster::of(&agents, &BUILD).unwrap()),
    }
}

fn greeter(name: &'static str) -> Compiled {
    Compiled {
        name,
        origin: "path ../here",
        company: crate::company::Company {
            ddl: r#"{"metadata": {"name": "acme_greeter", "description": "", "timeout": 5},
                "actions": [{"action": "greet_politely", "input": {"who": {"type": "string", "optional": false}}}]}"#,
            krate: "acme-here",
            version: "0.3.0",
            make: |_| Err("is not made here".into()),
        },
    }
}

#[test]
fn the_command_line_knows_the_agents_of_the_company() {
    let printed = |line: &str| {
        let mut out = Vec::new();
        run(parsed(line).unwrap(), &with_company(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert!(printed("muster tool ddl acme_greeter").contains("greet_politely"));
    assert!(printed("muster tool ddl rpcutil").contains("agent_inventory"));
    let script = printed("muster completions bash");
    assert!(script.contains("acme_greeter") && script.contains("greet_politely"));
}

#[test]
fn settings_of_the_company_s_agents_are_not_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.conf");
    let text =
        "identity = n1\nplugin.choria.middleware_hosts = b1:4222\nplugin.acme_greeter.word = hi\n";
    crate::os::atomic_file::write(&crate::os::files::RealFiles, &file, text.as_bytes(), 0o600)
        .unwrap();
    let line = format!("muster config check {}", file.display());
    let checked = |program: &Program<'_>| {
        let mut out = Vec::new();
        run(parsed(&line).unwrap(), program, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert!(checked(&Program::alone(&BUILD)).contains("plugin.acme_greeter.word"));
    assert!(!checked(&with_company()).contains("plugin.acme_greeter.word"));
}

#[test]
fn a_program_that_is_composed_wrongly_runs_nothing() {
    let line = || ["muster", "build-info"].map(OsString::from).into_iter();
    let twice = [greeter("acme_greeter"), greeter("acme_greeter")];
    let exit = |code: Exit| format!("{:?}", ExitCode::from(code));
    assert_eq!(
        format!("{:?}", main_with(line(), &BUILD, &twice)),
        exit(Exit::Software)
    );
    assert_eq!(
        format!("{:?}", main_with(line(), &BUILD, &[])),
        exit(Exit::Ok)
    );
}
