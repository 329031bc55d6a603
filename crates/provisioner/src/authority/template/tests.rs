use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use super::*;

fn template(text: &str) -> Template {
    Template::parse("t.toml", text).unwrap()
}

fn fault(text: &str) -> (usize, TemplateFault) {
    let err = Template::parse("t.toml", text).unwrap_err();
    assert!(err.to_string().starts_with("t.toml:"), "{err}");
    (err.line, err.fault)
}

fn fill(text: &str, facts: Value) -> Result<Filled, NotYet> {
    let Value::Object(facts) = facts else {
        panic!("facts are a map")
    };
    template(text).fill(&Subject {
        identity: &Identity::new("n1.example.net").unwrap(),
        ssldir: Some("/etc/choria/ssl"),
        facts: &Document::from(facts),
    })
}

fn settings(text: &str, facts: Value) -> BTreeMap<String, String> {
    fill(text, facts).unwrap().configuration
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    pairs.collect()
}

#[test]
fn placeholders_are_filled_with_what_the_node_told() {
    let text = r#"
        [configuration]
        "a.b" = "{{identity}} in {{ ssldir }}/x"
        a.c = "{{ facts.os.family }}-{{ facts.cpus }}-{{ facts.virtual }}"
        registerinterval = 300
        "plugin.x" = true
        role = '{{ facts.role | default "no\"ne" }}'
        braces = '{{ "{{" }} }}'
    "#;
    assert_eq!(
        settings(
            text,
            json!({"os": {"family": "RedHat"}, "cpus": 4, "virtual": false})
        ),
        map(&[
            ("a.b", "n1.example.net in /etc/choria/ssl/x"),
            ("a.c", "RedHat-4-false"),
            ("braces", "{{ }}"),
            ("plugin.choria.server.provision", "false"),
            ("plugin.x", "true"),
            ("registerinterval", "300"),
            ("role", "no\"ne"),
        ])
    );
}

#[test]
fn later_blocks_override_earlier_ones_for_the_nodes_they_are_about() {
    let text = r#"
        [configuration]
        a = "base"
        b = "base"
        [[when]]
        facts = ["role=db", "cpus>2"]
        [when.configuration]
        a = "db"
        b = "db"
        [[when]]
        identities = ["^web", "^n\\d"]
        [when.configuration]
        b = "named"
        [[when]]
        facts = ["role=db"]
        identities = ["^other"]
        [when.configuration]
        a = "other"
    "#;
    let got = |facts| {
        let settings = settings(text, facts);
        (settings["a"].clone(), settings["b"].clone())
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(got(json!({"role": "db", "cpus": 4})), pair("db", "named"));
    assert_eq!(got(json!({"role": "db", "cpus": 2})), pair("base", "named"));
    assert_eq!(got(json!({})), pair("base", "named"));
}

#[test]
fn a_node_without_a_needed_fact_waits_and_says_for_which() {
    let text = "[configuration]\na = '{{ facts.role }}'\n";
    assert_eq!(
        fill(text, json!({})).unwrap_err().to_string(),
        "the node has no fact role, which the setting a needs"
    );
    for odd in [json!(null), json!([1]), json!({"a": 1})] {
        assert!(matches!(
            fill(text, json!({ "role": odd })),
            Err(NotYet::NoValue { .. })
        ));
    }
}

#[test]
fn a_setting_that_is_overridden_needs_no_fact() {
    let text = "[configuration]\na = '{{ facts.role }}'\n[[when]]\nidentities=['.']\n[when.configuration]\na = 'x'\n";
    assert_eq!(settings(text, json!({}))["a"], "x");
}

#[test]
fn a_fact_cannot_begin_another_setting() {
    let text = "[configuration]\na = 'x{{ facts.role }}'\n";
    for evil in ["web\nrpcauthorization=0", "\u{1b}[0m", "a\0b", "x\r"] {
        let filled = fill(text, json!({ "role": format!("{evil}y") }));
        assert!(
            matches!(filled, Err(NotYet::Unprintable { .. })),
            "{evil:?}"
        );
    }
    assert!(matches!(
        fill(text, json!({"role": "x".repeat(LONGEST)})),
        Err(NotYet::TooLong { .. })
    ));
}

#[test]
fn a_setting_without_a_value_is_left_out() {
    let text = "[configuration]\na = '{{ facts.proxy | default \"\" }}'\n";
    assert!(!settings(text, json!({})).contains_key("a"));
    assert!(!settings(text, json!({"proxy": " "})).contains_key("a"));
    assert_eq!(settings(text, json!({"proxy": " p "}))["a"], "p");
}

#[test]
fn a_directory_of_certificates_is_needed_only_where_it_is_used() {
    let subject = |template: &Template| {
        template.fill(&Subject {
            identity: &Identity::new("n1").unwrap(),
            ssldir: None,
            facts: &Document::default(),
        })
    };
    let uses = template("[configuration]\na = '{{ ssldir }}/ca.pem'\n");
    assert!(matches!(subject(&uses), Err(NotYet::NoSslDir { .. })));
    let defaults = template("[configuration]\na = '{{ ssldir | default \"/x\" }}/ca.pem'\n");
    assert_eq!(subject(&defaults).unwrap().configuration["a"], "/x/ca.pem");
}

#[test]
fn a_node_gets_another_name_when_the_template_says_so() {
    let text = "[configuration]\nidentity = '{{ facts.hostname }}.example.net'\n";
    let filled = fill(text, json!({"hostname": "web7"})).unwrap();
    assert_eq!(filled.configuration["identity"], "web7.example.net");
    assert_eq!(filled.renamed.unwrap().as_str(), "web7.example.net");
    let same = fill(text, json!({"hostname": "n1"})).unwrap();
    assert_eq!(same.renamed, None);
    assert!(matches!(
        fill(text, json!({"hostname": "a b"})),
        Err(NotYet::NoName { .. })
    ));
}

#[test]
fn a_node_waits_until_its_facts_are_as_a_rule_wants_them() {
    let text = "[configuration]\na='b'\n[[defer]]\nunless_facts=['approved=true', 'dc=/./']\nmessage='not yet'\n";
    for facts in [json!({}), json!({"approved": true})] {
        assert_eq!(
            fill(text, facts),
            Err(NotYet::Rule {
                message: "not yet".to_owned()
            })
        );
    }
    fill(text, json!({"approved": true, "dc": "ams"})).unwrap();
}

#[test]
fn a_condition_that_cannot_be_judged_makes_the_node_wait() {
    let text = "[configuration]\na='b'\n[[when]]\nfacts=['cpus<4']\n[when.configuration]\na='c'\n";
    assert!(matches!(
        fill(text, json!({"cpus": [1]})),
        Err(NotYet::Condition { .. })
    ));
}

#[test]
fn a_template_may_not_send_nodes_back_to_waiting() {
    for value in ["true", "'1'", "'{{ facts.x }}'", "'yes'"] {
        let text = format!("[configuration]\nplugin.choria.server.provision = {value}\n");
        assert_eq!(fault(&text), (2, TemplateFault::Provisions), "{value}");
        let text = format!(
            "[configuration]\na = 'b'\n[[when]]\nidentities = ['a']\n[when.configuration]\n'plugin.choria.server.provision' = {value}\n"
        );
        assert_eq!(fault(&text), (6, TemplateFault::Provisions), "{value}");
    }
    for value in ["false", "'false'", "'0'", "0"] {
        template(&format!(
            "[configuration]\nplugin.choria.server.provision = {value}\n"
        ));
    }
}

/// The name of a variant.
fn kind(fault: &TemplateFault) -> String {
    let shown = format!("{fault:?}");
    let end = shown.find(|c: char| !c.is_alphanumeric());
    shown[..end.unwrap_or(shown.len())].to_owned()
}

fn found(mistakes: &[(&str, usize, &str)]) {
    for (text, line, expected) in mistakes {
        let (at, fault) = fault(text);
        assert_eq!(kind(&fault), *expected, "{text:?}");
        assert_eq!(at, *line, "{text:?}: {fault}");
    }
}

#[test]
fn mistakes_in_settings_are_found_when_the_template_is_read() {
    found(&[
        ("a = \n", 1, "NotToml"),
        ("", 1, "Missing"),
        ("[configuration]\n[extra]\n", 2, "UnknownKey"),
        ("configuration = 1\n", 1, "WrongType"),
        ("[configuration]\na = 1.5\n", 2, "WrongType"),
        ("[configuration]\na = [1]\n", 2, "WrongType"),
        ("[configuration]\n'a b' = 1\n", 2, "Key"),
        ("[configuration]\n'#a' = 1\n", 2, "Key"),
        ("[configuration]\na.b = 1\n'a.b' = 1\n", 3, "Twice"),
        ("[configuration]\na = '{{ x'\n", 2, "Open"),
        ("[configuration]\na = '{{ \"x }}'\n", 2, "Open"),
        ("[configuration]\na = '{{ x }}'\n", 2, "Placeholder"),
        ("[configuration]\na = '{{ facts. }}'\n", 2, "Placeholder"),
        (
            "[configuration]\na = '{{ facts.@this }}'\n",
            2,
            "Placeholder",
        ),
        (
            "[configuration]\na = '{{ identity | up }}'\n",
            2,
            "Placeholder",
        ),
        ("[configuration]\na = '{{ \"x\" y }}'\n", 2, "Placeholder"),
        ("[configuration]\na = \"b\\nc\"\n", 2, "ControlCharacter"),
    ]);
}

#[test]
fn mistakes_in_blocks_are_found_when_the_template_is_read() {
    let blocks = [
        ("[[when]]\nfacts = []\n", 2, "Missing"),
        ("[[when]]\nfacts = ['role']\n", 3, "Condition"),
        ("[[when]]\nfacts = 'a=b'\n", 3, "WrongType"),
        ("[[when]]\nidentities = ['(']\n", 3, "Pattern"),
        ("[[when]]\nnever = 1\n", 3, "UnknownKey"),
        ("[[defer]]\nmessage = 'x'\n", 2, "Missing"),
        ("[[defer]]\nunless_facts = ['a=b']\n", 2, "Missing"),
        ("[[defer]]\nuntil = 1\n", 3, "UnknownKey"),
        ("[defer]\nmessage = 'x'\n", 2, "WrongType"),
    ];
    for (block, line, expected) in blocks {
        found(&[(&format!("[configuration]\n{block}"), line, expected)]);
    }
}

#[test]
fn the_shipped_template_makes_what_a_node_needs() {
    let text = include_str!("../../../../../examples/provisioner/template.toml");
    let settings = settings(text, json!({"dc": "ams", "role": "db", "approved": true}));
    for (key, value) in [
        ("plugin.choria.server.provision", "false"),
        ("plugin.security.provider", "file"),
        (
            "plugin.security.file.certificate",
            "/etc/choria/ssl/certificate.pem",
        ),
        ("plugin.security.file.key", "/etc/choria/ssl/private.pem"),
        ("plugin.security.file.ca", "/etc/choria/ssl/ca.pem"),
    ] {
        assert_eq!(settings.get(key).map(String::as_str), Some(value), "{key}");
    }
    assert!(settings.contains_key("plugin.choria.middleware_hosts"));
    // what a node will do with it
    muster::config::render::render(&settings, "by a test").unwrap();
}

proptest! {
    #[test]
    fn no_value_breaks_the_reading_of_placeholders(text in ".{0,60}") {
        drop(Expression::parse(&text));
        drop(Expression::parse(&format!("{{{{{text}}}}}")));
    }

    #[test]
    fn whatever_a_fact_holds_a_value_is_one_printable_line(fact in any::<String>()) {
        if let Ok(filled) = fill("[configuration]\na = '{{ facts.x }}'\n", json!({ "x": fact })) {
            for value in filled.configuration.values() {
                prop_assert!(!value.chars().any(char::is_control));
                prop_assert_eq!(value.trim(), value.as_str());
            }
        }
    }
}
