//! Which nodes are provisioned, and which names certificates carry.

use regex::Regex;

use crate::config::fault::Caution;
use crate::config::fault::Fault;
use crate::config::given::Given;
use crate::config::keys::nodes;
use crate::config::patterns::Allowed;
use crate::config::patterns::client_names;
use crate::config::settings::Admission;
use crate::config::settings::AllowedNames;
use crate::config::settings::NameRules;
use crate::config::settings::Reissue;
use crate::config::settings::SubjectFields;

/// Reads the rules for names.
pub(super) fn names(given: &mut Given<'_>) -> NameRules {
    NameRules {
        deny: denied(given),
        allow: allowed(given),
    }
}

/// Reads who is provisioned at all.
pub(super) fn admission(given: &mut Given<'_>) -> Admission {
    Admission {
        identities: given.list(&nodes::IDENTITIES).unwrap_or_default(),
        facts: given.list(&nodes::FACTS).unwrap_or_default(),
        reissue: given.value(&nodes::REISSUE).unwrap_or(Reissue::Allow),
    }
}

/// Reads the fields of a subject.
pub(super) fn subject(given: &mut Given<'_>) -> SubjectFields {
    SubjectFields {
        country: given.value(&nodes::COUNTRY).unwrap_or_default(),
        locality: given.value(&nodes::LOCALITY).unwrap_or_default(),
        organization: given.value(&nodes::ORGANIZATION).unwrap_or_default(),
        unit: given.value(&nodes::UNIT).unwrap_or_default(),
        state: given.value(&nodes::STATE).unwrap_or_default(),
    }
}

fn denied(given: &mut Given<'_>) -> Vec<Regex> {
    let listed = given.list(&nodes::DENY_LIST).unwrap_or_default();
    if listed.is_empty() {
        return client_names();
    }
    for (name, shown) in CLIENTS {
        if !listed.iter().any(|pattern| pattern.is_match(name)) {
            let place = given.place(nodes::DENY_LIST.name);
            given.warn(place, Caution::ClientNamesPass { name: shown });
        }
    }
    listed
}

fn allowed(given: &mut Given<'_>) -> Option<AllowedNames> {
    let place = given.place(nodes::ALLOW_LIST.name);
    let listed = given.list(&nodes::ALLOW_LIST)?;
    if listed.is_empty() {
        let reason = "an empty list allows no name at all: leave the key out to allow every name";
        given.fault(place, Fault::Conflict { reason });
    }
    let mut names = AllowedNames {
        identity: false,
        patterns: Vec::new(),
    };
    for entry in listed {
        match entry {
            Allowed::Identity => names.identity = true,
            Allowed::Names(pattern) => names.patterns.push(pattern),
        }
    }
    Some(names)
}

/// Names that a deny list should match, and how to speak of them.
const CLIENTS: [(&str, &str); 2] = [
    ("someone.mcollective", "*.mcollective"),
    ("someone.choria", "*.choria"),
];
