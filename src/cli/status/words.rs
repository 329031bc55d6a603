//! Members of a status file in words that a terminal survives.

use serde_json::Value;

use crate::server::status::rfc3339;

/// A member that is only shown: text as it is, a null or a missing one not at all, anything else as JSON.
pub(super) fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Some(value.to_string())
        }
    }
}

/// One line of bounded length that cannot move a terminal's cursor and has no bar: Nagios takes what follows one for
/// performance data.
pub(super) fn plain(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| match c {
            '|' => '/',
            c if c.is_control() => ' ',
            c => c,
        })
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
