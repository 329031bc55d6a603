//! Which names a certificate may carry (spec 05 §6.4).
//!
//! Names other than DNS names are written with their kind in front: `ip:10.0.0.1`, `email:root@example.net`,
//! `uri:https://example.net/`. A DNS name holds no colon, so the forms cannot be mixed up.

use muster::protocol::names::Identity;

use crate::config::NameRules;

/// Why a certificate may not carry a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameRefusal {
    /// A pattern of the deny list fits.
    #[error("{} matches denied certificate pattern", shown(name))]
    Denied {
        /// The name.
        name: String,
    },
    /// No entry of the allow list fits.
    #[error("{} is not on the list of allowed names", shown(name))]
    NotAllowed {
        /// The name.
        name: String,
    },
}

/// Judges one name of a node with this identity. Denied is denied, whatever is allowed.
///
/// # Errors
///
/// [`NameRefusal`] says which list refuses it.
pub fn judge(name: &str, identity: &Identity, rules: &NameRules) -> Result<(), NameRefusal> {
    if rules.deny.iter().any(|pattern| pattern.is_match(name)) {
        return Err(NameRefusal::Denied {
            name: name.to_owned(),
        });
    }
    let Some(allowed) = &rules.allow else {
        return Ok(());
    };
    let own = allowed.identity && name.eq_ignore_ascii_case(identity.as_str());
    if own
        || allowed
            .patterns
            .iter()
            .any(|pattern| pattern.is_match(name))
    {
        return Ok(());
    }
    Err(NameRefusal::NotAllowed {
        name: name.to_owned(),
    })
}

/// A text of a peer as it can be printed: escaped and cut.
#[must_use]
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// Characters of a peer's text that an error shows.
const SHOWN: usize = 80;

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;
    use crate::config::AllowedNames;

    fn identity() -> Identity {
        Identity::new("n1.example.net").unwrap()
    }

    fn rules(deny: &[&str], allow: Option<(bool, &[&str])>) -> NameRules {
        let compile = |patterns: &[&str]| {
            let compiled = patterns.iter().map(|pattern| Regex::new(pattern).unwrap());
            compiled.collect()
        };
        NameRules {
            deny: compile(deny),
            allow: allow.map(|(identity, patterns)| AllowedNames {
                identity,
                patterns: compile(patterns),
            }),
        }
    }

    #[test]
    fn a_denied_name_is_denied_even_where_it_is_allowed() {
        let rules = rules(&[r"(?i)\.choria$"], Some((true, &["^.*$"])));
        let refused = judge("root.Choria", &identity(), &rules).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "root.Choria matches denied certificate pattern"
        );
        assert_eq!(judge("n2.example.net", &identity(), &rules), Ok(()));
    }

    #[test]
    fn without_an_allow_list_everything_is_allowed_that_is_not_denied() {
        assert_eq!(judge("any.thing", &identity(), &rules(&[], None)), Ok(()));
    }

    #[test]
    fn the_allow_list_has_the_nodes_own_name_only_when_it_says_so() {
        let own = rules(&[], Some((true, &[])));
        assert_eq!(judge("N1.example.net", &identity(), &own), Ok(()));
        let none = rules(&[], Some((false, &["^web$"])));
        assert!(matches!(
            judge("n1.example.net", &identity(), &none),
            Err(NameRefusal::NotAllowed { .. })
        ));
        assert_eq!(judge("web", &identity(), &none), Ok(()));
    }

    #[test]
    fn a_name_of_a_peer_cannot_break_the_line_of_a_log() {
        assert_eq!(shown("a\nb\u{1b}"), "a\\nb\\u{1b}");
        assert_eq!(shown(&"x".repeat(81)).chars().count(), 81);
    }
}
