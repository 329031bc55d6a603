//! Tells the second of two equal messages that came on two connections.
//!
//! While two connections are heard, a broker sends every message twice. Which one is first is a matter of chance, and a
//! message that was really sent twice arrives twice on each; so messages are paired off, one of one connection with one of
//! the other. The memory is short: under a flood a second one is passed on, and whoever reads has to bear it, as from any
//! network.

use std::collections::VecDeque;
use std::hash::BuildHasher as _;
use std::hash::RandomState;

/// Which of two connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The one on its way out.
    Old,
    /// The one that takes its place.
    New,
}

/// Messages that were heard on one connection and not yet on the other.
#[derive(Debug, Default)]
pub(super) struct Twins {
    single: VecDeque<(Side, u64)>,
    keys: RandomState,
}

impl Twins {
    /// Takes note of a message, and tells whether it is the second of two.
    pub(super) fn is_second(&mut self, side: Side, subject: &str, payload: &[u8]) -> bool {
        let hash = self.keys.hash_one((subject, payload));
        let of_the_other = |(of, twin): &(Side, u64)| *of != side && *twin == hash;
        if let Some(at) = self.single.iter().position(of_the_other) {
            self.single.remove(at);
            return true;
        }
        if self.single.len() >= MOST {
            self.single.pop_front();
        }
        self.single.push_back((side, hash));
        false
    }

    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        self.single = VecDeque::new();
    }
}

/// Far more than a node is sent in the time that two connections differ.
const MOST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_two_is_told_whichever_comes_first() {
        let mut twins = Twins::default();
        assert!(!twins.is_second(Side::Old, "a", b"1"));
        assert!(twins.is_second(Side::New, "a", b"1"));
        assert!(!twins.is_second(Side::New, "a", b"2"));
        assert!(twins.is_second(Side::Old, "a", b"2"));
        assert!(!twins.is_second(Side::Old, "b", b"2"), "another subject");
    }

    #[test]
    fn what_was_sent_twice_is_heard_twice() {
        let mut twins = Twins::default();
        let hear = |side| !twins.is_second(side, "a", b"1");
        let heard = [Side::Old, Side::Old, Side::New, Side::New].map(hear);
        assert_eq!(heard, [true, true, false, false]);
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut twins = Twins::default();
        for number in 0..2 * MOST {
            assert!(!twins.is_second(Side::Old, "a", &number.to_be_bytes()));
        }
        assert_eq!(twins.single.len(), MOST);
        twins.forget();
        assert!(!twins.is_second(Side::New, "a", &MOST.to_be_bytes()));
    }
}
