//! What is found, as lines for people and Nagios or as JSON.

use std::fmt::Write as _;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use super::checks::Finding;
use super::checks::Severity;
use super::document::Document;
use crate::server::status::rfc3339;

/// What is said about a node.
#[derive(Debug)]
pub(super) struct Report {
    file: PathBuf,
    findings: Vec<Finding>,
    document: Option<Document>,
    now: i64,
}

/// How a report for people looks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Style {
    /// The first line only.
    pub(super) brief: bool,
    /// Performance data after the first line.
    pub(super) perfdata: bool,
}

/// A file that says nothing.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) file: PathBuf,
    pub(super) reason: String,
}

impl Report {
    /// A report about the node whose status file was read.
    pub(super) fn new(file: &Path, document: Document, findings: Vec<Finding>, now: i64) -> Self {
        Self {
            file: file.to_owned(),
            findings,
            document: Some(document),
            now,
        }
    }

    /// A report about a file that says nothing.
    pub(super) fn unusable(unusable: Unusable) -> Self {
        Self {
            file: unusable.file,
            findings: vec![Finding {
                check: "file",
                severity: Severity::Unknown,
                text: unusable.reason,
            }],
            document: None,
            now: 0,
        }
    }

    /// The worst of what was found.
    pub(super) fn severity(&self) -> Severity {
        let severities = self.findings.iter().map(|finding| finding.severity);
        severities.max().unwrap_or(Severity::Ok)
    }

    /// The first of the worst findings.
    fn worst(&self) -> Option<usize> {
        let worst = self.severity();
        self.findings
            .iter()
            .position(|finding| finding.severity == worst)
    }

    /// The report for programs.
    pub(super) fn json(&self) -> String {
        let findings: Vec<Value> = self
            .findings
            .iter()
            .map(|it| json!({"check": it.check, "state": it.severity.word(), "text": it.text}))
            .collect();
        let report = json!({
            "file": self.file.display().to_string(),
            "state": self.severity().word(),
            "code": self.severity().exit().code(),
            "findings": findings,
            "status": self.document.as_ref().map(|document| &document.whole),
        });
        format!("{report:#}\n")
    }

    /// The report for people: the first line, and below it what an operator looks for.
    pub(super) fn text(&self, style: Style) -> String {
        let worst = self.worst();
        let verdict = worst.and_then(|at| self.findings.get(at));
        let verdict = verdict.map_or("OK", |finding| finding.text.as_str());
        let line = format!("{} {verdict}", self.file.display());
        // Nagios takes what follows a bar for performance data
        let mut text = plain(&line).replace('|', "/");
        if let Some(document) = self.document.as_ref().filter(|_| style.perfdata) {
            text.push_str(" | ");
            text.push_str(&performance(document));
        }
        text.push('\n');
        if style.brief {
            return text;
        }
        let others = self.findings.iter().enumerate();
        for (_, finding) in others.filter(|(at, _)| Some(*at) != worst) {
            line_of(&mut text, finding.severity.word(), &finding.text);
        }
        if let Some(document) = &self.document {
            self.details(&mut text, document);
        }
        text
    }

    fn details(&self, text: &mut String, document: &Document) {
        let version = match shown(&document.version) {
            Some(version) => format!("muster {version}"),
            None => "not a muster".to_owned(),
        };
        let identity = shown(&document.identity).unwrap_or_else(|| "not told".to_owned());
        let uptime = ago(i64::try_from(document.uptime).unwrap_or(i64::MAX));
        line_of(
            text,
            "identity",
            &format!("{identity} ({version}), up {uptime}"),
        );
        line_of(text, "mode", &mode(document));
        line_of(text, "connection", &connection(document));
        if let Some(generation) = shown(&document.generation) {
            line_of(text, "configuration", &format!("generation {generation}"));
        }
        line_of(text, "certificate", &self.end(document.certificate_expires));
        line_of(text, "token", &self.end(document.token_expires));
        let last = match document.last_message {
            0 => "none".to_owned(),
            last => self.past(i64::from(last)),
        };
        line_of(text, "last valid request", &last);
        let refused = document.last_refusal.as_ref().map_or_else(
            || "none".to_owned(),
            |refusal| format!("{}: {}", self.past(refusal.time), refusal.reason),
        );
        line_of(text, "last refusal", &refused);
        let doubt = if document.clock_in_doubt {
            ", and none was in its time since"
        } else {
            ""
        };
        let clock = match document.clock_offset {
            0 => "agrees with its peers".to_owned(),
            offset => format!(
                "{} the last request outside its time{doubt}",
                beside(offset)
            ),
        };
        line_of(text, "clock", &clock);
        for problem in document.problems.iter().take(MOST) {
            line_of(text, "problem", problem);
        }
        line_of(text, "counters", &counters(document));
    }

    /// A time that has passed.
    fn past(&self, at: i64) -> String {
        format!("{} ({} ago)", time(at), ago(self.now.saturating_sub(at)))
    }

    /// A time at which something ends.
    fn end(&self, at: Option<i64>) -> String {
        let Some(at) = at else {
            return "none that ends".to_owned();
        };
        let left = at.saturating_sub(self.now);
        match left {
            1.. => format!("expires {} (in {})", time(at), ago(left)),
            _ => format!("expired {}", self.past(at)),
        }
    }
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

/// Performance data as Nagios reads it. A name that could be read as something else is left out.
fn performance(document: &Document) -> String {
    let connected = u8::from(!matches!(
        document.connected_server.as_str(),
        "" | "unknown"
    ));
    let mut text = format!(
        "uptime={}s connected={connected} problems={} clock_offset={}s",
        document.uptime,
        document.problems.len(),
        document.clock_offset
    );
    let named = document.stats.iter().filter(|(name, _)| {
        name.len() <= LONGEST_NAME && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    });
    for (name, count) in named.take(MOST) {
        // writing to a string cannot fail
        let _ = write!(text, " {name}={count}c");
    }
    text
}

fn line_of(text: &mut String, name: &str, value: &str) {
    text.push_str(name);
    text.push_str(": ");
    text.push_str(&plain(value));
    text.push('\n');
}

/// A member that is only shown: text as it is, a null or a missing one not at all, anything else as JSON.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Some(value.to_string())
        }
    }
}

/// One line of bounded length that cannot move a terminal's cursor.
fn plain(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_LINE)
        .collect();
    if line.len() < text.len() && text.chars().nth(LONGEST_LINE).is_some() {
        return format!("{line}…");
    }
    line
}

/// A point in time, seconds since 1970, in UTC.
pub(super) fn time(at: i64) -> String {
    rfc3339(at)
}

/// Where a clock stands that is `offset` seconds ahead.
pub(super) fn beside(offset: i64) -> String {
    let side = if offset < 0 { "behind" } else { "ahead of" };
    format!("{} {side}", ago(offset.saturating_abs()))
}

/// Seconds as the reference writes a duration: `24h0m0s`, `5m3s`, `12s`.
pub(super) fn ago(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s}s"),
        (0, m, s) => format!("{m}m{s}s"),
        (h, m, s) => format!("{h}h{m}m{s}s"),
    }
}

/// Characters of one line.
const LONGEST_LINE: usize = 2000;
/// Problems, counters.
const MOST: usize = 64;
/// Characters of the name of a counter.
const LONGEST_NAME: usize = 32;
