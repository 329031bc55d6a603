//! The classes of a node: what its configuration management made of it.

use crate::facts::effort::Effort;
use crate::facts::effort::Exhausted;
use crate::facts::pattern;
use crate::facts::pattern::Case;
use crate::facts::pattern::PatternError;

/// The classes of a node, sorted, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Classes(Vec<String>);

impl Classes {
    /// Reads a classes file: one class a line.
    ///
    /// Space around a class and a carriage return do not belong to it. Blank lines and lines that start with `#` are no
    /// classes. Bytes that are no UTF-8 are replaced; a line too long for a class is left out.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let mut classes: Vec<String> = bytes
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty() && !line.starts_with(b"#") && line.len() <= MAX_LINE)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        classes.sort_unstable();
        classes.dedup();
        Self(classes)
    }

    /// The classes.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Whether a class fits: `/pattern/` anywhere in it, else the whole name; upper and lower case are the same.
    pub(super) fn contains(&self, wanted: &str, effort: &mut Effort) -> Result<bool, Exhausted> {
        let classes = self.0.iter().map(String::as_str);
        match pattern::slashed(wanted) {
            Some(pattern) => any_matches(classes, pattern, Case::Ignored, effort),
            None => any_is(classes, &wanted.to_lowercase(), effort),
        }
    }
}

impl<T: Into<String>> FromIterator<T> for Classes {
    fn from_iter<I: IntoIterator<Item = T>>(classes: I) -> Self {
        let mut classes: Vec<String> = classes.into_iter().map(Into::into).collect();
        classes.sort_unstable();
        classes.dedup();
        Self(classes)
    }
}

/// Whether the pattern occurs in one of the names. A pattern that is none occurs nowhere.
pub(super) fn any_matches<'a>(
    names: impl IntoIterator<Item = &'a str>,
    pattern: &str,
    case: Case,
    effort: &mut Effort,
) -> Result<bool, Exhausted> {
    for name in names {
        match effort.is_match(pattern, case, name) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(PatternError::TooLong | PatternError::Invalid) => return Ok(false),
            Err(PatternError::Exhausted(err)) => return Err(err),
        }
    }
    Ok(false)
}

fn any_is<'a>(
    names: impl IntoIterator<Item = &'a str>,
    lower: &str,
    effort: &mut Effort,
) -> Result<bool, Exhausted> {
    for name in names {
        effort.spend_text(name)?;
        if name.to_lowercase() == lower {
            return Ok(true);
        }
    }
    Ok(false)
}

const MAX_LINE: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn has(classes: &Classes, wanted: &str) -> bool {
        classes.contains(wanted, &mut Effort::of_request()).unwrap()
    }

    #[test]
    fn a_file_is_read_line_by_line() {
        let classes =
            Classes::parse(b"# made by hand\r\nrole::web\r\n\n  apache \nrole::web\n#x\ncaf\xe9\n");
        assert_eq!(classes.as_slice(), ["apache", "caf\u{fffd}", "role::web"]);
    }

    #[test]
    fn a_line_too_long_hides_no_other() {
        let mut bytes = vec![b'x'; MAX_LINE + 1];
        bytes.extend(b"\nlast");
        assert_eq!(Classes::parse(&bytes).as_slice(), ["last"]);
    }

    #[test]
    fn upper_and_lower_case_are_the_same() {
        let classes: Classes = ["role::testing", "Role::DB"].into_iter().collect();
        for wanted in ["RoLe::TeStInG", "/TeSt/", "role::db", "ROLE::DB", "/::d.$/"] {
            assert!(has(&classes, wanted), "{wanted}");
        }
        for wanted in ["role::test", "/", "//", "", "/(/"] {
            assert!(!has(&classes, wanted), "{wanted}");
        }
    }
}
