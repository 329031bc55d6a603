//! The words for standings: in JSON, in tables, and as the label `state` of a metric.

use crate::table::Standing;

/// Every standing, in the order that `hosts` shows nodes: what happens now, what needs a person, what waits, what is done.
pub const STANDINGS: [Standing; 16] = [
    Standing::Working,
    Standing::Unrestarted,
    Standing::Probing,
    Standing::Approval,
    Standing::Refused,
    Standing::Quarantined,
    Standing::Failed,
    Standing::Locked,
    Standing::Silent,
    Standing::Ready,
    Standing::Queued,
    Standing::Deferred,
    Standing::Provisioned,
    Standing::Confirmed,
    Standing::Shutdown,
    Standing::NotOurs,
];

/// The word for a standing, the same as in JSON.
#[must_use]
pub const fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Queued => "queued",
        Standing::Probing => "probing",
        Standing::Ready => "ready",
        Standing::Working => "working",
        Standing::Unrestarted => "unrestarted",
        Standing::Silent => "silent",
        Standing::Failed => "failed",
        Standing::Quarantined => "quarantined",
        Standing::Deferred => "deferred",
        Standing::Locked => "locked",
        Standing::Approval => "approval",
        Standing::Refused => "refused",
        Standing::NotOurs => "not_ours",
        Standing::Provisioned => "provisioned",
        Standing::Confirmed => "confirmed",
        Standing::Shutdown => "shutdown",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_standing_has_one_word_everywhere() {
        for standing in STANDINGS {
            let json = serde_json::to_value(standing).unwrap();
            assert_eq!(json, word(standing));
        }
        let different: BTreeSet<Standing> = STANDINGS.into_iter().collect();
        assert_eq!(different.len(), STANDINGS.len());
    }
}
