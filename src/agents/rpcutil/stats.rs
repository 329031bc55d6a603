//! `daemon_stats`: what the node counted since it started.

use serde_json::json;

use crate::os::usage;
use crate::rpc::Done;
use crate::rpc::Node;

pub(super) fn daemon_stats(node: &Node) -> Done {
    let stats = node.stats.snapshot();
    let times = usage::process_times();
    Done::with([
        ("agents", node.agent_names().into()),
        ("configfile", node.config_file.display().to_string().into()),
        ("filtered", stats.filtered.into()),
        ("pid", std::process::id().into()),
        ("passed", stats.passed.into()),
        (
            "threads",
            json!([format!(
                "muster {} on {} cores",
                node.version,
                usage::cores()
            )]),
        ),
        ("replies", stats.replies.into()),
        ("starttime", node.started.into()),
        ("ttlexpired", stats.ttlexpired.into()),
        ("events", stats.events.into()),
        (
            "times",
            json!({"utime": times.user, "stime": times.system, "cutime": 0, "cstime": 0}),
        ),
        ("total", stats.total.into()),
        ("unvalidated", stats.invalid.into()),
        ("validated", stats.valid.into()),
        ("version", node.version.into()),
    ])
}
