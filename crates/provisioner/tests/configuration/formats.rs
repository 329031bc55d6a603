//! The same content in YAML, JSON and TOML.

use std::fmt::Write as _;
use std::path::Path;

use muster_provisioner::config::Loaded;
use muster_provisioner::config::read;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::scratch::Scratch;

fn load(text: &str, name: &str) -> Loaded {
    read(text, Path::new(name), &Scratch::usual()).unwrap_or_else(|err| panic!("{err}\n{text}"))
}

/// Everything that a configuration decides; secrets, which have no text, at its end.
fn shown(loaded: Loaded) -> String {
    let mut config = loaded.config;
    config.file = "/etc/provisioner".into();
    let tokens: Vec<&String> = config.tokens.iter().map(|token| token.expose()).collect();
    let password = config.broker_password.as_ref().map(|word| word.expose());
    let warnings: Vec<String> = loaded
        .warnings
        .iter()
        .map(|warning| format!("{}: {}", warning.place.key, warning.found))
        .collect();
    format!("{config:?} {tokens:?} {password:?} {warnings:?}")
}

/// YAML in its block form, which JSON is not.
fn yaml(content: &Map<String, Value>, indent: usize, out: &mut String) {
    for (key, value) in content {
        let space = " ".repeat(indent);
        match value {
            Value::Object(inner) => {
                writeln!(out, "{space}{key}:").unwrap();
                yaml(inner, indent + 2, out);
            }
            Value::Array(items) => {
                writeln!(out, "{space}{key}:").unwrap();
                for item in items {
                    writeln!(out, "{space}- {item}").unwrap();
                }
            }
            Value::String(text) => {
                writeln!(out, "{space}{key}: '{}'", text.replace('\'', "''")).unwrap();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                writeln!(out, "{space}{key}: {value}").unwrap();
            }
        }
    }
}

fn toml(content: &Map<String, Value>) -> String {
    let mut plain = String::new();
    let mut tables = String::new();
    for (key, value) in content {
        if let Value::Object(inner) = value {
            writeln!(tables, "[{key}]\n{}", toml(inner)).unwrap();
        } else {
            writeln!(plain, "{key} = {}", inline(value)).unwrap();
        }
    }
    plain + &tables
}

fn inline(value: &Value) -> String {
    match value {
        Value::Object(inner) => {
            let pairs: Vec<String> = inner
                .iter()
                .map(|(key, value)| format!("{key} = {}", inline(value)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// Every key that does something, and some that do not.
fn content() -> Value {
    json!({
        "workers": 5, "interval": "10m", "logfile": "/var/log/provisioner.log", "loglevel": "debug",
        "helper": "builtin", "token": ["s3cret", {"file": "/etc/token"}, {"environment": "TOKEN"}, 271828],
        "lifecycle_component": "waiting", "choria_insecure": true, "site": "dc: 1 # \"main\"",
        "monitor_listen": "[::1]:8080", "monitor_port": 8080,
        "broker_provisioning_password": {"credential": "token"},
        "cert_deny_list": ["/\\.evil$/", "\\.(mcollective|choria)$"], "cert_allow_list": ["identity", "web\\d+"],
        "identities": ["n\\d+\\.example\\.net"], "facts": ["role=web", "os.family=~/^Red/"], "reissue": "refuse",
        "max_per_minute": 1000, "canary": 3, "state_directory": "/srv/state", "control_socket": "/run/control.sock",
        "server_jwt_validity": "1y",
        "features": {"pki": true, "jwt": false},
        "builtin": {"ca_directory": "/srv/ca", "template": "/srv/template.toml", "validity": "2y"},
        "csr": {"C": "NL", "L": "Delft", "O": "Example", "OU": "Lab", "ST": "Zuid-Holland"},
        "breaker": {"failed": 2, "of": 4},
        "deadlines": {"probe": "1s", "step": 5, "node": "1m30s", "helper": "500ms"},
        "table": {"capacity": 10, "backoff_min": "1s", "backoff_max": "2s", "quarantine_after": 2, "quarantine_for": "1d"},
    })
}

#[test]
fn the_same_content_is_the_same_configuration_in_every_format() {
    let content = content();
    let map = content.as_object().unwrap();
    let mut block = String::new();
    yaml(map, 0, &mut block);
    let json = shown(load(&content.to_string(), "/etc/provisioner.json"));
    let pretty = serde_json::to_string_pretty(&content).unwrap();
    assert!(
        json.contains("Zuid-Holland") && json.contains("271828"),
        "{json}"
    );
    assert_eq!(shown(load(&pretty, "/etc/provisioner.json")), json);
    assert_eq!(shown(load(&block, "/etc/provisioner.yaml")), json);
    assert_eq!(shown(load(&toml(map), "/etc/provisioner.toml")), json);
}

#[test]
fn json_may_be_indented_with_tabs() {
    let text = "{\n\t\"helper\": \"/opt/helper\",\n\t\"token\": \"a\\/b\",\n\t\"features\": {\n\t\t\"pki\": true\n\t}\n}\n";
    let config = load(text, "/etc/provisioner.json").config;
    assert!(config.pki);
    assert_eq!(config.tokens[0].expose(), "a/b");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_key() {
    load("\u{feff}helper: /opt/helper\n", "/etc/provisioner.yaml");
    load("\u{feff}helper = '/opt/helper'\n", "/etc/provisioner.toml");
}

#[test]
fn the_case_of_keys_does_not_matter() {
    let text = "Helper: /opt/helper\nFEATURES: { Pki: true }\nCSR: { ou: Lab }\nToken: { File: /etc/token }\n";
    let config = load(text, "/etc/provisioner.yaml").config;
    assert!(config.pki);
    assert_eq!(config.csr.unit, "Lab");
    assert_eq!(config.tokens[0].expose(), "from a file");
}

#[test]
fn a_key_of_a_block_can_be_written_with_its_dotted_name() {
    let text = "helper: /opt/helper\nfeatures.pki: true\n";
    assert!(load(text, "/etc/provisioner.yaml").config.pki);
    let text = "helper = '/opt/helper'\nfeatures.pki = true\n";
    assert!(load(text, "/etc/provisioner.toml").config.pki);
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in ".*") {
        drop(read(&text, Path::new("/etc/p.yaml"), &Scratch::usual()));
        drop(read(&text, Path::new("/etc/p.toml"), &Scratch::usual()));
    }

    #[test]
    fn no_value_breaks_the_reader(key in 0..64_usize, value in "[ -~äß\\n]{0,20}") {
        let content = content();
        let keys: Vec<&String> = content.as_object().unwrap().keys().collect();
        let text = format!("{}: {value}\n", keys[key % keys.len()]);
        drop(read(&text, Path::new("/etc/p.yaml"), &Scratch::usual()));
        let text = format!("{} = {value}\n", keys[key % keys.len()]);
        drop(read(&text, Path::new("/etc/p.toml"), &Scratch::usual()));
    }
}

#[test]
fn deep_nesting_is_refused_and_does_no_harm() {
    for (open, name) in [
        ("[", "/etc/p.yaml"),
        ("{a: ", "/etc/p.yaml"),
        ("a = [", "/etc/p.toml"),
    ] {
        let text = match open {
            "a = [" => format!("a = {}", "[".repeat(100_000)),
            other => other.repeat(100_000),
        };
        read(&text, Path::new(name), &Scratch::usual()).unwrap_err();
    }
}

#[test]
fn references_to_a_long_text_are_limited() {
    let long = "x".repeat(500_000);
    let text = format!(
        "helper: /opt/helper\nsite: &x {long}\nfacts: [{}]\n",
        "*x, ".repeat(50_000)
    );
    let err = read(&text, Path::new("/etc/p.yaml"), &Scratch::usual()).unwrap_err();
    assert!(err.to_string().len() < 1000, "{err}");
}

#[test]
fn references_and_merged_blocks_are_read() {
    let text = "helper: /opt/helper\nsite: &name dc1\nlifecycle_component: *name\nbreaker: &pair\n  failed: 2\n  of: 4\ndeadlines:\n  <<: { probe: 3s, step: 9s }\n  step: 10s\n";
    let config = load(text, "/etc/provisioner.yaml").config;
    assert_eq!(config.lifecycle_component, "dc1");
    assert_eq!(config.deadlines.probe.as_secs(), 3);
    assert_eq!(config.deadlines.step.as_secs(), 10);
}
