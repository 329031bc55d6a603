//! Values that are right by themselves, held against each other.

use std::num::NonZeroU32;
use std::num::NonZeroUsize;

use crate::config::fault::Caution;
use crate::config::fault::Fault;
use crate::config::given::Given;
use crate::config::keys::nodes;
use crate::config::keys::pace;
use crate::config::settings::Config;
use crate::config::settings::Helper;
use crate::config::settings::Reissue;

/// Reports what does not go together.
pub(super) fn check(config: &Config, given: &mut Given<'_>) {
    certificates(config, given);
    deadlines(config, given);
    table(config, given);
}

fn certificates(config: &Config, given: &mut Given<'_>) {
    if config.pki {
        return;
    }
    if matches!(config.helper, Helper::Builtin(_)) {
        let reason = "the built-in helper issues certificates and needs features.pki: true";
        given.fault(given.place(nodes::HELPER.name), Fault::Conflict { reason });
    }
    let reissue = (config.admission.reissue != Reissue::Allow).then_some(nodes::REISSUE.name);
    for name in nodes::FOR_CERTIFICATES.into_iter().chain(reissue) {
        if given.has(name) {
            given.warn(given.place(name), Caution::WithoutPki);
        }
    }
}

fn deadlines(config: &Config, given: &mut Given<'_>) {
    let deadlines = &config.deadlines;
    let rules = [
        (
            deadlines.probe < deadlines.step,
            [pace::PROBE.name, pace::STEP.name],
            "deadlines.probe must be shorter than deadlines.step",
        ),
        (
            deadlines.step <= deadlines.node,
            [pace::STEP.name, pace::NODE.name],
            "deadlines.step must not be longer than deadlines.node",
        ),
        (
            deadlines.helper <= deadlines.node,
            [pace::HELPER.name, pace::NODE.name],
            "deadlines.helper must not be longer than deadlines.node",
        ),
        (
            config.table.backoff_min <= config.table.backoff_max,
            [pace::BACKOFF_MIN.name, pace::BACKOFF_MAX.name],
            "table.backoff_min must not be longer than table.backoff_max",
        ),
    ];
    for (holds, names, reason) in rules {
        if !holds {
            conflict(given, names, reason);
        }
    }
}

fn table(config: &Config, given: &mut Given<'_>) {
    let capacity = config.table.capacity;
    if config.pace.canary.is_some_and(|canary| canary > capacity) {
        let names = [pace::CANARY.name, pace::CAPACITY.name];
        conflict(given, names, "canary is larger than table.capacity");
    }
    let names = [pace::BREAKER_FAILED.name, pace::BREAKER_OF.name];
    let [failed, of] = names.map(|name| given.has(name));
    if failed != of {
        conflict(given, names, "the breaker needs both failed and of");
    }
    let breaker = config.pace.breaker;
    if breaker.is_some_and(|rule| rule.failed > rule.of) {
        conflict(given, names, "breaker.failed is larger than breaker.of");
    }
}

/// Reports at the first of two keys that the file has: the other may be a default.
fn conflict(given: &mut Given<'_>, names: [&'static str; 2], reason: &'static str) {
    let [first, second] = names;
    let name = if given.has(first) { first } else { second };
    given.fault(given.place(name), Fault::Conflict { reason });
}

/// How many, as the table counts.
pub(super) fn count(number: NonZeroU32) -> NonZeroUsize {
    NonZeroUsize::try_from(number).unwrap_or(NonZeroUsize::MAX)
}
