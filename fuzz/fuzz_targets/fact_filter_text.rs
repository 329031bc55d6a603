//! Any text as a fact filter: what is read has both sides, and can be asked.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use muster::facts::Document;
use muster::facts::Effort;
use muster::facts::fact_matches;
use muster::facts::parse_fact_filter;

const FACTS: &[u8] = br#"{"role":"web","n":{"a":[1,2]},"t":true,"f":false,"x":1.5,"z":null}"#;

fuzz_target!(|text: &str| {
    let Ok(filter) = parse_fact_filter(text) else {
        return;
    };
    assert!(!filter.fact.is_empty() && !filter.value.is_empty());
    let (facts, _errors) = Document::merge(&[(Path::new("facts.json"), FACTS)]);
    let _matches = fact_matches(&facts, &filter, &mut Effort::of_steps(100_000));
});
