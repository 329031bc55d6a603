use proptest::prelude::*;
use serde_json::Value as Json;
use serde_json::json;

use super::*;
use crate::facts::Classes;
use crate::facts::Document;

fn document() -> Document {
    let Json::Object(facts) = json!({
        "string": "hello world", "fnumber": 1.2, "inumber": 7, "iarray": [1, 2, 3], "tbool": true,
        "nested": {"string": "nested hello world"}, "empty": [], "null": null, "version": "1.2.3",
        "disks": [{"name": "sda", "size": 10, "ssd": true}, {"name": "sdb", "size": 20, "ssd": false}],
    }) else {
        unreachable!()
    };
    Document::from(facts)
}

fn ask_with(text: &str, effort: &mut Effort) -> Result<bool, CompoundError> {
    let (classes, facts) = (Classes::from_iter(["apache", "testing"]), document());
    let node = Node {
        identity: "a.example.net",
        agents: &["discovery", "rpcutil"],
        classes: &classes,
        facts: &facts,
    };
    Expression::parse(text)?.evaluate(&node, effort)
}

fn ask(text: &str) -> Result<bool, CompoundError> {
    ask_with(text, &mut Effort::of_request())
}

fn hold(texts: &[&str]) {
    for text in texts {
        assert_eq!(ask(text), Ok(true), "{text}");
    }
}

fn fail(texts: &[&str]) {
    for text in texts {
        assert_eq!(ask(text), Ok(false), "{text}");
    }
}

#[test]
fn the_node_can_be_asked_about() {
    hold(&[
        r#"with('apache') and with('/t.sting/') and with('fnumber=1.2') and fact('nested.string') matches('h.llo') and include(fact('iarray'), 1)"#,
        "with('rpcutil')",
        "with('/^disc/')",
        "with('string=/^HELLO/')",
        "not with('nosuch')",
        "fact('inumber') == 7",
        "fact('missing') == nil",
        "fact('null') == nil",
        r#"fact('disks.#(name="sdb").size') == 20"#,
        "fact('iarray.#') == 3",
        "include(agents, 'rpcutil')",
        "'apache' in classes",
        "len(agents) == 2",
        "facts.nested.string startsWith 'nested'",
        "facts['inumber'] > 6",
        "semver(fact('version'), '>= 1.2, < 2.0.0')",
        "include(fact('iarray'), 1.0)",
        "unknown == nil",
    ]);
    fail(&[
        "with('x')",
        "include(fact('iarray'), 4)",
        "include(fact('missing'), 4)",
        "with('/')",
    ]);
}

#[test]
fn literals_and_comments_are_read() {
    hold(&[
        r#""a\tb\u00e9\x41\"" == 'a	béA"'"#,
        "'it\\'s' == \"it's\"",
        "`raw\\n` == 'raw\\\\n'",
        "0x2A == 42 and 0o52 == 42 and 0b101010 == 42 and 1_000 == 1000",
        ".5 == 0.5 and 1e3 == 1000 and 1.5E+1 == 15",
        "[1, 'a', nil, true,] == [1, 'a', nil, true]",
        "{a: 1, 'b c': 2, 3: 4,}['b c'] == 2 and {a: 1}.a == 1",
        "true // the rest is not read (",
        "/* ( */ true",
    ]);
}

#[test]
fn operators_bind_as_in_expr_lang() {
    hold(&[
        "1 + 2 * 3 == 7",
        "-2 ** 2 == -4",
        "2 ** 3 ** 2 == 512",
        "2 ^ 3 == 8",
        "7 % 4 == 3",
        "7 / 2 == 3.5",
        "'a' + 'b' == 'ab'",
        "false and false or true",
        "true or false and false",
        "1 < 2 <= 2 < 3",
        "!(1 == 2) && !false || false",
        "1 in 1..3",
        "4 not in 1..3",
        "'x' not in {a: 1}",
        "'a' in {a: 1}",
        "1 not in nil",
        "'hello' not matches '^x' and 'hello' matches '^h.l+o$'",
        "'hello' contains 'ell' and 'hello' not startsWith 'x' and 'hello' endsWith 'lo'",
        "not (nil contains 'a') and not ('a' matches nil)",
        "true ? true : false ? false : false",
        "(nil ?? 'x') == 'x' and (1 ?? 2) == 1",
        "true ?: false",
        "1 == 1.0 and 'a' != 1 and nil == nil and [1] == [1.0] and [1] != [2]",
        "facts.iarray == [1,2,3] and {a: [1]} == {a: [1]} and {a: 1} != {b: 1}",
    ]);
    fail(&["not true == true", "1 < 2 < 2", "true ? false : true"]);
    assert!(matches!(
        ask("not 'a' in ['a']"),
        Err(CompoundError::Type { .. })
    ));
    assert!(matches!(
        ask("nil ?? 1 == 1"),
        Err(CompoundError::Syntax { .. })
    ));
}

#[test]
fn members_places_and_slices_are_found() {
    hold(&[
        "facts.iarray[0] == 1 and facts.iarray[-1] == 3",
        "facts.iarray[1:] == [2,3] and facts.iarray[:-1] == [1,2] and facts.iarray[:] == facts.iarray",
        "facts.iarray[5:9] == [] and [1,2,3][2:1] == []",
        "facts.missing?.deep.deeper == nil",
        "facts?.nested?.string contains 'hello'",
        "facts.iarray?.[0] == 1",
        "facts.missing == nil",
    ]);
    for text in ["facts.iarray[3] == 1", "[][0] == nil", "[1][-2] == 1"] {
        assert!(
            matches!(ask(text), Err(CompoundError::OutOfRange { .. })),
            "{text}"
        );
    }
    for text in [
        "facts.missing.deep == nil",
        "facts.string.x == 1",
        "facts[1] == 1",
        "nil[0] == 1",
    ] {
        assert!(
            matches!(ask(text), Err(CompoundError::Type { .. })),
            "{text}"
        );
    }
}

#[test]
fn predicates_are_evaluated_for_each_element() {
    hold(&[
        "all(facts.iarray, {# > 0})",
        "any(facts.iarray, # == 2)",
        "one(facts.iarray, {# > 2})",
        "none(facts.iarray, {# > 3})",
        "all([], false) and none([], true) and not any([], true) and not one([], true)",
        "map(facts.iarray, {# * 2}) == [2,4,6]",
        "filter(facts.disks, .ssd) == [facts.disks[0]]",
        "any(facts.disks, {.name == 'sdb' and .size > 15})",
        "count(facts.disks, {.size > 5}) == 2 and count([true, false]) == 1",
        "find(facts.disks, .size > 10).name == 'sdb' and find([1], # > 1) == nil",
        "any(facts.disks, {any(1..20, {# == 20})})",
        "len(filter(1..10, {# % 2 == 0})) == 5",
        "map(facts.disks, {#.name}) == ['sda','sdb']",
    ]);
    assert!(matches!(
        ask("all(facts.iarray, 1)"),
        Err(CompoundError::Type { .. })
    ));
    assert!(matches!(
        ask("all('abc', true)"),
        Err(CompoundError::Type { .. })
    ));
}

#[test]
fn functions_of_values_work() {
    hold(&[
        "len('é') == 1 and len([1]) == 1 and len({a: 1}) == 1",
        "lower('ÄB') == 'äb' and upper('äb') == 'ÄB'",
        "trim(' a ') == 'a' and trim('__a_', '_') == 'a'",
        "trimPrefix('ab', 'a') == 'b' and trimSuffix('ab', 'b') == 'a' and trimPrefix('ab', 'x') == 'ab'",
        "hasPrefix('ab', 'a') and hasSuffix('ab', 'b')",
        "split('a,b', ',') == ['a','b'] and split('ab', '') == ['a','b'] and join(['a','b'], '-') == 'a-b'",
        "int('12') == 12 and int(1.9) == 1 and float('1.5') == 1.5 and float(1) == 1",
        "string(1) == '1' and string(true) == 'true' and string('a') == 'a' and string(1.5) == '1.5'",
        "abs(-1) == 1 and abs(-1.5) == 1.5",
        "type(1) == 'int' and type(facts.fnumber) == 'float' and type(nil) == 'nil' and type(facts) == 'map'",
        "keys({b: 1, a: 2}) == ['a','b'] and values({b: 1, a: 2}) == [2,1]",
        "first([1,2]) == 1 and last([1,2]) == 2 and first([]) == nil and last(facts.empty) == nil",
        "get([1], 5) == nil and get({a: 1}, 'a') == 1 and get({a: 1}, 'b') == nil",
    ]);
}

#[test]
fn versions_are_compared() {
    let checks = |version: &str, constraint: &str| {
        version::satisfies(version, constraint).unwrap_or_else(|err| panic!("{constraint}: {err}"))
    };
    for (version, constraint) in [
        ("1.2.3", "1.2.3"),
        ("v1.2", "=1.2.0"),
        ("1.2.9", "1.2"),
        ("1.9.0", "1.x"),
        ("5.0.0", "*"),
        ("1.2.3", "!=1.2.4"),
        ("1.3.0", "!=1.2.x"),
        ("1.2.4", ">1.2.3"),
        ("1.3.0", ">1.2"),
        ("1.2.3", "=>1.2.3"),
        ("1.1.9", "<1.2"),
        ("1.2.9", "<=1.2"),
        ("1.2.9", "~1.2.3"),
        ("1.9.0", "^1.2.3"),
        ("1.3.0", "1.2 - 1.4"),
        ("3.0.0", "<1 || >=3"),
        ("1.5.0", ">=1.2, <2"),
        ("1.2.3-rc1", ">=1.2.3-beta"),
        ("1.2.3+b1", "1.2.3"),
        ("1.9.9", "~>1"),
    ] {
        assert!(checks(version, constraint), "{version} {constraint}");
    }
    for (version, constraint) in [
        ("1.2.4", "1.2.3"),
        ("1.3.0", "~1.2.3"),
        ("2.0.0", "^1.2.3"),
        ("1.2.9", ">1.2"),
        ("1.2.0", "<1.2"),
        ("1.2.3-rc1", ">=1.0.0"),
        ("1.2.9", "!=1.2.x"),
        ("1.2.2", "~1.2.3"),
        ("2.0.0", "1.2 - 1.4"),
    ] {
        assert!(!checks(version, constraint), "{version} {constraint}");
    }
    for (version, constraint) in [
        ("x", "1"),
        ("1.2.3.4", "1"),
        ("1", "latest"),
        ("1", ">"),
        ("1", ""),
        ("", "1"),
    ] {
        assert!(
            version::satisfies(version, constraint).is_err(),
            "{version} {constraint}"
        );
    }
}

#[test]
fn what_is_no_expression_is_refused() {
    for text in [
        "",
        "(",
        ")",
        "1 +",
        "a b",
        "'x",
        "`x",
        "/* x",
        "1.2.3",
        "0x",
        "12a",
        "'\\q'",
        "[1",
        "{a 1}",
        "{[1]: 2}",
        "a ? b",
        "#",
        ".a",
        "any([1], {#index == 0})",
        "let x = 1; x",
        "if true {true} else {false}",
        "a | b",
        "1;2",
        "a.b()",
        "a.",
        "a[]",
        "not",
        "1 not 2",
        "all([1])",
        "@",
        "99999999999999999999",
        "'\\u12'",
    ] {
        assert!(
            matches!(ask(text), Err(CompoundError::Syntax { .. })),
            "{text}: {:?}",
            ask(text)
        );
    }
    for text in [
        "config_item('k').value == 'x'",
        "scout('c')",
        "now()",
        "$env()",
    ] {
        assert!(
            matches!(
                ask(text),
                Err(CompoundError::UnknownFunction { .. } | CompoundError::Syntax { .. })
            ),
            "{text}"
        );
    }
    for text in ["with()", "with('a', 'b')", "len()", "true or fact()"] {
        assert!(
            matches!(ask(text), Err(CompoundError::Arguments { .. })),
            "{text}"
        );
    }
}

#[test]
fn what_has_no_result_is_an_error() {
    for text in ["1", "'true'", "nil", "[true]", "facts", "unknown"] {
        assert!(
            matches!(ask(text), Err(CompoundError::NotBoolean { .. })),
            "{text}"
        );
    }
    for text in [
        "1 and true",
        "not 1",
        "1 < 'a'",
        "nil > 1",
        "1 + 'a'",
        "-'a'",
        "len(1) == 1",
        "'a' in 'abc'",
        "1 matches 'a'",
        "fact(1) == 1",
        "with(nil)",
        "1.5 % 2 == 1",
        "1 ? true : false",
        "keys([]) == []",
    ] {
        assert!(
            matches!(ask(text), Err(CompoundError::Type { .. })),
            "{text}: {:?}",
            ask(text)
        );
    }
    for text in ["1 % 0 == 1", "9223372036854775807 + 1 > 1", "int('x') == 1"] {
        assert!(
            matches!(ask(text), Err(CompoundError::Arithmetic { .. })),
            "{text}"
        );
    }
    assert!(matches!(
        ask("'a' matches '('"),
        Err(CompoundError::Pattern(_))
    ));
    assert!(matches!(
        ask("semver('x', '1')"),
        Err(CompoundError::Version { .. })
    ));
    assert!(matches!(
        ask("with('tbool>1')"),
        Err(CompoundError::Fact(_))
    ));
    let long = format!("fact('{}') == nil", "a".repeat(2000));
    assert!(matches!(ask(&long), Err(CompoundError::Path(_))));
}

#[test]
fn nesting_is_bounded() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("!", ""),
        ("-", ""),
        ("any([1],{", "})"),
        ("true?", ":true"),
    ] {
        let text = format!("{}true{}", open.repeat(1000), close.repeat(1000));
        assert_eq!(ask(&text), Err(CompoundError::TooDeep), "{open}");
    }
    for link in [
        ".a", "[0]", "?.a", " + 1", " ?? 1", " == 1", " in []", " ** 1",
    ] {
        let text = format!("a{}", link.repeat(1000));
        assert_eq!(ask(&text), Err(CompoundError::TooDeep), "{link}");
    }
    // what people write in long forms is fine
    hold(&[
        &format!("{}true", "false or ".repeat(1500)),
        &format!("{}true", "true && ".repeat(1500)),
        &format!("1 in [{}1]", "2, ".repeat(4000)),
    ]);
    assert_eq!(ask(&" ".repeat(MAX_TEXT + 1)), Err(CompoundError::TooLong));
}

#[test]
fn expensive_expressions_end() {
    for text in [
        "len(1..9000000000000000000) > 0",
        "len(-9223372036854775807..9223372036854775807) > 0",
        "all(1..100000, {all(1..100000, {# > 0})})",
        "len(map(1..2000, {map(1..2000, {1})})) > 0",
        "any(1..100000, {'aaaaaaaaaaaaaaaaaaaaaaaaaaaa' matches '(a+)+b' + string(#)})",
        "len(map(1..200000, {facts})) > 0 and len(map(1..200000, {fact('@reverse')})) > 0 and all(1..200000, {fact('disks.@reverse') != nil})",
    ] {
        assert_eq!(
            ask(text),
            Err(CompoundError::Exhausted(Exhausted)),
            "{text}"
        );
    }
    let doubled = (0..20).fold("'aaaaaaaaaaaaaaaa'".to_owned(), |text, _| {
        format!("map([{text}], # + #)[0]")
    });
    let doubled = ask(&format!("len({doubled}) > 0"));
    assert_eq!(doubled, Err(CompoundError::Exhausted(Exhausted)));
}

#[test]
fn a_pattern_in_a_loop_is_compiled_once() {
    let mut effort = Effort::of_request();
    assert_eq!(
        ask_with("all(1..1000, {'abc' matches '^a.c$'})", &mut effort),
        Ok(true)
    );
    assert!(effort.left() > 900_000, "{}", effort.left());
}

proptest! {
    #[test]
    fn any_text_has_a_result_or_an_error(text in r"(and|or|not|in|with|fact|any|map|len|matches|nil|true|facts|agents|\.\.|\?\?|\?\.|==|[0-9a-z()\[\]{}#.,:?'+*/%<>=!-]|[ ]|\PC){0,40}") {
        let mut effort = Effort::of_steps(20_000);
        let _ignored = ask_with(&text, &mut effort);
        prop_assert!(effort.left() <= 20_000);
    }

    #[test]
    fn expressions_put_together_never_panic(text in expression()) {
        let _ignored = ask_with(&text, &mut Effort::of_steps(20_000));
    }

    #[test]
    fn numbers_agree_with_rust(a in -1000_i64..1000, b in -1000_i64..1000, c in 1_i64..50) {
        let text = format!("({a} + {b}) * {c} - {b} % {c} == {}", (a + b) * c - b % c);
        prop_assert_eq!(ask(&text), Ok(true));
        prop_assert_eq!(ask(&format!("{a} < {b}")), Ok(a < b));
    }
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "-2",
        "1.5",
        "'a'",
        "nil",
        "true",
        "false",
        "[]",
        "{}",
        "facts",
        "agents",
        "facts.iarray",
        "#",
        "'(a'",
        "facts.disks",
        "fact('iarray')",
        "unknown",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 30, 3, |inner| {
        let operators = prop::sample::select(vec![
            "+", "-", "*", "/", "%", "**", "==", "!=", "<", ">=", "in", "not in", "matches",
            "contains", "..", "and", "or", "??",
        ]);
        let functions = prop::sample::select(vec![
            "len", "lower", "int", "string", "keys", "first", "with", "fact", "type", "abs",
            "split", "trim",
        ]);
        let loops = prop::sample::select(vec![
            "all", "any", "one", "none", "map", "filter", "count", "find",
        ]);
        prop_oneof![
            (inner.clone(), operators, inner.clone())
                .prop_map(|(a, by, b)| format!("({a}) {by} ({b})")),
            (functions, inner.clone()).prop_map(|(name, a)| format!("{name}({a})")),
            (loops, inner.clone(), inner.clone())
                .prop_map(|(name, a, b)| format!("{name}({a}, {{{b}}})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a})[{b}:{c}]")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a}) ? ({b}) : ({c})")),
            inner.clone().prop_map(|a| format!("not ({a})")),
            inner.prop_map(|a| format!("({a})?.x.y")),
        ]
    })
}
