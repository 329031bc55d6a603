//! Fact filters as a person writes them: `role=web`, `os.release >= 12`, `dc=/^ams/`.
//!
//! The last operator splits the text, since a path may hold operators too (`disks.#(name="sda").size>64`). A value that is
//! a `/pattern/` may hold operators as well, so where the text ends in such a value, the operator in front of it splits.

use crate::facts::pattern::slashed;
use crate::protocol::filter::FactFilter;
use crate::protocol::filter::Operator;

/// The text is no fact filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("could not parse fact {text} it does not appear to be in a valid format")]
pub struct FactFilterError {
    /// What was given.
    pub text: String,
}

/// Reads a fact filter as it is given on a command line, to `with()` or in an action policy.
///
/// # Errors
///
/// When the text has no operator, or nothing in front of it or behind it.
///
/// ```
/// let filter = muster::facts::parse_fact_filter("os.family = /Red.*/")?;
/// assert_eq!((filter.fact.as_str(), filter.operator.as_str(), filter.value.as_str()), ("os.family", "=~", "/Red.*/"));
/// assert!(muster::facts::parse_fact_filter("os.family").is_err());
/// # Ok::<(), muster::facts::FactFilterError>(())
/// ```
pub fn parse_fact_filter(text: &str) -> Result<FactFilter, FactFilterError> {
    parse(text).ok_or_else(|| FactFilterError {
        text: text.to_owned(),
    })
}

fn parse(text: &str) -> Option<FactFilter> {
    let signs = signs(text);
    let sign = signs
        .iter()
        .find(|sign| is_before_pattern(text, sign))
        .or_else(|| signs.last())?;
    let fact = text.get(..sign.start)?.trim();
    let value = text.get(sign.end..)?.trim();
    let whole = !fact.is_empty()
        && !value.is_empty()
        && !fact.starts_with(SIGN_CHARACTERS)
        && !value.ends_with(SIGN_CHARACTERS);
    if !whole {
        return None;
    }
    let operator = if slashed(value).is_some() {
        Operator::Matches
    } else {
        sign.operator
    };
    Some(FactFilter {
        fact: fact.to_owned(),
        operator,
        value: value.to_owned(),
    })
}

struct Sign {
    start: usize,
    end: usize,
    operator: Operator,
}

/// Every operator in the text, from left to right.
fn signs(text: &str) -> Vec<Sign> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
        if let Some((sign, operator)) = sign {
            let end = start + sign.len();
            found.push(Sign {
                start,
                end,
                operator: *operator,
            });
            start = end;
        } else {
            start += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

/// Whether everything behind the operator is one `/pattern/`, and the operator is not inside a query of the path.
fn is_before_pattern(text: &str, sign: &Sign) -> bool {
    let Some((fact, value)) = text.get(..sign.start).zip(text.get(sign.end..)) else {
        return false;
    };
    slashed(value.trim()).is_some()
        && fact.matches('(').count() == fact.matches(')').count()
        && fact.matches('"').count().is_multiple_of(2)
}

const SIGN_CHARACTERS: [char; 5] = ['<', '>', '=', '!', '~'];

/// Longer signs first.
const SIGNS: [(&str, Operator); 10] = [
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("=>", Operator::GreaterOrEqual),
    ("=<", Operator::LessOrEqual),
    ("!=", Operator::NotEqual),
    ("=~", Operator::Matches),
    ("==", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("=", Operator::Equal),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<(String, &'static str, String)> {
        let filter = parse_fact_filter(text).ok()?;
        Some((filter.fact, filter.operator.as_str(), filter.value))
    }

    #[test]
    fn the_last_operator_splits() {
        for (text, fact, operator, value) in [
            ("foo=bar", "foo", "==", "bar"),
            ("foo = bar ", "foo", "==", "bar"),
            ("foo==bar", "foo", "==", "bar"),
            ("foo=/bar/", "foo", "=~", "/bar/"),
            ("foo = /b.r/", "foo", "=~", "/b.r/"),
            ("foo=~bar", "foo", "=~", "bar"),
            ("foo!=bar", "foo", "!=", "bar"),
            ("foo=>bar", "foo", ">=", "bar"),
            ("foo=<bar", "foo", "<=", "bar"),
            ("foo >= bar", "foo", ">=", "bar"),
            ("foo<bar", "foo", "<", "bar"),
            ("foo>bar", "foo", ">", "bar"),
            ("n.a>1", "n.a", ">", "1"),
            ("dc=/^dc/", "dc", "=~", "/^dc/"),
            (
                r#"storage.#(name="nvme0n1").size==64"#,
                r#"storage.#(name="nvme0n1").size"#,
                "==",
                "64",
            ),
            (
                r#"storage.#(name<= "nvme0n1" ).size==64"#,
                r#"storage.#(name<= "nvme0n1" ).size"#,
                "==",
                "64",
            ),
        ] {
            let wanted = Some((fact.to_owned(), operator, value.to_owned()));
            assert_eq!(read(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_pattern_may_hold_operators() {
        for (text, fact, value) in [
            ("foo=/a=b/", "foo", "/a=b/"),
            ("foo =~ /(?P<x>a)>/", "foo", "/(?P<x>a)>/"),
            (r#"d.#(p="/x/").n=/a=b/"#, r#"d.#(p="/x/").n"#, "/a=b/"),
        ] {
            let wanted = Some((fact.to_owned(), "=~", value.to_owned()));
            assert_eq!(read(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_filter_is_named_in_the_error() {
        for text in [
            "",
            "foobarbaz",
            "=foo(bar=baz)",
            "foo=",
            "foo(bar=baz)>",
            "=><==",
            "a=b!",
        ] {
            let err = parse_fact_filter(text).unwrap_err();
            assert_eq!(
                err.to_string(),
                format!("could not parse fact {text} it does not appear to be in a valid format")
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_filter_or_refused(text in r"([<>=!~/()\x22 ab.]|\PC){0,30}") {
            if let Ok(filter) = parse_fact_filter(&text) {
                prop_assert!(!filter.fact.is_empty() && !filter.value.is_empty());
            }
        }

        #[test]
        fn what_is_written_out_is_read_back(fact in "[a-z.]{1,9}", value in "[a-z0-9.]{1,9}", at in 0..SIGNS.len()) {
            let (sign, operator) = SIGNS[at];
            let read = parse_fact_filter(&format!("{fact} {sign} {value}")).unwrap();
            prop_assert_eq!(read, FactFilter { fact, operator, value });
        }
    }
}
