//! Groups of callers: `policies/groups`, one group a line, `name member member …`, separated by spaces.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::lines::LineError;
use super::lines::PolicyError;
use super::lines::lines;

/// The groups of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups(BTreeMap<String, BTreeSet<String>>);

impl Groups {
    /// Reads a groups file. Members are whole caller ids; groups do not nest; a later line replaces an earlier one.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] with the first line that is neither a comment nor a group.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        let mut groups = BTreeMap::new();
        let mut places = Vec::new();
        for (number, line) in lines(bytes)? {
            let (name, members) = group(line).map_err(|err| PolicyError::line(number, err))?;
            places.extend(members.iter().map(|member| (number, member.clone())));
            groups.insert(name, members);
        }
        let nested = places
            .into_iter()
            .find(|(_, member)| groups.contains_key(member));
        match nested {
            Some((line, word)) => Err(PolicyError::line(
                line,
                LineError::Member {
                    word,
                    problem: "it is a group, and groups do not nest",
                },
            )),
            None => Ok(Self(groups)),
        }
    }

    /// Whether a group of this name is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether the group is there and the caller is in it.
    #[must_use]
    pub fn holds(&self, name: &str, caller: &str) -> bool {
        self.0
            .get(name)
            .is_some_and(|members| members.contains(caller))
    }
}

fn group(line: &str) -> Result<(String, BTreeSet<String>), LineError> {
    let mut words = line.split(' ').filter(|word| !word.is_empty());
    let name = words
        .next()
        .filter(|name| !line.starts_with(' ') && name.bytes().all(name_byte))
        .ok_or(LineError::Group)?;
    let mut members = BTreeSet::new();
    for word in words {
        if word.contains('\t') || word.starts_with('/') || word == "*" {
            return Err(LineError::Member {
                word: word.to_owned(),
                problem: "members are whole caller ids, separated by spaces",
            });
        }
        members.insert(word.to_owned());
    }
    if members.is_empty() {
        return Err(LineError::Group);
    }
    Ok((name.to_owned(), members))
}

const fn name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}
