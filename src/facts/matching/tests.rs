use proptest::prelude::*;
use serde_json::json;

use super::*;

/// The document of the recorded table, and some facts more.
fn document() -> Document {
    let Value::Object(facts) = json!({
        "string": "hello world", "inumber": 1, "fnumber": 1.2, "tbool": true, "fbool": false,
        "nested": {"string": "nested hello world", "inumber": 2, "fnumber": 2.2},
        "ten": 10.9, "hundred": 100.0, "big": 9_007_199_254_740_993_i64, "huge": u64::MAX,
        "negative": -3, "null": null, "list": [1, 2], "path": "/opt/x", "Upper": "ÄB",
    }) else {
        unreachable!()
    };
    Document::from(facts)
}

fn filter(fact: &str, operator: &str, value: &str) -> FactFilter {
    FactFilter {
        fact: fact.to_owned(),
        operator: serde_json::from_value(json!(operator)).unwrap(),
        value: value.to_owned(),
    }
}

fn ask(fact: &str, operator: &str, value: &str) -> Result<bool, FactError> {
    fact_matches(
        &document(),
        &filter(fact, operator, value),
        &mut Effort::of_request(),
    )
}

fn check(table: &[(&str, &str, &str, bool)]) {
    for (fact, operator, value, wanted) in table {
        let found = ask(fact, operator, value);
        assert_eq!(found.as_ref(), Ok(wanted), "{fact} {operator} {value}");
    }
}

#[test]
fn answers_agree_with_the_reference_where_it_is_right() {
    check(&[
        ("string", "==", "HeLlO WoRLD", true),
        ("string", "!=", "HeLlO WOrLd", false),
        ("string", "=~", "/HeLlO/", true),
        ("string", "<", "I", true),
        ("string", ">", "h", true),
        ("inumber", "!=", "1", false),
        ("inumber", ">", "1", false),
        ("inumber", ">=", "1", true),
        ("nested.inumber", "==", "2", true),
        ("missing", "!=", "x", false),
        ("nested", "==", "x", false),
        ("fnumber", "=~", r"/1\.\d+/", true),
        ("fnumber", "<=", "1.01", false),
        ("tbool", "==", "T", true),
        ("tbool", "!=", "bob", true),
        ("fbool", "==", "0", true),
    ]);
    assert!(matches!(
        ask("tbool", ">", "1"),
        Err(FactError::NotOrdered { .. })
    ));
}

#[test]
fn answers_are_the_documented_ones_where_the_reference_is_wrong() {
    check(&[
        // `>` with decimals is `>=` there
        ("fnumber", ">", "1.2", false),
        ("fnumber", ">", "1.19", true),
        // it looks at the whole part only
        ("fnumber", "==", "1", false),
        ("fnumber", "!=", "1", true),
        ("fnumber", "<=", "1", false),
        ("fnumber", ">", "1", true),
        ("ten", "==", "10", false),
        ("ten", "==", "10.9", true),
        ("fnumber", "=~", "/^1$/", false),
        ("inumber", "=~", r"/1\.0000/", false),
        ("hundred", "=~", "/^100$/", true),
        // false is whatever is not true there
        ("fbool", "==", "bob", false),
        ("fbool", "!=", "false", false),
        ("fbool", "!=", "true", true),
        ("fbool", "=~", "/banana/", false),
        ("tbool", "=~", "/^tr/", true),
        // a pattern of nothing but slashes matches everything there
        ("string", "=~", "/", false),
        ("string", "=~", "//", false),
    ]);
}

#[test]
fn a_missing_fact_matches_no_operator() {
    for operator in ["==", "!=", "=~", "<", "<=", ">", ">="] {
        check(&[
            ("missing", operator, "1", false),
            ("string.x", operator, "1", false),
        ]);
    }
}

#[test]
fn numbers_are_compared_as_numbers() {
    check(&[
        ("inumber", "==", "1.0", true),
        ("inumber", "==", "01", true),
        ("inumber", "==", "abc", false),
        ("inumber", "!=", "abc", true),
        ("inumber", "==", "inf", false),
        ("hundred", "==", "1e2", true),
        ("negative", "<", "-2", true),
        ("negative", ">", "-3.5", true),
        ("big", "==", "9007199254740993", true),
        ("big", "==", "9007199254740992", false),
        ("huge", ">", "18446744073709551614", true),
        ("huge", "==", "18446744073709551615", true),
        ("list.#", ">", "1", true),
        ("list.1", "==", "2", true),
        ("big", "=~", "/^9007199254740993$/", true),
    ]);
    assert!(matches!(
        ask("inumber", "<", "abc"),
        Err(FactError::NotNumber { .. })
    ));
    assert!(matches!(
        ask("fnumber", ">", "1.2.3"),
        Err(FactError::NotNumber { .. })
    ));
}

#[test]
fn words_mean_true_or_false() {
    for word in ["1", "t", "T", "TRUE", "true", "True"] {
        check(&[("tbool", "==", word, true), ("tbool", "!=", word, false)]);
        check(&[("fbool", "==", word, false), ("fbool", "!=", word, true)]);
        check(&[("tbool", "=~", word, true), ("fbool", "=~", word, false)]);
    }
    for word in ["0", "f", "F", "FALSE", "false", "False"] {
        check(&[("tbool", "==", word, false), ("fbool", "==", word, true)]);
        check(&[("tbool", "=~", word, false), ("fbool", "=~", word, true)]);
    }
}

#[test]
fn null_maps_and_lists_match_nothing() {
    for fact in ["null", "nested", "list"] {
        for operator in ["==", "!=", "=~"] {
            check(&[(fact, operator, "null", false)]);
        }
        for operator in ["<", "<=", ">", ">="] {
            assert!(matches!(
                ask(fact, operator, "1"),
                Err(FactError::NotOrdered { .. })
            ));
        }
    }
}

#[test]
fn patterns_lose_their_slashes_and_bad_ones_match_nothing() {
    check(&[
        ("path", "=~", "//opt//", true),
        ("path", "=~", "^.opt", true),
        ("string", "=~", "/WORLD$/", true),
        ("string", "=~", "/(/", false),
        ("string", "=~", "/(?=h)/", false),
        ("Upper", "==", "äb", true),
        ("Upper", "=~", "/^ä/", true),
    ]);
    assert_eq!(ask("string", "=~", &"a".repeat(100_000)), Ok(false));
}

#[test]
fn an_unreasonable_path_is_an_error_and_not_repeated_in_full() {
    let err = ask(&"a".repeat(5000), "==", "1").unwrap_err();
    assert!(matches!(err, FactError::Path { ref fact, .. } if fact.len() == SHOWN));
    let mut effort = Effort::of_steps(0);
    let err = fact_matches(&document(), &filter("string", "==", "x"), &mut effort).unwrap_err();
    assert_eq!(err, FactError::Exhausted(Exhausted));
}

proptest! {
    #[test]
    fn equal_and_not_equal_never_agree(fact in prop::sample::select(vec!["string", "inumber", "fnumber", "tbool", "fbool"]), value in r"[a-z0-9.TF-]{0,6}") {
        let equal = ask(fact, "==", &value).unwrap();
        prop_assert_ne!(equal, ask(fact, "!=", &value).unwrap());
    }

    #[test]
    fn exactly_one_order_holds(fact in prop::sample::select(vec!["inumber", "fnumber", "ten", "negative", "string"]), value in -4.0..12.0_f64) {
        let value = format!("{value:.1}");
        let held = ["<", "==", ">"].iter().filter(|operator| ask(fact, operator, &value) == Ok(true)).count();
        prop_assert_eq!(held, 1);
        prop_assert_eq!(ask(fact, "<=", &value), ask(fact, ">", &value).map(|greater| !greater));
    }

    #[test]
    fn any_filter_has_an_answer(fact in r"[a-z.#()=*@|]{0,12}", operator in prop::sample::select(vec!["==", "!=", "=~", "<", "<=", ">", ">="]), value in r"\PC{0,12}") {
        let _ignored = ask(&fact, operator, &value);
    }
}
