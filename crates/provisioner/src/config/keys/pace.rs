//! Keys that say how fast, how long and how many.

use crate::config::forms::Count;
use crate::config::forms::Period;
use crate::config::keys::Chapter;
use crate::config::keys::Key;

pub(in crate::config) const CHAPTER: Chapter = Chapter {
    title: "Pace",
    keys: &[&PER_MINUTE, &CANARY, &BREAKER_FAILED, &BREAKER_OF],
};

pub(in crate::config) const LIMITS: Chapter = Chapter {
    title: "Deadlines and memory",
    keys: &[
        &PROBE,
        &STEP,
        &NODE,
        &HELPER,
        &CAPACITY,
        &BACKOFF_MIN,
        &BACKOFF_MAX,
        &QUARANTINE_AFTER,
        &QUARANTINE_FOR,
    ],
};

pub(in crate::config) static PER_MINUTE: Key<Count> = Key::ruled(
    "max_per_minute",
    Count { max: 1_000_000 },
    "no limit",
    "At most so many nodes begin in a minute.",
);

pub(in crate::config) static CANARY: Key<Count> = Key::ruled(
    "canary",
    Count { max: 1_000_000 },
    "none",
    "So many nodes must come back in production before the others begin.",
);

pub(in crate::config) static BREAKER_FAILED: Key<Count> = Key::ruled(
    "breaker.failed",
    Count { max: 10_000 },
    "no breaker",
    "The provisioner pauses by itself when so many of the last `breaker.of` nodes failed. Both keys or none.",
);

pub(in crate::config) static BREAKER_OF: Key<Count> = Key::ruled(
    "breaker.of",
    Count { max: 10_000 },
    "no breaker",
    "How many of the last nodes the breaker looks at; at least `breaker.failed`.",
);

pub(in crate::config) static PROBE: Key<Period> = Key::new(
    "deadlines.probe",
    Period {
        min: "100ms",
        max: "1m",
    },
    "2s",
    "How long a node that nobody knows to be alive has for its first answer; less than `deadlines.step`.",
);

pub(in crate::config) static STEP: Key<Period> = Key::new(
    "deadlines.step",
    Period {
        min: "1s",
        max: "10m",
    },
    "20s",
    "How long one try of an action has; at most `deadlines.node`.",
);

pub(in crate::config) static NODE: Key<Period> = Key::new(
    "deadlines.node",
    Period {
        min: "1s",
        max: "1h",
    },
    "2m",
    "How long the whole onboarding of a node has.",
);

pub(in crate::config) static HELPER: Key<Period> = Key::new(
    "deadlines.helper",
    Period {
        min: "100ms",
        max: "10m",
    },
    "10s",
    "How long the helper has; at most `deadlines.node`.",
);

pub(in crate::config) static CAPACITY: Key<Count> = Key::new(
    "table.capacity",
    Count { max: 1_000_000 },
    "100000",
    "Nodes that are remembered at the same time.",
);

pub(in crate::config) static BACKOFF_MIN: Key<Period> = Key::new(
    "table.backoff_min",
    Period {
        min: "100ms",
        max: "1h",
    },
    "5s",
    "First wait of a node that failed; it doubles with each further failure.",
);

pub(in crate::config) static BACKOFF_MAX: Key<Period> = Key::new(
    "table.backoff_max",
    Period {
        min: "100ms",
        max: "1d",
    },
    "10m",
    "Longest wait of a node that failed; at least `table.backoff_min`.",
);

pub(in crate::config) static QUARANTINE_AFTER: Key<Count> = Key::new(
    "table.quarantine_after",
    Count { max: 1000 },
    "5",
    "Failures in a row after which a node is left alone for `table.quarantine_for`.",
);

pub(in crate::config) static QUARANTINE_FOR: Key<Period> = Key::new(
    "table.quarantine_for",
    Period {
        min: "1s",
        max: "30d",
    },
    "1h",
    "How long it is left alone.",
);
