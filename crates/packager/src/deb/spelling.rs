//! What Debian allows in names, versions and fields (policy 5.6 and 7.1), checked before anything is written: dpkg would
//! refuse the package on the machine where it is to be installed.

use super::DebError;

/// The name of a package.
pub(super) fn package(name: &str) -> Result<&str, DebError> {
    const WHAT: &str = "name";
    let is_lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    begins(WHAT, name, is_lower)?;
    allowed(WHAT, name, |c| is_lower(c) || "+-.".contains(c))?;
    if name.len() < 2 {
        return Err(DebError::Short {
            name: name.to_owned(),
        });
    }
    Ok(name)
}

/// Upstream's version and the revision, if there is one, without epoch. Only a revision makes a hyphen in the version legal,
/// because the last one is where the revision begins.
pub(super) fn version(upstream: &str, revision: &str) -> Result<String, DebError> {
    const WHAT: &str = "version";
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "+.~".contains(c);
    begins(WHAT, upstream, |c| c.is_ascii_digit())?;
    if revision.is_empty() {
        allowed(WHAT, upstream, is_plain)?;
        return Ok(upstream.to_owned());
    }
    allowed(WHAT, upstream, |c| is_plain(c) || c == '-')?;
    allowed("release", revision, is_plain)?;
    Ok(format!("{upstream}-{revision}"))
}

/// One package that is needed, or several of which one is enough: `name`, `name (>= 1.2)`, `name | name`.
pub(super) fn relation(text: &str) -> Result<&str, DebError> {
    for alternative in text.split('|') {
        let alternative = alternative.trim();
        match alternative.split_once(" (") {
            None => drop(package(alternative)?),
            Some((name, bound)) => {
                package(name)?;
                let version = bound
                    .strip_suffix(')')
                    .and_then(|bound| OPERATORS.iter().find_map(|op| bound.strip_prefix(op)))
                    .ok_or_else(|| DebError::Requirement {
                        text: text.to_owned(),
                    })?;
                allowed("requirement", version.trim(), |c| {
                    c.is_ascii_alphanumeric() || "+.~-:".contains(c)
                })?;
            }
        }
    }
    Ok(text)
}

/// A field of one line that must not be empty.
pub(super) fn needed<'a>(what: &'static str, value: &'a str) -> Result<&'a str, DebError> {
    if value.trim().is_empty() {
        return Err(DebError::Empty { what });
    }
    line(what, value)
}

/// A field of one line.
pub(super) fn line<'a>(what: &'static str, value: &'a str) -> Result<&'a str, DebError> {
    allowed(what, value, |c| !c.is_control())?;
    Ok(value)
}

fn begins(
    what: &'static str,
    value: &str,
    is_allowed: impl Fn(char) -> bool,
) -> Result<(), DebError> {
    let first = value.chars().next().ok_or(DebError::Empty { what })?;
    if is_allowed(first) {
        return Ok(());
    }
    Err(DebError::Beginning {
        what,
        value: value.to_owned(),
        character: first,
    })
}

fn allowed(
    what: &'static str,
    value: &str,
    is_allowed: impl Fn(char) -> bool,
) -> Result<(), DebError> {
    match value.chars().find(|c| !is_allowed(*c)) {
        None => Ok(()),
        Some(character) => Err(DebError::Character {
            what,
            value: value.to_owned(),
            character,
        }),
    }
}

/// How versions are bounded; the longer ones first.
const OPERATORS: [&str; 5] = ["<<", "<=", ">=", ">>", "="];

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_debian_refuses_in_a_name_is_named() {
        for (name, culprit) in [
            ("acme_muster", '_'),
            ("acmeMuster", 'M'),
            ("acme muster", ' '),
        ] {
            let refused = package(name).unwrap_err();
            assert!(
                matches!(refused, DebError::Character { what: "name", character, .. } if character == culprit),
                "{name}: {refused}"
            );
        }
        assert!(matches!(
            package("-acme"),
            Err(DebError::Beginning { character: '-', .. })
        ));
        assert!(matches!(package("a"), Err(DebError::Short { .. })));
        assert!(matches!(package(""), Err(DebError::Empty { what: "name" })));
    }

    #[test]
    fn an_epoch_is_refused() {
        assert!(matches!(
            version("1:2.3", "1"),
            Err(DebError::Character {
                what: "version",
                character: ':',
                ..
            })
        ));
    }

    #[test]
    fn a_hyphen_needs_a_revision_behind_it() {
        assert!(matches!(
            version("1.2-3", ""),
            Err(DebError::Character {
                what: "version",
                character: '-',
                ..
            })
        ));
        assert_eq!(version("1.2-3", "1").unwrap(), "1.2-3-1");
        assert!(matches!(
            version("1.2", "1-1"),
            Err(DebError::Character {
                what: "release",
                character: '-',
                ..
            })
        ));
    }

    #[test]
    fn a_version_begins_with_a_digit() {
        assert!(matches!(
            version("v1.2", "1"),
            Err(DebError::Beginning {
                what: "version",
                character: 'v',
                ..
            })
        ));
    }

    #[test]
    fn relations_are_packages_with_bounds() {
        for known in ["adduser", "systemd (>= 245)", "a1 | b2 (= 1:2-3~rc)"] {
            assert_eq!(relation(known).unwrap(), known);
        }
        for unknown in ["/usr/sbin/groupadd", "a1, b2", "systemd >= 245", "", "a1 |"] {
            assert!(relation(unknown).is_err(), "{unknown}");
        }
        for unknown in ["systemd (245)", "systemd (>= 245"] {
            let refused = relation(unknown);
            assert!(
                matches!(refused, Err(DebError::Requirement { .. })),
                "{unknown}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_allowed_dpkg_allows_too(upstream in "[0-9a-z.+~:_-]{1,8}", revision in "[0-9a-z.+~-]{0,3}") {
            if let Ok(version) = version(&upstream, &revision) {
                let dpkg = Command::new("dpkg").args(["--validate-version", &version]).output().unwrap();
                prop_assert!(dpkg.status.success(), "{version}");
            }
        }
    }
}
