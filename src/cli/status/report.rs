//! What is found, as lines for people and Nagios or as JSON.

use std::fmt::Write as _;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use super::checks::Finding;
use super::checks::Severity;
use super::details::details;
use super::document::Document;
use super::words::plain;

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
        let mut text = plain(&line);
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
            for (name, value) in details(document, self.now) {
                line_of(&mut text, name, &value);
            }
        }
        text
    }
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

/// Counters.
const MOST: usize = 64;
/// Characters of the name of a counter.
const LONGEST_NAME: usize = 32;
