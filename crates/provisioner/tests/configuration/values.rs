//! What values mean.

use std::path::Path;
use std::time::Duration;

use muster::telemetry::Destination;
use muster::telemetry::Level;
use muster_provisioner::config::Helper;
use muster_provisioner::config::Reissue;

use crate::scratch::Scratch;
use crate::scratch::config;

const MINUTE: Duration = Duration::from_secs(60);

fn with(text: &str) -> muster_provisioner::config::Config {
    config(&format!("helper: /opt/helper\n{text}"))
}

#[test]
fn what_is_not_set_has_its_default() {
    let config = config("helper: /opt/helper\n");
    assert_eq!(config.workers.get(), 3, "processors");
    assert_eq!(config.interval, MINUTE);
    assert_eq!(config.log, Destination::Stderr);
    assert_eq!(config.level, Level::Info);
    assert_eq!(config.lifecycle_component, "provision_mode_server");
    assert!(!config.insecure && !config.pki);
    assert_eq!(config.monitor, None);
    assert_eq!(config.broker_password, None);
    assert_eq!(config.tokens.len(), 1);
    assert_eq!(config.tokens[0].expose(), "");
    assert_eq!(config.names.deny.len(), 4);
    assert!(config.names.allow.is_none());
    assert!(config.admission.identities.is_empty() && config.admission.facts.is_empty());
    assert_eq!(config.admission.reissue, Reissue::Allow);
    assert_eq!(
        config.pace,
        muster_provisioner::config::PaceRules::default()
    );
    assert_eq!(config.state_dir, Path::new("/var/lib/muster-provisioner"));
    assert_eq!(
        config.socket,
        Path::new("/run/muster-provisioner/control.sock")
    );
}

#[test]
fn deadlines_and_the_table_have_their_defaults() {
    let config = config("helper: /opt/helper\n");
    let seconds = Duration::from_secs;
    let deadlines = config.deadlines;
    assert_eq!(deadlines.probe, seconds(2));
    assert_eq!(deadlines.step, seconds(20));
    assert_eq!(deadlines.node, seconds(120));
    assert_eq!(deadlines.helper, seconds(10));
    let table = config.table;
    assert_eq!(table.capacity.get(), 100_000);
    assert_eq!(table.workers, config.workers);
    assert_eq!(table.interval, config.interval);
    assert_eq!(table.backoff_min, seconds(5));
    assert_eq!(table.backoff_max, seconds(600));
    assert_eq!(table.quarantine_after.get(), 5);
    assert_eq!(table.quarantine_for, seconds(3600));
}

#[test]
fn null_and_the_empty_text_are_like_nothing() {
    let text = "workers:\ninterval: ~\nloglevel: ''\nsite: null\ncsr:\ntoken: ''\nbroker_provisioning_password: ''\n";
    let (empty, plain) = (with(text), with(""));
    assert_eq!(format!("{empty:?}"), format!("{plain:?}"));
}

#[test]
fn no_workers_are_as_many_as_processors() {
    assert_eq!(with("workers: 0\n").workers.get(), 3);
    assert_eq!(with("workers: 4096\n").table.workers.get(), 4096);
}

#[test]
fn durations_are_written_as_for_the_reference() {
    for (text, minutes) in [
        ("1m", 1),
        ("60", 1),
        ("90m", 90),
        ("1h30m", 90),
        ("1d", 1440),
        ("1w", 10080),
        ("1M", 43200),
    ] {
        let interval = with(&format!("interval: {text}\n")).interval;
        assert_eq!(interval, MINUTE * minutes, "{text}");
    }
}

#[test]
fn the_log_goes_to_a_stream_a_file_or_nowhere() {
    for (text, destination) in [
        ("stdout", Destination::Stdout),
        ("stderr", Destination::Stderr),
        ("discard", Destination::Discard),
        ("/var/log/p.log", Destination::File("/var/log/p.log".into())),
    ] {
        assert_eq!(with(&format!("logfile: {text}\n")).log, destination);
    }
}

#[test]
fn the_words_of_the_reference_for_levels_are_taken() {
    for (text, level) in [
        ("debug", Level::Debug),
        ("INFO", Level::Info),
        ("warn", Level::Warn),
        ("error", Level::Error),
        ("fatal", Level::Error),
    ] {
        assert_eq!(with(&format!("loglevel: {text}\n")).level, level);
    }
}

#[test]
fn a_helper_is_split_as_by_a_shell_and_found_in_the_path() {
    for (text, words) in [
        ("/opt/helper", vec!["/opt/helper"]),
        (
            "/opt/helper --name 'a b' \"c\" d\\ e $HOME *",
            vec!["/opt/helper", "--name", "a b", "c", "d e", "$HOME", "*"],
        ),
        ("site-helper -v", vec!["/usr/bin/site-helper", "-v"]),
    ] {
        let Helper::Program(found) = config(&format!("helper: {text}\n")).helper else {
            panic!("not a program")
        };
        assert_eq!(found, words);
    }
}

#[test]
fn the_built_in_helper_has_a_place_for_its_files() {
    let text = "helper: builtin\nfeatures: { pki: true }\nbuiltin: { validity: 90d }\n";
    let Helper::Builtin(builtin) = config(text).helper else {
        panic!("not built in")
    };
    assert_eq!(builtin.ca_dir, Path::new("/etc/muster-provisioner/ca"));
    assert_eq!(
        builtin.template,
        Path::new("/etc/muster-provisioner/template.toml")
    );
    assert_eq!(builtin.validity, MINUTE * 60 * 24 * 90);
}

#[test]
fn tokens_come_from_wherever_they_are_kept_in_their_order() {
    let text = "token:\n- inline\n- file: /etc/token\n- { credential: token }\n- ENVIRONMENT: TOKEN\n- 0640\n";
    let config = with(text);
    let tokens: Vec<&str> = config
        .tokens
        .iter()
        .map(|token| token.expose().as_str())
        .collect();
    assert_eq!(
        tokens,
        [
            "inline",
            "from a file",
            "from systemd",
            "from the environment",
            "0640"
        ]
    );
}

#[test]
fn a_line_break_at_the_end_is_no_part_of_a_secret() {
    for file in ["/etc/token", "/etc/dos"] {
        let text = format!("broker_provisioning_password: {{ file: {file} }}\n");
        assert_eq!(with(&text).broker_password.unwrap().expose(), "from a file");
    }
}

#[test]
fn no_secret_is_in_the_debug_text_of_a_configuration() {
    let config = with("token: toomanysecrets\nbroker_provisioning_password: otherwise\n");
    let text = format!("{config:?}");
    assert!(
        !text.contains("toomany") && !text.contains("otherwise"),
        "{text}"
    );
}

#[test]
fn metrics_are_served_where_the_address_says() {
    let monitor = |text: &str| with(text).monitor.map(|address| address.to_string());
    assert_eq!(monitor("monitor_port: 0\n"), None);
    assert_eq!(
        monitor("monitor_port: 8080\n").as_deref(),
        Some("0.0.0.0:8080")
    );
    let both = "monitor_listen: 127.0.0.1:8080\nmonitor_port: 8080\n";
    assert_eq!(monitor(both).as_deref(), Some("127.0.0.1:8080"));
    assert_eq!(
        monitor("monitor_listen: '[::1]:9'\n").as_deref(),
        Some("[::1]:9")
    );
}

#[test]
fn a_list_of_denied_names_replaces_the_default_and_an_empty_one_does_not() {
    let deny = |text: &str| with(&format!("features.pki: true\n{text}")).names.deny;
    assert_eq!(deny("cert_deny_list: []\n").len(), 4);
    let own = deny("cert_deny_list: ['/^root/']\n");
    assert_eq!(own.len(), 1);
    assert!(own[0].is_match("root.example.net") && !own[0].is_match("a.choria"));
    assert!(!own[0].is_match("ROOT.example.net"));
}

#[test]
fn the_allow_list_tells_the_identity_from_patterns() {
    let text = "features.pki: true\ncert_allow_list: [identity, 'web\\d+\\.example\\.net']\n";
    let allow = with(text).names.allow.unwrap();
    assert!(allow.identity);
    assert!(allow.patterns[0].is_match("web1.example.net"));
    assert!(!allow.patterns[0].is_match("xweb1.example.net"));
    assert!(
        !with("features.pki: true\ncert_allow_list: web\n")
            .names
            .allow
            .unwrap()
            .identity
    );
}

#[test]
fn identities_and_facts_say_who_is_provisioned() {
    let config = with(
        "identities: 'n\\d'\nfacts: ['role=web', 'cores >= 4']\nreissue: ask\nfeatures.pki: on\n",
    );
    let identities = &config.admission.identities;
    assert!(identities[0].is_match("n1") && !identities[0].is_match("n12"));
    assert_eq!(config.admission.facts[1].fact, "cores");
    assert_eq!(config.admission.reissue, Reissue::Ask);
}

#[test]
fn the_pace_is_limited_as_configured() {
    let pace = with("max_per_minute: 60\ncanary: 2\nbreaker: { failed: 4, of: 4 }\n").pace;
    assert_eq!(pace.per_minute.unwrap().get(), 60);
    assert_eq!(pace.canary.unwrap().get(), 2);
    let breaker = pace.breaker.unwrap();
    assert_eq!((breaker.failed.get(), breaker.of.get()), (4, 4));
}

#[test]
fn features_that_are_off_are_accepted() {
    let text = "features: { jwt: false, ed25519: false, upgrades: no, broker: off }\nleader_election: false\ntoken: x\n";
    let loaded = Scratch::usual().yaml(&format!("helper: /opt/helper\n{text}"));
    assert_eq!(loaded.unwrap().warnings, []);
}
