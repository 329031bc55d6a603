//! How single values are shown to people. Pure.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A span in its two largest units: `9s`, `3m20s`, `5h`, `2d4h`.
pub(super) fn span(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let mut rest = seconds;
    let mut text = String::new();
    let mut shown = 0_u8;
    for (size, unit) in units {
        let count = rest / size;
        rest %= size;
        if count > 0 && shown < 2 {
            text.push_str(&format!("{count}{unit}"));
        }
        // the unit after the largest one is the last, be it nought or not
        if count > 0 || shown > 0 {
            shown = shown.saturating_add(1);
        }
    }
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

/// Seconds since 1970 as date and time.
pub(super) fn moment(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| seconds.to_string())
}

/// Nodes and helpers are strangers: their texts must not reach a terminal as commands to it.
pub(super) fn printable(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_two_units_at_most() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (200, "3m20s"),
            (3_600, "1h"),
            (3_605, "1h"),
            (7_380, "2h3m"),
            (187_200, "2d4h"),
            (172_830, "2d"),
        ] {
            assert_eq!(span(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn a_moment_is_a_date() {
        assert_eq!(moment(0), "1970-01-01T00:00:00Z");
        assert_eq!(moment(i64::MAX), i64::MAX.to_string());
    }

    #[test]
    fn a_text_cannot_move_the_cursor() {
        assert_eq!(printable("a\u{1b}[2J\r\nb"), "a [2J  b");
    }
}
