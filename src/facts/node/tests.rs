use serde_json::Value;
use serde_json::json;

use super::*;
use crate::facts::FactFilterError;
use crate::facts::parse_fact_filter;
use crate::protocol::filter::CompoundFilter;

fn filter(part: Value) -> Filter {
    let mut all = json!({"fact": [], "cf_class": [], "agent": [], "identity": [], "compound": []});
    let Value::Object(part) = part else {
        unreachable!()
    };
    all.as_object_mut().unwrap().extend(part);
    serde_json::from_value(all).unwrap()
}

fn ask(part: Value) -> Result<bool, FilterError> {
    let Value::Object(facts) = json!({"role": "web", "dc": "dc1", "n": {"a": [1, 2]}}) else {
        unreachable!()
    };
    let node = Node {
        identity: "tests.example.net",
        agents: &["choria_util", "package", "rpcutil"],
        classes: &["role::testing"].into_iter().collect(),
        facts: &Document::from(facts),
    };
    matches(&filter(part), &node, &mut Effort::of_request())
}

fn facts(texts: &[&str]) -> Result<Value, FactFilterError> {
    let filters: Result<Vec<_>, _> = texts.iter().map(|text| parse_fact_filter(text)).collect();
    Ok(json!({"fact": filters?}))
}

#[test]
fn an_empty_filter_is_for_every_node() {
    assert_eq!(ask(json!({})), Ok(true));
}

#[test]
fn one_identity_is_enough() {
    for (identities, wanted) in [
        (json!(["/example/"]), true),
        (json!(["tests.example.net"]), true),
        (json!(["/tests.example.net/"]), true),
        (json!(["other", "/^tests/"]), true),
        (json!(["test"]), false),
        (json!(["/TESTS/"]), false),
        (json!(["/"]), false),
        (json!(["//"]), false),
        (json!(["/(/", "/*/"]), false),
        (json!([""]), false),
    ] {
        assert_eq!(
            ask(json!({"identity": identities})),
            Ok(wanted),
            "{identities}"
        );
    }
}

#[test]
fn every_agent_and_class_must_be_there() {
    for (part, wanted) in [
        (json!({"agent": ["/rpc/", "/choria/"]}), true),
        (json!({"agent": ["rpcutil"]}), true),
        (json!({"agent": ["foo", "rpcutil"]}), false),
        (json!({"agent": ["/RPC/"]}), false),
        (json!({"agent": ["/"]}), false),
        (json!({"cf_class": ["RoLe::TeStInG", "/TeSt/"]}), true),
        (json!({"cf_class": ["role::test"]}), false),
        (json!({"cf_class": ["role::testing", "x"]}), false),
        (json!({"cf_class": ["/"]}), false),
    ] {
        assert_eq!(ask(part.clone()), Ok(wanted), "{part}");
    }
}

/// The requests of `wire/v1-provisioning.json` and whether the reference answered them.
#[test]
fn recorded_filters_are_answered_as_recorded() {
    for (texts, wanted) in [
        (vec!["dc=dc1"], true),
        (vec!["dc=/^dc/"], true),
        (vec!["role!=web"], false),
        (vec!["dc=dc1", "role=db"], false),
    ] {
        assert_eq!(ask(facts(&texts).unwrap()), Ok(wanted), "{texts:?}");
    }
    let unordered = ask(facts(&["n.a>1"]).unwrap());
    assert!(matches!(
        unordered,
        Err(FilterError::Fact(FactError::NotOrdered { .. }))
    ));
    for (part, wanted) in [
        (json!({"agent": ["rpcutil"]}), true),
        (json!({"agent": ["/util/", "rpcutil"]}), true),
        (
            json!({"agent": ["rpcutil"], "cf_class": ["nosuchclass"]}),
            false,
        ),
        (
            json!({"agent": ["rpcutil"], "identity": ["/^tests/"]}),
            true,
        ),
        (
            json!({"agent": ["rpcutil"], "compound": [[{"expr": "with(\"dc=dc1\")"}]]}),
            true,
        ),
    ] {
        assert_eq!(ask(part.clone()), Ok(wanted), "{part}");
    }
}

#[test]
fn every_compound_expression_must_hold() {
    let compound = |expressions: &[&str]| {
        let entries: Vec<_> = expressions
            .iter()
            .map(|expr| json!([{"expr": expr}]))
            .collect();
        ask(json!({"compound": entries}))
    };
    assert_eq!(compound(&["true", "with('role=web')"]), Ok(true));
    // the reference takes the majority
    assert_eq!(compound(&["true", "true", "false"]), Ok(false));
    assert!(matches!(
        compound(&["true", "1"]),
        Err(FilterError::Compound(_))
    ));
    assert_eq!(
        ask(json!({"compound": [[{"expr": "true"}, {"expr": "true"}]]})),
        Err(FilterError::NotOneExpression { found: 2 })
    );
    assert_eq!(
        ask(json!({"compound": [[]]})),
        Err(FilterError::NotOneExpression { found: 0 })
    );
}

#[test]
fn names_alone_exclude_a_node_before_a_file_is_needed() {
    let agents = ["rpcutil"];
    let may = |part: Value| {
        may_match(
            &filter(part),
            "a.example.net",
            &agents,
            &mut Effort::of_request(),
        )
        .unwrap()
    };
    assert!(may(json!({"cf_class": ["x"]})));
    assert!(!may(
        json!({"cf_class": ["x"], "identity": ["b.example.net"]})
    ));
    assert!(!may(
        json!({"compound": [[{"expr": "("}]], "agent": ["choria_provision"]})
    ));
}

#[test]
fn files_are_needed_only_for_what_is_asked() {
    let needs = |part: Value| Needs::of(&filter(part));
    let of = |classes, facts| Needs { classes, facts };
    assert!(!needs(json!({"identity": ["a"], "agent": ["b"]})).any());
    assert_eq!(needs(json!({"cf_class": ["a"]})), of(true, false));
    let mut asked = filter(json!({}));
    asked.fact.push(parse_fact_filter("a=b").unwrap());
    assert_eq!(Needs::of(&asked), of(false, true));
    let mut asked = filter(json!({}));
    asked.compound.push(vec![CompoundFilter {
        expr: String::new(),
    }]);
    assert_eq!(Needs::of(&asked), of(true, true));
}

#[test]
fn a_filter_that_asks_too_much_ends() {
    let many: Vec<_> = (0..200).map(|n| format!("/(x{n}|y)+z{{1,50}}/")).collect();
    let asked = ask(json!({"identity": many}));
    assert_eq!(asked, Err(FilterError::Exhausted(Exhausted)));
    let names: Vec<_> = (0..20_000)
        .map(|n| format!("node{n}.example.net"))
        .collect();
    assert_eq!(ask(json!({"identity": names})), Ok(false));
}
