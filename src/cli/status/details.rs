//! What an operator looks for in a status file, line by line.

use super::document::Document;
use super::words::ago;
use super::words::beside;
use super::words::shown;
use super::words::time;

/// The lines about a document, each with what it is about; `now` in seconds since 1970.
pub(super) fn details(document: &Document, now: i64) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("identity", identity(document)),
        ("mode", mode(document)),
        ("connection", connection(document)),
    ];
    if let Some(generation) = shown(&document.generation) {
        lines.push(("configuration", format!("generation {generation}")));
    }
    let last = match document.last_message {
        0 => "none".to_owned(),
        last => past(i64::from(last), now),
    };
    lines.extend([
        ("certificate", end(document.certificate_expires, now)),
        ("token", end(document.token_expires, now)),
        ("last valid request", last),
        ("last refusal", refusal(document, now)),
        ("clock", clock(document)),
    ]);
    let problems = document.problems.iter().take(MOST);
    lines.extend(problems.map(|problem| ("problem", problem.clone())));
    lines.push(("counters", counters(document)));
    lines
}

fn identity(document: &Document) -> String {
    let version = match shown(&document.version) {
        Some(version) => format!("muster {version}"),
        None => "not muster".to_owned(),
    };
    let identity = shown(&document.identity).unwrap_or_else(|| "not told".to_owned());
    let uptime = ago(i64::try_from(document.uptime).unwrap_or(i64::MAX));
    format!("{identity} ({version}), up {uptime}")
}

fn mode(document: &Document) -> String {
    let mut mode = if document.provisioning_mode {
        "provisioning".to_owned()
    } else {
        "normal".to_owned()
    };
    if let Some(since) = shown(&document.mode_since) {
        mode.push_str(&format!(" since {since}"));
    }
    if let Some(reason) = shown(&document.mode_reason) {
        mode.push_str(&format!(": {reason}"));
    }
    mode
}

fn connection(document: &Document) -> String {
    let server = match document.connected_server.as_str() {
        "" => "no broker",
        server => server,
    };
    let Some(connection) = &document.connection else {
        return server.to_owned();
    };
    let since = ago(i64::try_from(connection.since_seconds).unwrap_or(i64::MAX));
    let mut text = format!("{} for {since}, {server}", connection.state);
    if let Some(tls) = &connection.tls {
        text.push_str(&format!(", {tls}"));
    }
    if let Some(attempt) = connection.attempt {
        text.push_str(&format!(", round {attempt}"));
    }
    if let Some(next) = connection.next_attempt_seconds {
        text.push_str(&format!(", the next in {next}s"));
    }
    for (count, what) in [
        (connection.dropped, "messages dropped"),
        (
            connection.permission_violations,
            "subjects refused by the broker",
        ),
    ] {
        if count > 0 {
            text.push_str(&format!(", {count} {what}"));
        }
    }
    if let Some(reason) = &connection.last_error {
        text.push_str(&format!("; last error: {reason}"));
    }
    text
}

fn counters(document: &Document) -> String {
    let counters = document.stats.iter().take(MOST);
    let counters: Vec<String> = counters.map(|(name, n)| format!("{name} {n}")).collect();
    counters.join(", ")
}

fn refusal(document: &Document, now: i64) -> String {
    document.last_refusal.as_ref().map_or_else(
        || "none".to_owned(),
        |refusal| format!("{}: {}", past(refusal.time, now), refusal.reason),
    )
}

fn clock(document: &Document) -> String {
    let doubt = if document.clock_in_doubt {
        ", and none was in its time since"
    } else {
        ""
    };
    match document.clock_offset {
        0 => "no request was outside its time".to_owned(),
        offset => format!(
            "{} the last request outside its time{doubt}",
            beside(offset)
        ),
    }
}

/// A time that has passed.
fn past(at: i64, now: i64) -> String {
    format!("{} ({} ago)", time(at), ago(now.saturating_sub(at)))
}

/// A time at which something ends.
fn end(at: Option<i64>, now: i64) -> String {
    let Some(at) = at else {
        return "none that ends".to_owned();
    };
    match at.saturating_sub(now) {
        left @ 1.. => format!("expires {} (in {})", time(at), ago(left)),
        _ => format!("expired {}", past(at, now)),
    }
}

/// Problems, counters.
const MOST: usize = 64;
