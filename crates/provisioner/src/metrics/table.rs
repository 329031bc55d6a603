//! The rows of all metrics: names of the reference (spec 05 §9) first, names of the house after them.

/// One metric.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Its labels beside `site`, which all have.
    pub(super) labels: &'static [&'static str],
    pub(super) about: &'static str,
    /// Upper bounds of a histogram's buckets.
    pub(super) buckets: &'static [f64],
}

/// A part of the documentation.
#[derive(Debug)]
pub(super) struct Chapter {
    pub(super) title: &'static str,
    pub(super) rows: &'static [&'static Row],
}

/// What a metric does over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Grows while the process lives.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How often something took how long.
    Histogram,
}

impl Kind {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Row {
    const fn new(kind: Kind, name: &'static str, about: &'static str) -> Self {
        Self {
            name,
            kind,
            labels: &[],
            about,
            buckets: &[],
        }
    }

    const fn counter(name: &'static str, about: &'static str) -> Self {
        Self::new(Kind::Counter, name, about)
    }

    const fn gauge(name: &'static str, about: &'static str) -> Self {
        Self::new(Kind::Gauge, name, about)
    }

    const fn histogram(name: &'static str, buckets: &'static [f64], about: &'static str) -> Self {
        let mut row = Self::new(Kind::Histogram, name, about);
        row.buckets = buckets;
        row
    }

    const fn by(mut self, labels: &'static [&'static str]) -> Self {
        self.labels = labels;
        self
    }
}

/// All rows, in the order of the documentation.
pub(super) static CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "Names of the reference",
        rows: &[
            &RPC_TIME,
            &RPC_ERRORS,
            &HELPER_TIME,
            &HELPER_ERRORS,
            &HELPER_SHUTDOWNS,
            &DISCOVERED,
            &EVENT_DISCOVERED,
            &DISCOVER_CYCLES,
            &DISCOVERY_ERRORS,
            &PROVISION_ERRORS,
            &BUSY_WORKERS,
            &PROVISIONED,
            &WORK_QUEUE,
            &WAITING_NODES,
            &PAUSED,
        ],
    },
    Chapter {
        title: "How it ended",
        rows: &[
            &CONFIRMED,
            &FAILED,
            &DEFERRED,
            &LOCKED,
            &REFUSED,
            &QUARANTINED,
            &PROVISION_SECONDS,
            &CONFIRM_SECONDS,
            &STEP_SECONDS,
        ],
    },
    Chapter {
        title: "What is now",
        rows: &[
            &NODES,
            &OLDEST_WAITING,
            &SITE_FAULT,
            &CONNECTED,
            &READY,
            &REGISTRATION_DISCOVERED,
            &MESSAGES_REFUSED,
        ],
    },
    Chapter {
        title: "The process",
        rows: &[&BUILD_INFO, &PROCESS_CPU, &PROCESS_MEMORY, &PROCESS_START],
    },
];

pub(super) static RPC_TIME: Row = Row::histogram(
    "choria_provisioner_rpc_time",
    CALLS,
    "Seconds that each try of a request took.",
)
.by(&["rpc"]);
pub(super) static RPC_ERRORS: Row = Row::counter(
    "choria_provisioner_rpc_errors",
    "Requests that failed after all tries.",
)
.by(&["rpc"]);
pub(super) static HELPER_TIME: Row = Row::histogram(
    "choria_provisioner_helper_time",
    CALLS,
    "Seconds that the helper took to decide.",
);
pub(super) static HELPER_ERRORS: Row = Row::counter(
    "choria_provisioner_helper_errors",
    "Times that the helper decided nothing.",
);
pub(super) static HELPER_SHUTDOWNS: Row = Row::counter(
    "choria_provisioner_helper_shutdown_requests",
    "Nodes that were shut down because the helper said so, confirmed by the node.",
);
pub(super) static DISCOVERED: Row = Row::counter(
    "choria_provisioner_discovered",
    "Nodes that became known because they answered a discovery.",
);
pub(super) static EVENT_DISCOVERED: Row = Row::counter(
    "choria_provisioner_event_discovered",
    "Nodes that became known by their startup event.",
);
pub(super) static DISCOVER_CYCLES: Row =
    Row::counter("choria_provisioner_discover_cycles", "Discoveries.");
pub(super) static DISCOVERY_ERRORS: Row = Row::counter(
    "choria_provisioner_discovery_errors",
    "Discoveries that failed.",
);
pub(super) static PROVISION_ERRORS: Row = Row::counter(
    "choria_provisioner_provision_errors",
    "Times that the work on a node ended otherwise than with its restart or shutdown: those that `_failed_total`, `_deferred_total`, `_locked_total` and `_refused_total` tell apart.",
);
pub(super) static BUSY_WORKERS: Row = Row::gauge(
    "choria_provisioner_busy_workers",
    "Nodes that are worked on.",
);
pub(super) static PROVISIONED: Row = Row::counter(
    "choria_provisioner_provisioned",
    "Nodes that acknowledged their restart into production, or their shutdown.",
);
pub(super) static WORK_QUEUE: Row = Row::gauge(
    "choria_provisioner_work_queue_entries",
    "Nodes that could be begun now and wait for their turn.",
);
pub(super) static WAITING_NODES: Row = Row::gauge(
    "choria_provisioner_waiting_nodes",
    "Nodes that are known and not provisioned yet, those that are worked on among them.",
);
pub(super) static PAUSED: Row = Row::gauge(
    "choria_provisioner_paused",
    "1 while paused, by a person or by the breaker.",
);

pub(super) static CONFIRMED: Row = Row::counter(
    "choria_provisioner_confirmed_total",
    "Provisioned nodes that were then seen in production.",
);
pub(super) static FAILED: Row = Row::counter(
    "choria_provisioner_failed_total",
    "Times that the work on a node failed.",
);
pub(super) static DEFERRED: Row = Row::counter(
    "choria_provisioner_deferred_total",
    "Times that the helper said `defer`.",
);
pub(super) static LOCKED: Row = Row::counter(
    "choria_provisioner_locked_total",
    "Times that another provisioner held a node's lock.",
);
pub(super) static REFUSED: Row = Row::counter(
    "choria_provisioner_refused_total",
    "Times that a node might not be provisioned as things were.",
);
pub(super) static QUARANTINED: Row = Row::counter(
    "choria_provisioner_quarantined_total",
    "Times that a node was left alone because it failed too often in a row.",
);
pub(super) static PROVISION_SECONDS: Row = Row::histogram(
    "choria_provisioner_provision_seconds",
    NODE_TIMES,
    "Seconds from when a node was first seen to when it acknowledged its restart.",
);
pub(super) static CONFIRM_SECONDS: Row = Row::histogram(
    "choria_provisioner_confirm_seconds",
    NODE_TIMES,
    "Seconds from when a node was first seen to when it was seen in production.",
);
pub(super) static STEP_SECONDS: Row = Row::histogram(
    "choria_provisioner_step_seconds",
    CALLS,
    "Seconds that one step of the work on a node took, all its tries together.",
)
.by(&["step"]);

pub(super) static NODES: Row = Row::gauge(
    "choria_provisioner_nodes",
    "Nodes that are known, by where they stand: the words of `hosts`.",
)
.by(&["state"]);
pub(super) static OLDEST_WAITING: Row = Row::gauge(
    "choria_provisioner_oldest_waiting_seconds",
    "How long the oldest node that waits has been known; 0 when none waits.",
);
pub(super) static SITE_FAULT: Row = Row::gauge(
    "choria_provisioner_site_fault",
    "1 while nobody is provisioned until a person repairs something.",
);
pub(super) static CONNECTED: Row = Row::gauge(
    "choria_provisioner_connected",
    "1 while a broker is connected.",
);
pub(super) static READY: Row = Row::gauge("choria_provisioner_ready", "1 while `/readyz` says so.");
pub(super) static REGISTRATION_DISCOVERED: Row = Row::counter(
    "choria_provisioner_registration_discovered",
    "Nodes that became known by their registration.",
);
pub(super) static MESSAGES_REFUSED: Row = Row::counter(
    "choria_provisioner_messages_refused_total",
    "Events, registrations and replies that were not believed.",
)
.by(&["reason"]);

pub(super) static BUILD_INFO: Row =
    Row::gauge("choria_provisioner_build_info", "What runs; always 1.").by(&["version", "sha"]);
pub(super) static PROCESS_CPU: Row = Row::counter(
    "process_cpu_seconds_total",
    "Processor time used, user and system, whole seconds.",
);
pub(super) static PROCESS_MEMORY: Row =
    Row::gauge("process_resident_memory_bytes", "Memory that is resident.");
pub(super) static PROCESS_START: Row = Row::gauge(
    "process_start_time_seconds",
    "When the process started, seconds since 1970.",
);

/// From what a node on the same network needs to the longest deadline.
const CALLS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];
/// From the fastest onboarding to a node that waited for a person.
const NODE_TIMES: &[f64] = &[
    0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 14400.0,
];
