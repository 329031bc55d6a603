//! Lets so much through that a flood costs nothing further.
//!
//! A node may restart in a loop, a broker may hand out what it kept back, and a hostile peer may announce a million names.
//! Of the same thing about the same node one sighting in a second passes, and of everything together so many in a second.
//! What does not pass is counted and forgotten: a node that waits is found by the next discovery.
//!
//! Nodes in production have an allowance of their own, as large as that of the others. No discovery finds them again, so a
//! flood of nodes that claim to wait must not hide that others arrived.
//!
//! Seconds are counted from the first sighting after the last second ended; so within a second that is laid elsewhere at
//! most twice the allowance passes. What is remembered are the sightings that passed, in two generations: when the younger
//! is full or a second old it becomes the older, and the older is forgotten. A sighting is thus remembered for a second at
//! least, unless the allowance is larger than a generation, and memory has a bound.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use muster::protocol::names::Identity;

use super::Sighting;
use super::SightingKind;
use crate::table::Moment;
use crate::table::Source;

/// Lets so much through that a flood costs nothing further.
#[derive(Debug)]
pub struct Sieve {
    waiting: Allowance,
    others: Allowance,
    young: HashMap<(Identity, Lane), Moment>,
    old: HashMap<(Identity, Lane), Moment>,
    turned: Moment,
    dropped: Dropped,
}

/// What did not pass, since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// The same about the same node within a second.
    pub repeated: u64,
    /// More than the allowance of its second.
    pub over: u64,
}

impl Sieve {
    /// A sieve that lets `per_second` sightings of nodes that wait pass in a second, and as many others.
    #[must_use]
    pub fn new(per_second: NonZeroU32) -> Self {
        Self {
            waiting: Allowance::of(per_second),
            others: Allowance::of(per_second),
            young: HashMap::new(),
            old: HashMap::new(),
            turned: Moment::ZERO,
            dropped: Dropped::default(),
        }
    }

    /// Whether the sighting passes. `now` never goes back.
    pub fn passes(&mut self, sighting: &Sighting, now: Moment) -> bool {
        self.turn(now);
        let key = (sighting.identity.clone(), Lane::of(sighting.kind));
        let last = self.young.get(&key).or_else(|| self.old.get(&key));
        if last.is_some_and(|last| now.saturating_sub(*last) < SECOND) {
            self.dropped.repeated = self.dropped.repeated.saturating_add(1);
            return false;
        }
        let allowance = match sighting.kind {
            SightingKind::Waiting(_) => &mut self.waiting,
            SightingKind::InProduction | SightingKind::Other => &mut self.others,
        };
        if !allowance.take(now) {
            self.dropped.over = self.dropped.over.saturating_add(1);
            return false;
        }
        self.young.insert(key, now);
        true
    }

    /// What did not pass, since the start.
    #[must_use]
    pub const fn dropped(&self) -> Dropped {
        self.dropped
    }

    fn turn(&mut self, now: Moment) {
        let is_full = self.young.len() >= GENERATION;
        if is_full || now.saturating_sub(self.turned) >= SECOND {
            self.old = std::mem::take(&mut self.young);
            self.turned = now;
        }
    }
}

/// How many pass in a second.
#[derive(Debug)]
struct Allowance {
    per_second: u32,
    began: Moment,
    left: u32,
}

impl Allowance {
    const fn of(per_second: NonZeroU32) -> Self {
        Self {
            per_second: per_second.get(),
            began: Moment::ZERO,
            left: per_second.get(),
        }
    }

    fn take(&mut self, now: Moment) -> bool {
        if now.saturating_sub(self.began) >= SECOND {
            self.began = now;
            self.left = self.per_second;
        }
        let Some(left) = self.left.checked_sub(1) else {
            return false;
        };
        self.left = left;
        true
    }
}

/// What counts as the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Lane {
    Startup,
    Registration,
    Discovery,
    Journal,
    Production,
    Other,
}

impl Lane {
    const fn of(kind: SightingKind) -> Self {
        match kind {
            SightingKind::Waiting(Source::Startup) => Self::Startup,
            SightingKind::Waiting(Source::Registration) => Self::Registration,
            SightingKind::Waiting(Source::Discovery) => Self::Discovery,
            SightingKind::Waiting(Source::Journal) => Self::Journal,
            SightingKind::InProduction => Self::Production,
            SightingKind::Other => Self::Other,
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);
/// Sightings in one of the two generations: with the longest names about 3 MB each.
const GENERATION: usize = 8_192;

#[cfg(test)]
mod tests {
    use super::*;

    fn sieve(per_second: u32) -> Sieve {
        Sieve::new(NonZeroU32::new(per_second).unwrap())
    }

    fn sighting(name: &str, kind: SightingKind) -> Sighting {
        let identity = Identity::new(name).unwrap();
        Sighting { identity, kind }
    }

    fn waits(name: &str) -> Sighting {
        sighting(name, SightingKind::Waiting(Source::Startup))
    }

    const fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    #[test]
    fn the_same_passes_once_in_a_second() {
        let mut sieve = sieve(100);
        for start in [0, 1_000, 2_500] {
            assert!(sieve.passes(&waits("a"), at(start)));
            for later in [0, 1, 500, 999] {
                assert!(!sieve.passes(&waits("a"), at(start + later)));
            }
        }
        let expected = Dropped {
            repeated: 12,
            over: 0,
        };
        assert_eq!(sieve.dropped(), expected);
    }

    #[test]
    fn another_node_and_another_source_pass_beside_it() {
        let mut sieve = sieve(100);
        assert!(sieve.passes(&waits("a"), at(0)));
        assert!(sieve.passes(&waits("b"), at(0)));
        let registration = SightingKind::Waiting(Source::Registration);
        assert!(sieve.passes(&sighting("a", registration), at(0)));
        assert!(sieve.passes(&sighting("a", SightingKind::InProduction), at(0)));
        assert!(sieve.passes(&sighting("a", SightingKind::Other), at(0)));
    }

    #[test]
    fn a_flood_of_names_passes_up_to_the_allowance_of_each_second() {
        let mut sieve = sieve(10);
        let mut passed = 0;
        for number in 0..30_000_u64 {
            // three seconds
            let name = format!("n{number}");
            passed += u32::from(sieve.passes(&waits(&name), at(number / 10)));
        }
        assert_eq!(passed, 30);
        assert_eq!(sieve.dropped().over, 29_970);
    }

    #[test]
    fn a_flood_of_nodes_that_wait_does_not_hide_who_arrived() {
        let mut sieve = sieve(2);
        for number in 0..100 {
            sieve.passes(&waits(&format!("n{number}")), at(0));
        }
        assert!(sieve.passes(&sighting("a", SightingKind::InProduction), at(0)));
    }

    #[test]
    fn what_did_not_pass_is_not_remembered() {
        let mut sieve = sieve(1);
        assert!(sieve.passes(&waits("a"), at(0)));
        assert!(!sieve.passes(&waits("b"), at(900)));
        assert!(sieve.passes(&waits("b"), at(1_000)));
    }

    #[test]
    fn memory_has_a_bound_whatever_the_allowance_is() {
        let mut sieve = sieve(u32::MAX);
        for number in 0..5 * GENERATION {
            sieve.passes(&waits(&format!("n{number}")), at(0));
        }
        assert!(sieve.young.len() <= GENERATION && sieve.old.len() <= GENERATION);
    }
}
