//! What works, but is said.

use std::path::PathBuf;

use muster_provisioner::config::Caution;
use muster_provisioner::config::Found;

use crate::scratch::Scratch;

/// Line, key and caution of every warning about a configuration with a helper and a token in front.
fn warnings(scratch: &Scratch, text: &str) -> Vec<(u64, String, Caution)> {
    let text = format!("helper: /opt/helper\ntoken: x\n{text}");
    let loaded = scratch.yaml(&text).unwrap_or_else(|err| panic!("{err}"));
    loaded
        .warnings
        .into_iter()
        .map(|warning| match warning.found {
            Found::Caution(caution) => (
                warning.place.line.unwrap_or_default(),
                warning.place.key,
                caution,
            ),
            Found::Fault(fault) => panic!("{fault}"),
        })
        .collect()
}

#[test]
fn keys_of_the_reference_without_effect_are_named() {
    for key in [
        "broker_port",
        "broker_choria_password",
        "rego_policy",
        "server_jwt_validity",
        "jwt_verify_cert",
        "jwt_signing_key",
        "jwt_signing_token",
        "upgrades_optional",
        "upgrades_repository",
        "leader_election_name",
    ] {
        let found = warnings(&Scratch::usual(), &format!("{key}: 5\n"));
        let [(3, name, Caution::NoEffect { .. })] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(name, key);
    }
}

#[test]
fn every_key_of_the_backplane_is_explained() {
    let text = "management:\n  name: prov\n  brokers: [b1:4222]\n  logfile: x\n  loglevel: info\n  tls:\n    scheme: file\n  auth:\n    full: [sre]\n";
    let found = warnings(&Scratch::usual(), text);
    let places: Vec<(u64, &str)> = found
        .iter()
        .map(|(line, key, _)| (*line, key.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            (4, "management.name"),
            (5, "management.brokers"),
            (6, "management.logfile"),
            (7, "management.loglevel"),
            (8, "management.tls"),
            (10, "management.auth"),
        ]
    );
}

#[test]
fn no_token_is_said() {
    for text in ["", "token:\n", "token: ''\n", "token: []\n"] {
        let loaded = Scratch::usual().yaml(&format!("helper: /opt/helper\n{text}"));
        let warnings = loaded.unwrap().warnings;
        assert_eq!(warnings.len(), 1, "{text}");
        assert_eq!(warnings[0].found, Found::Caution(Caution::NoToken));
    }
}

#[test]
fn a_shared_file_is_said_for_the_secret_in_it() {
    let mut scratch = Scratch::usual();
    scratch.shared.insert(PathBuf::from("/etc/token"));
    let text = "broker_provisioning_password:\n  file: /etc/token\n";
    let found = warnings(&scratch, text);
    let file = PathBuf::from("/etc/token");
    let key = "broker_provisioning_password.file".to_owned();
    assert_eq!(found, [(4, key, Caution::SecretShared { file })]);
}

#[test]
fn a_shared_configuration_is_said_once_and_only_with_a_secret_in_it() {
    let mut scratch = Scratch::usual();
    let file = "/etc/provisioner.yaml";
    scratch.shared.insert(PathBuf::from(file));
    let found = warnings(&scratch, "broker_provisioning_password: y\n");
    let key = "token".to_owned();
    assert_eq!(found, [(2, key, Caution::SecretInSharedFile)]);
    let text = "helper: /opt/helper\ntoken: { file: /etc/token }\n";
    assert_eq!(scratch.yaml(text).unwrap().warnings, []);
}

#[test]
fn a_port_on_every_interface_is_said() {
    let found = warnings(&Scratch::usual(), "monitor_port: 8080\n");
    let caution = Caution::EveryInterface { port: 8080 };
    assert_eq!(found, [(3, "monitor_port".to_owned(), caution)]);
    assert_eq!(
        warnings(&Scratch::usual(), "monitor_listen: 0.0.0.0:1\n"),
        []
    );
}

#[test]
fn rules_for_certificates_are_idle_without_certificates() {
    for (text, key) in [
        ("cert_deny_list: ['choria|mcollective']\n", "cert_deny_list"),
        ("cert_allow_list: [identity]\n", "cert_allow_list"),
        ("csr: { O: Example }\n", "csr.O"),
        ("reissue: ask\n", "reissue"),
        ("reissue: refuse\n", "reissue"),
    ] {
        let found = warnings(&Scratch::usual(), text);
        assert_eq!(found, [(3, key.to_owned(), Caution::WithoutPki)]);
        let with = format!("{text}features: {{ pki: true }}\n");
        assert_eq!(warnings(&Scratch::usual(), &with), []);
    }
    assert_eq!(warnings(&Scratch::usual(), "reissue: allow\n"), []);
}

#[test]
fn a_deny_list_that_forgets_the_names_of_clients_is_said() {
    let text = "features: { pki: true }\ncert_deny_list: ['\\.mcollective$']\n";
    let found = warnings(&Scratch::usual(), text);
    let caution = Caution::ClientNamesPass { name: "*.choria" };
    assert_eq!(found, [(4, "cert_deny_list".to_owned(), caution)]);
}
