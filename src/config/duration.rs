//! Durations as the reference writes them (spec 03 §2.3).

use std::time::Duration;

/// Digits alone are seconds; `w W d D M y Y` are weeks, days, 30 days and years, cut to whole hours; everything else is
/// a sum of numbers with the units `ns us ms s m h`.
///
/// Nothing for negative, overlong or otherwise unreadable texts.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_secs);
    }
    let hours = match text.bytes().next_back()? {
        b'w' | b'W' => 7 * 24,
        b'd' | b'D' => 24,
        b'M' => 30 * 24,
        b'y' | b'Y' => 365 * 24,
        _ => return sum(text),
    };
    let count = Decimal::parse(text.get(..text.len().checked_sub(1)?)?)?;
    let hours = u64::try_from(count.times(hours)?).ok()?;
    hours.checked_mul(3600).map(Duration::from_secs)
}

fn sum(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(digits)?;
        let unit = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(unit)?;
        let nanos = Decimal::parse(number)?.times(nanoseconds(unit)?)?;
        total = total.checked_add(Duration::from_nanos(u64::try_from(nanos).ok()?))?;
        rest = after;
    }
    Some(total)
}

fn nanoseconds(unit: &str) -> Option<u128> {
    match unit {
        "ns" => Some(1),
        "us" | "µs" | "μs" => Some(1_000),
        "ms" => Some(1_000_000),
        "s" => Some(1_000_000_000),
        "m" => Some(60 * 1_000_000_000),
        "h" => Some(3600 * 1_000_000_000),
        _ => None,
    }
}

/// A decimal fraction, exact.
struct Decimal {
    digits: u128,
    scale: u128,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{fraction}");
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if !plain || digits.len() > LONGEST {
            return None;
        }
        Some(Self {
            digits: digits.parse().ok()?,
            scale: 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?,
        })
    }

    fn times(&self, factor: u128) -> Option<u128> {
        self.digits.checked_mul(factor)?.checked_div(self.scale)
    }
}

/// More digits than any duration needs.
const LONGEST: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_the_reference_reads_them() {
        let hours = |count: u64| Duration::from_secs(count * 3600);
        for (text, meant) in [
            ("10", Duration::from_secs(10)),
            ("10s", Duration::from_secs(10)),
            ("1h", hours(1)),
            ("1h30m", Duration::from_secs(5400)),
            ("1.5h", Duration::from_secs(5400)),
            (".5s", Duration::from_millis(500)),
            ("250ms", Duration::from_millis(250)),
            ("7us", Duration::from_micros(7)),
            ("3ns", Duration::from_nanos(3)),
            ("+2m", Duration::from_secs(120)),
            ("2w", hours(336)),
            ("1W", hours(168)),
            ("1d", hours(24)),
            ("1.5D", hours(36)),
            ("0.1d", hours(2)),
            ("1M", hours(720)),
            ("1y", hours(8760)),
            ("1Y", hours(8760)),
        ] {
            assert_eq!(parse(text), Some(meant), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_durations() {
        for text in [
            "10S",
            "1H",
            "-1s",
            "s",
            "",
            "1x",
            "1h30M",
            "d",
            "1.2.3s",
            "1 s",
            "1s ",
            ".",
            ".s",
            "1e3s",
            "99999999999999999999",
            "99999999999999999999y",
            "99999999999999999999999999s",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in ".*") {
            let _ = parse(&text);
        }

        #[test]
        fn whole_seconds_survive(seconds in 0..u64::from(u32::MAX)) {
            proptest::prop_assert_eq!(parse(&format!("{seconds}s")), Some(Duration::from_secs(seconds)));
            proptest::prop_assert_eq!(parse(&seconds.to_string()), Some(Duration::from_secs(seconds)));
        }
    }
}
