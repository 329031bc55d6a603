//! Names with `*` and `?`.

use crate::facts::effort::Effort;
use crate::facts::effort::Exhausted;

/// A name with wildcards.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Glob(Vec<Piece>);

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Any,
    One,
    Exactly(char),
}

impl Glob {
    /// Reads a pattern: `*` is any text, `?` one character, `\` takes the next one as it is.
    pub(super) fn new(pattern: &str) -> Self {
        let mut pieces = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            match c {
                '*' if pieces.last() == Some(&Piece::Any) => {}
                '*' => pieces.push(Piece::Any),
                '?' => pieces.push(Piece::One),
                '\\' => pieces.extend(chars.next().map(Piece::Exactly)),
                _ => pieces.push(Piece::Exactly(c)),
            }
        }
        Self(pieces)
    }

    /// Whether the whole text fits. Goes back to the last `*` only, so the work is at most text times pattern, and paid for.
    pub(super) fn matches(&self, text: &str, effort: &mut Effort) -> Result<bool, Exhausted> {
        let mut at = 0;
        let mut rest = text.chars();
        let mut retry = None;
        loop {
            effort.spend(1)?;
            let before = rest.clone();
            match (self.0.get(at), rest.next()) {
                (Some(Piece::Any), _) => {
                    at += 1;
                    retry = Some((at, before.clone()));
                    rest = before;
                }
                (None, None) => return Ok(true),
                (Some(Piece::One), Some(_)) => at += 1,
                (Some(Piece::Exactly(c)), Some(found)) if *c == found => at += 1,
                _ => {
                    let Some((after_star, mut start)) = retry.take() else {
                        return Ok(false);
                    };
                    if start.next().is_none() {
                        return Ok(false);
                    }
                    at = after_star;
                    rest = start.clone();
                    retry = Some((after_star, start));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(pattern: &str, text: &str) -> bool {
        Glob::new(pattern)
            .matches(text, &mut Effort::of_request())
            .unwrap()
    }

    #[test]
    fn stars_and_question_marks_stand_for_text() {
        for (pattern, text) in [
            ("*", ""),
            ("a*", "abc"),
            ("*c", "abc"),
            ("a*c*e", "abcde"),
            ("a?c", "aéc"),
            (r"a\*", "a*"),
            ("**a**", "a"),
            ("*aab", "aaaaab"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("a?", "a"), ("a*b", "abc"), (r"a\*", "ab")] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_made_to_be_slow_runs_out_of_effort() {
        let pattern = Glob::new(&"*a".repeat(300));
        let text = "a".repeat(100_000) + "b";
        assert_eq!(
            pattern.matches(&text, &mut Effort::of_steps(50_000)),
            Err(Exhausted)
        );
    }

    proptest! {
        #[test]
        fn a_text_with_pieces_cut_out_fits(parts in prop::collection::vec("[a-c]{0,4}", 1..5), fill in "[a-c]{0,4}") {
            prop_assert!(fits(&parts.join("*"), &parts.join(&fill)));
        }
    }
}
