//! Any path into any document: a value or none, within the effort.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use muster::facts::Document;
use muster::facts::Effort;

fuzz_target!(|input: (&str, &[u8])| {
    let (path, json) = input;
    let (document, _errors) = Document::merge(&[(Path::new("facts.json"), json)]);
    let mut effort = Effort::of_steps(100_000);
    let _found = document.lookup(path, &mut effort);
});
