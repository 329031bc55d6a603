use std::io::Cursor;
use std::io::repeat;

use proptest::prelude::*;
use serde_json::json;

use super::document::MOST;
use super::*;

fn names(text: &str, form: Form) -> Vec<String> {
    let nodes = read(Cursor::new(text), form).unwrap();
    nodes.iter().map(|node| node.as_str().to_owned()).collect()
}

fn refused(text: impl Into<Vec<u8>>, form: Form) -> NamesError {
    read(Cursor::new(text.into()), form).unwrap_err()
}

#[test]
fn a_result_names_the_nodes_that_answered_well() {
    let result = json!({
        "agent": "rpcutil", "action": "ping", "summaries": {}, "request_stats": {"ok": 2},
        "replies": [
            {"sender": "b", "statuscode": 0, "statusmsg": "OK", "data": {"pong": 1}},
            {"sender": "c", "statuscode": 1, "statusmsg": "no", "data": {}},
            {"sender": "a", "action": "ping", "statuscode": 0, "statusmsg": "OK", "data": [[], {}]},
        ],
    });
    assert_eq!(names(&result.to_string(), Form::Json), ["a", "b"]);
    assert_eq!(names(r#"{"replies": []}"#, Form::Json), [""; 0]);
}

#[test]
fn replies_line_by_line_and_lists_are_understood_too() {
    let lines = "{\"sender\":\"b\",\"statuscode\":0}\n{\"sender\":\"a\",\"statuscode\":0,\"data\":{}}\n\
                 {\"sender\":\"c\",\"statuscode\":5}\n";
    assert_eq!(names(lines, Form::Json), ["a", "b"]);
    assert_eq!(names(r#"["b", "a", "b"]"#, Form::Json), ["a", "b"]);
    assert_eq!(names("[]", Form::Json), [""; 0]);
    assert_eq!(names("- b\n- a\n", Form::Yaml), ["a", "b"]);
    assert_eq!(names("# ours\r\n\n b \na", Form::Lines), ["a", "b"]);
}

#[test]
fn what_is_no_list_says_what_and_where() {
    for text in [
        "{}",
        "[1]",
        "1",
        r#""a""#,
        r#"{"replies": 1}"#,
        r#"{"replies": [{"sender": "a"}]}"#,
        r#"{"replies": [{"sender": 1, "statuscode": 0}]}"#,
        r#"{"replies": [{"sender": "a", "statuscode": -1}]}"#,
        r#"{"sender": "a"}"#,
        r#"{"replies": [{"sender": "a", "statuscode": 0}]"#,
        "{\"replies\":\n [",
    ] {
        let err = refused(text, Form::Json);
        let NamesError::Json(cause) = &err else {
            panic!("{text}: {err:?}");
        };
        assert!(cause.line() > 0, "{text}");
    }
    for form in [Form::Json, Form::Yaml, Form::Lines] {
        let err = match form {
            Form::Json | Form::Yaml => refused("[\"a\", \"x\\u001b y\"]", form),
            Form::Lines => refused("a\nx\u{1b} y\n", form),
        };
        let NamesError::Name { place: 2, .. } = err else {
            panic!("{form:?}: {err:?}");
        };
        assert!(!err.to_string().contains('\u{1b}'), "{err}");
    }
    assert!(matches!(refused("", Form::Json), NamesError::Empty));
    assert!(matches!(refused("{", Form::Yaml), NamesError::Yaml(_)));
    for form in [Form::Lines, Form::Yaml] {
        assert!(matches!(refused(b"\xff", form), NamesError::Read(_)));
    }
}

#[test]
fn nesting_is_skipped_without_recursion() {
    let deep = "[".repeat(2_000_000);
    let text = format!("{{\"x\": {deep}");
    assert!(matches!(refused(text, Form::Json), NamesError::Json(_)));
    let whole = format!(
        "{{\"x\": {}{}, \"replies\": []}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert_eq!(names(&whole, Form::Json), [""; 0]);
}

#[test]
fn a_text_without_end_is_refused() {
    let endless = || Bounded {
        input: repeat(b' '),
        left: 100,
    };
    let err = endless().read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(err.kind(), io::ErrorKind::FileTooLarge);
    let err = json(endless()).unwrap_err();
    assert!(matches!(err, NamesError::Read(_)), "{err:?}");
    let mut exact = Bounded {
        input: Cursor::new(b"abc"),
        left: 3,
    };
    assert_eq!(exact.read_to_end(&mut Vec::new()).unwrap(), 3);
}

#[test]
fn more_names_than_any_fleet_has_are_refused() {
    let many = format!("[\"a\"{}]", ",\"a\"".repeat(MOST));
    assert!(matches!(refused(many, Form::Json), NamesError::Json(_)));
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in prop::collection::vec(any::<u8>(), 0..200)) {
        for form in [Form::Lines, Form::Json, Form::Yaml] {
            let read = read(Cursor::new(text.clone()), form);
            prop_assert!(read.is_ok() || read.is_err());
        }
    }
}
