//! The table of all metrics. Names of the reference where it has one (spec 03 §9.5), names of the house after them.

use super::metric::Chapter;
use super::metric::Labels;
use super::metric::Metric;
use super::metric::Number;

/// The whole table, in the order of the page and of the documentation.
pub(super) static CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "Names of the reference",
        metrics: REFERENCE,
    },
    Chapter {
        title: "Requests",
        metrics: REQUESTS,
    },
    Chapter {
        title: "The connection",
        metrics: CONNECTION,
    },
    Chapter {
        title: "The node",
        metrics: NODE,
    },
];

const REFERENCE: &[Metric] = &[
    Metric::gauge("choria_build_info", "What runs; always 1.", |_| count(1)).with(Labels::Build),
    Metric::counter("choria_server_total", "Messages that arrived.", |f| {
        count(f.requests.total)
    })
    .with(Labels::Identity),
    Metric::counter(
        "choria_server_validated",
        "Requests that passed every check.",
        |f| count(f.requests.valid),
    )
    .with(Labels::Identity),
    Metric::counter(
        "choria_server_unvalidated",
        "Messages that were malformed or not trusted.",
        |f| count(f.requests.invalid),
    )
    .with(Labels::Identity),
    Metric::counter(
        "choria_server_passed",
        "Requests whose filter this node matched.",
        |f| count(f.requests.passed),
    )
    .with(Labels::Identity),
    Metric::counter(
        "choria_server_filtered",
        "Requests whose filter this node did not match.",
        |f| count(f.requests.filtered),
    )
    .with(Labels::Identity),
    Metric::counter("choria_server_replies", "Replies that left.", |f| {
        count(f.requests.replies)
    })
    .with(Labels::Identity),
    Metric::counter(
        "choria_server_ttlexpired",
        "Requests outside their time.",
        |f| count(f.requests.ttlexpired),
    )
    .with(Labels::Identity),
    Metric::counter("choria_server_events", "Lifecycle events that left.", |f| {
        count(f.requests.events)
    })
    .with(Labels::Identity),
    Metric::counter(
        "choria_connector_initial_connection_attempts",
        "Attempts at one server until the first connection stood.",
        |f| count(f.link.first_attempts),
    ),
    Metric::summary(
        "choria_connector_initial_connect_time",
        "Seconds from the start to the first connection.",
        |f| f.link.first_connect.map(Number::Seconds),
    ),
    Metric::counter(
        "choria_connector_reconnections",
        "Connections made after the first one.",
        |f| count(f.link.reconnects),
    ),
    Metric::counter(
        "choria_connector_connection_closed",
        "Connections that were lost.",
        |f| count(f.link.lost),
    ),
    Metric::counter(
        "choria_connector_errors",
        "Failed attempts at one server, and subjects that the broker did not let the node use.",
        |f| {
            let errors = f.link.failed_attempts;
            count(errors.saturating_add(f.link.permission_violations))
        },
    ),
];

const REQUESTS: &[Metric] = &[
    Metric::counter(
        "muster_rpc_replayed_requests_total",
        "Requests that were acted upon before.",
        |f| count(f.requests.replayed),
    ),
    Metric::counter(
        "muster_rpc_unverified_requests_total",
        "Requests without a signature that can be trusted.",
        |f| count(f.requests.unverified),
    ),
    Metric::counter(
        "muster_rpc_denied_requests_total",
        "Requests that no policy allows.",
        |f| count(f.requests.denied),
    ),
    Metric::counter(
        "muster_rpc_unaudited_requests_total",
        "Requests of which no audit record could be written.",
        |f| count(f.requests.unaudited),
    ),
    Metric::counter(
        "muster_rpc_unknown_agent_requests_total",
        "Requests for an agent that is not here.",
        |f| count(f.requests.unknown_agent),
    ),
    Metric::counter(
        "muster_rpc_busy_requests_total",
        "Requests dropped because too many were at work.",
        |f| count(f.requests.busy),
    ),
    Metric::counter(
        "muster_rpc_timeouts_total",
        "Actions that did not end in their time.",
        |f| count(f.requests.timeouts),
    ),
    Metric::counter("muster_rpc_panics_total", "Actions that panicked.", |f| {
        count(f.requests.panics)
    }),
    Metric::gauge(
        "muster_rpc_last_message_timestamp_seconds",
        "When the last valid request came; 0 is never.",
        |f| Some(Number::Signed(f.last_message)),
    ),
    Metric::counter(
        "muster_provision_wrong_tokens_total",
        "Wrong provisioning tokens.",
        |f| count(f.requests.wrong_tokens),
    ),
];

const CONNECTION: &[Metric] = &[
    Metric::gauge(
        "muster_transport_connected",
        "1 while the node is connected to a broker, else 0.",
        |f| flag(f.connected),
    ),
    Metric::counter(
        "muster_transport_failed_attempts_total",
        "Attempts at one server that failed.",
        |f| count(f.link.failed_attempts),
    ),
    Metric::counter(
        "muster_transport_received_messages_total",
        "Messages taken from the broker.",
        |f| count(f.link.in_messages),
    ),
    Metric::counter(
        "muster_transport_received_bytes_total",
        "Their payload.",
        |f| count(f.link.in_bytes),
    ),
    Metric::counter(
        "muster_transport_sent_messages_total",
        "Messages given to the broker.",
        |f| count(f.link.out_messages),
    ),
    Metric::counter("muster_transport_sent_bytes_total", "Their payload.", |f| {
        count(f.link.out_bytes)
    }),
    Metric::counter(
        "muster_transport_dropped_messages_total",
        "Messages that came faster than they could be looked at.",
        |f| count(f.link.dropped),
    ),
    Metric::counter(
        "muster_transport_oversized_messages_total",
        "Messages larger than any of the protocol's, dropped.",
        |f| count(f.link.oversized),
    ),
    Metric::counter(
        "muster_transport_unsent_messages_total",
        "Messages given up because no connection came in time.",
        |f| count(f.link.unsent),
    ),
    Metric::counter(
        "muster_transport_permission_violations_total",
        "Subjects that the broker did not let the node use.",
        |f| count(f.link.permission_violations),
    ),
];

const NODE: &[Metric] = &[
    Metric::gauge(
        "muster_server_provisioning",
        "1 while the node waits for a provisioner, else 0.",
        |f| flag(f.provisioning),
    ),
    Metric::gauge(
        "muster_server_open_problems",
        "Things that are wrong at this moment; the status file names them.",
        |f| count(u64::try_from(f.problems).unwrap_or(u64::MAX)),
    ),
    Metric::gauge(
        "muster_server_clock_offset_seconds",
        "Seconds by which the clock was ahead of the last request that was refused for its time.",
        |f| Some(Number::Signed(f.clock_offset)),
    ),
    Metric::gauge(
        "muster_server_clock_in_doubt",
        "1 while no request was in its time since one was refused for it, else 0.",
        |f| flag(f.clock_in_doubt),
    ),
    Metric::gauge(
        "muster_security_certificate_expiry_timestamp_seconds",
        "When the certificate in use ends; missing without one.",
        |f| f.certificate_expires.map(Number::Signed),
    ),
    Metric::gauge(
        "process_start_time_seconds",
        "When the process started; a restart in place counts as one.",
        |f| Some(Number::Signed(f.started)),
    ),
    Metric::counter(
        "process_cpu_seconds_total",
        "Processor time of the process, in whole seconds.",
        |f| Some(Number::Signed(f.times.user.saturating_add(f.times.system))),
    ),
    Metric::gauge(
        "process_resident_memory_bytes",
        "Memory of the process; missing where the system does not tell.",
        |f| f.resident.map(Number::Count),
    ),
];

#[expect(
    clippy::unnecessary_wraps,
    reason = "the rows of the table have one type, and some have no value at times"
)]
const fn count(number: u64) -> Option<Number> {
    Some(Number::Count(number))
}

fn flag(set: bool) -> Option<Number> {
    count(u64::from(set))
}
