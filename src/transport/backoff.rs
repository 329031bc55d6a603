//! How long to wait before the next round of attempts: pure, bounded, jittered.
//!
//! # What a fleet does to a broker
//!
//! A connection costs a broker a TLS handshake, and it makes some 2000 of them a second. Fifty thousand nodes that lost it
//! in the same moment and came back in the same second would all fail, and all fail again. So a node that belongs to a
//! fleet ([`Policy::Fleet`]) draws its wait evenly from a window ("full jitter"), and the window is made for the crowd:
//!
//! - The first wait after a connection broke is drawn from the spread *S*, divided by the number *k* of brokers among which
//!   nodes choose evenly: *N* nodes then return with *N·k/S* attempts a second over *k* brokers, *N/S* at each. The default
//!   of 30 s takes 50,000 nodes to 1,700 a second at each broker. Where one of several brokers restarts, its nodes are back
//!   within *S/k*: 10 s for three brokers.
//! - Every further wait is drawn from once to twice that, so that nobody asks again before all others have asked: as long as
//!   nobody answers, nodes ask no faster than they may come back, and the broker that returns finds them spread.
//! - A process that starts asks at once. It waits 1, 2, 4 … seconds at most while there is nobody to ask (the network is not
//!   up yet), and draws from the spread as soon as somebody is there and does not complete a connection, for that is what a
//!   broker looks like to a crowd.
//!
//! Refused: the tables of the reference (spec 01 §5.2), whose first wait of 250 to 750 ms brings a fleet back within half a
//! second. [`Policy::FiveSec`] is that table, for a command line in front of which somebody waits.

use std::time::Duration;

/// How waits are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Up to 5 seconds, by half either way: somebody is watching.
    #[default]
    FiveSec,
    /// One of many that may all come at once.
    Fleet {
        /// Time over which the nodes of a single broker come back to it.
        spread: Duration,
    },
}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setback {
    /// One that stood broke, after it had been a good one.
    Lost,
    /// One that was just made broke: a broker that takes everybody and keeps nobody.
    Brief,
    /// A round failed, and nobody was there to connect to.
    Unreached,
    /// A round failed, and somebody was there.
    Rejected,
}

/// Knows how often there was no connection, and how long to wait therefore.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Backoff {
    policy: Policy,
    /// Setbacks in a row.
    failures: u32,
    /// Those since a crowd was to be expected.
    crowd: u32,
    /// Brokers that share the crowd.
    brokers: f64,
}

impl Backoff {
    /// Nothing failed yet.
    #[must_use]
    pub(super) const fn new(policy: Policy) -> Self {
        Self {
            policy,
            failures: 0,
            crowd: 0,
            brokers: 1.0,
        }
    }

    /// Takes note of a setback.
    pub(super) const fn after(&mut self, setback: Setback) {
        match setback {
            Setback::Lost => {
                self.failures = 1;
                self.crowd = 1;
            }
            Setback::Brief | Setback::Rejected => {
                self.failures = self.failures.saturating_add(1);
                self.crowd = self.crowd.saturating_add(1);
            }
            Setback::Unreached => {
                self.failures = self.failures.saturating_add(1);
                if self.crowd > 0 {
                    self.crowd = self.crowd.saturating_add(1);
                }
            }
        }
    }

    /// Takes note of how many equal brokers share the nodes.
    pub(super) const fn shared_by(&mut self, brokers: f64) {
        self.brokers = if brokers.is_finite() {
            brokers.clamp(1.0, MOST_BROKERS)
        } else {
            1.0
        };
    }

    /// Setbacks in a row.
    #[must_use]
    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }

    /// The wait before the next round; none before the first. `dice` is uniform in `0.0..1.0`.
    #[must_use]
    pub(super) fn delay(&self, dice: f64) -> Duration {
        if self.failures == 0 {
            return Duration::ZERO;
        }
        let dice = if dice.is_finite() {
            dice.clamp(0.0, 1.0)
        } else {
            0.5
        };
        match self.policy {
            Policy::FiveSec => self.entry().mul_f64(0.5 + dice),
            Policy::Fleet { spread } => {
                let (low, high) = self.window(spread.min(LONGEST_SPREAD));
                low.saturating_add(high.saturating_sub(low).mul_f64(dice))
            }
        }
    }

    /// What a wait is drawn from.
    fn window(&self, spread: Duration) -> (Duration, Duration) {
        let share = spread.div_f64(self.brokers);
        let twice = share.saturating_mul(2);
        let doubled = 1_u64.checked_shl(self.failures.saturating_sub(1));
        let alone = Duration::from_secs(doubled.unwrap_or(u64::MAX)).min(twice.max(LONGEST_ALONE));
        match self.crowd {
            0 => (SHORTEST, alone),
            1 => (SHORTEST, alone.max(share)),
            _ => (SHORTEST.max(share), alone.max(twice)),
        }
    }

    fn entry(&self) -> Duration {
        let index = usize::try_from(self.failures.saturating_sub(1)).unwrap_or(usize::MAX);
        let millis = FIVE_SEC.get(index).or_else(|| FIVE_SEC.last()).copied();
        Duration::from_millis(millis.unwrap_or_default())
    }
}

const FIVE_SEC: [u64; 11] = [
    500, 750, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000,
];
/// No wait is shorter, so that no luck with the dice makes a tight loop.
const SHORTEST: Duration = Duration::from_millis(100);
/// Largest window of a node that need not think of others.
const LONGEST_ALONE: Duration = Duration::from_secs(10);
/// More makes no sense; keeps the arithmetic far from its end.
const LONGEST_SPREAD: Duration = Duration::from_secs(3600);
/// So that no list of servers shortens the spread to nothing.
const MOST_BROKERS: f64 = 16.0;

#[cfg(test)]
mod tests;
