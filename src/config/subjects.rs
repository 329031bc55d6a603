//! Patterns of NATS subjects.

use std::fmt;
use std::str::FromStr;

use crate::protocol::names::Subject;

/// A subject in which `*` stands for one token and a last `>` for one or more. Its first token is always literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectPattern(String);

/// A text that is no pattern of subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a subject pattern: tokens joined by dots, the first literal, '*' for one token, '>' at the end"
)]
pub struct InvalidSubjectPattern;

impl SubjectPattern {
    /// Whether a subject fits.
    #[must_use]
    pub fn matches(&self, subject: &Subject) -> bool {
        let mut tokens = subject.as_str().split('.');
        for wanted in self.0.split('.') {
            match (wanted, tokens.next()) {
                (_, None) => return false,
                (">", Some(_)) => return true,
                ("*", Some(_)) => (),
                (literal, Some(token)) if literal == token => (),
                (_, Some(_)) => return false,
            }
        }
        tokens.next().is_none()
    }
}

impl FromStr for SubjectPattern {
    type Err = InvalidSubjectPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let tokens: Vec<&str> = text.split('.').collect();
        let last = tokens.len().saturating_sub(1);
        let fits = |(index, token): (usize, &&str)| match *token {
            "*" => index > 0,
            ">" => index > 0 && index == last,
            literal => {
                !literal.is_empty()
                    && literal
                        .bytes()
                        .all(|b| b.is_ascii_graphic() && b != b'*' && b != b'>')
            }
        };
        if text.len() <= 512 && tokens.iter().enumerate().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSubjectPattern)
        }
    }
}

impl fmt::Display for SubjectPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_tokens() {
        let fits = |pattern: &str, subject: &str| {
            pattern
                .parse::<SubjectPattern>()
                .unwrap()
                .matches(&Subject::new(subject).unwrap())
        };
        assert!(fits("site.reply.>", "site.reply.a.b"));
        assert!(fits("site.*.x", "site.reply.x"));
        assert!(fits("site", "site"));
        assert!(!fits("site.reply.>", "site.reply"));
        assert!(!fits("site.*", "site.a.b"));
        assert!(!fits("site.*.x", "site.a"));
        assert!(!fits("site", "other"));
    }

    #[test]
    fn a_pattern_cannot_be_everything() {
        for bad in [">", "*.reply", "", "a..b", "a.>.b", "a b", "a.b*"] {
            assert_eq!(
                bad.parse::<SubjectPattern>(),
                Err(InvalidSubjectPattern),
                "{bad}"
            );
        }
    }
}
