//! How a node behaves from moment to moment: its share's rule and its own dice. Pure.

use std::time::Duration;

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::Xoshiro256PlusPlus;

use crate::roster::Behaviour;
use crate::roster::Garbage;
use crate::roster::Moment;
use crate::roster::Place;

/// The temper of a node.
#[derive(Debug)]
pub(crate) struct Temper {
    behaviour: Behaviour,
    dice: Xoshiro256PlusPlus,
    has_vanished: bool,
}

impl Temper {
    pub(crate) fn of(place: &Place) -> Self {
        Self {
            behaviour: place.behaviour,
            dice: Xoshiro256PlusPlus::seed_from_u64(place.seed),
            has_vanished: false,
        }
    }

    /// How long a message waits before the node sees it.
    pub(crate) fn hesitates(&mut self) -> Option<Duration> {
        let slow = self.behaviour == Behaviour::Slow;
        slow.then(|| Duration::from_millis(self.dice.random_range(1_000..=5_000)))
    }

    /// How long the node is away from this moment on; once in its life.
    pub(crate) fn vanishes(&mut self, moment: Moment) -> Option<Duration> {
        if self.has_vanished || self.behaviour != Behaviour::Flapping(moment) {
            return None;
        }
        self.has_vanished = true;
        Some(Duration::from_millis(self.dice.random_range(1_000..=3_000)))
    }

    /// What becomes of its answers.
    pub(crate) const fn garbage(&self) -> Option<Garbage> {
        match self.behaviour {
            Behaviour::Junk(kind) => Some(kind),
            Behaviour::Ordinary
            | Behaviour::Dead
            | Behaviour::Slow
            | Behaviour::Flapping(_)
            | Behaviour::Duplicate => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use muster::protocol::names::Identity;

    use super::*;

    fn temper(behaviour: Behaviour) -> Temper {
        Temper::of(&Place {
            index: 0,
            identity: Identity::new("n1").unwrap(),
            behaviour,
            after: Duration::ZERO,
            seed: 3,
        })
    }

    #[test]
    fn a_slow_node_hesitates_one_to_five_seconds_and_others_do_not() {
        let mut slow = temper(Behaviour::Slow);
        for _ in 0..100 {
            let wait = slow.hesitates().unwrap();
            assert!((Duration::from_secs(1)..=Duration::from_secs(5)).contains(&wait));
        }
        assert_eq!(temper(Behaviour::Ordinary).hesitates(), None);
    }

    #[test]
    fn a_flapping_node_vanishes_once_and_at_its_moment() {
        let mut node = temper(Behaviour::Flapping(Moment::Csr));
        assert_eq!(node.vanishes(Moment::FirstRequest), None);
        assert!(node.vanishes(Moment::Csr).is_some());
        assert_eq!(node.vanishes(Moment::Csr), None);
    }
}
