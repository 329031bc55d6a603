//! Every configuration below examples/provisioner.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use muster_provisioner::config::Caution;
use muster_provisioner::config::Found;
use muster_provisioner::config::Helper;
use muster_provisioner::config::Loaded;
use muster_provisioner::config::Reissue;
use muster_provisioner::config::read;

use crate::scratch::Scratch;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/provisioner")
}

/// The machine that the examples are written for.
fn machine() -> Scratch {
    let mut machine = Scratch::usual();
    let folder = Path::new("/etc/muster-provisioner");
    for file in ["token", "token.old", "broker.password"] {
        let content = if file == "token" { "new" } else { "old" };
        machine.files.insert(folder.join(file), content);
        let credential = Path::new("/run/credentials").join(file);
        machine.files.insert(credential, content);
    }
    machine.programs.insert(folder.join("helper"));
    machine
        .programs
        .insert(PathBuf::from("/etc/choria-provisioner/helper"));
    machine
}

fn load(name: &str) -> Loaded {
    let text = fs::read_to_string(folder().join(name)).unwrap();
    read(&text, &folder().join(name), &machine()).unwrap_or_else(|err| panic!("{err}"))
}

/// Configurations. The template of the built-in helper and the rules of a monitoring system are none; each is read where
/// it belongs (`authority::template`, `metrics`).
fn is_configuration(name: &str) -> bool {
    (name.ends_with(".yaml") || name.ends_with(".toml"))
        && !["template.toml", "alerts.yaml"].contains(&name)
}

#[test]
fn every_example_is_a_configuration() -> io::Result<()> {
    let mut seen = 0;
    for entry in fs::read_dir(folder())? {
        let name = entry?.file_name().into_string().unwrap();
        if is_configuration(&name) {
            load(&name);
            seen += 1;
        }
    }
    assert!(seen >= 3, "{seen}");
    Ok(())
}

#[test]
fn the_examples_to_begin_with_give_no_warning() {
    for name in ["provisioner.yaml", "provisioner.toml"] {
        let loaded = load(name);
        assert_eq!(loaded.warnings, [], "{name}");
        assert_eq!(loaded.config.admission.reissue, Reissue::Ask, "{name}");
        assert!(loaded.config.names.allow.unwrap().identity, "{name}");
        assert!(loaded.config.pace.breaker.is_some(), "{name}");
    }
}

#[test]
fn the_toml_example_needs_no_helper_of_the_site() {
    assert!(matches!(
        load("provisioner.toml").config.helper,
        Helper::Builtin(_)
    ));
}

#[test]
fn the_reference_s_own_file_is_read_with_two_warnings() {
    let loaded = load("reference.yaml");
    let keys: Vec<&str> = loaded
        .warnings
        .iter()
        .map(|warning| warning.place.key.as_str())
        .collect();
    assert_eq!(keys, ["monitor_port", "jwt_verify_cert"]);
    let first = &loaded.warnings[0].found;
    assert_eq!(
        *first,
        Found::Caution(Caution::EveryInterface { port: 8080 })
    );
    let config = loaded.config;
    assert_eq!(config.workers.get(), 4);
    assert!(config.insecure && config.pki);
}
