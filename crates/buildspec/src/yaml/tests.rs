use super::*;

fn parse(text: &str) -> Result<Node, SyntaxError> {
    let limits = AliasLimits {
        values: 1000,
        references: 20,
    };
    super::parse(text, limits)
}

fn text_at<'a>(node: &'a Node, path: &[&str]) -> (&'a str, u64) {
    let mut node = node;
    for key in path {
        let Value::Map(entries) = &node.value else {
            panic!("not a map")
        };
        node = &entries
            .iter()
            .find(|entry| entry.key == *key)
            .unwrap()
            .value;
    }
    match &node.value {
        Value::Text(text) => (text, node.line),
        Value::Null | Value::List(_) | Value::Map(_) => panic!("not a text"),
    }
}

#[test]
fn scalars_stay_as_they_are_written() {
    let written = [
        "1.10",
        "386",
        "0640",
        "yes",
        "no",
        "on",
        "True",
        "1e3",
        "1e999",
        "0x1F",
        "-7",
        "+5",
        ".inf",
        ".nan",
        "1_000",
        "12:30",
        "2018-08-27",
        "99999999999999999999",
        "true",
        "ä: b",
    ];
    for text in written {
        let quoted = if text.contains(": ") {
            format!("'{text}'")
        } else {
            text.to_owned()
        };
        let node = parse(&format!("# ü\na: {quoted} # comment\n")).unwrap();
        assert_eq!(text_at(&node, &["a"]), (text, 2));
    }
}

#[test]
fn flow_maps_aliases_and_merges_keep_their_texts() {
    let yaml = "x: &x { a: 386, 'b': \"0640\" }\ny: *x\nz:\n  <<: *x\n  b: 5\nw: &n 1.10\nv: *n\n";
    let node = parse(yaml).unwrap();
    assert_eq!(text_at(&node, &["x", "a"]), ("386", 1));
    assert_eq!(text_at(&node, &["y", "a"]).0, "386");
    assert_eq!(text_at(&node, &["z", "a"]).0, "386");
    assert_eq!(text_at(&node, &["z", "b"]), ("5", 5));
    assert_eq!(text_at(&node, &["w"]).0, "1.10");
    assert_eq!(text_at(&node, &["v"]).0, "1.10");
}

#[test]
fn null_is_not_an_empty_text() {
    let node = parse("a: null\nb: ~\nc:\nd: \"\"\n").unwrap();
    let Value::Map(entries) = &node.value else {
        panic!("not a map")
    };
    let nulls = entries
        .iter()
        .filter(|entry| matches!(entry.value.value, Value::Null))
        .count();
    assert_eq!(nulls, 3);
    assert_eq!(text_at(&node, &["d"]).0, "");
}

#[test]
fn what_is_not_one_document_is_refused_with_its_line() {
    for (yaml, line) in [
        ("a: 1\na: 2\n", 2),
        ("a: 1\n b: 2\n", 2),
        ("a: [1\n", 1),
        ("a: 1\n---\nb: 2\n", 3),
    ] {
        assert_eq!(parse(yaml).unwrap_err().line, Some(line), "{yaml}");
    }
}

#[test]
fn a_syntax_error_does_not_quote_the_file() {
    let err = parse("token: hunter2secret\n bad: x\n").unwrap_err();
    assert!(!err.to_string().contains("hunter2"));
}

#[test]
fn debug_output_does_not_quote_the_file() {
    let node = parse("token: hunter2secret\nlist: [hunter2secret]\n").unwrap();
    let debug = format!("{node:?}");
    assert!(
        debug.contains("token") && !debug.contains("hunter2"),
        "{debug}"
    );
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut yaml = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        yaml.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            vec![before; 10].join(",")
        ));
    }
    parse(&yaml).unwrap_err();
}

#[test]
fn one_anchor_has_so_many_references() {
    let with = |references: usize| format!("a: &a x\nb: [{}]\n", vec!["*a"; references].join(","));
    parse(&with(20)).unwrap();
    parse(&with(21)).unwrap_err();
}
