//! Compares what the node sent with what the reference sent, field by field, under a mask that must not rot.
//!
//! A mask entry says where two messages cannot be equal and why; a [`Difference`] says where ours is another on purpose,
//! and what it is. Whatever else differs is an error, and so is an entry that nothing needs any more.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

/// What cannot be compared: scenario, then JSON pointer into the list of messages that the node sent.
#[derive(Deserialize)]
pub(crate) struct Masks(pub(crate) BTreeMap<String, BTreeMap<String, Masked>>);

/// One place that cannot be compared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Masked {
    /// What is there.
    kind: Kind,
    /// Why it cannot be equal.
    why: String,
    /// It may be equal by chance; then both must have it, of the same type.
    #[serde(default)]
    volatile: bool,
}

/// What a mask may hide; anything else is a [`Difference`].
#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// Made anew every time.
    Key,
    /// Of the software or what it is made of.
    Version,
    /// Counts, process ids, processor times.
    Counter,
    /// A path of the machine.
    Path,
    /// The words of a JSON parser.
    ParserText,
    /// Agents and data plugins that this node does not have.
    AbsentAgent,
    /// Knows a connection, which these tests do not have.
    Connection,
    /// Drawn anew every time, within bounds that a test checks.
    Random,
    /// Covers bytes that are masked or whose members are in another order.
    Hash,
}

/// Where ours is another on purpose.
pub(crate) struct Difference {
    /// JSON pointer into the list of messages.
    pub(crate) at: &'static str,
    /// What ours has there, as JSON.
    pub(crate) ours: &'static str,
    /// Who says so.
    pub(crate) why: &'static str,
}

impl Masks {
    pub(crate) fn load() -> Self {
        serde_json::from_str(include_str!("../../wire/v1-provisioning.mask.json")).unwrap()
    }

    pub(crate) fn secure() -> Self {
        serde_json::from_str(include_str!("../../wire/v1-secure.mask.json")).unwrap()
    }

    /// What is wrong, one line each.
    pub(crate) fn compare(
        &self,
        scenario: &str,
        recorded: &[Value],
        ours: &[Value],
        differences: &[Difference],
    ) -> Vec<String> {
        let recorded = Value::from(recorded.to_vec());
        let ours = Value::from(ours.to_vec());
        let mut found = BTreeMap::new();
        collect(&recorded, &ours, "", &mut found);
        let nothing = BTreeMap::new();
        let masks = self.0.get(scenario).unwrap_or(&nothing);
        let mut problems = Vec::new();
        for (at, masked) in masks {
            let is_hash = at.ends_with("/secure/hash");
            let in_body = at.split('/').nth(2) == Some("body");
            if is_hash != (masked.kind == Kind::Hash) || !(is_hash || in_body) {
                problems.push(format!("{scenario}: {at} is not of the kind it says"));
            }
            if masked.why.is_empty() {
                problems.push(format!("{scenario}: the mask of {at} does not say why"));
            }
            let pair = (recorded.pointer(at), ours.pointer(at));
            let alike = matches!(pair, (Some(a), Some(b)) if same_type(a, b));
            let before = found.len();
            found.retain(|place: &String, _| !within(place, at));
            if !alike || (before == found.len() && !masked.volatile) {
                problems.push(format!(
                    "{scenario}: the mask of {at} hides no difference: {pair:?}"
                ));
            }
        }
        for difference in differences {
            let expected: Value = serde_json::from_str(difference.ours).unwrap();
            let before = found.len();
            found.retain(|place, _| !within(place, difference.at));
            if ours.pointer(difference.at) != Some(&expected) || before == found.len() {
                problems.push(format!(
                    "{scenario}: {} should be {} ({}) and differ: {:?}",
                    difference.at,
                    difference.ours,
                    difference.why,
                    ours.pointer(difference.at)
                ));
            }
        }
        problems.extend(
            found
                .into_iter()
                .map(|(at, pair)| format!("{scenario}: {at}: {pair}")),
        );
        problems
    }
}

fn same_type(a: &Value, b: &Value) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

fn within(place: &str, at: &str) -> bool {
    place
        .strip_prefix(at)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Places where two documents differ. Lists of different length differ as a whole.
fn collect(recorded: &Value, ours: &Value, at: &str, found: &mut BTreeMap<String, String>) {
    let mut missing = |at: String, what: &str, value: &Value| {
        found.insert(at, format!("{what} {value}"));
    };
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            for (name, value) in recorded
                .iter()
                .filter(|(name, _)| !ours.contains_key(*name))
            {
                missing(format!("{at}/{}", escaped(name)), "ours lacks", value);
            }
            for (name, value) in ours {
                let at = format!("{at}/{}", escaped(name));
                match recorded.get(name) {
                    Some(other) => collect(other, value, &at, found),
                    None => {
                        found.insert(at, format!("only ours has {value}"));
                    }
                }
            }
        }
        (Value::Array(recorded), Value::Array(ours)) if recorded.len() == ours.len() => {
            for (index, (recorded, ours)) in recorded.iter().zip(ours).enumerate() {
                collect(recorded, ours, &format!("{at}/{index}"), found);
            }
        }
        (recorded, ours) if recorded != ours => {
            found.insert(at.to_owned(), format!("recorded {recorded}, ours {ours}"));
        }
        (_, _) => {}
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[test]
fn a_mask_that_hides_nothing_and_a_difference_without_a_mask_are_told() {
    let masks: Masks = serde_json::from_str(
        r#"{"s": {
            "/0/body/a": {"kind": "key", "why": "random"},
            "/0/body/b": {"kind": "key", "why": "random"},
            "/0/body/c": {"kind": "counter", "why": "grows", "volatile": true},
            "/0/body/gone": {"kind": "path", "why": "", "volatile": true},
            "/0/subject": {"kind": "key", "why": "no such thing is hidden"}
        }}"#,
    )
    .unwrap();
    let recorded = json!({"a": "x", "b": "x", "c": 1, "d": [1, 2], "e": 1, "f": {"g": 1}});
    let ours = json!({"a": "y", "b": "x", "c": 1, "d": [1], "e": 2, "f": {}, "h/": 1});
    let difference = |at, ours| Difference {
        at,
        ours,
        why: "test",
    };
    let problems = masks.compare(
        "s",
        &[json!({"subject": "s", "body": recorded})],
        &[json!({"subject": "t", "body": ours})],
        &[difference("/0/body/e", "2"), difference("/0/body/c", "1")],
    );
    let starts = [
        "s: the mask of /0/body/b hides no difference",
        "s: the mask of /0/body/gone does not say why",
        "s: the mask of /0/body/gone hides no difference",
        "s: /0/subject is not of the kind it says",
        "s: /0/body/c should be 1 (test) and differ",
        "s: /0/body/d: recorded [1,2], ours [1]",
        "s: /0/body/f/g: ours lacks 1",
        "s: /0/body/h~1: only ours has 1",
    ];
    assert_eq!(problems.len(), starts.len(), "{problems:#?}");
    for (problem, start) in problems.iter().zip(starts) {
        assert!(problem.starts_with(start), "{problem}");
    }
}
