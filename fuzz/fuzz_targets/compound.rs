//! Any expression: a boolean or an error, within the effort.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use muster::facts::Classes;
use muster::facts::Document;
use muster::facts::Effort;
use muster::facts::Node;
use muster::facts::compound::Expression;

const FACTS: &[u8] =
    br#"{"role":"web","n":{"a":[1,2]},"disks":[{"name":"sda","size":1.5,"ssd":true}],"z":null}"#;

fuzz_target!(|text: &str| {
    let Ok(expression) = Expression::parse(text) else {
        return;
    };
    let (facts, _errors) = Document::merge(&[(Path::new("facts.json"), FACTS)]);
    let classes: Classes = ["apache", "role::web"].into_iter().collect();
    let node = Node {
        identity: "a.example.net",
        agents: &["discovery", "rpcutil"],
        classes: &classes,
        facts: &facts,
    };
    let _holds = expression.evaluate(&node, &mut Effort::of_steps(100_000));
});
