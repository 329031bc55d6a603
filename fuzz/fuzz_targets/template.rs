//! Any text as a template, filled for a node whose facts are known; and, behind a NUL, any facts in any template. Values
//! are one printable line each, whatever a node tells.

#![no_main]

use libfuzzer_sys::fuzz_target;
use muster::facts::Document;
use muster::protocol::names::Identity;
use muster_provisioner::authority::template::Subject;
use muster_provisioner::authority::template::Template;
use serde_json::Map;
use serde_json::Value;

const FACTS: &str = r#"{"role":"web","n":{"a":[1,2]},"dc":"dc1","approved":true,"x":1.5,"z":null}"#;

fuzz_target!(|input: &str| {
    let (text, facts) = input.split_once('\0').unwrap_or((input, FACTS));
    let template = match Template::parse("template.toml", text) {
        Ok(template) => template,
        Err(err) => {
            assert!(err.to_string().starts_with("template.toml:"), "{err}");
            return;
        }
    };
    let Ok(facts) = serde_json::from_str::<Map<String, Value>>(facts) else {
        return;
    };
    let facts = Document::from(facts);
    let identity = Identity::new("cap1.example.net").unwrap();
    for ssldir in [None, Some("/etc/choria/ssl")] {
        let filled = template.fill(&Subject {
            identity: &identity,
            ssldir,
            facts: &facts,
        });
        let Ok(filled) = filled else {
            continue;
        };
        assert_ne!(filled.renamed.as_ref(), Some(&identity));
        for (key, value) in &filled.configuration {
            assert!(!key.is_empty() && !value.is_empty());
            assert_eq!(value.trim(), value);
            assert!(!value.chars().any(char::is_control) && value.len() <= 4096);
        }
    }
});
