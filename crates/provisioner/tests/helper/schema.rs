//! The published schemas say what the code does.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test support")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use jsonschema::Validator;
use muster_provisioner::helper::CsrReply;
use muster_provisioner::helper::contract;
use serde_json::Value;
use serde_json::json;

use super::support::case;
use super::support::case_with;

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/helper")
        .join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn validator(schema: &Value) -> Validator {
    assert!(jsonschema::meta::is_valid(schema));
    jsonschema::validator_for(schema).unwrap()
}

#[test]
fn what_a_helper_is_told_fits_the_published_schema() {
    let schema = schema("input.schema.json");
    let (outer, inner) = (
        validator(&schema),
        validator(&schema["properties"]["inventory"]["contentSchema"]),
    );
    let with_csr = case_with(Some(CsrReply {
        csr: "C".into(),
        public_key: "P".into(),
        ssldir: "/s".into(),
    }));
    for case in [case(), with_csr] {
        let told: Value = serde_json::from_slice(&contract::encode(&case)).unwrap();
        assert!(outer.is_valid(&told), "{told}");
        let inventory: Value = serde_json::from_str(told["inventory"].as_str().unwrap()).unwrap();
        assert!(inner.is_valid(&inventory), "{inventory}");
    }
}

#[test]
fn every_field_of_the_question_is_in_the_schema_and_must_be_there() {
    let schema = schema("input.schema.json");
    let outer = validator(&schema);
    let told: Value = serde_json::from_slice(&contract::encode(&case())).unwrap();
    for name in told.as_object().unwrap().keys() {
        let mut without = told.clone();
        without.as_object_mut().unwrap().remove(name);
        assert!(!outer.is_valid(&without), "{name}");
    }
    let mut more = told;
    more["more"] = json!(1);
    assert!(!outer.is_valid(&more));
}

/// Outputs on which the schema and the program agree.
fn outputs() -> Vec<Value> {
    let mut outputs = vec![
        json!({}),
        json!(null),
        json!([]),
        json!("x"),
        json!(true),
        json!({"defer": true}),
        json!({"defer": false}),
        json!({"defer": null}),
        json!({"defer": true, "retry_after": 5}),
        json!({"defer": true, "retry_after": 0}),
        json!({"defer": true, "retry_after": 0.5}),
        json!({"defer": true, "retry_after": -0.5}),
        json!({"defer": true, "retry_after": 86400}),
        json!({"defer": true, "retry_after": 86401}),
        json!({"defer": true, "retry_after": "5m"}),
        json!({"defer": true, "msg": ""}),
        json!({"defer": true, "configuration": {}}),
        json!({"defer": true, "configuration": null}),
        json!({"defer": true, "configuration": {"a": 1}}),
        json!({"defer": false, "configuration": {"a": "b"}}),
        json!({"shutdown": true}),
        json!({"shutdown": true, "defer": true}),
        json!({"shutdown": false}),
        json!({"configuration": {}}),
        json!({"configuration": null}),
        json!({"configuration": {"a": "b"}}),
        json!({"configuration": {"a": null}}),
        json!({"configuration": {"a": {}}}),
        json!({"configuration": {"a": "b"}, "unknown": [1]}),
    ];
    outputs.extend(policies());
    outputs.extend(types());
    outputs
}

/// Policies with good and bad names, and with texts of all kinds.
fn policies() -> Vec<Value> {
    let mut outputs = Vec::new();
    for name in ["action_policies", "opa_policies"] {
        for file in [
            "x.policy",
            "x.rego",
            "x",
            "",
            ".policy",
            ".rego",
            "../x.policy",
            "a b.rego",
            "x.y-z_0.policy",
            "..rego",
            "-.rego",
        ] {
            for text in [json!("text"), json!(""), json!(null), json!(7)] {
                outputs.push(json!({"configuration": {"a": "b"}, name: {file: text}}));
            }
        }
    }
    outputs
}

/// Every field with every type of value.
fn types() -> Vec<Value> {
    let mut outputs = Vec::new();
    for name in contract::Field::ALL.map(contract::Field::name) {
        for value in [
            json!(null),
            json!(1),
            json!("a"),
            json!(true),
            json!([]),
            json!({}),
        ] {
            let mut output = json!({"configuration": {"a": "b"}});
            output[name] = value.clone();
            outputs.push(output);
            let mut output = json!({"defer": true});
            output[name] = value;
            outputs.push(output);
        }
    }
    outputs
}

#[test]
fn the_schema_and_the_program_agree_about_answers() {
    let validator = validator(&schema("output.schema.json"));
    let (mut good, mut bad) = (0, 0);
    for output in outputs() {
        let taken = contract::decode(output.to_string().as_bytes()).is_ok();
        assert_eq!(validator.is_valid(&output), taken, "{output}");
        if taken { good += 1 } else { bad += 1 }
    }
    assert!(
        good > 50 && bad > 50,
        "{good} good and {bad} bad ones are too few"
    );
}

/// The program takes what helpers of the reference may write. A schema cannot say it, or would hide mistakes if it did.
#[test]
fn the_program_is_more_generous_than_the_schema_in_known_ways() {
    let validator = validator(&schema("output.schema.json"));
    for output in [
        // names in another case
        json!({"Defer": true}),
        json!({"CONFIGURATION": {"a": "b"}}),
        // a policy that is left out may have a name of any length
        json!({"configuration": {"a": "b"}, "opa_policies": {"x".repeat(200): ""}}),
    ] {
        assert!(
            contract::decode(output.to_string().as_bytes()).is_ok(),
            "{output}"
        );
        assert!(!validator.is_valid(&output), "{output}");
    }
}

#[test]
fn the_schema_has_the_fields_of_an_answer_and_no_others() {
    let schema = schema("output.schema.json");
    let published: BTreeSet<&str> = schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        published,
        contract::Field::ALL.map(contract::Field::name).into()
    );
}
