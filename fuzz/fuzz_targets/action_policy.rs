//! Any bytes as a policy and as a groups file: read or refused, and whatever was read answers within the effort. A file that
//! denies goes on to deny when a line that cannot be understood follows.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use muster::facts::Classes;
use muster::facts::Document;
use muster::facts::Effort;
use muster::rpc::authorization::Groups;
use muster::rpc::authorization::Policy;
use muster::rpc::authorization::Question;

const FACTS: &[u8] =
    br#"{"role":"web","n":{"a":[1,2]},"disks":[{"name":"sda","size":1.5,"ssd":true}],"z":null}"#;

fuzz_target!(|data: &[u8]| {
    let groups = Groups::parse(data).unwrap_or_default();
    let Ok(policy) = Policy::parse(data) else {
        return;
    };
    let (facts, _errors) = Document::merge(&[(Path::new("facts.json"), FACTS)]);
    let classes: Classes = ["apache", "role::web"].into_iter().collect();
    let question = Question {
        caller: "choria=ops.mcollective",
        action: "status",
        groups: &groups,
        facts: &facts,
        classes: &classes,
    };
    let _known = (policy.check_groups(&groups), policy.unknown_groups(&groups));
    let _ruling = policy.judge(&question, &mut Effort::of_steps(100_000));
    let spoilt = [data, b"\nnonsense\n"].concat();
    assert!(Policy::parse(&spoilt).is_err());
});
