use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value as Json;
use serde_json::json;

use super::*;
use crate::build_info::BakedPassword;
use crate::build_info::Provisioning;
use crate::config::choices::AuthorizationProvider;
use crate::config::choices::LogLevel;
use crate::config::choices::LogTarget;
use crate::config::choices::RegistrationPlugin;
use crate::config::choices::SecurityProvider;

fn defaults<'a>() -> Defaults<'a> {
    Defaults {
        collectives: &["mcollective"],
        directory: Path::new("/etc/choria"),
        home: Some("/home/rip"),
    }
}

fn read(text: &str) -> Raw {
    Raw::read(Some(&Source::new("server.conf", text)), &[])
}

fn resolve(text: &str) -> Result<Resolved, ConfigError> {
    Settings::resolve(&read(text), &defaults())
}

fn good(text: &str) -> Resolved {
    resolve(text).unwrap()
}

fn problems(text: &str) -> Vec<Problem> {
    resolve(text).unwrap_err().problems().cloned().collect()
}

/// `key, where` of each bad value.
fn bad_values(text: &str) -> Vec<String> {
    let show = |problem: Problem| match problem {
        Problem::Value { origin, key, .. } => format!("{origin} {key}"),
        other => panic!("{other}"),
    };
    problems(text).into_iter().map(show).collect()
}

fn strings<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(T::to_string).collect()
}

#[test]
fn lines_split_as_in_the_reference() {
    let lines = |text: &str| -> Vec<(String, String)> {
        text::read(&Source::new("f", text))
            .settings
            .into_iter()
            .map(|line| (line.key, line.value))
            .collect()
    };
    for (line, key, value) in [
        ("a = b = c", "a", "b = c"),
        ("a = 1 # note", "a", "1 # note"),
        ("a = \"x\"", "a", "\"x\""),
        (";x=1", ";x", "1"),
        ("==x", "=", "x"),
        ("=a=b", "=a", "b"),
        ("a b = c", "a b", "c"),
        ("  a=b\t\r", "a", "b"),
        ("a==", "a", "="),
        ("a\u{a0}= b\u{a0}", "a\u{a0}", "b"),
        ("\u{feff}a = b", "a", "b"),
        ("é=ü", "é", "ü"),
    ] {
        assert_eq!(lines(line), [(key.to_owned(), value.to_owned())], "{line}");
    }
    for ignored in [
        "",
        "   # x=1",
        "#",
        "key =",
        "key=",
        "=x",
        "=",
        "no setting",
        "\u{feff}",
    ] {
        assert_eq!(lines(ignored), [], "{ignored}");
    }
}

#[test]
fn what_is_ignored_is_warned_about_with_its_line() {
    let resolved = good("# fine\n\nloglevel =\r\nnonsense\n");
    let at = |line| Place::new("server.conf", line);
    let key = "loglevel".to_owned();
    assert_eq!(
        resolved.warnings,
        [
            Warning::NoValue { at: at(3), key },
            Warning::NotASetting { at: at(4) }
        ]
    );
    assert_eq!(resolved.settings.log_level, LogLevel::Info);
}

#[test]
fn a_file_that_the_reference_would_misread_is_refused() {
    let long = format!("a = {}\nttl = 5", "x".repeat(70_000));
    assert!(matches!(problems(&long)[..], [Problem::LineTooLong { .. }]));
    for bad in ["a = x\0", "# \u{1b}[2J", "a = b\rc = d", "\u{85}a = b"] {
        assert!(
            matches!(problems(bad)[..], [Problem::ControlCharacter { .. }]),
            "{bad:?}"
        );
    }
    let bytes = b"a = b\nc = \xff\n".to_vec();
    let at = Place::new("f", 2);
    assert_eq!(
        Source::from_bytes("f", bytes).unwrap_err(),
        Problem::NotUtf8 { at }
    );
}

#[test]
fn every_problem_is_reported_with_its_line() {
    let text =
        "loglevel = banana\nttl = soon\nrpcauthorization = enabled\nx = \u{7}\ncollectives = a..b";
    assert_eq!(problems(text).len(), 5);
    let without_control = text.replace("x = \u{7}\n", "");
    let mut found = bad_values(&without_control);
    found.sort();
    assert_eq!(
        found,
        [
            "server.conf:1 loglevel",
            "server.conf:2 ttl",
            "server.conf:3 rpcauthorization",
            "server.conf:4 collectives",
        ]
    );
    let shown = resolve("ttl = soon").unwrap_err().to_string();
    assert_eq!(
        shown,
        "server.conf:1: ttl: expected whole seconds from 1 to 86400, found \"soon\""
    );
}

#[test]
fn values_that_known_keys_do_not_take_are_refused() {
    for bad in [
        "registration = foo",
        "registerinterval = 0",
        "ttl = -1",
        "color = maybe",
        "identity = a b",
        "identity = *",
        "main_collective = a.>",
        "rpcauthprovider = none",
        "rpclimitmethod = last",
        "soft_shutdown_timeout = 1.5",
        "plugin.choria.status_update_interval = 0",
        "plugin.choria.network.connect_timeout = 121s",
        "plugin.choria.network.connect_timeout = 0",
        "plugin.choria.network.connect_timeout = 10S",
        "plugin.choria.middleware_hosts = broker.example.net",
        "plugin.choria.middleware_hosts = a:1, nats://b",
        "plugin.choria.srv_domain = a b",
        "plugin.choria.server.provision = maybe",
        "plugin.choria.registration.file_content.target = a.>",
        "plugin.choria.security.certname_whitelist = (",
        "plugin.security.provider = foo",
        "plugin.security.choria.trusted_signers = 00",
        "plugin.rpcaudit.logfile.mode = 0888",
        "plugin.rpcaudit.logfile.mode = 1777",
        "plugin.choria.machine.http_port = 70000",
        "plugin.muster.resolver = localhost:53",
        "plugin.muster.reply_subjects = >",
        "plugin.muster.audit_failure = maybe",
    ] {
        let key = bad.split(' ').next().unwrap();
        assert_eq!(bad_values(bad), [format!("server.conf:1 {key}")], "{bad}");
    }
}

#[test]
fn the_reference_s_examples_mean_the_same_here() {
    let settings = |text: &str| good(text).settings;
    assert_eq!(
        settings("registration = file_content\nplugin.choria.registration.file_content.data=/f")
            .registration
            .plugins,
        [RegistrationPlugin::FileContent]
    );
    let three = settings("collectives = c_1, c_2, c_3");
    assert_eq!(strings(&three.collectives), ["c_1", "c_2", "c_3"]);
    assert_eq!(three.main_collective.as_str(), "c_1");
    assert_eq!(three.registration.collective.as_str(), "c_1");
    let dirs = settings("libdir = /dir1\nlibdir = /dir2\nlibdir = /dir3:/dir4").libdir;
    assert_eq!(
        dirs,
        ["/dir1", "/dir2", "/dir3", "/dir4"].map(PathBuf::from)
    );
    let options =
        settings("default_discovery_options = one\ndefault_discovery_options = two, x").client;
    assert_eq!(options.discovery_options, ["one", "two, x"]);
    for (text, nanos) in [
        ("10s", 10_000_000_000_u64),
        ("10", 10_000_000_000),
        ("1h", 3_600_000_000_000),
    ] {
        let effective = good(&format!("plugin.choria.network.write_deadline = {text}")).effective;
        assert_eq!(
            effective.lookup("plugin.choria.network.write_deadline"),
            Some(json!(nanos))
        );
    }
}

#[test]
fn collectives_follow_the_build_and_the_provider() {
    let of = |build: &'static [&'static str], text: &str| {
        let defaults = Defaults {
            collectives: build,
            ..defaults()
        };
        strings(
            &Settings::resolve(&read(text), &defaults)
                .unwrap()
                .settings
                .collectives,
        )
    };
    assert_eq!(of(&["g1", "g2"], ""), ["g1", "g2"]);
    assert_eq!(
        of(&["mcollective"], "plugin.security.provider = choria"),
        ["choria"]
    );
    assert_eq!(
        of(&["mcollective"], "plugin.security.provider = puppet"),
        ["mcollective"]
    );
    assert_eq!(of(&["g1"], "plugin.security.provider = choria"), ["g1"]);
    assert_eq!(of(&["g1"], "collectives = x,,y,"), ["x", "y"]);
    assert!(matches!(
        problems("collectives = ,")[..],
        [Problem::Missing { .. }]
    ));
}

#[test]
fn every_word_for_yes_and_no_is_understood() {
    for (words, meant) in [
        ("1 yes true y t TRUE Yes", true),
        ("0 no false n f FALSE No", false),
    ] {
        for word in words.split(' ') {
            assert_eq!(
                good(&format!("rpcauthorization = {word}"))
                    .settings
                    .authorization
                    .enabled,
                meant
            );
        }
    }
}

#[test]
fn nothing_but_defaults_is_a_configuration() {
    let settings = good("").settings;
    assert_eq!(settings.identity, None);
    assert_eq!(settings.provision, None);
    assert_eq!(settings.log_target, LogTarget::Stdout);
    assert_eq!(settings.ttl, Duration::from_secs(60));
    assert_eq!(settings.registration.interval, Duration::from_secs(300));
    assert_eq!(settings.brokers.connect_timeout, Duration::from_secs(2));
    assert_eq!(settings.status.interval, Duration::from_secs(30));
    assert_eq!(settings.audit.mode, 0o600);
    assert_eq!(settings.security.provider, SecurityProvider::Puppet);
    assert_eq!(
        settings.authorization.provider,
        AuthorizationProvider::ActionPolicy
    );
    assert!(
        settings
            .security
            .certname_whitelist
            .iter()
            .any(|p| p.is_match("bob.mcollective"))
    );
    assert_eq!(settings.muster.state_dir, Path::new("/etc/choria/.muster"));
    assert!(settings.brokers.login.is_none() && settings.brokers.use_srv);
    assert!(good("").warnings.is_empty());
    assert_eq!(
        good("soft_shutdown_timeout = 0")
            .settings
            .soft_shutdown_timeout,
        Duration::from_secs(10)
    );
}

#[test]
fn every_default_of_the_table_is_a_value_of_its_key() {
    let raw = Raw::default();
    let merged = merged::Merged::new(&raw, &defaults());
    for key in keys::all() {
        assert!(key.check(&merged).is_ok(), "{}", key.spec().name);
        assert!(!keys::is_legacy(key.spec().name));
    }
    let names: std::collections::BTreeSet<_> = keys::all().map(|key| key.spec().name).collect();
    assert_eq!(names.len(), keys::all().count(), "a key is listed twice");
}

#[test]
fn the_presence_of_the_provisioning_switch_is_kept() {
    assert_eq!(
        good("plugin.choria.server.provision = 0")
            .settings
            .provision,
        Some(false)
    );
    assert_eq!(
        good("plugin.choria.server.provision = 1")
            .settings
            .provision,
        Some(true)
    );
}

#[test]
fn plugin_files_set_the_keys_of_their_plugin() {
    let main = Source::new("server.conf", "plugin.security.provider = puppet");
    let plugins = [
        Source::new(
            "/e/plugin.d/security.cfg",
            "provider = file\nfile.ca = ~/ca.pem",
        ),
        Source::new("/e/plugin.d/package.cfg", "setting=1"),
        Source::new("/e/plugin.d/muster.cfg", "state_dir = /var/lib/muster"),
        Source::new("/e/plugin.d/x.conf", "ignored = 1"),
    ];
    let resolved = Settings::resolve(&Raw::read(Some(&main), &plugins), &defaults()).unwrap();
    assert_eq!(resolved.settings.security.provider, SecurityProvider::File);
    assert_eq!(
        resolved.settings.security.file.ca,
        Some("/home/rip/ca.pem".into())
    );
    assert_eq!(
        resolved.settings.muster.state_dir,
        Path::new("/var/lib/muster")
    );
    let row = resolved
        .effective
        .rows()
        .iter()
        .find(|row| row.key == "plugin.package.setting")
        .unwrap();
    assert_eq!(
        (&row.value, row.standing),
        (&json!("1"), Standing::Unlisted)
    );
    let not_read = Warning::NotRead {
        path: "/e/plugin.d/x.conf".to_owned(),
    };
    assert!(resolved.warnings.contains(&not_read));
    let repeated = |warning: &Warning| matches!(warning, Warning::Repeated { key, .. } if key == "plugin.security.provider");
    assert_eq!(
        resolved
            .warnings
            .iter()
            .filter(|warning| repeated(warning))
            .count(),
        1
    );
    assert_eq!(resolved.warnings.len(), 2, "{:?}", resolved.warnings);
}

#[test]
fn a_file_over_another_wins_where_both_speak() {
    let mut raw = read("ttl = 70\nlibdir = /a\nidentity = n1\n");
    raw.overlay(&Source::new(
        "over.conf",
        "ttl = 80\nlibdir = /b\ntypo.of.mine = 1\ncolor = perhaps\n",
    ));
    let ttl = raw.entries().find(|(key, _)| *key == "ttl").unwrap().1;
    assert_eq!(ttl.origin.to_string(), "over.conf:1");
    assert_eq!(raw.warnings().len(), 1, "{:?}", raw.warnings());
    let problems = Settings::resolve(&raw, &defaults()).unwrap_err();
    assert!(
        problems.to_string().starts_with("over.conf:4: color"),
        "{problems}"
    );
    raw.overlay(&Source::new("third.conf", "color = no\n"));
    let settings = Settings::resolve(&raw, &defaults()).unwrap().settings;
    assert_eq!(settings.ttl.as_secs(), 80);
    assert_eq!(settings.libdir, [Path::new("/a"), Path::new("/b")]);
    assert!(settings.identity.is_some());
}

#[test]
fn the_plugin_directory_is_not_read_in_a_home() {
    let reads = |path: &str, home| reads_plugin_directory(Path::new(path), home);
    assert!(!reads("/home/rip/.choriarc", Some("/home/rip")));
    assert!(reads("/home/ripley/c", Some("/home/rip")));
    assert!(reads("/etc/choria/server.conf", Some("/")));
    assert!(reads("/etc/choria/server.conf", None));
}

#[test]
fn the_later_of_two_lines_wins_with_a_warning() {
    let resolved = good("ttl = 40\nloglevel=info\nttl = 50");
    assert_eq!(resolved.settings.ttl, Duration::from_secs(50));
    let warning = resolved.warnings.first().unwrap().to_string();
    assert_eq!(
        warning,
        "server.conf:3: ttl was set before (server.conf:1), this line wins"
    );
}

#[test]
fn unknown_keys_are_warned_about_and_typos_recognised() {
    let warnings = good("a = b\na = b\nlogelvel = debug\nplugin.nats.usr = x").warnings;
    let unknown = |key: &str| {
        let find = |warning: &Warning| match warning {
            Warning::UnknownKey {
                key: found,
                suggestion,
                ..
            } if found == key => Some(suggestion.clone()),
            _ => None,
        };
        warnings.iter().filter_map(find).collect::<Vec<_>>()
    };
    assert_eq!(unknown("a"), [None]);
    assert_eq!(unknown("logelvel"), [Some("loglevel".to_owned())]);
    assert_eq!(
        unknown("plugin.nats.usr"),
        [Some("plugin.nats.user".to_owned())]
    );
}

#[test]
fn keys_of_older_and_other_programs_are_tolerated_in_silence() {
    let mut text: String = keys::LEGACY
        .iter()
        .map(|key| format!("{key} = whatever\n"))
        .collect();
    text.push_str("plugin.choria.network.public_url = x\nplugin.puppet.activate_agent = n\n");
    assert_eq!(good(&text).warnings, []);
}

#[test]
fn settings_that_need_or_forbid_each_other_are_refused() {
    for bad in [
        "registration = file_content",
        "plugin.security.client_anon_tls = 1",
        "plugin.security.provider = choria\nplugin.security.server_anon_tls = 1",
        "plugin.security.provider = choria\nplugin.choria.security.server.token_file = /x",
        "plugin.security.provider = choria\nplugin.choria.security.request_signer.seed_file = /x",
        "plugin.security.issuer.names = acme",
        "plugin.security.cipher_suites = TLS_NONSENSE,TLS_RSA_WITH_RC4_128_SHA",
        "plugin.security.ecc_curves = CurveP521",
    ] {
        let found = problems(bad);
        assert!(
            matches!(
                found[..],
                [Problem::Missing { .. } | Problem::Conflict { .. }]
            ),
            "{bad}: {found:?}"
        );
    }
    let key = "ab".repeat(32);
    let both = format!(
        "plugin.security.provider = choria\nplugin.security.issuer.names = acme\n\
         plugin.security.issuer.acme.public = {key}\nplugin.security.choria.trusted_signers = {key}"
    );
    assert!(matches!(problems(&both)[..], [Problem::Conflict { .. }]));
}

#[test]
fn metrics_are_served_on_the_loopback_only() {
    let address = |text: &str| good(text).settings.metrics.address.map(SocketAddr::from);
    assert_eq!(address(""), None);
    assert_eq!(
        address("plugin.choria.stats_port = 9100"),
        Some("127.0.0.1:9100".parse().unwrap())
    );
    assert_eq!(
        address("plugin.choria.stats_port = 9100\nplugin.choria.stats_address = ::1"),
        Some("[::1]:9100".parse().unwrap())
    );
    // without a port the address is that of a broker that shares the file
    assert_eq!(address("plugin.choria.stats_address = 0.0.0.0"), None);
    let open = "plugin.choria.stats_port = 9100\nplugin.choria.stats_address = 0.0.0.0";
    let shown = resolve(open).unwrap_err().to_string();
    assert!(
        shown.starts_with("server.conf:2: plugin.choria.stats_address must be a loopback address"),
        "{shown}"
    );
}

#[test]
fn odd_relations_are_warnings() {
    for (text, odd) in [
        ("collectives = a\nmain_collective = b", "main_collective"),
        ("plugin.nats.user = bob", "plugin.nats.user"),
        ("plugin.nats.credentials = /x", "plugin.nats.credentials"),
        ("ttl = 10", "ttl"),
        ("rpcaudit = 1", "rpcaudit"),
        ("plugin.security.file.ca = /x", "plugin.security.file.ca"),
    ] {
        let warnings = good(text).warnings;
        assert!(
            matches!(&warnings[..], [Warning::Doubtful { key, .. }, ..] if key == odd),
            "{warnings:?}"
        );
    }
}

#[test]
fn issuers_are_found_by_their_names() {
    let key = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c";
    let text = format!(
        "plugin.security.provider=choria\nplugin.security.issuer.names = choria\nplugin.security.issuer.choria.public = {key}"
    );
    let resolved = good(&text);
    let issuer = resolved
        .settings
        .security
        .choria
        .issuers
        .get("choria")
        .unwrap();
    assert_eq!(issuer.to_string(), key);
    assert_eq!(resolved.warnings, []);
    let bad = text.replace("5c", "");
    assert_eq!(
        bad_values(&bad),
        ["server.conf:3 plugin.security.issuer.choria.public"]
    );
}

#[test]
fn anonymous_tls_has_its_token_beside_the_file() {
    let token = good("plugin.security.server_anon_tls = true")
        .settings
        .security
        .server_token;
    assert_eq!(token.token, Some("/etc/choria/server.jwt".into()));
    assert_eq!(token.seed, Some("/etc/choria/server.seed".into()));
    assert_eq!(good("").settings.security.server_token.token, None);
}

#[test]
fn a_path_in_nobody_s_home_is_refused() {
    let nobody = Defaults {
        home: None,
        ..defaults()
    };
    let err = Settings::resolve(&read("logfile = ~/x.log"), &nobody).unwrap_err();
    assert!(matches!(
        err.problems().next(),
        Some(Problem::NoHome { .. })
    ));
    assert_eq!(
        good("logfile = ~/x.log").settings.log_target,
        LogTarget::File("/home/rip/x.log".into())
    );
}

#[test]
fn the_environment_wins_where_the_table_names_a_variable() {
    let mut raw = read("plugin.nats.user = file\nplugin.nats.pass = secret");
    raw.overlay_environment(|name| (name == "MCOLLECTIVE_NATS_USERNAME").then(|| "env".to_owned()));
    let resolved = Settings::resolve(&raw, &defaults()).unwrap();
    assert_eq!(resolved.settings.brokers.login.unwrap().user, "env");
}

#[test]
fn secrets_are_never_shown() {
    let text = "plugin.nats.user = bob\nplugin.nats.pass = toomanysecrets\nmy.password = toomanysecrets\n\
                plugin.choria.network.system.password = toomanysecrets";
    let raw = read(text);
    let resolved = good(text);
    let effective = &resolved.effective;
    assert_eq!(effective.lookup("plugin.nats.pass"), Some(json!("***")));
    assert_eq!(
        good("").effective.lookup("plugin.nats.pass"),
        Some(json!(""))
    );
    let source = Source::new("f", text);
    let seen = format!(
        "{raw:?}{resolved:?}{source:?}{effective}{}",
        effective.to_json()
    );
    assert!(seen.contains("bob") && !seen.contains("toomanysecrets"));
    let url = "plugin.choria.middleware_hosts = nats://bob:toomanysecrets@a:1";
    let refused = resolve(url).unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("toomanysecrets"));
    let long = format!("plugin.nats.pass = toomanysecrets{}", "x".repeat(70_000));
    assert!(
        !resolve(&long)
            .unwrap_err()
            .to_string()
            .contains("toomanysecrets")
    );
    assert_eq!(
        resolved.settings.brokers.login.unwrap().password.expose(),
        "toomanysecrets"
    );
}

#[test]
fn lookups_answer_in_native_types() {
    let text = "identity = cap1.example.net\nlibdir = /a:/b\nplugin.yaml = /a:/b\ncollectives = a,b\nunknown = 1";
    let effective = good(text).effective;
    for (key, value) in [
        ("identity", json!("cap1.example.net")),
        ("plugin.choria.server.provision", json!(false)),
        ("collectives", json!(["a", "b"])),
        ("registration", json!([])),
        ("ttl", json!(60)),
        ("color", json!(true)),
        ("libdir", json!(["/a", "/b"])),
        ("plugin.yaml", json!("/a:/b")),
        (
            "plugin.choria.network.connect_timeout",
            json!(2_000_000_000),
        ),
        ("plugin.nats.user", json!("")),
        ("rpcauthprovider", json!("Action_policy")),
    ] {
        assert_eq!(effective.lookup(key), Some(value), "{key}");
    }
    for unknown in ["nosuch", "unknown", ""] {
        assert_eq!(effective.lookup(unknown), None);
    }
}

#[test]
fn the_effective_settings_name_their_origin() {
    let mut raw = read("ttl = 50");
    raw.set("identity", "n1", Origin::Host);
    let effective = Settings::resolve(&raw, &defaults()).unwrap().effective;
    let shown = effective.to_string();
    let origin = |key: &str| {
        let line = shown
            .lines()
            .find(|line| line.split(' ').next() == Some(key))
            .unwrap();
        line.rsplit("  ").next().unwrap().trim().to_owned()
    };
    assert_eq!(origin("ttl"), "server.conf:1");
    assert_eq!(origin("identity"), "host name");
    assert_eq!(origin("collectives"), "build");
    assert_eq!(origin("loglevel"), "default");
    let listed = effective.to_json();
    let ttl = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["key"] == "ttl")
        .unwrap();
    assert_eq!(
        *ttl,
        json!({"key": "ttl", "value": 50, "origin": "server.conf:1", "standing": "used"})
    );
}

const BUILD: Provisioning = Provisioning {
    brokers: &["nats://broker.example.net:4222"],
    srv_domain: None,
    mode_default: true,
    agent: true,
    secure: true,
    ca: None,
    tokens: &[],
    registration_data: Some("/opt/acme/etc/metadata.json"),
    registration_subjects: &["provisioning.registration.data"],
    facts: Some("/opt/acme/etc/facts.json"),
    jwt_file: None,
    status_file: None,
    user: Some("provisioner"),
    password: Some(BakedPassword("hunter2")),
    protocol_v2: false,
    allow_update: false,
};

#[test]
fn provisioning_mode_overrides_the_file_but_keeps_the_name() {
    let file = read(
        "identity = n1\ncollectives = prod\nlogfile = /var/log/x.log\nrpcauthorization = 1\nplugin.muster.resolver = 127.0.0.1:53\nplugin.choria.stats_port = 9100\nplugin.muster.metrics_socket = /run/m\nregisterinterval=bad\nrpcaudit = 1\nplugin.rpcaudit.logfile = /var/log/audit.log",
    );
    let raw = provisioning(&file, &BUILD, Path::new("/etc/choria"));
    let resolved = Settings::resolve(&raw, &defaults()).unwrap();
    let settings = resolved.settings;
    assert_eq!(settings.identity.unwrap().as_str(), "n1");
    assert_eq!(strings(&settings.collectives), ["provisioning"]);
    assert!(!settings.authorization.enabled && !settings.registration.splay);
    assert_eq!(settings.registration.interval, Duration::from_secs(120));
    assert_eq!(
        settings.registration.file,
        Some("/opt/acme/etc/metadata.json".into())
    );
    assert_eq!(
        settings.fact_files,
        [PathBuf::from("/opt/acme/etc/facts.json")]
    );
    assert_eq!(settings.brokers.login.unwrap().password.expose(), "hunter2");
    assert_eq!(settings.security.ssldir, Some("/etc/choria/ssl".into()));
    assert!(settings.muster.resolver.is_some());
    assert!(settings.metrics.address.is_some() && settings.metrics.socket.is_some());
    assert!(settings.audit.enabled && settings.audit.file.is_some());
    assert_eq!(settings.provision, None);
    assert!(!format!("{:?}", resolved.effective).contains("hunter2"));
}

#[test]
fn a_mistyped_key_is_a_warning_in_provisioning_mode_too() {
    let raw = provisioning(&read("logfle = x"), &BUILD, Path::new("/etc/choria"));
    let warnings = Settings::resolve(&raw, &defaults()).unwrap().warnings;
    assert!(matches!(
        warnings.as_slice(),
        [Warning::UnknownKey { key, .. }] if key == "logfle"
    ));
}

/// Every `config` of a recorded `configure` request.
fn recorded_configurations() -> Vec<BTreeMap<String, String>> {
    fn collect(value: &Json, found: &mut Vec<BTreeMap<String, String>>) {
        match value {
            Json::Object(fields) => {
                let config = fields.get("config").and_then(Json::as_str);
                found.extend(config.and_then(|text| serde_json::from_str(text).ok()));
                fields.values().for_each(|field| collect(field, found));
            }
            Json::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => (),
        }
    }
    let recording = include_str!("../../tests/wire/v1-provisioning.json");
    let mut found = Vec::new();
    collect(&serde_json::from_str(recording).unwrap(), &mut found);
    found
}

#[test]
fn recorded_configurations_survive_being_written() {
    let all = recorded_configurations();
    let (empty, full): (Vec<_>, Vec<_>) = all.iter().partition(|settings| settings.is_empty());
    assert_eq!((empty.len(), full.len()), (1, 4));
    assert_eq!(
        render::render(empty[0], "x"),
        Err(render::RenderError::Empty)
    );
    for settings in full {
        let written = render::render(settings, "configuration file written in a test").unwrap();
        let resolved = good(&written);
        for (key, value) in settings {
            let row = resolved
                .effective
                .rows()
                .iter()
                .find(|row| row.key == *key)
                .unwrap();
            assert!(matches!(row.origin, Origin::Line(_)), "{key}");
            assert_eq!(
                policy::Policy::default().judge_setting(key, value, Path::new("/etc/choria")),
                policy::Verdict::Allowed
            );
        }
        if settings.contains_key("identity") {
            assert_eq!(resolved.warnings, []);
            assert_eq!(resolved.settings.provision, Some(false));
            assert!(!resolved.settings.authorization.enabled);
            assert_eq!(
                strings(&resolved.settings.brokers.hosts),
                ["127.0.0.1:4222"]
            );
        }
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "(([a-z.]{1,12}|ttl|identity|plugin.yaml|\\PC)? ?=? ?\\PC{0,20}\n){0,6}.*") {
        let raw = read(&text);
        drop(Settings::resolve(&raw, &defaults()));
    }

    #[test]
    fn no_value_breaks_a_key(index in 0..keys::all().count(), value in "\\PC{0,30}") {
        let key = keys::all().nth(index).unwrap().spec().name;
        let resolved = resolve(&format!("{key} = {value}"));
        if let Err(err) = resolved {
            prop_assert!(err.problems().count() > 0);
        }
    }
}

#[test]
fn names_of_tls_that_mean_nothing_here_are_left_out_with_a_warning() {
    let resolved = good(
        "plugin.security.cipher_suites = TLS_AES_128_GCM_SHA256, TLS_NONSENSE\n\
         plugin.security.ecc_curves = X25519,CurveP521\n",
    );
    let unknown = resolved.warnings.iter().map(|warning| match warning {
        Warning::UnknownName { name, .. } => name.as_str(),
        other => panic!("{other}"),
    });
    assert_eq!(unknown.collect::<Vec<_>>(), ["TLS_NONSENSE", "CurveP521"]);
}
