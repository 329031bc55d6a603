use proptest::prelude::*;

use super::*;

fn matches(pattern: &str, text: &str) -> bool {
    compile(pattern, Case::Exact).unwrap().is_match(text)
}

#[test]
fn perl_classes_are_ascii_as_in_re2() {
    assert!(matches(r"^\w+$", "ab_9"));
    assert!(!matches(r"\w", "é"));
    assert!(matches(r"\W", "é"));
    assert!(!matches(r"\d", "٣"));
    assert!(!matches(r"[\d]", "٣"));
    assert!(matches(r"^[\w.-]+$", "a.b-c"));
    assert!(matches(r"^[^\s]+$", "abc"));
    assert!(!matches(r"\s", "\u{a0}"));
    assert!(matches(r"\bfoo\b", "a foo b"));
    assert!(matches(r"\bfoo\b", "éfoo b"));
    assert!(matches(r"o\Bo", "foo"));
}

#[test]
fn brackets_and_set_signs_inside_a_class_are_characters() {
    assert!(matches(r"^[a[b]$", "["));
    assert!(matches(r"^[a&&b]$", "&"));
    assert!(matches(r"^[a~~b]$", "~"));
    assert!(matches(r"^[]a]$", "]"));
    assert!(matches(r"^[^]a]$", "b"));
    assert!(matches(r"^[[:alpha:]]+$", "abc"));
    assert!(matches(r"^[[:^digit:]x]+$", "abc"));
    assert!(matches(r"^[[:x]+$", "[:x"));
}

#[test]
fn quoting_and_braces_are_those_of_re2() {
    assert!(matches(r"^\Qa.b\E$", "a.b"));
    assert!(!matches(r"^\Qa.b\E$", "axb"));
    assert!(matches(r"^\Qa.b", "a.b"));
    assert!(matches(r"^a{b}$", "a{b}"));
    assert!(matches(r"^a{,5}$", "a{,5}"));
    assert!(matches(r"^a{2,3}$", "aaa"));
    assert!(matches(r"^a{2}$", "aa"));
    assert!(matches(r"^\<x\>$", "<x>"));
    assert!(matches(r"^\p{Lu}\pL\x{41}$", "ÉéA"));
}

#[test]
fn what_is_not_a_pattern_or_too_big_is_refused() {
    for bad in ["(", "[", "*", r"\", "(?P<n", r"(?=x)", r"(a)\1"] {
        assert_eq!(
            compile(bad, Case::Exact).unwrap_err(),
            PatternError::Invalid,
            "{bad}"
        );
    }
    let big = "(a{1000}){1000}";
    assert_eq!(
        compile(big, Case::Exact).unwrap_err(),
        PatternError::Invalid
    );
    let deep = "(".repeat(2000) + &")".repeat(2000);
    assert_eq!(
        compile(&deep, Case::Exact).unwrap_err(),
        PatternError::Invalid
    );
}

#[test]
fn only_a_text_between_two_slashes_is_a_pattern() {
    assert_eq!(slashed("/a/"), Some("a"));
    assert_eq!(slashed("/a/b/"), Some("a/b"));
    for none in ["", "/", "//", "a", "/a", "a/"] {
        assert_eq!(slashed(none), None, "{none}");
    }
}

proptest! {
    #[test]
    fn translation_never_panics(pattern in r"(\\PC|[\[\]{}()^&~:QEdwpx\\-]|\PC){0,40}") {
        let _ignored = compile(&pattern, Case::Ignored);
    }

    #[test]
    fn a_quoted_text_finds_itself(text in r"[^\\]{0,20}") {
        let pattern = format!(r"^\Q{text}\E$");
        prop_assert!(matches(&pattern, &text));
    }
}
