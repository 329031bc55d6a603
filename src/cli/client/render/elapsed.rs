//! Durations as the reference prints them: `1.5s`, `12.345ms`, `1m30s`.

use std::fmt;
use std::time::Duration;

/// A duration for people.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Elapsed(pub(in super::super) Duration);

impl Elapsed {
    /// Rounded to milliseconds.
    pub(in super::super) fn rounded(duration: Duration) -> Self {
        let half = Duration::from_micros(500);
        let millis = duration.saturating_add(half).as_millis();
        Self(Duration::from_millis(
            u64::try_from(millis).unwrap_or(u64::MAX),
        ))
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.subsec_nanos();
        let secs = self.0.as_secs();
        if secs == 0 {
            return match nanos {
                0 => f.write_str("0s"),
                1..1_000 => write!(f, "{nanos}ns"),
                1_000..1_000_000 => write!(f, "{}µs", decimal(u64::from(nanos), 3)),
                _ => write!(f, "{}ms", decimal(u64::from(nanos), 6)),
            };
        }
        let (hours, minutes, seconds) = (secs / 3600, secs / 60 % 60, secs % 60);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if secs >= 60 {
            write!(f, "{minutes}m")?;
        }
        let nanos = u64::from(nanos);
        let whole = seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
        write!(f, "{}s", decimal(whole, 9))
    }
}

/// A number with so many decimal places, without zeros at its end.
fn decimal(number: u64, places: usize) -> String {
    let digits = format!("{number:0width$}", width = places.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}
