use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use super::*;
use crate::facts::Case;
use crate::facts::compile_pattern;

fn action(agent: &str, name: &str) -> &'static Action {
    builtin(agent).unwrap().action(name).unwrap()
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn converted(agent: &str, name: &str, pairs: &[(&str, &str)]) -> Result<Value, InputError> {
    action(agent, name).convert(&texts(pairs)).map(Value::from)
}

/// An action with one input of each type.
fn kinds() -> Action {
    let ddl = json!({
        "metadata": {"name": "kinds", "description": ""},
        "actions": [{"action": "take", "display": "", "input": {
            "integer": {"type": "integer", "optional": true},
            "number": {"type": "number", "optional": true},
            "float": {"type": "float", "optional": true},
            "boolean": {"type": "boolean", "optional": true},
            "list": {"type": "list", "optional": true, "list": ["a", "b"]},
            "hash": {"type": "Hash", "optional": true},
            "array": {"type": "array", "optional": true},
            "word": {"type": "string", "optional": true, "validation": "^[a-z]+$", "maxlength": 3},
            "shell": {"type": "string", "optional": true, "validation": "shellsafe"},
            "v4": {"type": "string", "optional": true, "validation": "ipv4address"},
            "v6": {"type": "string", "optional": true, "validation": "ipv6address"},
            "ip": {"type": "string", "optional": true, "validation": "ipaddress"},
            "odd": {"type": "string", "optional": true, "validation": "some_plugin"},
            "broken": {"type": "string", "optional": true, "validation": "("},
        }}],
    });
    let mut ddl = load(ddl.to_string().as_bytes()).unwrap();
    ddl.actions.remove(0)
}

#[test]
fn every_agent_of_ours_is_described() {
    assert_eq!(builtin_names().count(), builtin::FILES.len());
    for name in ["choria_provision", "choria_util", "rpcutil"] {
        assert!(builtin(name).is_some(), "{name}");
    }
    assert!(builtin("discovery").is_none());
}

#[test]
fn our_files_are_written_as_our_writer_writes_them_up_to_layout() {
    for text in builtin::FILES {
        let file: Value = serde_json::from_str(text).unwrap();
        let ddl = load(text.as_bytes()).unwrap();
        let written: Value = serde_json::from_str(&ddl.json()).unwrap();
        assert_eq!(written, file);
    }
}

#[test]
fn every_expression_of_ours_compiles() {
    for name in builtin_names() {
        for action in &builtin(name).unwrap().actions {
            for (name, input) in &action.input {
                assert!(
                    compile_pattern(&input.validation, Case::Exact).is_ok(),
                    "{}#{name}",
                    action.action
                );
                assert!(
                    input.kind != InputType::String || input.maxlength.is_some(),
                    "{}#{name} has no limit",
                    action.action
                );
            }
        }
    }
}

#[test]
fn the_limits_of_provisioning_are_the_published_ones() {
    let max = |name: &str, input: &str| action("choria_provision", name).input[input].maxlength;
    assert_eq!(max("configure", "config"), Some(262_144));
    assert_eq!(max("configure", "certificate"), Some(65_536));
    assert_eq!(max("configure", "ca"), Some(262_144));
    assert_eq!(max("configure", "key"), Some(16_384));
    assert_eq!(max("configure", "server_jwt"), Some(16_384));
    assert_eq!(max("gencsr", "token"), Some(128));
    assert_eq!(max("gencsr", "cn"), Some(80));
    assert_eq!(max("gencsr", "OU"), Some(50));
}

#[test]
fn texts_become_typed_inputs() {
    let given = texts(&[
        ("integer", "-7"),
        ("number", "1"),
        ("float", "1.5"),
        ("boolean", "T"),
        ("list", "b"),
        ("hash", r#"{"a":1}"#),
        ("array", "[1]"),
        ("word", "abc"),
        ("v6", "::1"),
        ("odd", "$(x)"),
    ]);
    assert_eq!(
        Value::from(kinds().convert(&given).unwrap()),
        json!({
            "integer": -7, "number": 1, "float": 1.5, "boolean": true, "list": "b", "hash": {"a": 1}, "array": [1],
            "word": "abc", "v6": "::1", "odd": "$(x)",
        })
    );
}

#[test]
fn a_wrong_text_is_refused_with_the_known_words() {
    let kinds = kinds();
    for (name, text, says) in [
        ("integer", "1.0", "is not an integer"),
        ("number", "one", "is not a number"),
        ("number", "NaN", "is not a number"),
        ("float", "", "is not a float"),
        ("boolean", "yes", "is not a boolean"),
        ("list", "c", "should be one of a, b"),
        ("hash", "[1]", "is not a hash map"),
        ("array", "{}", "is not an array"),
        ("word", "abcd", "is longer than 3 characters"),
        ("word", "A", "input does not match '^[a-z]+$'"),
        ("shell", "a && b", "may not contain '&&'"),
        ("v4", "::1", "is not an IPv4 address"),
        ("v6", "10.0.0.1", "is not an IPv6 address"),
        ("ip", "10.0.0", "is not an IP address"),
        ("broken", "x", "the DDL has an invalid expression '('"),
    ] {
        let err = kinds.convert(&texts(&[(name, text)])).unwrap_err();
        assert_eq!(
            crate::report::Chain(&err).to_string(),
            format!("invalid value for '{name}': {says}")
        );
    }
}

#[test]
fn undeclared_and_missing_inputs_are_named() {
    assert_eq!(
        converted("rpcutil", "get_fact", &[]),
        Err(InputError::Required {
            name: "fact".into()
        })
    );
    assert_eq!(
        converted("rpcutil", "ping", &[("fact", "dc")]),
        Err(InputError::NotDeclared {
            name: "fact".into()
        })
    );
}

#[test]
fn a_required_input_with_a_default_can_be_left_out_and_an_optional_one_is_not_invented() {
    assert_eq!(
        converted("choria_provision", "gencsr", &[("C", "MT")]),
        Ok(json!({"token": "", "C": "MT"}))
    );
    assert_eq!(
        converted(
            "choria_provision",
            "configure",
            &[("config", "{\n \"a\": \"b\"\n}\n")]
        ),
        Ok(json!({"config": "{\n \"a\": \"b\"\n}\n"}))
    );
}

#[test]
fn host_names_are_common_names_and_free_text_is_not() {
    let cn = |text| converted("choria_provision", "gencsr", &[("cn", text)]);
    for good in ["a", "cap1.example.net", "db_1.example.net"] {
        assert!(cn(good).is_ok(), "{good}");
    }
    for bad in ["", ".", "a..b", "-a", "a b", "a\n", "cap1/CN=x"] {
        assert!(cn(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_request_is_checked_against_its_action() {
    let get_fact = action("rpcutil", "get_fact");
    let ping = action("rpcutil", "ping");
    let check =
        |action: &Action, data: Value| action.check(&data, Undeclared::Refused).map(Value::from);
    assert_eq!(
        check(get_fact, json!({"fact": "dc", "process_results": true})),
        Ok(json!({"fact": "dc"}))
    );
    assert_eq!(
        check(get_fact, json!({"fact": null})),
        Err(InputError::Required {
            name: "fact".into()
        })
    );
    assert_eq!(
        check(get_fact, json!({"fact": 1})),
        Err(InputError::Invalid {
            name: "fact".into(),
            err: ValueError::NotString
        })
    );
    assert_eq!(
        check(get_fact, json!({"fact": "dc", "x": 1}))
            .unwrap_err()
            .to_string(),
        "request contains an input 'x' that is not declared in the DDL. Valid inputs are: fact"
    );
    assert_eq!(check(ping, json!({"x": 1})), Err(InputError::NoneDeclared));
    assert_eq!(check(ping, json!("{}")), Err(InputError::NotAnObject));
    assert_eq!(
        check(ping, json!({"process_results": false})),
        Ok(json!({}))
    );
    assert_eq!(
        ping.check(&json!({"x": 1}), Undeclared::Dropped)
            .map(Value::from),
        Ok(json!({}))
    );
}

#[test]
fn a_description_with_a_name_that_cannot_stand_in_a_request_is_refused() {
    let named = |agent: &str, action: &str, input: &str| {
        let ddl = json!({
            "metadata": {"name": agent, "description": ""},
            "actions": [{"action": action, "input": {input: {"type": "string"}}}],
        });
        load(ddl.to_string().as_bytes())
    };
    named("a", "b", "C").unwrap();
    assert!(matches!(
        named("a.b", "b", "c"),
        Err(LoadError::Name { what: "agent" })
    ));
    assert!(matches!(
        named("a", "b c", "c"),
        Err(LoadError::Name { what: "action" })
    ));
    assert!(matches!(
        named("a", "b", ""),
        Err(LoadError::Name { what: "input" })
    ));
    assert!(matches!(load(b"{}"), Err(LoadError::Json { .. })));
}

fn sums(aggregate: &Value) -> Summary {
    let ddl = json!({
        "metadata": {"name": "sums", "description": ""},
        "actions": [{"action": "sum", "aggregate": aggregate,
            "output": {"name": {"display_as": "Name"}, "state": {"display_as": "", "default": "unknown"}}}],
    });
    let ddl = load(ddl.to_string().as_bytes()).unwrap();
    Summary::new(&ddl.actions[0])
}

#[test]
fn replies_are_condensed_as_the_description_asks() {
    let mut summary = sums(&json!([
        {"function": "summary", "args": ["name"]},
        {"function": "boolean_summary", "args": ["up", {"true": "Up", "false": "Down"}]},
        {"function": "boolean_summary", "args": ["well"]},
        {"function": "average", "args": ["load"]},
        {"function": "average", "args": ["nothing"]},
        {"function": "chart", "args": ["idle"]},
        {"function": "summary", "args": ["absent"]},
        {"function": "summary", "args": ["state", {"ok": "fine", "format": "%-8s| %3d"}]},
        {"function": "invented", "args": ["name"]},
        {"function": "summary", "args": []},
    ]));
    for (name, up, load) in [
        (json!(["a", "b"]), true, json!(1)),
        (json!("b"), false, json!("2.0")),
        (json!(3.0), true, json!("?")),
    ] {
        summary.add(&json!({"name": name, "up": up, "well": up, "load": load, "idle": 1}));
    }
    summary.add(&json!({"state": "ok", "name": "b"}));
    let mut json = summary.json();
    assert!(json["idle"]["chart"].take().is_string());
    assert_eq!(
        json,
        json!({
            "name": {"[\"a\",\"b\"]": 1, "b": 2, "3": 1}, "up": {"Up": 2, "Down": 1}, "well": {"true": 2, "false": 1},
            "load": {"average": 1.5}, "idle": {"chart": null}, "absent": {}, "state": {"unknown": 3, "fine": 1},
        })
    );
    let sections: Vec<_> = summary.sections().collect();
    let titles: Vec<_> = sections.iter().map(|(title, _)| *title).collect();
    assert_eq!(
        titles,
        [
            "absent", "idle", "load", "Name", "nothing", "state", "up", "well"
        ]
    );
    assert_eq!(sections[0].1, [""; 0]);
    assert_eq!(sections[2].1, ["Average: 1.500"]);
    assert_eq!(sections[3].1[0], "        b: 2");
    assert_eq!(sections[4].1, [""; 0]);
    assert_eq!(sections[5].1, ["unknown |   3", "fine    |   1"]);
}

#[test]
fn of_two_ways_to_condense_an_output_the_later_counts() {
    let mut summary = sums(&json!([
        {"function": "average", "args": ["name"]}, {"function": "summary", "args": ["name"]},
    ]));
    summary.add(&json!({"name": 2}));
    assert_eq!(summary.json(), json!({"name": {"2": 1}}));
}

#[test]
fn ruby_clients_get_their_own_form() {
    let ddl = json!({
        "metadata": {"name": "demo", "description": "Says \"#{x}\"", "author": "a", "license": "l", "version": "1.0.0",
            "url": "u", "timeout": 2},
        "actions": [{"action": "do", "description": "d", "display": "always",
            "input": {
                "how": {"prompt": "How", "description": "h", "type": "list", "optional": false, "list": ["a", "b"], "default": "a"},
                "what": {"prompt": "What", "description": "w", "type": "string", "optional": true,
                    "validation": r"^it's \d\\$", "maxlength": 5},
            },
            "output": {"done": {"description": "d", "display_as": "Done", "default": {"a": null}}},
            "aggregate": [{"function": "summary", "args": ["done", {"format": "%s"}]}],
        }],
    });
    let ddl = load(ddl.to_string().as_bytes()).unwrap();
    assert_eq!(
        ruby(&ddl),
        r##"metadata :name        => "demo",
         :description => "Says \"\#{x}\"",
         :author      => "a",
         :license     => "l",
         :version     => "1.0.0",
         :url         => "u",
         :timeout     => 2

action "do", :description => "d" do
  display :always

  input :how,
        :prompt      => "How",
        :description => "h",
        :type        => :list,
        :list        => ["a", "b"],
        :default     => "a",
        :optional    => false

  input :what,
        :prompt      => "What",
        :description => "w",
        :type        => :string,
        :validation  => '^it\'s \d\\\$',
        :maxlength   => 5,
        :optional    => true

  output :done,
         :description => "d",
         :display_as  => "Done",
         :default     => {"a" => nil}

  summarize do
    aggregate summary(:done, {"format" => "%s"})
  end
end
"##
    );
}
