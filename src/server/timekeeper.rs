//! Doubts the machine's clock where there is a reason to, and says so.
//!
//! Without a battery a machine may start in 1970. Nothing here depends on the right time: the node tries on, and is there
//! once the clock was set. But certificates look too young or too old, and requests are refused for their time, and whoever
//! looks for the reason should find it in the status file (concern `clock`).

use std::sync::Arc;
use std::time::Duration;

use time::Date;
use time::macros::format_description;
use tokio::time::Instant;

use super::status::rfc3339;
use crate::os::clock::Clock;
use crate::rpc::Node;

/// Watches the clock.
#[derive(Debug)]
pub struct Timekeeper {
    node: Arc<Node>,
    clock: Arc<dyn Clock>,
    /// No right clock is before this, seconds since 1970.
    earliest: i64,
    /// Requests are a peer's, and must not cause more than a line now and then.
    next: Instant,
    doubt: Option<Doubt>,
}

/// What is odd about a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// It says that this software does not exist yet.
    Early,
    /// It says that this software is half a century old.
    Late,
    /// Those who ask have another time.
    Apart,
}

impl Timekeeper {
    /// For software of this build date, as the build writes it.
    #[must_use]
    pub fn new(node: &Arc<Node>, clock: &Arc<dyn Clock>, build_date: &str) -> Self {
        Self {
            node: Arc::clone(node),
            clock: Arc::clone(clock),
            earliest: earliest(build_date),
            next: Instant::now(),
            doubt: None,
        }
    }

    /// Looks at the clock, unless it did so a moment ago.
    pub fn look(&mut self) {
        let moment = Instant::now();
        if moment < self.next {
            return;
        }
        self.next = moment + PAUSE;
        let now = self.clock.now();
        let refused = self.node.stats.out_of_time_in_a_row();
        let doubt = doubt(now, self.earliest, refused);
        if doubt == self.doubt {
            return;
        }
        self.doubt = doubt;
        match doubt {
            None => self.node.concerns.clear(AREA),
            Some(doubt) => {
                let text = text(doubt, now, self.node.stats.clock_offset());
                self.node.concerns.raise(AREA, text);
            }
        }
    }
}

/// What is odd about a clock that says `now`, when no right one says less than `earliest` and the last `refused` requests
/// were refused for their time.
const fn doubt(now: i64, earliest: i64, refused: u64) -> Option<Doubt> {
    if now < earliest {
        Some(Doubt::Early)
    } else if now.saturating_sub(earliest) > LIFE {
        Some(Doubt::Late)
    } else if refused >= ENOUGH {
        Some(Doubt::Apart)
    } else {
        None
    }
}

fn text(doubt: Doubt, now: i64, offset: i64) -> String {
    let shown = rfc3339(now);
    match doubt {
        Doubt::Early => format!(
            "the clock of this machine says {shown}, before this software was made: certificates look too young, requests are refused"
        ),
        Doubt::Late => format!(
            "the clock of this machine says {shown}, too late to be true: certificates look too old, requests are refused"
        ),
        Doubt::Apart => {
            let direction = if offset < 0 { "behind" } else { "ahead of" };
            let seconds = offset.unsigned_abs();
            format!(
                "the last requests were refused for their time: the clock of this machine, or theirs, is wrong; it is {seconds} s {direction} the last of them"
            )
        }
    }
}

/// A day before the build, for clocks that are right in another way; the year 2020 for a build without a date.
fn earliest(build_date: &str) -> i64 {
    let date = build_date.get(..10).unwrap_or_default();
    let format = format_description!("[year]-[month]-[day]");
    Date::parse(date, format).map_or(YEAR_2020, |date| {
        date.midnight().assume_utc().unix_timestamp() - DAY
    })
}

const AREA: &str = "clock";
/// Between two looks.
const PAUSE: Duration = Duration::from_secs(60);
/// One or two requests may be late on their way.
const ENOUGH: u64 = 3;
const DAY: i64 = 24 * 60 * 60;
/// Longer than any software is in use, in seconds.
const LIFE: i64 = 50 * 365 * DAY;
/// Seconds since 1970.
const YEAR_2020: i64 = 1_577_836_800;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_believed_from_the_day_of_the_build_on_for_half_a_century() {
        let earliest = earliest("2026-11-21 00:04:02 +0000");
        assert_eq!(rfc3339(earliest), "2026-11-20T00:00:00Z");
        for (now, expected) in [
            (i64::MIN, Some(Doubt::Early)),
            (0, Some(Doubt::Early)),
            (earliest - 1, Some(Doubt::Early)),
            (earliest, None),
            (earliest + LIFE, None),
            (4_102_444_800, Some(Doubt::Late)),
            (i64::MAX, Some(Doubt::Late)),
        ] {
            assert_eq!(doubt(now, earliest, 0), expected, "{now}");
        }
    }

    #[test]
    fn a_build_without_a_date_believes_clocks_from_2020_on() {
        for date in ["unknown", "", "2026-13-41 x", "ä-ö-ü-ß-ä"] {
            assert_eq!(earliest(date), YEAR_2020, "{date}");
        }
    }

    #[test]
    fn a_late_request_is_no_doubt_and_several_in_a_row_are() {
        assert_eq!(doubt(YEAR_2020, YEAR_2020, ENOUGH - 1), None);
        assert_eq!(doubt(YEAR_2020, YEAR_2020, ENOUGH), Some(Doubt::Apart));
    }
}
