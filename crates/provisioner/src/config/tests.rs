use std::collections::BTreeSet;
use std::path::Path;

use crate::config::Machine;
use crate::config::collect::collect;
use crate::config::given::Given;
use crate::config::keys::Absent;
use crate::config::keys::CHAPTERS;
use crate::config::keys::names;
use crate::config::keys::nodes::FOR_CERTIFICATES;
use crate::config::keys::retired::NOT_BUILT;
use crate::config::keys::retired::RETIRED;
use crate::config::node;
use crate::config::read;

fn every_name() -> Vec<&'static str> {
    let retired = RETIRED.iter().map(|key| key.name);
    let not_built = NOT_BUILT.iter().map(|key| key.name);
    names().chain(retired).chain(not_built).collect()
}

#[test]
fn every_key_of_the_table_is_read() {
    let lines: Vec<String> = every_name()
        .iter()
        .map(|name| format!("{name}: text\n"))
        .collect();
    let path = Path::new("/etc/provisioner.yaml");
    let document = node::parse(&lines.concat(), path).ok().unwrap();
    let entries = node::into_entries(document).ok().unwrap();
    let mut given = Given::new(entries, path, &Machine);
    collect(&mut given);
    assert_eq!(given.unread(), Vec::<&str>::new());
}

#[test]
fn no_name_is_there_twice() {
    let names = every_name();
    let different: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(names.len(), different.len());
    for name in FOR_CERTIFICATES {
        assert!(names.contains(&name), "{name}");
    }
}

#[test]
fn a_default_that_is_written_out_changes_nothing() {
    let path = Path::new("/etc/provisioner.yaml");
    let base = "helper: builtin\nfeatures.pki: true\ntoken: x\n";
    let load = |text: &str| {
        let loaded = read(text, path, &Machine).unwrap();
        format!("{:?}", loaded.config)
    };
    let plain = load(base);
    let keys = CHAPTERS.iter().flat_map(|chapter| chapter.keys);
    for key in keys.filter(|key| !base.contains(key.name())) {
        if let Absent::Value(text) = key.absent() {
            let written = load(&format!("{base}{}: {text:?}\n", key.name()));
            assert_eq!(written, plain, "{}", key.name());
        }
    }
}
