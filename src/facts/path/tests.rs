use proptest::prelude::*;
use serde_json::json;

use super::*;

fn find(document: &Value, path: &str) -> Option<Value> {
    lookup(document, path, &mut Effort::of_request())
        .unwrap()
        .map(Cow::into_owned)
}

/// The example of GJSON's own documentation.
fn friends() -> Value {
    json!({
        "name": {"first": "Tom", "last": "Anderson"},
        "age": 37,
        "children": ["Sara", "Alex", "Jack"],
        "fav.movie": "Deer Hunter",
        "friends": [
            {"first": "Dale", "last": "Murphy", "age": 44, "nets": ["ig", "fb", "tw"]},
            {"first": "Roger", "last": "Craig", "age": 68, "nets": ["fb", "tw"]},
            {"first": "Jane", "last": "Murphy", "age": 47, "nets": ["ig", "tw"]}
        ]
    })
}

fn check(document: &Value, table: &[(&str, Value)]) {
    for (path, wanted) in table {
        assert_eq!(find(document, path).as_ref(), Some(wanted), "{path}");
    }
}

#[test]
fn names_places_and_wildcards_are_found() {
    check(
        &friends(),
        &[
            ("name.last", json!("Anderson")),
            ("age", json!(37)),
            ("children", json!(["Sara", "Alex", "Jack"])),
            ("children.0", json!("Sara")),
            ("friends.1.first", json!("Roger")),
            ("child*.2", json!("Jack")),
            ("c?ildren.0", json!("Sara")),
            ("*.first", json!("Tom")),
            (r"fav\.movie", json!("Deer Hunter")),
        ],
    );
}

#[test]
fn lists_are_counted_and_mapped() {
    check(
        &friends(),
        &[
            ("children.#", json!(3)),
            ("children|#", json!(3)),
            ("friends.#.age", json!([44, 68, 47])),
            ("friends.#.nets.#", json!([3, 2, 2])),
            ("friends.#.nets.0", json!(["ig", "fb", "ig"])),
            ("friends.#.missing", json!([])),
            ("friends.#.age|#", json!(3)),
        ],
    );
}

#[test]
fn queries_find_the_first_or_all() {
    check(
        &friends(),
        &[
            (r#"friends.#(last=="Murphy").first"#, json!("Dale")),
            (r#"friends.#(last="Murphy").first"#, json!("Dale")),
            (
                r#"friends.#(last=="Murphy")#.first"#,
                json!(["Dale", "Jane"]),
            ),
            ("friends.#(age>45)#.last", json!(["Craig", "Murphy"])),
            ("friends.#(age>=47)#.last", json!(["Craig", "Murphy"])),
            ("friends.#(age<45)#.last", json!(["Murphy"])),
            ("friends.#(age!=44)#.age", json!([68, 47])),
            (r#"friends.#(first%"D*").last"#, json!("Murphy")),
            (r#"friends.#(first!%"D*").last"#, json!("Craig")),
            (r#"children.#(!%"*a*")"#, json!("Alex")),
            (r#"children.#(%"*a*")#"#, json!(["Sara", "Jack"])),
            (
                r#"friends.#(nets.#(=="fb"))#.first"#,
                json!(["Dale", "Roger"]),
            ),
            (r#"friends.#(last="Murphy")#.0"#, json!([])),
            (r#"friends.#(last="Murphy")#|0.first"#, json!("Dale")),
            (r#"friends.#(last="Murphy")#.#"#, json!([])),
            (r#"friends.#(last="Murphy")#|#"#, json!(2)),
            ("friends.#(nets)#|#", json!(3)),
            (r#"friends.#[last="Craig"].age"#, json!(68)),
        ],
    );
    let friends = friends();
    for missing in [
        r#"friends.#(last="Murphy")#|first"#,
        r#"friends.#(last="Nobody")"#,
        "friends.#(last",
        "friends.#()x",
        "name.#(first)",
        "children.3",
        "children.-1",
        "children.x",
        "age.x",
        "",
    ] {
        assert_eq!(find(&friends, missing), None, "{missing}");
    }
}

#[test]
fn a_tilde_asks_for_kinds_of_values() {
    let document = json!({"vals": [
        {"a": 1, "b": "data"}, {"a": 2, "b": true}, {"a": 3, "b": false}, {"a": 4, "b": "0"},
        {"a": 5, "b": 0}, {"a": 6, "b": "1"}, {"a": 7, "b": 1}, {"a": 8, "b": "true"},
        {"a": 9, "b": false}, {"a": 10, "b": null}, {"a": 11}
    ]});
    check(
        &document,
        &[
            ("vals.#(b==~true)#.a", json!([2, 6, 7, 8])),
            ("vals.#(b==~false)#.a", json!([3, 4, 5, 9, 10, 11])),
            ("vals.#(b==~null)#.a", json!([10, 11])),
            ("vals.#(b==~*)#.a", json!([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])),
            ("vals.#(b!=~*)#.a", json!([11])),
        ],
    );
}

#[test]
fn modifiers_change_the_value() {
    check(
        &friends(),
        &[
            ("@this.age", json!(37)),
            ("children.@reverse", json!(["Jack", "Alex", "Sara"])),
            ("children.@reverse.0", json!("Jack")),
            ("children|@reverse|0", json!("Jack")),
            ("name.@keys", json!(["first", "last"])),
            ("name.@values", json!(["Tom", "Anderson"])),
            ("name.@values.1", json!("Anderson")),
            ("friends.#.nets.@reverse.0", json!(["tw", "tw", "tw"])),
            ("friends.#.nets|@flatten|#", json!(7)),
            (r#"@pretty:{"sortKeys":true}.age"#, json!(37)),
            (r#"@pretty:{"indent":"|.|"}|age"#, json!(37)),
            ("@ugly.@valid.age", json!(37)),
            ("name.@tostr", json!(r#"{"first":"Tom","last":"Anderson"}"#)),
            ("name.@tostr.@fromstr.first", json!("Tom")),
        ],
    );
    let nested = json!({"a": [1, [2], [3, [4, [5]]], {"x": [6]}]});
    check(
        &nested,
        &[
            ("a.@flatten", json!([1, 2, 3, [4, [5]], {"x": [6]}])),
            (
                r#"a.@flatten:{"deep":true}"#,
                json!([1, 2, 3, 4, 5, {"x": [6]}]),
            ),
        ],
    );
    assert_eq!(find(&friends(), "age.@values"), Some(json!([37])));
    assert_eq!(find(&friends(), "age.@keys"), None);
    assert_eq!(find(&friends(), "missing.@this"), None);
    assert_eq!(find(&json!({"@foo": 1}), "@foo"), Some(json!(1)));
}

#[test]
fn a_wildcard_tries_every_name_that_fits() {
    let document = json!({"disk_a": {"size": 1}, "disk_b": {"kind": "ssd"}});
    assert_eq!(find(&document, "disk_*.kind"), Some(json!("ssd")));
    let escaped = json!({"a*c": 1, "abc": 2, "a.b|c#": {"": 3}});
    check(
        &escaped,
        &[
            (r"a\*c", json!(1)),
            (r"a\**", json!(1)),
            (r"a\.b\|c#.", json!(3)),
        ],
    );
}

#[test]
fn whole_numbers_keep_their_digits() {
    let document = json!({"n": 9_007_199_254_740_993_u64});
    assert_eq!(
        find(&document, "n").unwrap().to_string(),
        "9007199254740993"
    );
}

#[test]
fn a_path_made_to_be_expensive_is_refused() {
    let wide = json!({"l": vec![json!({"l": vec![json!({"n": "text"}); 300]}); 300]});
    let refused = |path: &str| lookup(&wide, path, &mut Effort::of_request()).unwrap_err();
    assert_eq!(refused(&"a".repeat(MAX_PATH + 1)), PathError::TooLong);
    assert_eq!(refused(&"@this|".repeat(170)), PathError::TooDeep);
    assert_eq!(
        refused(&format!("l{}", ".@reverse".repeat(100))),
        PathError::Exhausted(Exhausted)
    );
    let glob = format!("l.#.l.#(n%\"{}\")#", "*t".repeat(400));
    assert_eq!(refused(&glob), PathError::Exhausted(Exhausted));
}

#[test]
fn deep_documents_and_queries_are_walked_or_refused() {
    let mut deep = json!(1);
    for _ in 0..120 {
        deep = json!([deep]);
    }
    let path = "0.".repeat(119) + "0";
    assert_eq!(find(&deep, &path), Some(json!(1)));
    let nested = "#(".repeat(300) + &")".repeat(300);
    let answer = lookup(&deep, &nested, &mut Effort::of_request());
    assert!(matches!(answer, Ok(None) | Err(PathError::TooDeep)));
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-5_i64..50).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ab.*]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ab.#]{0,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_path_gives_a_value_or_none(document in json_value(), path in r"(@this|@flatten|@keys|@tostr|#\(|==|~true|[ab01.#()|*?\\@:\x22{}=<>%!]|\PC){0,30}") {
        let mut effort = Effort::of_steps(50_000);
        let _ignored = lookup(&document, &path, &mut effort);
        prop_assert!(effort.left() <= 50_000);
    }

    #[test]
    fn every_member_is_found_under_its_escaped_name(name in r"\PC{1,12}", value in 0_i64..9) {
        let escaped: String = name.chars().flat_map(|c| ['\\', c]).collect();
        prop_assert_eq!(find(&json!({name: value}), &escaped), Some(json!(value)));
    }
}
