//! What is wrong with a node, by its status file.

use std::time::Duration;

use super::document::Document;
use super::words::ago;
use super::words::beside;
use super::words::time;
use crate::report::Exit;

/// What is asked of a node. A duration of zero asks nothing.
#[derive(Debug, Clone)]
pub(super) struct Demands {
    pub(super) max_age: Duration,
    pub(super) certificate: Duration,
    pub(super) token: Duration,
    pub(super) connected: bool,
    pub(super) message_since: Duration,
    pub(super) clock_offset: Duration,
    pub(super) wanted: Wanted,
}

/// In which mode a node should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Either,
    Provisioned,
    Unprovisioned,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// All is well.
    Ok,
    /// It works and will not for ever.
    Warning,
    /// It does not work.
    Critical,
    /// Nobody can tell.
    Unknown,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) severity: Severity,
    pub(super) text: String,
}

impl Severity {
    /// The word for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Unknown => "unknown",
        }
    }

    /// The exit code of a Nagios plugin.
    pub(super) const fn exit(self) -> Exit {
        match self {
            Self::Ok => Exit::Ok,
            Self::Warning => Exit::Warning,
            Self::Critical => Exit::Critical,
            Self::Unknown => Exit::Unknown,
        }
    }
}

impl Finding {
    const fn new(check: &'static str, severity: Severity, text: String) -> Self {
        Self {
            check,
            severity,
            text,
        }
    }
}

/// Everything that is wrong: the checks of the reference in its order, then ours. `written` is the time of the file.
pub(super) fn findings(
    document: &Document,
    written: i64,
    now: i64,
    demands: &Demands,
) -> Vec<Finding> {
    let found = [
        age(written, now, demands.max_age),
        end(
            "certificate",
            document.certificate_expires,
            now,
            demands.certificate,
        ),
        end("token", document.token_expires, now, demands.token),
        demands.connected.then(|| connection(document)).flatten(),
        message(document, now, demands.message_since),
        mode(document, demands.wanted),
        problems(document),
        clock(document, demands.clock_offset),
    ];
    found.into_iter().flatten().collect()
}

fn age(written: i64, now: i64, limit: Duration) -> Option<Finding> {
    let limit_seconds = seconds(limit)?;
    let age = now.saturating_sub(written);
    if age > limit_seconds {
        let text = format!("older than {}", ago(limit_seconds));
        return Some(Finding::new("age", Severity::Critical, text));
    }
    // a file from the future would never grow old
    (age < limit_seconds.saturating_neg()).then(|| {
        let text = format!(
            "written in the future: {} ({})",
            time(written),
            ago(age.saturating_neg())
        );
        Finding::new("age", Severity::Warning, text)
    })
}

fn end(what: &'static str, end: Option<i64>, now: i64, limit: Duration) -> Option<Finding> {
    let (end, limit) = (end?, seconds(limit)?);
    let left = end.saturating_sub(now);
    if left >= limit {
        return None;
    }
    let severity = if left > 0 {
        Severity::Warning
    } else {
        Severity::Critical
    };
    let sign = if left < 0 { "-" } else { "" };
    let text = format!(
        "{what} expires {} ({sign}{})",
        time(end),
        ago(left.saturating_abs())
    );
    Some(Finding::new(what, severity, text))
}

/// The word `unknown` stands in files of the reference before its first connection.
fn connection(document: &Document) -> Option<Finding> {
    let state = document.connection.as_ref().map(|it| it.state.as_str());
    let server = document.connected_server.as_str();
    let connected = !matches!(server, "" | "unknown") && matches!(state, None | Some("connected"));
    if connected {
        return None;
    }
    let mut text = "connection check failed: not connected".to_owned();
    if state == Some("closed") {
        text.push_str(", the node was stopped");
    } else if let Some(reason) = document
        .connection
        .as_ref()
        .and_then(|it| it.last_error.as_ref())
    {
        text.push_str(&format!(": {reason}"));
    }
    Some(Finding::new("connection", Severity::Critical, text))
}

fn message(document: &Document, now: i64, limit: Duration) -> Option<Finding> {
    let limit = seconds(limit)?;
    let last = i64::from(document.last_message);
    let since = if last == 0 {
        i64::try_from(document.uptime).unwrap_or(i64::MAX)
    } else {
        now.saturating_sub(last)
    };
    let fresh = if last == 0 {
        since < limit
    } else {
        since <= limit
    };
    if fresh {
        return None;
    }
    let text = match last {
        0 => format!("no recent messages: none in {}", ago(since)),
        last => format!("no recent messages: last message at {}", time(last)),
    };
    Some(Finding::new("message", Severity::Warning, text))
}

fn mode(document: &Document, wanted: Wanted) -> Option<Finding> {
    let text = match (wanted, document.provisioning_mode) {
        (Wanted::Unprovisioned, false) => "not in provisioning mode",
        (Wanted::Provisioned, true) => "in provisioning mode",
        (Wanted::Either, _) | (Wanted::Unprovisioned, true) | (Wanted::Provisioned, false) => {
            return None;
        }
    };
    Some(Finding::new("mode", Severity::Critical, text.to_owned()))
}

fn problems(document: &Document) -> Option<Finding> {
    let first = document.problems.first()?;
    let text = match document.problems.len() {
        1 => format!("has a problem: {first}"),
        many => format!("has {many} problems: {first}"),
    };
    Some(Finding::new("problems", Severity::Warning, text))
}

fn clock(document: &Document, limit: Duration) -> Option<Finding> {
    let limit = seconds(limit)?;
    let offset = document.clock_offset;
    (document.clock_in_doubt && offset.saturating_abs() >= limit).then(|| {
        let text = format!("clock may be wrong: {} the last request", beside(offset));
        Finding::new("clock", Severity::Warning, text)
    })
}

/// Whole seconds of a limit; none for zero, which asks nothing.
fn seconds(limit: Duration) -> Option<i64> {
    (!limit.is_zero()).then(|| i64::try_from(limit.as_secs()).unwrap_or(i64::MAX))
}
