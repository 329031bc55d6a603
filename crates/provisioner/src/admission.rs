//! Who may be provisioned at all. Pure.

use muster::facts::Document;
use muster::facts::Effort;
use muster::facts::fact_matches;
use muster::protocol::filter::FactFilter;
use muster::protocol::names::Identity;

use crate::config::Admission;
use crate::inventory::Inventory;

/// Whether this provisioner is for a node of this name.
#[must_use]
pub fn named(admission: &Admission, identity: &Identity) -> bool {
    let patterns = &admission.identities;
    patterns.is_empty()
        || patterns
            .iter()
            .any(|pattern| pattern.is_match(identity.as_str()))
}

/// Why the node is not for this provisioner, if it is not.
#[must_use]
pub fn refusal(
    admission: &Admission,
    identity: &Identity,
    inventory: &Inventory,
) -> Option<String> {
    if named(admission, identity) {
        unmet(admission, inventory)
    } else {
        Some("its name is none of identities".to_owned())
    }
}

/// The first condition on facts that does not hold.
#[must_use]
pub fn unmet(admission: &Admission, inventory: &Inventory) -> Option<String> {
    if admission.facts.is_empty() {
        return None;
    }
    let facts = Document::from(inventory.facts.clone());
    let mut effort = Effort::of_request();
    admission
        .facts
        .iter()
        .find(|filter| !matches!(fact_matches(&facts, filter, &mut effort), Ok(true)))
        .map(|filter| {
            let FactFilter {
                fact,
                operator,
                value,
            } = filter;
            format!("its facts do not say {fact}{}{value}", operator.as_str())
        })
}
