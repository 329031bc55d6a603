//! How long a node is left alone: pure, bounded, spread.

use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;
use std::time::Duration;

use muster::protocol::names::Identity;

use crate::config::TableRules;

/// A node in its restart splay, or one that was just seen in production, is not picked up again this long.
pub(super) const SPLAY: Duration = Duration::from_secs(60);
/// The lock of a node runs out after two minutes.
pub(super) const LOCK: Duration = Duration::from_secs(120);
/// What is over is shown this long.
pub(super) const SHOWN: Duration = Duration::from_secs(60 * 60);
/// Who was not heard of for so long is forgotten.
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A node that may not be provisioned is asked again after so many intervals.
pub(super) const INTERVALS_OF_REFUSED: u32 = 10;
/// No helper is asked twice about the same node within this.
const SHORTEST_DEFERRAL: Duration = Duration::from_secs(1);
/// No wait is shorter, whatever the rules say: an outcome always lies before the next try.
const SHORTEST: Duration = Duration::from_millis(10);

/// The wait after the `tries`-th failure or silence in a row.
pub(super) fn backoff(rules: &TableRules, salt: u64, identity: &Identity, tries: u32) -> Duration {
    let shortest = rules.backoff_min.max(SHORTEST);
    let doublings = tries.saturating_sub(1).min(31);
    let wait = shortest
        .saturating_mul(1 << doublings)
        .min(rules.backoff_max.max(shortest));
    spread(wait, salt, identity, tries)
}

/// The wait by a quarter longer or shorter; the same for the same salt, node and try.
///
/// A hash and no dice: what failed together does not return together, and a test can repeat what it saw.
pub(super) fn spread(wait: Duration, salt: u64, identity: &Identity, tries: u32) -> Duration {
    let mut hasher = DefaultHasher::new();
    (salt, identity, tries).hash(&mut hasher);
    let share = u32::try_from(hasher.finish() % 1025).unwrap_or(0);
    let quarter = wait / 4;
    (quarter * 3).saturating_add((quarter / 512).saturating_mul(share))
}

/// When the helper is asked again: at its word, within reason, and otherwise in the next cycle.
pub(super) fn deferral(rules: &TableRules, retry_after: Option<Duration>) -> Duration {
    retry_after
        .unwrap_or(rules.interval)
        .clamp(SHORTEST_DEFERRAL, DAY)
}
