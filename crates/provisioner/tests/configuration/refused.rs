//! Everything that is refused, and the line and key that the message names.

use std::path::Path;

use muster_provisioner::config::ConfigError;
use muster_provisioner::config::Fault;
use muster_provisioner::config::Finding;
use muster_provisioner::config::Found;
use muster_provisioner::config::Hint;
use muster_provisioner::config::read;

use crate::scratch::Scratch;

/// A text with one fault, and where that is.
struct Case {
    text: &'static str,
    line: Option<u64>,
    key: &'static str,
    is: fn(&Fault) -> bool,
}

macro_rules! cases {
    ($($text:literal, $line:expr, $key:literal, $fault:pat,)*) => {
        [$(Case { text: $text, line: $line, key: $key, is: |fault| matches!(fault, $fault) }),*]
    };
}

fn fault_of(finding: &Finding) -> &Fault {
    match &finding.found {
        Found::Fault(fault) => fault,
        Found::Caution(caution) => panic!("{caution}"),
    }
}

fn check(cases: &[Case], name: &str, head: &str) {
    for case in cases {
        let text = format!("{head}{}", case.text);
        let err = refused(&text, name);
        let [finding] = err.faults() else {
            panic!("{text}\n{err}")
        };
        let place = (finding.place.line, finding.place.key.as_str());
        assert_eq!(place, (case.line, case.key), "{text}\n{err}");
        assert!((case.is)(fault_of(finding)), "{text}\n{err}");
    }
}

fn refused(text: &str, name: &str) -> ConfigError {
    match read(text, Path::new(name), &Scratch::usual()) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(err) => err,
    }
}

/// With a helper in the first line.
fn check_yaml(cases: &[Case]) {
    check(cases, "/etc/provisioner.yaml", "helper: /opt/helper\n");
}

#[test]
fn unknown_and_repeated_keys() {
    check_yaml(&cases! {
        "worker: 4\n", Some(2), "worker", Fault::UnknownKey { hint: Hint::DidYouMean("workers") },
        "zebra: 4\n", Some(2), "zebra", Fault::UnknownKey { hint: Hint::Nothing },
        "pki: true\n", Some(2), "pki", Fault::UnknownKey { hint: Hint::DidYouMean("features.pki") },
        "features:\n  pky: true\n", Some(3), "features.pky", Fault::UnknownKey { hint: Hint::DidYouMean("features.pki") },
        "deadlines:\n  probe.x: 1\n", Some(3), "deadlines.probe.x", Fault::UnknownKey { .. },
        "\"a\\nb\": 1\n", Some(2), "a\\nb", Fault::UnknownKey { .. },
        "workers: 1\nWORKERS: 2\n", Some(3), "workers", Fault::Repeated { earlier: 2 },
        "canary: 1\nfeatures: {}\nCanary: 2\n", Some(4), "canary", Fault::Repeated { earlier: 2 },
        "features: { pki: true }\nfeatures.pki: true\n", Some(3), "features.pki", Fault::Repeated { earlier: 2 },
        "Features: { pki: true }\nfeatures:\n  PKI: true\n", Some(4), "features.pki", Fault::Repeated { earlier: 2 },
        "site: a\nsite: b\n", Some(3), "", Fault::Syntax { format: "YAML", .. },
    });
}

#[test]
fn documents_that_are_none() {
    check(
        &cases! {
            "site: [\n", Some(1), "", Fault::Syntax { format: "YAML", .. },
            "- a\n", Some(1), "", Fault::Shape { .. },
            "text\n", Some(1), "", Fault::Shape { .. },
            "helper: /opt/helper\n---\nsite: x\n", Some(3), "", Fault::Syntax { .. },
            "", None, "helper", Fault::Missing { .. },
            "# nothing\n", None, "helper", Fault::Missing { .. },
            "{\"site\": \"x\"}", None, "helper", Fault::Missing { .. },
        },
        "/etc/provisioner.yaml",
        "",
    );
}

#[test]
fn values_of_the_daemon() {
    check_yaml(&cases! {
        "workers: -1\n", Some(2), "workers", Fault::Value { .. },
        "workers: 4097\n", Some(2), "workers", Fault::Value { .. },
        "workers: many\n", Some(2), "workers", Fault::Value { .. },
        "workers: 1.5\n", Some(2), "workers", Fault::Value { .. },
        "workers: [1]\n", Some(2), "workers", Fault::Shape { .. },
        "\n\ninterval: 59s\n", Some(4), "interval", Fault::IntervalTooSmall,
        "interval: 1\n", Some(2), "interval", Fault::IntervalTooSmall,
        "interval: soon\n", Some(2), "interval", Fault::Value { .. },
        "interval: 31d\n", Some(2), "interval", Fault::Value { .. },
        "logfile: info\n", Some(2), "logfile", Fault::Value { .. },
        "logfile: ./p.log\n", Some(2), "logfile", Fault::Value { .. },
        "loglevel: trace\n", Some(2), "loglevel", Fault::Value { .. },
        "site: \"a\\nb\"\n", Some(2), "site", Fault::Value { .. },
        "site: { name: a }\n", Some(2), "site", Fault::Shape { .. },
        "monitor_port: 65536\n", Some(2), "monitor_port", Fault::Value { .. },
        "monitor_listen: localhost:80\n", Some(2), "monitor_listen", Fault::Value { .. },
        "monitor_listen: 127.0.0.1:1\nmonitor_port: 2\n", Some(3), "monitor_port", Fault::Conflict { .. },
        "state_directory: state\n", Some(2), "state_directory", Fault::Value { .. },
        "control_socket: ~/sock\n", Some(2), "control_socket", Fault::Value { .. },
        "choria_insecure: perhaps\n", Some(2), "choria_insecure", Fault::Value { .. },
        "lifecycle_component: a.b\n", Some(2), "lifecycle_component", Fault::LifecycleComponent { .. },
        "lifecycle_component: '*'\n", Some(2), "lifecycle_component", Fault::LifecycleComponent { .. },
        "lifecycle_component: a>\n", Some(2), "lifecycle_component", Fault::LifecycleComponent { .. },
        "lifecycle_component: a b\n", Some(2), "lifecycle_component", Fault::LifecycleComponent { .. },
    });
}

#[test]
fn secrets() {
    check_yaml(&cases! {
        "token: { file: /etc/none }\n", Some(2), "token.file", Fault::SecretUnreadable { .. },
        "token:\n  file: /etc/blank\n", Some(3), "token.file", Fault::SecretEmpty,
        "token: { file: /etc/lines }\n", Some(2), "token.file", Fault::SecretControl,
        "token: { file: s3cret }\n", Some(2), "token.file", Fault::Value { found: None, .. },
        "token: { credential: none }\n", Some(2), "token.credential", Fault::SecretUnreadable { .. },
        "token: { credential: ../token }\n", Some(2), "token.credential", Fault::SecretUnreadable { .. },
        "token: { credential: .. }\n", Some(2), "token.credential", Fault::SecretUnreadable { .. },
        "token: { environment: NONE }\n", Some(2), "token.environment", Fault::SecretUnreadable { .. },
        "token: { environment: EMPTY }\n", Some(2), "token.environment", Fault::SecretEmpty,
        "token: {}\n", Some(2), "token", Fault::SecretSources,
        "token: { path: /etc/token }\n", Some(2), "token", Fault::SecretSources,
        "token: { file: /etc/token, environment: TOKEN }\n", Some(2), "token", Fault::SecretSources,
        "token: { file: [/etc/token] }\n", Some(2), "token", Fault::SecretSources,
        "token:\n- a\n- ''\n", Some(4), "token", Fault::SecretEmpty,
        "token:\n- a\n- [b]\n", Some(4), "token", Fault::Shape { .. },
        "token:\n- a\n-\n", Some(4), "token", Fault::Shape { .. },
        "token:\n- a\n- b\n- a\n", Some(5), "token", Fault::Conflict { .. },
        "token:\n- a\n- file: /etc/none\n", Some(4), "token.file", Fault::SecretUnreadable { .. },
        "token: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]\n", Some(2), "token", Fault::TooMany { max: 16 },
        "token: \"a\\tb\"\n", Some(2), "token", Fault::SecretControl,
        "broker_provisioning_password: [a]\n", Some(2), "broker_provisioning_password", Fault::Shape { .. },
        "broker_provisioning_password: { file: /etc/none }\n", Some(2), "broker_provisioning_password.file", Fault::SecretUnreadable { .. },
    });
    let long = format!("helper: /opt/helper\ntoken: {}\n", "ä".repeat(129));
    let err = refused(&long, "/etc/p.yaml");
    assert_eq!(
        *fault_of(&err.faults()[0]),
        Fault::SecretTooLong { max: 128 }
    );
}

#[test]
fn helpers() {
    check(
        &cases! {
            "helper:\n", Some(1), "helper", Fault::Missing { .. },
            "helper: ''\n", Some(1), "helper", Fault::Missing { .. },
            "helper: ' '\n", Some(1), "helper", Fault::Value { .. },
            "helper: [/opt/helper]\n", Some(1), "helper", Fault::Shape { .. },
            "helper: /opt/none\n", Some(1), "helper", Fault::Program { .. },
            "helper: bin/helper\n", Some(1), "helper", Fault::Value { .. },
            "helper: ./helper\n", Some(1), "helper", Fault::Value { .. },
            "helper: none\n", Some(1), "helper", Fault::NotInPath { .. },
            "helper: relative-helper\n", Some(1), "helper", Fault::NotInPath { .. },
            "helper: /opt/helper 'a\n", Some(1), "helper", Fault::OpenQuote,
            "helper: builtin\n", Some(1), "helper", Fault::Conflict { .. },
            "helper: /opt/helper\nbuiltin:\n  validity: 1y\n", Some(3), "builtin.validity", Fault::Conflict { .. },
            "features: { pki: true }\nhelper: builtin\nbuiltin: { ca_directory: ca }\n", Some(3), "builtin.ca_directory", Fault::Value { .. },
            "features: { pki: true }\nhelper: builtin\nbuiltin: { template: t.toml }\n", Some(3), "builtin.template", Fault::Value { .. },
            "features: { pki: true }\nhelper: builtin\nbuiltin: { validity: 59m }\n", Some(3), "builtin.validity", Fault::Value { .. },
            "features: { pki: true }\nhelper: builtin\nbuiltin: { validity: 11y }\n", Some(3), "builtin.validity", Fault::Value { .. },
            "features: { pki: true }\nhelper: builtin\nbuiltin: ca\n", Some(3), "builtin", Fault::Shape { .. },
        },
        "/etc/provisioner.yaml",
        "",
    );
}

#[test]
fn names_and_conditions() {
    check_yaml(&cases! {
        "cert_deny_list:\n- a\n- '['\n", Some(4), "cert_deny_list", Fault::Pattern { .. },
        "cert_deny_list: ['']\n", Some(2), "cert_deny_list", Fault::Value { .. },
        "cert_deny_list: ['//']\n", Some(2), "cert_deny_list", Fault::Value { .. },
        "cert_allow_list: [')']\n", Some(2), "cert_allow_list", Fault::Pattern { .. },
        "cert_allow_list: []\n", Some(2), "cert_allow_list", Fault::Conflict { .. },
        "identities:\n- 'a)|(b'\n", Some(3), "identities", Fault::Pattern { .. },
        "identities: { a: b }\n", Some(2), "identities", Fault::Shape { .. },
        "facts: [role]\n", Some(2), "facts", Fault::Value { .. },
        "facts: ['role=~/(/']\n", Some(2), "facts", Fault::Pattern { .. },
        "reissue: sometimes\n", Some(2), "reissue", Fault::Value { .. },
        "csr:\n  C: NLD\n", Some(3), "csr.C", Fault::Value { .. },
        "csr: { C: nl }\n", Some(2), "csr.C", Fault::Value { .. },
        "csr: { O: 123456789012345678901234567890123456789012345678901 }\n", Some(2), "csr.O", Fault::Value { .. },
        "csr: [NL]\n", Some(2), "csr", Fault::Shape { .. },
    });
}

#[test]
fn the_pace_and_the_deadlines() {
    check_yaml(&cases! {
        "max_per_minute: 0\n", Some(2), "max_per_minute", Fault::Value { .. },
        "canary: 0\n", Some(2), "canary", Fault::Value { .. },
        "canary: 11\ntable: { capacity: 10 }\n", Some(2), "canary", Fault::Conflict { .. },
        "canary: 100001\n", Some(2), "canary", Fault::Conflict { .. },
        "breaker:\n  failed: 1\n", Some(3), "breaker.failed", Fault::Conflict { .. },
        "breaker:\n  of: 1\n", Some(3), "breaker.of", Fault::Conflict { .. },
        "breaker:\n  of:\n  failed: 1\n", Some(4), "breaker.failed", Fault::Conflict { .. },
        "breaker: { failed: 3, of: 2 }\n", Some(2), "breaker.failed", Fault::Conflict { .. },
        "breaker: { failed: 3, of: 10001 }\n", Some(2), "breaker.of", Fault::Value { .. },
        "deadlines: { probe: 20s }\n", Some(2), "deadlines.probe", Fault::Conflict { .. },
        "deadlines: { step: 2s }\n", Some(2), "deadlines.step", Fault::Conflict { .. },
        "deadlines: { step: 3m }\n", Some(2), "deadlines.step", Fault::Conflict { .. },
        "deadlines: { node: 15s }\n", Some(2), "deadlines.node", Fault::Conflict { .. },
        "deadlines: { helper: 3m }\n", Some(2), "deadlines.helper", Fault::Conflict { .. },
        "deadlines: { probe: 0 }\n", Some(2), "deadlines.probe", Fault::Value { .. },
        "deadlines: { node: 2h }\n", Some(2), "deadlines.node", Fault::Value { .. },
        "table: { capacity: 0 }\n", Some(2), "table.capacity", Fault::Value { .. },
        "table: { backoff_min: 11m }\n", Some(2), "table.backoff_min", Fault::Conflict { .. },
        "table: { backoff_max: 4s }\n", Some(2), "table.backoff_max", Fault::Conflict { .. },
        "table: { quarantine_after: 0 }\n", Some(2), "table.quarantine_after", Fault::Value { .. },
        "table: { quarantine_for: 2M }\n", Some(2), "table.quarantine_for", Fault::Value { .. },
    });
}

#[test]
fn features_that_are_not_built() {
    check_yaml(&cases! {
        "features: { jwt: true }\n", Some(2), "features.jwt", Fault::NotBuilt { .. },
        "features:\n  ed25519: true\n", Some(3), "features.ed25519", Fault::NotBuilt { .. },
        "features: { upgrades: yes }\n", Some(2), "features.upgrades", Fault::NotBuilt { .. },
        "features: { broker: true }\n", Some(2), "features.broker", Fault::NotBuilt { .. },
        "leader_election: true\n", Some(2), "leader_election", Fault::NotBuilt { .. },
        "leader_election: maybe\n", Some(2), "leader_election", Fault::Value { .. },
    });
}

#[test]
fn toml_has_lines_too() {
    check(
        &cases! {
            "worker = 4\n", Some(2), "worker", Fault::UnknownKey { .. },
            "workers = 4\nworkers = 5\n", Some(3), "", Fault::Syntax { format: "TOML", .. },
            "workers = 4\nWorkers = 5\n", Some(3), "workers", Fault::Repeated { earlier: 2 },
            "interval = 5s\n", Some(2), "", Fault::Syntax { format: "TOML", .. },
            "interval = '5s'\n", Some(2), "interval", Fault::IntervalTooSmall,
            "token = [\n  'a',\n  '',\n]\n", Some(4), "token", Fault::SecretEmpty,
            "[[token]]\nfile = '/etc/token'\n[[token]]\nfile = '/etc/none'\n", Some(5), "token.file", Fault::SecretUnreadable { .. },
            "workers = 0x10\n", Some(2), "workers", Fault::Value { .. },
            "site = 2018-08-27\ncanary = 1.0\n", Some(3), "canary", Fault::Value { .. },
            "\n[features]\njwt = true\n", Some(4), "features.jwt", Fault::NotBuilt { .. },
            "\n[breaker]\nfailed = 2\nof = 1\n", Some(4), "breaker.failed", Fault::Conflict { .. },
            "deadlines.probe = '1y'\n", Some(2), "deadlines.probe", Fault::Value { .. },
        },
        "/etc/provisioner.TOML",
        "helper = '/opt/helper'\n",
    );
}

#[test]
fn everything_that_is_wrong_is_said_in_one_go_in_the_order_of_the_file() {
    let text = "zebra: 1\nworkers: -1\nfeatures:\n  jwt: true\ninterval: 1s\nmonitor_port: 80\n";
    let err = refused(text, "/etc/p.yaml");
    let lines: Vec<String> = err.to_string().lines().map(str::to_owned).collect();
    assert_eq!(
        lines,
        [
            "/etc/p.yaml: helper: is missing: somebody must decide what a node becomes: a command line, or builtin",
            "/etc/p.yaml:1: zebra: unknown key",
            "/etc/p.yaml:2: workers: expected a whole number from 0 to 4096, found \"-1\"",
            "/etc/p.yaml:4: features.jwt: this version does not verify provisioning tokens in JWTs: set it to false and let token, identities and cert_allow_list decide who is provisioned, or keep the reference's provisioner for this network",
            "/etc/p.yaml:5: interval: interval is too small, minmum is 1 minute.  Valid example values are 10m or 10h",
        ]
    );
    assert_eq!(err.warnings().len(), 2, "no token, every interface");
}

#[test]
fn no_message_shows_a_secret() {
    let secret = "s3cretsauce";
    for text in [
        "token: { file: s3cretsauce }\n",
        "token: { credential: s3cretsauce }\n",
        "token: { environment: s3cretsauce }\n",
        "token: { environment: { s3cretsauce: 1 } }\n",
        "token: { s3cretsauce: 1 }\n",
        "token: [s3cretsauce, s3cretsauce]\n",
        "token: \"s3cretsauce\\tx\"\n",
        "token: [[s3cretsauce]]\n",
        "token: [s3cretsauce\n",
        "token: \"s3cretsauce\n",
        "token: s3cretsauce: x\n",
        "token: *s3cretsauce\n",
        "token: | s3cretsauce\n",
        "token: \"\\s3cretsauce\"\n",
        "token: @s3cretsauce\n",
        "token: {s3cretsauce\n",
        "token:s3cretsauce\nsite: x\n",
        "broker_provisioning_password: [s3cretsauce]\n",
    ] {
        let text = format!("helper: /opt/helper\n{text}");
        let message = refused(&text, "/etc/p.yaml").to_string();
        assert!(!message.contains(secret), "{message}");
    }
    for text in [
        "token = s3cretsauce\n",
        "token = \"s3cretsauce\n",
        "token = 's3cretsauce' x\n",
        "token = \"\\s3cretsauce\"\n",
        "token = [s3cretsauce]\n",
        "token: s3cretsauce\n",
        "token = { s3cretsauce = 1 }\n",
        "token = 1s3cretsauce\n",
    ] {
        let text = format!("helper = '/opt/helper'\n{text}");
        let message = refused(&text, "/etc/p.toml").to_string();
        assert!(!message.contains(secret), "{message}");
    }
}
