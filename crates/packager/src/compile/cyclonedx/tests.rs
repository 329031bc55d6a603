use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::compile::inside::sample;

const SUBJECT: Subject<'_> = Subject {
    name: "app",
    version: "1.2.3-rc.1",
    build: "acme",
    target: "64bit_linux",
    triple: "x86_64-unknown-linux-musl",
    revision: "0123abc",
    source_date: 1_700_000_000,
    rust: "1.95.0",
};

fn read() -> Value {
    serde_json::from_slice(&document(&sample::inside(), &SUBJECT).unwrap()).unwrap()
}

fn component(name: &str) -> Value {
    let document = read();
    let components = document["components"].as_array().unwrap();
    let found = components.iter().find(|each| each["name"] == name);
    found.unwrap().clone()
}

#[test]
fn it_says_what_it_is() {
    let document = read();
    assert_eq!(document["bomFormat"], "CycloneDX");
    assert_eq!(document["specVersion"], "1.5");
    assert_eq!(document["version"], 1);
    assert_eq!(document["metadata"]["component"]["name"], "app");
    assert_eq!(document["metadata"]["component"]["version"], "1.2.3-rc.1");
}

#[test]
fn nothing_in_it_differs_from_run_to_run() {
    let document = read();
    assert!(document.get("serialNumber").is_none());
    assert_eq!(document["metadata"]["timestamp"], "2023-11-14T22:13:20Z");
}

#[test]
fn each_thing_has_one_name_and_each_dependency_is_known() {
    let document = read();
    let components = document["components"].as_array().unwrap();
    let program = &document["metadata"]["component"];
    let names: Vec<&str> = components
        .iter()
        .chain([program])
        .map(|each| each["bom-ref"].as_str().unwrap())
        .collect();
    let unique: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(unique.len(), names.len());
    let mut described = BTreeSet::new();
    for each in document["dependencies"].as_array().unwrap() {
        let reference = each["ref"].as_str().unwrap();
        assert!(described.insert(reference.to_owned()), "{reference} twice");
        assert!(unique.contains(reference), "{reference}");
        let on = each["dependsOn"].as_array().unwrap();
        let distinct: BTreeSet<&str> = on.iter().map(|on| on.as_str().unwrap()).collect();
        assert_eq!(distinct.len(), on.len(), "{reference}");
        assert!(distinct.is_subset(&unique), "{reference}");
    }
    assert_eq!(described.len(), unique.len());
}

#[test]
fn components_have_what_the_schema_asks_for() {
    let kinds = ["application", "library"];
    for each in read()["components"].as_array().unwrap() {
        assert!(kinds.contains(&each["type"].as_str().unwrap()));
        assert!(!each["name"].as_str().unwrap().is_empty());
        for hash in each["hashes"].as_array().into_iter().flatten() {
            assert_eq!(hash["alg"], "SHA-256");
            let content = hash["content"].as_str().unwrap();
            assert!(content.len() == 64 && content.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
    }
}

#[test]
fn what_only_ran_while_it_was_made_is_not_listed() {
    let document = read();
    let components = document["components"].as_array().unwrap();
    let names: Vec<&str> = components
        .iter()
        .map(|each| each["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["itoa", "tally", "words", "rust-std"]);
}

#[test]
fn package_urls_say_where_a_crate_is_from() {
    assert_eq!(component("itoa")["purl"], "pkg:cargo/itoa@1.0.18");
    let git = component("tally")["purl"].as_str().unwrap().to_owned();
    assert!(
        git.starts_with("pkg:cargo/tally@0.3.1?vcs_url=git%2Bhttps://git.example.net/tally%40"),
        "{git}"
    );
    assert!(component("words").get("purl").is_none());
}

#[test]
fn old_spellings_of_licences_become_expressions() {
    assert_eq!(
        component("tally")["licenses"][0]["expression"],
        "MIT OR Apache-2.0"
    );
    assert!(component("words").get("licenses").is_none());
}

#[test]
fn two_crates_of_one_name_and_version_are_told_apart() {
    let mut inside = sample::inside();
    let twin = inside
        .crates
        .iter()
        .find(|each| each.name == "words")
        .cloned();
    inside.crates.extend(twin);
    let references = References::new(&inside).0;
    let unique: BTreeSet<&String> = references.iter().collect();
    assert_eq!(unique.len(), references.len());
}

#[test]
fn a_date_beyond_the_calendar_is_refused() {
    let subject = Subject {
        source_date: u64::MAX,
        ..SUBJECT
    };
    let refused = document(&sample::inside(), &subject);
    assert!(matches!(refused, Err(CompileError::Date { .. })));
}
