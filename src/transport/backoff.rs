//! How long to wait between two rounds of attempts: pure, capped, jittered.
//!
//! The tables are those of the reference (spec 03 §3.8), so that a fleet of both kinds spreads alike.

use std::time::Duration;

/// Which table is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Up to 5 seconds: somebody is watching.
    FiveSec,
    /// Up to 20 seconds: a daemon, for ever.
    #[default]
    TwentySec,
}

impl Policy {
    /// The wait before the next round, after `failed` rounds in a row. `jitter` is uniform in `0.0..1.0` and becomes a
    /// factor between one half and one and a half.
    #[must_use]
    pub fn delay(self, failed: u32, jitter: f64) -> Duration {
        let jitter = if jitter.is_finite() {
            jitter.clamp(0.0, 1.0)
        } else {
            0.5
        };
        self.entry(failed).mul_f64(0.5 + jitter)
    }

    fn entry(self, failed: u32) -> Duration {
        let table = self.table();
        let index = usize::try_from(failed.saturating_sub(1)).unwrap_or(usize::MAX);
        let millis = table.get(index).or_else(|| table.last()).copied();
        Duration::from_millis(millis.unwrap_or_default())
    }

    const fn table(self) -> &'static [u64] {
        match self {
            Self::FiveSec => &FIVE_SEC,
            Self::TwentySec => &TWENTY_SEC,
        }
    }
}

const FIVE_SEC: [u64; 11] = [
    500, 750, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000,
];

const TWENTY_SEC: [u64; 44] = [
    500, 750, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000, //
    5500, 5750, 6000, 6500, 7000, 7500, 8000, 8500, 9000, 9500, 10000, //
    10500, 10750, 11000, 11500, 12000, 12500, 13000, 13500, 14000, 14500, 15000, //
    15500, 15750, 16000, 16500, 17000, 17500, 18000, 18500, 19000, 19500, 20000,
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_middle_of_the_jitter_is_the_table() {
        let ms = |policy: Policy, failed| policy.delay(failed, 0.5).as_millis();
        assert_eq!(ms(Policy::FiveSec, 1), 500);
        assert_eq!(ms(Policy::FiveSec, 3), 1000);
        assert_eq!(ms(Policy::FiveSec, 11), 5000);
        assert_eq!(ms(Policy::FiveSec, u32::MAX), 5000);
        assert_eq!(ms(Policy::TwentySec, 0), 500);
        assert_eq!(ms(Policy::TwentySec, 44), 20000);
        assert_eq!(ms(Policy::TwentySec, u32::MAX), 20000);
    }

    fn policy() -> impl Strategy<Value = Policy> {
        prop_oneof![Just(Policy::FiveSec), Just(Policy::TwentySec)]
    }

    proptest! {
        #[test]
        fn every_delay_is_half_to_one_and_a_half_of_its_entry(
            policy in policy(), failed: u32, jitter in proptest::num::f64::ANY,
        ) {
            let entry = policy.entry(failed);
            let delay = policy.delay(failed, jitter);
            prop_assert!(delay >= entry / 2 && delay <= entry * 3 / 2);
            prop_assert!(delay >= Duration::from_millis(250));
            prop_assert!(delay <= Duration::from_secs(30));
        }

        #[test]
        fn more_failures_never_shorten_the_wait(policy in policy(), failed in 0..100_u32, jitter in 0.0..1.0_f64) {
            prop_assert!(policy.delay(failed, jitter) <= policy.delay(failed + 1, jitter));
        }
    }
}
