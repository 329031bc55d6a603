use muster::protocol::names::Identity;
use proptest::prelude::*;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::helper::Case;
use crate::helper::CsrReply;
use crate::helper::Decision;
use crate::helper::Outfit;
use crate::inventory::Inventory;
use crate::journal::SessionId;

fn case(csr: Option<CsrReply>, inventory: &Value) -> Case {
    Case {
        session: SessionId::new("00112233445566778899aabbccddeeff").unwrap(),
        identity: Identity::new("j1.example.net").unwrap(),
        csr,
        inventory: Inventory::read(inventory.as_object().unwrap()).unwrap(),
    }
}

fn decision(output: &str) -> Decision {
    decode(output.as_bytes()).unwrap().decision
}

fn outfit(output: &str) -> Outfit {
    match decision(output) {
        Decision::Configure(outfit) => *outfit,
        other => panic!("{other:?}"),
    }
}

fn refused(output: &str) -> ContractError {
    decode(output.as_bytes()).unwrap_err()
}

fn notes(output: &str) -> Vec<Note> {
    decode(output.as_bytes()).unwrap().notes
}

/// Recorded on 2026-11-21 from the reference's provisioner with the feature `jwt`; its claims are null here.
const RECORDED: &str = r#"{"identity": "j1.example.net", "csr": null, "ed25519_pubkey": null, "inventory": "{\"agents\":[\"choria_provision\",\"choria_util\",\"discovery\",\"rpcutil\"],\"classes\":[],\"collectives\":[\"provisioning\"],\"data_plugins\":[],\"facts\":{\"dc\":\"dc1\",\"n\":{\"a\":[1,2]},\"role\":\"web\"},\"machines\":[],\"main_collective\":\"provisioning\",\"upgradable\":false,\"version\":\"0.29.4\"}", "jwt": null}"#;

/// A configuration that says nothing about which nobody needs to be told.
const LEAVES: &str = r#""configuration":{"plugin.choria.server.provision":"false"}"#;

#[test]
fn what_the_reference_told_its_helper_is_told_to_ours() {
    let recorded: Value = serde_json::from_str(RECORDED).unwrap();
    let inventory: Value = serde_json::from_str(recorded["inventory"].as_str().unwrap()).unwrap();
    let told: Value = serde_json::from_slice(&encode(&case(None, &inventory))).unwrap();
    assert_eq!(told, recorded);
}

#[test]
fn a_request_for_a_certificate_is_an_object_of_its_three_fields() {
    let reply = CsrReply {
        csr: "-----BEGIN".into(),
        public_key: "-----BEGIN PUBLIC".into(),
        ssldir: "/etc/choria/ssl".into(),
    };
    let told: Value = serde_json::from_slice(&encode(&case(Some(reply), &json!({})))).unwrap();
    assert_eq!(
        told["csr"],
        json!({"csr": "-----BEGIN", "public_key": "-----BEGIN PUBLIC", "ssldir": "/etc/choria/ssl"})
    );
}

#[test]
fn everything_that_a_helper_may_give_arrives() {
    let output = json!({
        "msg": "welcome", "certificate": "C", "ca": "A", "key": "K", "ssldir": "/s",
        "configuration": {"plugin.choria.server.provision": "false", "identity": "n1"},
        "action_policies": {"rpcutil.policy": "policy default deny"},
        "opa_policies": {"main.rego": "package x"},
    });
    let outfit = outfit(&format!(" \n{output}\r\n\t"));
    assert_eq!(outfit.message, "welcome");
    assert_eq!(
        (outfit.certificate.as_str(), outfit.ca.as_str()),
        ("C", "A")
    );
    assert_eq!(outfit.key.unwrap().0.expose(), "K");
    assert_eq!(outfit.ssldir, "/s");
    assert_eq!(outfit.configuration["identity"], "n1");
    assert_eq!(
        outfit.action_policies["rpcutil.policy"],
        "policy default deny"
    );
    assert_eq!(outfit.opa_policies["main.rego"], "package x");
}

#[test]
fn defer_wins_over_shutdown_and_shutdown_over_a_configuration() {
    assert_eq!(
        decision(r#"{"defer":true,"shutdown":true,"msg":"wait"}"#),
        Decision::Defer {
            message: "wait".into(),
            retry_after: None
        }
    );
    assert_eq!(
        decision(r#"{"shutdown":true,"msg":"gone","configuration":{"a":"b"}}"#),
        Decision::Shutdown {
            message: "gone".into()
        }
    );
}

#[test]
fn a_time_to_ask_again_is_whole_seconds_of_at_most_a_day() {
    let wait = |text: &str| match decision(&format!(r#"{{"defer":true,"retry_after":{text}}}"#)) {
        Decision::Defer { retry_after, .. } => retry_after,
        other => panic!("{other:?}"),
    };
    assert_eq!(wait("90"), Some(Duration::from_secs(90)));
    assert_eq!(wait("86400.0"), Some(Duration::from_secs(86_400)));
    assert_eq!(wait("0.001"), Some(Duration::from_secs(1)));
    assert_eq!((wait("0"), wait("null")), (None, None));
    for wrong in ["-1", "86401", "1e300"] {
        let output = format!(r#"{{"defer":true,"retry_after":{wrong}}}"#);
        assert_eq!(refused(&output), ContractError::RetryAfter, "{wrong}");
    }
    assert!(matches!(
        refused(r#"{"defer":true,"retry_after":"5m"}"#),
        ContractError::WrongType { .. }
    ));
}

#[test]
fn names_of_fields_match_in_any_case_and_the_later_one_wins() {
    assert_eq!(
        decision(r#"{"Defer":false,"DEFER":true,"Msg":"a","msg":"b"}"#),
        decision(r#"{"defer":true,"msg":"b"}"#)
    );
}

#[test]
fn a_null_is_what_is_not_there() {
    let output = r#"{"defer":null,"shutdown":null,"msg":null,"certificate":null,"ca":null,"key":null,"ssldir":null,
        "server_claims":null,"upgrade":null,"action_policies":null,"opa_policies":null,
        "configuration":{"plugin.choria.server.provision":"0","x":null}}"#;
    let given = outfit(output);
    let left_out = outfit(r#"{"configuration":{"plugin.choria.server.provision":"0","x":""}}"#);
    assert_eq!(given, left_out);
    assert_eq!(notes(output), []);
    assert_eq!(refused("null"), ContractError::EmptyConfiguration);
}

#[test]
fn equal_objects_are_joined_and_a_null_between_them_empties() {
    let settings = |output: &str| outfit(output).configuration;
    let both = settings(r#"{"configuration":{"a":"1","b":"1"},"configuration":{"b":"2"}}"#);
    assert_eq!(
        both,
        BTreeMap::from([("a".into(), "1".into()), ("b".into(), "2".into())])
    );
    let last =
        settings(r#"{"configuration":{"a":"1"},"configuration":null,"configuration":{"b":"2"}}"#);
    assert_eq!(last, BTreeMap::from([("b".into(), "2".into())]));
}

#[test]
fn a_field_of_another_type_is_named() {
    for (field, value) in [
        ("defer", "\"yes\""),
        ("shutdown", "1"),
        ("msg", "1"),
        ("retry_after", "[]"),
        ("configuration", "[]"),
        ("certificate", "{}"),
        ("ca", "true"),
        ("key", "7"),
        ("ssldir", "[]"),
        ("server_claims", "\"x\""),
        ("action_policies", "\"x\""),
        ("opa_policies", "[]"),
        ("upgrade", "2"),
    ] {
        match refused(&format!(r#"{{"{field}":{value}}}"#)) {
            ContractError::WrongType { field: named, .. } => assert_eq!(named.name(), field),
            other => panic!("{field}: {other}"),
        }
    }
}

#[test]
fn a_setting_that_is_no_text_is_named_and_its_value_is_not_shown() {
    let err = refused(r#"{"configuration":{"a":"b","registerinterval":271828}}"#);
    assert!(matches!(&err, ContractError::NotAText { key, .. } if key == "registerinterval"));
    assert!(!err.to_string().contains("271828"), "{err}");
}

#[test]
fn text_behind_the_object_is_refused_and_so_is_half_of_it() {
    for output in [
        "",
        "  ",
        "{} x",
        "{}{}",
        "{",
        "{'a':1}",
        "oh no",
        "\u{feff}{}",
    ] {
        assert!(
            matches!(refused(output), ContractError::NotJson { .. }),
            "{output:?}"
        );
    }
}

#[test]
fn what_is_no_object_is_refused_and_not_shown() {
    for output in ["[]", "\"hunter2\"", "7", "true"] {
        assert_eq!(refused(output), ContractError::NotAnObject, "{output}");
    }
}

#[test]
fn an_empty_configuration_is_refused_unless_the_node_is_not_configured() {
    assert_eq!(refused("{}"), ContractError::EmptyConfiguration);
    assert_eq!(
        refused(r#"{"configuration":{},"certificate":"C"}"#),
        ContractError::EmptyConfiguration
    );
}

#[test]
fn names_of_policies_are_plain_file_names() {
    for name in [
        "rpcutil",
        "rpcutil.rego",
        ".policy",
        "..policy",
        "../x.policy",
        "a/b.policy",
        "a\\b.policy",
        "a b.policy",
        "x.policy\n",
    ] {
        let output = json!({"configuration": {"a": "b"}, "action_policies": {name: "x"}});
        assert!(
            matches!(
                refused(&output.to_string()),
                ContractError::PolicyName { .. }
            ),
            "{name:?}"
        );
    }
    let long = format!("{}.policy", "x".repeat(122));
    let output = json!({"configuration": {"a": "b"}, "action_policies": {long: "x"}});
    assert!(matches!(
        refused(&output.to_string()),
        ContractError::PolicyName { .. }
    ));
    let output = format!(r#"{{{LEAVES},"opa_policies":{{"a.policy":"x"}}}}"#);
    assert!(matches!(refused(&output), ContractError::PolicyName { .. }));
    let empty = format!(r#"{{{LEAVES},"action_policies":{{"":"x","y":""}}}}"#);
    assert_eq!(outfit(&empty).action_policies, BTreeMap::new());
}

#[test]
fn its_author_is_told_what_is_ignored() {
    let output =
        format!(r#"{{{LEAVES},"server_claims":{{"exp":1}},"upgrade":"1.2","Comment":{{}}}}"#);
    assert_eq!(
        notes(&output),
        [
            Note::Unknown("Comment".into()),
            Note::NotBuilt(Field::ServerClaims),
            Note::NotBuilt(Field::Upgrade)
        ]
    );
}

#[test]
fn a_configuration_that_may_lead_back_here_is_noted() {
    let stays = |value: &str| {
        notes(&format!(
            r#"{{"configuration":{{"plugin.choria.server.provision":"{value}"}}}}"#
        )) == [Note::StaysInProvisioning]
    };
    assert!(!stays("false") && !stays(" 0 ") && !stays("NO"));
    assert!(stays("true") && stays("") && stays("off"));
    assert_eq!(
        notes(r#"{"configuration":{"identity":"n1"}}"#),
        [Note::StaysInProvisioning]
    );
}

#[test]
fn a_message_is_one_short_line() {
    let output = json!({"defer": true, "msg": format!("a\u{1b}[2J\r\nb{}", "x".repeat(500))});
    let Decision::Defer { message, .. } = decision(&output.to_string()) else {
        panic!("not deferred");
    };
    assert!(message.starts_with("a [2J bxxx"), "{message}");
    assert_eq!(message.chars().count(), 301);
}

#[test]
fn bytes_that_are_no_text_are_replaced_and_noted() {
    let answer = decode(b"{\"defer\":true,\"msg\":\"gr\xfcn\"}").unwrap();
    assert_eq!(
        answer.decision,
        Decision::Defer {
            message: "gr\u{fffd}n".into(),
            retry_after: None
        }
    );
    assert_eq!(answer.notes, [Note::NotUtf8]);
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = |field: &str| {
        format!(
            r#"{{"{field}":{}{}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        )
    };
    assert!(matches!(
        refused(&deep("msg")),
        ContractError::NotJson { .. }
    ));
    // what nobody knows is skipped without recursion
    assert_eq!(refused(&deep("x")), ContractError::EmptyConfiguration);
    assert_eq!(
        decode(&vec![b' '; LONGEST_ANSWER + 1]),
        Err(ContractError::TooLong)
    );
    let many: Map<String, Value> = (0..50).map(|n| (format!("x{n}"), json!(1))).collect();
    let mut many = json!(many);
    many["defer"] = json!(true);
    assert_eq!(notes(&many.to_string()).len(), 8);
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _answer = decode(&bytes);
    }

    #[test]
    fn no_object_is_too_strange(
        fields in proptest::collection::vec((
            proptest::sample::select(vec!["defer", "Shutdown", "msg", "configuration", "key", "retry_after", "action_policies", "x"]),
            proptest::sample::select(vec!["true", "null", "\"a\"", "{}", "{\"a\":\"b\"}", "{\"a\":null}", "[1]", "1.5", "-0"]),
        ), 0..8)
    ) {
        let inside: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        if let Err(err) = decode(format!("{{{}}}", inside.join(",")).as_bytes()) {
            prop_assert!(!matches!(err, ContractError::NotJson { .. }), "{}", err);
        }
    }

    #[test]
    fn what_a_node_is_to_become_survives_the_way_through_json(
        configuration in proptest::collection::btree_map("[a-z.]{1,12}", "\\PC{0,20}", 1..6),
        certificate in "\\PC{0,40}",
        ca in ".{0,40}",
        ssldir in "[a-z/]{0,10}",
        policies in proptest::collection::btree_map("[a-z][a-z_.-]{0,9}\\.policy", ".{1,20}", 0..3),
    ) {
        let output = json!({
            "configuration": configuration, "certificate": certificate, "ca": ca, "ssldir": ssldir,
            "action_policies": policies,
        });
        let given = Outfit { configuration, certificate, ca, ssldir, action_policies: policies, ..Outfit::default() };
        let answer = decode(output.to_string().as_bytes()).map(|answer| answer.decision);
        prop_assert_eq!(answer, Ok(Decision::Configure(Box::new(given))));
    }

    #[test]
    fn what_a_helper_is_told_is_what_the_node_said(
        csr in ".{0,40}", ssldir in ".{0,40}", role in ".{0,40}"
    ) {
        let reply = CsrReply { csr: csr.clone(), public_key: String::new(), ssldir: ssldir.clone() };
        let told: Value = serde_json::from_slice(&encode(&case(Some(reply), &json!({"facts": {"role": role}})))).unwrap();
        prop_assert_eq!(told["csr"]["csr"].as_str(), Some(csr.as_str()));
        prop_assert_eq!(told["csr"]["ssldir"].as_str(), Some(ssldir.as_str()));
        let inventory: Value = serde_json::from_str(told["inventory"].as_str().unwrap()).unwrap();
        prop_assert_eq!(inventory["facts"]["role"].as_str(), Some(role.as_str()));
    }
}
