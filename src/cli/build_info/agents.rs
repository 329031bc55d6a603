//! The agents of the company in a report.

use serde_json::Value;
use serde_json::json;

use crate::company::Member;
use crate::company::Roster;

/// An agent for people.
pub(super) fn line(member: &Member) -> String {
    format!("Company agent {} from {}", member.name(), source(member))
}

/// What an agent is made of.
pub(super) fn source(member: &Member) -> String {
    format!(
        "crate {} {} ({})",
        member.krate, member.version, member.origin
    )
}

/// The agents for programs, sorted by name.
pub(super) fn documents(company: &Roster) -> Vec<Value> {
    let document = |member: &Member| {
        json!({
            "crate": member.krate,
            "name": member.name(),
            "origin": member.origin,
            "version": member.version,
        })
    };
    company.members().iter().map(document).collect()
}
