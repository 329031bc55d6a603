//! How long to wait for replies. Pure: times are durations since the request was published.

use std::time::Duration;

/// How long to wait for replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    fixed: Duration,
    sliding: bool,
}

impl Patience {
    /// So long, whatever comes in.
    #[must_use]
    pub const fn fixed(timeout: Duration) -> Self {
        Self {
            fixed: timeout,
            sliding: false,
        }
    }

    /// So long for the first reply, then until 300 ms passed without another one; never more than 2 s beyond the
    /// time-out, however steadily replies drip in.
    #[must_use]
    pub const fn sliding(timeout: Duration) -> Self {
        Self {
            fixed: timeout,
            sliding: true,
        }
    }

    /// When to stop waiting, given when the last reply came.
    #[must_use]
    pub fn deadline(&self, last: Option<Duration>) -> Duration {
        match last {
            Some(last) if self.sliding => last
                .saturating_add(WINDOW)
                .min(self.fixed.saturating_add(SLACK)),
            Some(_) | None => self.fixed,
        }
    }
}

/// Silence that ends a discovery with sliding window.
const WINDOW: Duration = Duration::from_millis(300);
/// What a discovery with sliding window may take longer.
const SLACK: Duration = Duration::from_secs(2);
